from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pghistory
from csp.constants import NONE, SELF
from environs import env, validate

from .schedule import due_tasks

BASE_DIR = Path(__file__).resolve().parent.parent
env.read_env(str(BASE_DIR / ".env"), recurse=False)

# ── What this process is ──────────────────────────────────────────────────────────────────────────
DEBUG = env.bool("DEBUG", False)
DEMO = env.bool("FAIRLEAD_DEMO", False)
SECRET_KEY = env.str("SECRET_KEY")
FIELD_KEYS: list[str] = env.list("FIELD_KEYS")  # Fernet keys of the encrypted columns, the newest first
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
RETAILER = env.str("RETAILER", "")  # whose network it is: shown beside the page's search
RETAILER_TIME_ZONE = env.str("RETAILER_TIME_ZONE", "")  # of the times on pages, unless a person has chosen one
ZoneInfo(RETAILER_TIME_ZONE or "UTC")  # a name that nobody knows stops here
ROOT_URLCONF = "dom_project.urls"
WSGI_APPLICATION = "dom_project.wsgi.application"

# ── Apps: the rooms from left to right ────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "dom_project.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pghistory",
    "pgtrigger",
    "rest_framework",
    "template_partials",
    "dom_project",
    "dom_project.accounts",
    "inventory",
    "routing",
    "fulfillment",
    "kpis",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "dom_project.health.ask_nobody",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dom_project.zone.in_the_readers_zone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dom_project.lib.htmx.redirect_whole_page",
    "pghistory.middleware.HistoryMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dom_project.shell.shell",
            ],
        },
    }
]

# ── Database: PostgreSQL is the only truth ────────────────────────────────────────────────────────
# Web keeps a pool for its threads (and CONN_MAX_AGE must then be 0); workers keep one connection each.
DB_POOL = env.int("DB_POOL", 0)
DATABASES: dict[str, Any] = {"default": env.dj_db_url("DATABASE_URL", engine="django.db.backends.postgresql")}
DATABASES["default"] |= {
    "CONN_MAX_AGE": 0 if DB_POOL else 60,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {
        "connect_timeout": 3,
        "options": "-c lock_timeout=3s -c statement_timeout=30s -c idle_in_transaction_session_timeout=15s",
        **({"pool": {"min_size": 1, "max_size": DB_POOL, "timeout": 5}} if DB_POOL else {}),
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ── Broker and live updates: whatever is lost here is found again in the database ─────────────────
REDIS_URL = env.str("REDIS_URL")
CACHES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},  # of one process, for seconds
    # What all web processes count together; who asks it goes on without an answer (`dom_project.lib.counters`).
    "shared": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": [REDIS_URL],
        "KEY_PREFIX": "fairlead",
        "OPTIONS": {"socket_timeout": 0.2, "socket_connect_timeout": 0.2},
    },
}
CELERY_BROKER_URL = env.str("BROKER_URL", REDIS_URL)
# A frozen broker must not hold up a request: one second, no second try, the sweeper comes anyway.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600} | (
    {"socket_timeout": 1, "socket_connect_timeout": 1} if CELERY_BROKER_URL.startswith("redis") else {}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_DEFAULT_QUEUE = "route"
CELERY_TASK_CREATE_MISSING_QUEUES = True
CELERY_TASK_ROUTES = {
    "route": {"queue": "route"},
    "wake_waiting": {"queue": "route"},
    "resolve_shortfalls": {"queue": "route"},
    "reoptimise": {"queue": "report"},
    "learn_prices": {"queue": "report"},
    "publish_atp": {"queue": "feed"},
    "pull_feeds": {"queue": "feed"},
    "run_imports": {"queue": "report"},
    "open_node_days": {"queue": "feed"},
    "resolve_safety": {"queue": "feed"},
    "forget_calls": {"queue": "report"},
    "forget_files": {"queue": "report"},
    "forget_sent": {"queue": "report"},
    "drain_outbox": {"queue": "out"},
    "dispatch": {"queue": "out"},
    "tell_live": {"queue": "out"},
    "roll_up_facts": {"queue": "report"},
    "learn_odds": {"queue": "report"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600_000  # kB: a seat belt, not a plan
CELERY_DB_REUSE_MAX = 100
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = due_tasks()
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # keeps nothing: a ring that was missed is rung again soon

# ── Calls to other systems: https to public addresses, and what is named here (host:port, http too) ─
OUTBOUND_ALLOWED: list[str] = env.list("OUTBOUND_ALLOWED", [])
# Events that subscribers have accepted are forgotten after it.
KEEP_SENT = timedelta(days=env.int("KEEP_SENT_DAYS", 30, validate=validate.Range(min=1)))

# ── People ────────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
CSRF_FAILURE_VIEW = "dom_project.views.csrf_failure"
# People whom the log-in page offers: username, password, role (a word), code.
DEMO_LOGINS: Any = env.json("DEMO_LOGINS", [])

# Every change of a master, a rule or a person is remembered by a trigger, whoever made it.
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())

# ── Safety of pages ───────────────────────────────────────────────────────────────────────────────
HTTPS = env.bool("HTTPS", False)
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 60 * 60
# How many proxies before us add to X-Forwarded-For: whoever logs in is told apart by what the first of ours has seen.
PROXIES = env.int("PROXIES", 1 if HTTPS else 0, validate=validate.Range(min=0))
X_FRAME_OPTIONS = "DENY"
EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"  # Plotly adds an empty <style> and fills it
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, EMPTY_STYLE],
        "style-src-attr": [NONE],
        "img-src": [SELF, "data:", "blob:"],
        "worker-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# ── Uploads ───────────────────────────────────────────────────────────────────────────────────────
MAX_UPLOAD_MB = env.int("MAX_UPLOAD_MB", 100)
MEDIA_ROOT = Path(env.str("UPLOADS", str(BASE_DIR / "media")))
# From the end of an import, and for drafts from their beginning.
KEEP_UPLOADS = timedelta(days=env.int("KEEP_UPLOADS_DAYS", 30, validate=validate.Range(min=1)))
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# ── Static files ──────────────────────────────────────────────────────────────────────────────────
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Without collected files (demo, tests) they are served from where they lie, under their own names.
COLLECTED = env.bool("STATIC_COLLECTED", False)
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(BASE_DIR / "staticfiles"))) if COLLECTED else None
WHITENOISE_USE_FINDERS = not COLLECTED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# ── Time and words ────────────────────────────────────────────────────────────────────────────────
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en-us"

# ── API ───────────────────────────────────────────────────────────────────────────────────────────
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNICODE_JSON": False,  # a refusal may quote half of a surrogate pair, which only an escape can carry
    "DEFAULT_PARSER_CLASSES": ["dom_project.lib.lenient_json.LenientParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "dom_project.accounts.api.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["dom_project.accounts.api.HasRight"],
    "DEFAULT_THROTTLE_CLASSES": ["dom_project.accounts.api.ByToken"],
    "DEFAULT_THROTTLE_RATES": {"token": env.str("API_RATE", "6000/minute")},
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "dom_project.lib.problems.problem_response",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Fairlead",
    "DESCRIPTION": "Stock in, orders routed, floor work, KPIs.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# ── Log ───────────────────────────────────────────────────────────────────────────────────────────
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
}
