"""A PostgreSQL of the tests' own, started before the workers of xdist are; the clock; a browser."""

import os
import re
import shutil
import tempfile
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import django
import hypothesis
import pytest

from dom_project import devservices
from tests.server import OwnServer

# No test is judged by time, none by luck: a property is tried on the same examples every time. Who looks for others
# says --hypothesis-profile=search.
PATIENT = {"deadline": None, "print_blob": True, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("same", derandomize=True, **PATIENT)
hypothesis.settings.register_profile("search", max_examples=1000, **PATIENT)
hypothesis.settings.load_profile("same")

os.environ["DJANGO_SETTINGS_MODULE"] = "dom_project.settings"
os.environ["SECRET_KEY"] = "only for tests"
os.environ["FIELD_KEYS"] = "VGhpcyBpcyBhIGtleSB1c2VkIG9ubHkgYnkgdGVzdHM="
os.environ["REDIS_URL"] = "redis://127.0.0.1:9/0"  # nobody listens: what needs Valkey asks for the fixture
os.environ["BROKER_URL"] = "memory://"
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # playwright's synchronous calls run inside a loop
os.environ["LOG_LEVEL"] = "WARNING"


OWN = None if "TEST_DATABASE_URL" in os.environ else OwnServer()
if OWN:
    # The workers of xdist inherit both.
    os.environ |= {"TEST_DATABASE_URL": OWN.url, "TEST_DATABASE_TEMPLATE": devservices.NAME}
os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
django.setup()

from django.core.cache import cache  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import TransactionTestCase  # noqa: E402

# A request gives up after seconds; a rival on a machine that does other things too waits for its turn.
own = connection.settings_dict["OPTIONS"]
own["options"] = re.sub(r"_timeout=\d+s", "_timeout=120s", own["options"])
if template := os.environ.get("TEST_DATABASE_TEMPLATE"):
    connection.settings_dict["TEST"]["TEMPLATE"] = template
KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def _empty_what_has_rows(case: TransactionTestCase) -> None:
    """After a test with real transactions. Truncating every table, as Django does, takes half a second each time."""
    tables = [name for name in connection.introspection.django_table_names(only_existing=True) if name not in KEPT]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables))
        full = [name for (name,) in cursor.fetchall()]
        deletes = "".join(f"DELETE FROM {name};" for name in full)
        cursor.execute(f"SET session_replication_role = replica; {deletes} RESET session_replication_role")


TransactionTestCase._fixture_teardown = _empty_what_has_rows


def pytest_configure(config: pytest.Config) -> None:
    if OWN and config.getoption("numprocesses", None):
        OWN.start()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test logs may hold half a surrogate pair, which a worker of xdist can't send: the whole run would end."""
    report = yield
    report.sections = [(name, text.encode(errors="backslashreplace").decode()) for name, text in report.sections]
    return report


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes and long texts may be made anew in each worker of xdist, whose names of a test must agree."""
    return argname if isinstance(val, bytes) or (isinstance(val, str) and len(val) > 60) else None


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    if OWN:
        OWN.start()


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    """Figures that a process keeps for seconds or minutes belong to another test."""
    cache.clear()


@pytest.fixture
def clock() -> datetime:
    """A Tuesday at 15:00 UTC: 10:00 in New York, 07:00 in Los Angeles."""
    return datetime(2026, 11, 10, 15, tzinfo=UTC)


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """A Valkey of this process' own."""
    folder = Path(tempfile.mkdtemp(prefix="fairlead-valkey-"))
    service = devservices.start_valkey(folder, settings={"appendonly": "no"})
    yield service.url
    service.stop(5)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser: $CHROMIUM, else the one that playwright installed, else one on the PATH. None is a failure."""
    from playwright.sync_api import sync_playwright

    if named := os.environ.get("CHROMIUM"):
        return named
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.fail(
        "No Chromium. Install one: `sudo apt-get install chromium`, or `.venv/bin/playwright install chromium`."
    )


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object], chromium_path: str) -> dict[str, object]:
    from playwright.sync_api import expect

    expect.set_options(timeout=30_000)  # as long as Playwright waits for everything else
    flags = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    return browser_type_launch_args | {"executable_path": chromium_path, "args": flags}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests last: playwright leaves a loop running, in which no test of its own loop could run any more."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))
