"""Any bytes at all: refused in words, or taken row by row. Nothing else."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dom_project.lib.api_errors import BadInput
from inventory.imports import drafts, runs
from inventory.models import ImportRun
from tests import make

UNTROUBLED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
KINDS = ("nodes", "skus", "stock", "orders", "rates")
CELLS = st.one_of(
    st.sampled_from(
        ["RENO", "MUG", "web", "1", "-1", "0", "1e400", "NaN", "∞", "", " ", "2026-11-10T15:00:00Z", "=1+1"]
    ),
    st.sampled_from(
        ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9" * 400, "\x00", "\u202e", "🧦", "1,234"]
    ),
    st.text(max_size=30),
)
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=8), max_size=6)
FIELDS = {
    "nodes": "code,name,kind,time_zone,cut_off,daily_capacity,hours,latitude",
    "skus": "code,name,category,barcodes,weight_grams,price,currency,active",
    "stock": "node,sku,on_hand,external",
    "orders": "order_ref,channel,placed_at,sku,quantity,unit_price,postcode,priority",
    "rates": "card,currency,zone_km,carrier,service,zone,up_to_grams,price",
}


@pytest.fixture
def _goods(db, tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path
    make.node("RENO")
    make.sku("MUG")
    make.channel("web")


def taken(kind: str, body: bytes, clock) -> str:
    try:
        run = drafts.prepare(SimpleUploadedFile("x.csv", body), kind=kind, actor="user:1", at=clock)
    except BadInput:
        return "refused"
    drafts.settle(run, columns=run.columns, constants={}, figures_as_of=clock)
    run.save()
    try:
        drafts.preview(run, at=clock)
        drafts.start(run, at=clock)
    except BadInput:
        return "draft"
    runs.work_due(at=clock, keep_on=lambda: True)
    run.refresh_from_db()
    assert run.rows_good + run.rows_bad == run.rows_read
    return run.state


@pytest.mark.usefixtures("_goods")
@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, suppress_health_check=UNTROUBLED)
@given(table=TABLES)
def test_any_table_is_taken_row_by_row(kind, table, clock):
    quoted = "\r\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in table)
    body = f"{FIELDS[kind]}\r\n{quoted}".encode("utf-8", "surrogatepass")
    assert taken(kind, body, clock) in ("refused", "draft", ImportRun.State.DONE)


@pytest.mark.usefixtures("_goods")
@settings(max_examples=60, suppress_health_check=UNTROUBLED)
@given(body=st.binary(max_size=300), kind=st.sampled_from(KINDS), packed=st.booleans())
def test_any_bytes_are_refused_or_read(body, kind, packed, clock):
    taken(kind, (b"\x1f\x8b" if packed else b"") + body, clock)
