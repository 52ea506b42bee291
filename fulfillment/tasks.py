"""Doorbells: the clock is read here. Lost or rung twice, they change nothing; unknown arguments are tolerated."""

from celery import shared_task
from django.utils import timezone

from dom_project.lib import bell
from routing import outbox

from . import answered, shipments

AT_ONCE = 500  # orders


@shared_task(name="dispatch", queue="out")
def dispatch(**_newer: object) -> None:
    now = timezone.now()
    shipments.answer_recalls(at=now, actor="engine")
    if shipments.dispatch_due(at=now, actor="engine", limit=AT_ONCE) >= AT_ONCE:
        bell.ring("dispatch")


@shared_task(name="drain_outbox", queue="out")
def drain_outbox(**_newer: object) -> None:
    outbox.drain(at=timezone.now())


@shared_task(name="learn_odds", acks_late=True)
def learn_odds(**_newer: object) -> None:
    """Rung more often than it is due, so that a new installation and one that was off need not wait a day."""
    answered.learn_odds(at=timezone.now())
