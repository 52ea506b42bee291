"""So many wrong passwords and no more: counted in the database, before a password is looked at."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.db import transaction
from django.utils.crypto import salted_hmac

from dom_project.lib import db

WINDOW = timedelta(
    minutes=15
)  # from the first failure counts; a lock-out lasts as long from the failure that fills it
# The pair stops guessing; the other two, many addresses at one account and many accounts from one shop's address.
LIMITS: Mapping[str, int] = {"pair": 5, "user": 50, "address": 50}

LOCKED = """
SELECT max(f.ends_at) FROM unnest(%(keys)s::text[], %(limits)s::int[]) AS u(key, most)
JOIN accounts_loginfailure f ON f.key = u.key WHERE f.failures >= u.most AND f.ends_at > %(at)s
"""
COUNT = """
INSERT INTO accounts_loginfailure AS f (key, failures, ends_at)
SELECT key, 1, %(ends_at)s FROM unnest(%(keys)s::text[]) AS u(key) ORDER BY key
ON CONFLICT (key) DO UPDATE SET
  failures = CASE WHEN f.ends_at <= %(at)s THEN 1 ELSE f.failures + 1 END,
  ends_at = CASE WHEN f.ends_at <= %(at)s OR f.failures + 1 = (SELECT most
    FROM unnest(%(keys)s::text[], %(limits)s::int[]) AS u(key, most) WHERE u.key = f.key)
    THEN excluded.ends_at ELSE f.ends_at END
RETURNING f.key, f.failures
"""
FORGIVE = """
UPDATE accounts_loginfailure f SET failures = CASE WHEN f.key = %(pair)s THEN 0 ELSE greatest(f.failures - 1, 0) END
FROM (SELECT key FROM accounts_loginfailure WHERE key = ANY(%(keys)s::text[]) ORDER BY key FOR UPDATE) l
WHERE f.key = l.key
"""
FORGET = """
DELETE FROM accounts_loginfailure WHERE key IN (
  SELECT key FROM accounts_loginfailure WHERE ends_at <= %s ORDER BY ends_at LIMIT 100 FOR UPDATE SKIP LOCKED)
"""


@db.retry_on_conflict
def begin(username: str, address: str, *, at: datetime) -> datetime | None:
    """Count a try before its password is looked at. None: look; else the moment until which nobody looks.

    A try counts as failed until `succeeded` takes it back, so tries at the same instant can't pass together.
    A try within a lock-out isn't counted: it ends by itself.
    """
    keys = _keys(username, address)
    limits = {keys[kind]: most for kind, most in LIMITS.items()}
    if ends_at := db.value(LOCKED, {"keys": list(limits), "limits": list(limits.values()), "at": at}):
        return _moment(ends_at)
    with transaction.atomic():
        db.execute(FORGET, [at])
        wanted = {"keys": list(limits), "limits": list(limits.values()), "at": at, "ends_at": at + WINDOW}
        counted = db.rows(COUNT, wanted)
    return at + WINDOW if any(failures > limits[key] for key, failures in counted) else None


@db.retry_on_conflict
def succeeded(username: str, address: str) -> None:
    """Take back what `begin` counted: the password was right."""
    keys = _keys(username, address)
    with transaction.atomic():
        db.execute(FORGIVE, {"keys": list(keys.values()), "pair": keys["pair"]})


def _keys(username: str, address: str) -> dict[str, str]:
    """The counters' names. Hashed: people type passwords where their name belongs."""
    user, network = username.casefold(), _network(address)
    what = {"pair": f"{user}\n{network}", "user": user, "address": network}
    return {kind: salted_hmac(f"lockout:{kind}", text, algorithm="sha256").hexdigest() for kind, text in what.items()}


def _network(address: str) -> str:
    """An IPv4 address; of IPv6 the half that one house has."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    return str(known) if known.version == 4 else str(ip_network((known, 64), strict=False))


def _moment(value: object) -> datetime:
    assert isinstance(value, datetime)
    return value
