"""Counters that all processes share, in Valkey: quick, and nobody waits for one that doesn't answer."""

import logging
import time

from django.core.cache import caches
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

LEFT_ALONE = 5.0  # seconds after an error
_quiet_until = 0.0


def count(name: str, *, keep: int) -> int | None:
    """Count one more; return how many by now, None while nobody can say. Forgotten `keep` seconds after its first."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return None
    shared = caches["shared"]
    try:
        try:
            return int(shared.incr(name))
        except ValueError:  # it isn't there yet
            return 1 if shared.add(name, 1, keep) else int(shared.incr(name))
    except (RedisError, OSError, ValueError) as error:
        _quiet_until = time.monotonic() + LEFT_ALONE
        log.warning("No answer from the shared counters, left alone for %s s: %s", LEFT_ALONE, error)
        return None
