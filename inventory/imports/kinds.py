"""What can be imported. Each room adds its kinds here when it starts; this file knows none of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.functional import Promise

from inventory.models import ImportRun

from .rows import Fault


class Row(NamedTuple):
    """A row by our fields: the mapped column's cell, or the constant."""

    line: int
    cells: list[str]
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Judged:
    """What rows would do: facts to write, in the kind's own shape, and why the other rows are not taken."""

    facts: Sequence[Any]
    faults: Sequence[Fault]


@dataclass(frozen=True, slots=True)
class Field:
    """One of our fields. `aliases` are other names of its column; `choices` the codes that a constant may be.

    `example` is a moment as it may be written; a constant for it may be the word "now", too.
    """

    name: str
    title: str | Promise
    required: bool = False
    hint: str | Promise = ""
    aliases: tuple[str, ...] = ()
    choices: Callable[[], Iterable[tuple[str, str | Promise]]] | None = None
    example: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file. `judge` reads and decides, `write` commits; both take any number of rows, set-based.

    `write(facts, run=, part=, at=, actor=)` runs in the transaction that saves the progress, and returns the faults
    that only writing can find. `group_by` names the field whose equal neighbours stay in one chunk.
    """

    code: str
    title: str | Promise
    text: str | Promise
    fields: tuple[Field, ...]
    judge: Callable[[Sequence[Row], ImportRun, datetime], Judged]
    write: Callable[..., Sequence[Fault]]
    try_out: Callable[[Sequence[Any], datetime], Sequence[Fault]] | None = (
        None  # what writing would find, for a preview
    )
    group_by: str = ""
    chunk_rows: int = 2_000
    asks_moment: bool = False

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


KINDS: dict[str, Kind] = {}


def add(kind: Kind) -> None:
    KINDS[kind.code] = kind


def guess_columns(kind: Kind, header: Sequence[str]) -> dict[str, str]:
    """Our field -> the column that seems to hold it: by the field's name, then by its other names."""
    columns = {_bare(name): name for name in reversed(header)}
    guessed: dict[str, str] = {}
    for names in ((lambda field: (field.name,)), (lambda field: field.aliases)):
        for field in kind.fields:
            if field.name in guessed:
                continue
            for name in names(field):
                column = columns.get(_bare(name))
                if column is not None and column not in guessed.values():
                    guessed[field.name] = column
                    break
    return guessed


def _bare(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
