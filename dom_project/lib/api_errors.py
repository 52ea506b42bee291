"""One way to say no: a code with parameters. `problems` makes a document of it, `sentences` words."""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):  # noqa: N818  it reads as what happened
    """A request that changes nothing. `code` and `params` are stored and sent; words are found at the edge."""

    status = 409

    def __init__(
        self,
        code: str,
        params: Mapping[str, Any] | None = None,
        *,
        field: str = "",
        row: int | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(code, dict(params or {}), field, row)
        self.code, self.params, self.field, self.row = code, dict(params or {}), field, row
        self.status = status or self.status


class NotFound(Refused):
    status = 404


class BadInput(Refused):
    """The request itself is wrong: names the field and the reason."""

    status = 422
