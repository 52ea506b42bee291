"""Fixtures of every room that takes files: bring one, work it to its end."""

import gzip
from collections.abc import Callable
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from inventory.imports import drafts, runs
from inventory.models import ImportRun


@pytest.fixture
def bring(settings, tmp_path, clock) -> Callable[..., ImportRun]:
    """Upload a text (or bytes) as a file of a kind, with columns as guessed, and return the draft."""
    settings.MEDIA_ROOT = tmp_path

    def bring(
        kind: str, content: str | bytes, *, packed: bool = False, name: str = "file.csv", **settled
    ) -> ImportRun:
        body = content.encode() if isinstance(content, str) else content
        upload = SimpleUploadedFile(name, gzip.compress(body) if packed else body)
        run = drafts.prepare(upload, kind=kind, actor="user:1", at=clock)
        columns = {**run.columns, **settled.get("columns", {})}
        drafts.settle(
            run, columns=columns, constants=settled.get("constants", {}), figures_as_of=settled.get("figures_as_of")
        )
        run.save()
        return run

    return bring


@pytest.fixture
def take(bring, clock) -> Callable[..., ImportRun]:
    """Bring a file and work it to its end."""

    def take(kind: str, content: str | bytes, *, at: datetime = clock, **settled) -> ImportRun:
        run = bring(kind, content, **settled)
        drafts.start(run, at=at)
        runs.work_due(at=at, keep_on=lambda: True)
        run.refresh_from_db()
        return run

    return take


def faults(run: ImportRun) -> list[tuple[int, str, str]]:
    """Line, field and reason of every fault."""
    return [(row.line, field, reason) for row in run.faults.order_by("line") for field, reason, _params in row.faults]
