"""Rows of a file that were not taken: their reasons in words, and the rows as a file that can be brought again."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from dom_project.lib.sentences import sentence
from inventory.imports.kinds import KINDS
from inventory.imports.rows import harmless
from inventory.models import ImportRun


def reasons(run: ImportRun, faults: list[list[Any]]) -> str:
    """Every fault of a row (field, code, parameters), in words."""
    return "; ".join(reason(run, field, code, params) for field, code, params in faults)


def reason(run: ImportRun, name: str, code: str, params: dict[str, Any]) -> str:
    """One fault in words, with the field's title."""
    field = KINDS[run.kind].field(name)
    words = sentence(code, params)
    return f"{field.title if field else name}: {words}" if name else words


def rejected_lines(run: ImportRun) -> Iterator[str]:
    """The header and the rows as they came, each with its line and its reason behind it."""
    yield "\ufeff" + _line(run, [*map(harmless, run.header), _("line"), _("reason")])
    for fault in run.faults.order_by("line").iterator(2_000):
        cells_ = [*fault.cells, *[""] * (len(run.header) - len(fault.cells))]
        yield _line(run, [*map(harmless, cells_), str(fault.line), reasons(run, fault.faults)])


def _line(run: ImportRun, cells_: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=run.separator).writerow(cells_)
    return out.getvalue()
