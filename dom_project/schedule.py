"""What beat rings, and how often. Each ring is safe to lose and to repeat; two beats only ring twice."""

from datetime import timedelta
from typing import Any

EVERY_SECONDS: dict[str, float] = {
    "roll_up_facts": 2,
}


def due_tasks() -> dict[str, dict[str, Any]]:
    """Return Celery's schedule. A ring that nobody took before the next one is dropped."""
    return {
        name: {"task": name, "schedule": timedelta(seconds=seconds), "options": {"expires": max(seconds, 5)}}
        for name, seconds in EVERY_SECONDS.items()
    }
