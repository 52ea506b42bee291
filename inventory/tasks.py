"""Doorbells: the clock is read here. Lost or rung twice, they change nothing; unknown arguments are tolerated."""

import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from dom_project.lib import bell

from . import capacity, idempotency, ledger
from .imports import files, runs
from .integrations import frame

IMPORT_SECONDS = 30  # of one ring: then the file goes back, and the bell is rung again


@shared_task(name="publish_atp")
def publish_atp(**_newer: object) -> None:
    if ledger.publish_atp(at=timezone.now()):
        bell.publish("stock")


@shared_task(name="open_node_days")
def open_node_days(**_newer: object) -> None:
    capacity.open_days(at=timezone.now())


@shared_task(name="resolve_safety")
def resolve_safety(**_newer: object) -> None:
    """A SKU or node that a person moved to another category or group comes under other rules."""
    ledger.set_safety_many()


@shared_task(name="forget_calls")
def forget_calls(**_newer: object) -> None:
    idempotency.forget_calls(at=timezone.now())


@shared_task(name="forget_files")
def forget_files(**_newer: object) -> None:
    files.forget_files(before=timezone.now() - settings.KEEP_UPLOADS)


@shared_task(name="pull_feeds")
def pull_feeds(**_newer: object) -> None:
    frame.pull_due(at=timezone.now(), now=timezone.now)


@shared_task(name="run_imports")
def run_imports(**_newer: object) -> None:
    until = time.monotonic() + IMPORT_SECONDS
    runs.work_due(at=timezone.now(), keep_on=lambda: time.monotonic() < until)
