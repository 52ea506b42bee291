from collections.abc import Sequence

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.utils import OperationalError

from .devservices import too_old


@register(Tags.database)
def postgresql_is_new_enough(databases: Sequence[str] | None = None, **_: object) -> list[CheckMessage]:
    """Refuse an old server in words: verbs read OLD and NEW in RETURNING, which came with PostgreSQL 18."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        try:
            connections[alias].ensure_connection()
        except OperationalError:
            continue
        if reason := too_old(connections[alias].connection.info.server_version):
            found.append(Error(reason, id="fairlead.E001"))
    return found
