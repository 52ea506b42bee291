from celery import shared_task
from django.utils import timezone

from dom_project.lib import bell

from . import floor_load, snapshots


@shared_task(name="roll_up_facts", queue="report", acks_late=True, ignore_result=True)
def roll_up_facts(**_newer: object) -> None:
    snapshots.roll_up(at=timezone.now())


@shared_task(name="tell_live", queue="out", acks_late=True, ignore_result=True)
def tell_live(**_newer: object) -> None:
    """Lets open overviews ask again when something has moved."""
    if floor_load.has_moved():
        bell.publish("overview")
