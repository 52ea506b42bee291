from collections.abc import Sequence

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.utils import OperationalError

OLDEST_POSTGRESQL = 18


@register(Tags.database)
def postgresql_is_new_enough(databases: Sequence[str] | None = None, **_: object) -> list[CheckMessage]:
    """Refuse a server older than PostgreSQL 18: verbs read OLD and NEW in RETURNING, which came with it."""
    found: list[CheckMessage] = []
    for alias in databases or ():
        connection = connections[alias]
        try:
            connection.ensure_connection()
            version = connection.connection.info.server_version
        except OperationalError:
            continue
        if version < OLDEST_POSTGRESQL * 10_000:
            found.append(
                Error(
                    f"PostgreSQL {version // 10_000} is too old: Fairlead needs {OLDEST_POSTGRESQL} or newer.",
                    hint="Point DATABASE_URL at a newer server, or leave it out: the launcher starts its own.",
                    id="fairlead.E001",
                )
            )
    return found
