"""Who did it, in words: the codes that events, versions and cases remember become the names of people and machines."""

from collections.abc import Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dom_project.lib import db

OURS: Mapping[str, str | Promise] = {"engine": _("Fairlead"), "demo": _("Demo")}
NAMES = """
SELECT 'user:' || u.id, coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.username)
FROM accounts_user u WHERE u.id = ANY(%(user)s::bigint[])
UNION ALL SELECT 'token:' || t.id, t.name FROM accounts_apitoken t WHERE t.id = ANY(%(token)s::bigint[])
"""


def names(actors: Iterable[str]) -> dict[str, str]:
    """The name of each actor ("user:12", "token:3", "engine", "feed:erp"). One query, none without people."""
    known: dict[str, str] = {}
    asked: dict[str, list[int]] = {"user": [], "token": []}
    for actor in set(actors):
        kind, _colon, rest = actor.partition(":")
        known[actor] = str(OURS.get(actor, rest or actor))
        if kind in asked and rest.isdecimal() and len(rest) < 19:
            asked[kind].append(int(rest))
    if any(asked.values()):
        known |= dict(db.rows(NAMES, asked))
    return known
