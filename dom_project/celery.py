import os
from collections.abc import Mapping, Sequence
from typing import Any

from celery import Celery, Task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dom_project.settings")


class Doorbell(Task):
    """A task without results. Drops a database connection that the server closed before it is used again."""

    def before_start(self, task_id: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        from django.db import connections

        # CELERY_DB_REUSE_MAX keeps connections over tasks, broken ones too.
        for connection in connections.all(initialized_only=True):
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()


app = Celery("fairlead", task_cls=Doorbell)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add("dom_project.workers:Presence")
