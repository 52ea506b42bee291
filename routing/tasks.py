"""Doorbells without ids: each reads the clock, makes one call, and may be lost or rung twice."""

import os
import socket
import threading
import time

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from dom_project.lib import bell
from routing import outbox, pending, shortfalls, sourcing, waiting
from routing import reoptimise as replanning
from routing.scarcity import receipts, replay

BATCHES = 20  # of one ring; more work rings again, so that other bells are heard
REST = 0.1  # seconds until what lost a race is due again, rather than the sweeper's two


def owner() -> str:
    """Who holds a lease: machine, process and thread."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{threading.get_native_id()}"


@shared_task(name="route")
def route(**_newer: object) -> None:
    """Source whatever is due, batch after batch; rings again when there is more."""
    for _ in range(BATCHES):
        done = sourcing.source_due(at=timezone.now(), owner=owner())
        if done.refused:
            time.sleep(REST)
        elif not done.claimed:
            return
    if pending.any_due():
        bell.ring("route")


@shared_task(name="wake_waiting")
def wake_waiting(**_newer: object) -> None:
    """Let what waits be looked at again where something came that may help."""
    waiting.wake_waiting(at=timezone.now())


@shared_task(name="resolve_shortfalls")
def resolve_shortfalls(**_newer: object) -> None:
    """Source anew what a source says is not there."""
    shortfalls.resolve_shortfalls(at=timezone.now())


@shared_task(name="reoptimise")
def reoptimise(**_newer: object) -> None:
    """Plan anew what no floor has yet."""
    replanning.reoptimise(at=timezone.now(), actor="engine")


@shared_task(name="learn_prices")
def learn_prices(**_newer: object) -> None:
    """Clear the prices of what came, and learn them anew when it is time or someone asked."""
    at = timezone.now()
    receipts.clear(at=at)
    replay.replay(at=at, actor="engine")


@shared_task(name="forget_sent")
def forget_sent(**_newer: object) -> None:
    """Forget events that were accepted long ago."""
    outbox.forget_sent(before=timezone.now() - settings.KEEP_SENT)
