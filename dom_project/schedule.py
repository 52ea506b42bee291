"""What beat rings, and how often. Each ring is safe to lose and to repeat; two beats only ring twice."""

from datetime import timedelta
from typing import Any

EVERY_SECONDS: dict[str, float] = {
    # inventory
    "publish_atp": 0.5,
    "pull_feeds": 5,
    "run_imports": 10,
    "open_node_days": 3600,
    "resolve_safety": 3600,
    "forget_calls": 3600,
    "forget_files": 3600,
    # routing
    "route": 2,
    "wake_waiting": 5,
    "resolve_shortfalls": 5,
    "reoptimise": 180,
    "learn_prices": 60,
    "forget_sent": 3600,
    # fulfillment
    "dispatch": 2,
    "drain_outbox": 2,
    "learn_odds": 600,
    # kpis
    "roll_up_facts": 2,
    "tell_live": 2,
}


def due_tasks() -> dict[str, dict[str, Any]]:
    """Return Celery's schedule. A ring that nobody took before the next one is dropped."""
    return {
        name: {"task": name, "schedule": timedelta(seconds=seconds), "options": {"expires": max(seconds, 5)}}
        for name, seconds in EVERY_SECONDS.items()
    }
