"""The house around the four rooms."""

# Without this import a web process would ring a default AMQP broker that isn't there.
from .celery import app as celery_app

__version__ = "0.1.0"
__all__ = ["celery_app"]
