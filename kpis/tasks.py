from celery import shared_task
from django.utils import timezone

from . import snapshots


@shared_task(name="roll_up_facts", queue="report", acks_late=True, ignore_result=True)
def roll_up_facts(**_newer: object) -> None:
    snapshots.roll_up(at=timezone.now())
