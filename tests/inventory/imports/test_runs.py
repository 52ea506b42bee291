import gzip
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DataError, IntegrityError

from dom_project.lib.api_errors import BadInput, Refused
from inventory.imports import drafts, kinds, runs
from inventory.models import ImportFault, ImportRun, Sku
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)

NINE = "sku,weight\n" + "".join(f"S{number},{number}\n" for number in range(1, 10))


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch):
    monkeypatch.setitem(kinds.KINDS, "skus", replace(kinds.KINDS["skus"], chunk_rows=2))


def test_a_draft_knows_how_its_file_is_written(bring):
    run = bring("skus", "SKU;Bezeichnung;Preis\nMUG;Größe;6,95\n".encode("latin-1"), name="Artikel.csv")
    assert (run.state, run.encoding, run.separator, run.header) == (
        "draft",
        "cp1252",
        ";",
        ["SKU", "Bezeichnung", "Preis"],
    )
    assert (run.columns, run.file_name, run.created_by) == ({"code": "SKU"}, "Artikel.csv", "user:1")
    assert "Artikel" not in run.file.name


def test_a_preview_writes_nothing_and_shows_each_fault(bring, clock):
    run = bring("skus", "sku,weight\nMUG,350\nCUP,heavy\n")
    preview = drafts.preview(run, at=clock)
    assert [(row.line, [fault.reason for fault in row.faults]) for row in preview.rows] == [
        (2, []),
        (3, ["not_a_number"]),
    ]
    assert (preview.bad, preview.missing, Sku.objects.count()) == (1, [], 0)


def test_a_preview_without_a_required_column_says_which(bring, clock):
    run = bring("skus", "foo,bar\n1,2\n")
    assert drafts.preview(run, at=clock).missing == ["code"]
    with pytest.raises(BadInput, match="missing") as refused:
        drafts.start(run, at=clock)
    assert (refused.value.field, run.state) == ("code", "draft")


def test_reading_again_with_another_separator_finds_the_columns(bring):
    run = bring("skus", "sku;weight\nMUG;1\n")
    drafts.reread(run, encoding="utf-8", separator="comma")
    assert run.header == ["sku;weight"]
    drafts.reread(run, encoding="utf-8", separator="semicolon")
    assert run.columns == {"code": "sku", "weight_grams": "weight"}


def test_a_packed_file_is_unpacked(take):
    assert take("skus", NINE, packed=True).rows_good == 9


@pytest.mark.parametrize(
    ("case", "body", "code"),
    [
        ("empty", b"", "empty"),
        ("a spreadsheet", b"PK\x03\x04\x00\x00", "no_text"),
        ("cut", b"\x1f\x8b\x08\x00", "broken_archive"),
    ],
)
def test_a_file_that_is_no_table_is_refused(settings, tmp_path, clock, case, body, code):
    settings.MEDIA_ROOT = tmp_path
    with pytest.raises(BadInput, match=code):
        drafts.prepare(SimpleUploadedFile("x.csv", body), kind="skus", actor="user:1", at=clock)
    assert (ImportRun.objects.count(), list(tmp_path.iterdir())) == (0, []), case


def test_a_file_over_the_limit_is_refused(settings, tmp_path, clock):
    settings.MEDIA_ROOT, settings.MAX_UPLOAD_MB = tmp_path, 1
    with pytest.raises(BadInput) as refused:
        drafts.prepare(SimpleUploadedFile("x.csv", b"x" * 1_048_577), kind="skus", actor="user:1", at=clock)
    assert (refused.value.code, refused.value.status, refused.value.params) == ("file_too_large", 413, {"most_mb": 1})


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("chunk", [1, 3, 5])
@pytest.mark.parametrize("after", [False, True])
def test_a_killed_worker_is_followed_by_another_and_no_row_counts_twice(bring, clock, monkeypatch, chunk, after):
    run = bring("skus", NINE + "S10,heavy\n")
    drafts.start(run, at=clock)
    real, calls = runs._take, []

    def killed(*args, **kwargs):
        calls.append(1)
        if len(calls) == chunk and not after:
            raise Killed
        real(*args, **kwargs)
        if len(calls) == chunk:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(runs, "_take", killed)
        with pytest.raises(Killed):
            runs.work_due(at=clock, keep_on=lambda: True)
    assert runs.work_due(at=clock, keep_on=lambda: True) == 0  # the dead one's lease still holds
    ImportRun.objects.update(lease_until=clock)
    assert runs.work_due(at=clock, keep_on=lambda: True) == 1
    run.refresh_from_db()
    assert (run.state, run.rows_read, run.rows_good, run.rows_bad) == ("done", 10, 9, 1)
    assert (Sku.objects.count(), ImportFault.objects.count(), run.bytes_read) == (9, 1, run.bytes_total)


def test_who_slept_past_the_lease_writes_nothing(bring, clock):
    run = bring("skus", NINE)
    drafts.start(run, at=clock)
    ImportRun.objects.update(state="running", lease_until=clock)
    run.refresh_from_db()
    ImportRun.objects.update(lease_until=clock.replace(year=2099))
    with pytest.raises(runs.LeaseLost):
        runs.work(run, at=clock)
    assert Sku.objects.count() == 0


def test_when_time_is_up_the_file_goes_back_and_is_gone_on_with(bring, clock):
    run = bring("skus", NINE)
    drafts.start(run, at=clock)
    turns = iter([True, True, False])
    assert runs.work_due(at=clock, keep_on=lambda: next(turns, False)) == 0
    run.refresh_from_db()
    assert (run.state, run.rows_read, run.lease_until) == ("running", 4, None)
    runs.work_due(at=clock, keep_on=lambda: True)
    assert Sku.objects.count() == 9


def test_an_archive_that_breaks_off_keeps_what_was_taken_and_says_so(bring, clock, monkeypatch):
    body = "sku\n" + "".join(f"{random.Random(seed).random()}\n" for seed in range(20_000))
    run = bring("skus", gzip.compress(body.encode())[:-5000])
    monkeypatch.setitem(kinds.KINDS, "skus", replace(kinds.KINDS["skus"], chunk_rows=5000))
    drafts.start(run, at=clock)
    runs.work_due(at=clock, keep_on=lambda: True)
    run.refresh_from_db()
    assert (run.state, run.error) == ("failed", {"code": "broken_archive", "params": {}})
    assert Sku.objects.count() == run.rows_good == 15_000


REFUSALS = [
    ("a refusal", BadInput("not_positive", field="weight"), ["weight", "not_positive", {}]),
    ("a value that the database does not take", DataError("too long"), ["", "not_written", {"reason": "DataError"}]),
    ("a broken constraint", IntegrityError("check"), ["", "not_written", {"reason": "IntegrityError"}]),
]


@pytest.mark.parametrize(("case", "error", "fault"), REFUSALS)
def test_a_row_that_can_not_be_written_is_sent_back_and_the_others_go_in(
    bring, clock, monkeypatch, case, error, fault
):
    def refuses(facts, **_):
        if any(fact["code"] == "S5" for fact in facts):
            raise error
        return real(facts, **_)

    real = kinds.KINDS["skus"].write
    monkeypatch.setitem(kinds.KINDS, "skus", replace(kinds.KINDS["skus"], write=refuses, chunk_rows=7))
    run = bring("skus", NINE)
    drafts.start(run, at=clock)
    assert runs.work_due(at=clock, keep_on=lambda: True) == 1
    run.refresh_from_db()
    assert (run.state, run.rows_read, run.rows_good, run.rows_bad) == ("done", 9, 8, 1), case
    assert sorted(Sku.objects.values_list("code", flat=True)) == [f"S{n}" for n in range(1, 10) if n != 5]
    assert list(ImportFault.objects.values_list("line", "faults")) == [(6, [fault])]
    assert run.bytes_read == run.bytes_total


def test_rows_that_belong_together_are_sent_back_together(bring, clock, monkeypatch):
    def refuses(facts, **_):
        if any(fact["code"] == "S5" for fact in facts):
            raise DataError("too long")
        return real(facts, **_)

    real = kinds.KINDS["skus"].write
    grouped = replace(kinds.KINDS["skus"], write=refuses, chunk_rows=9, group_by="weight_grams")
    monkeypatch.setitem(kinds.KINDS, "skus", grouped)
    run = bring("skus", "sku,weight\n" + "".join(f"S{n},{(n + 1) // 2}\n" for n in range(1, 10)))
    drafts.start(run, at=clock)
    runs.work_due(at=clock, keep_on=lambda: True)
    assert list(ImportFault.objects.order_by("line").values_list("line", flat=True)) == [6, 7]
    assert Sku.objects.count() == 7


def test_a_row_that_can_not_even_be_sent_back_ends_the_file_there(bring, clock, monkeypatch):
    def broken(*_, **__):
        raise DataError("no")

    monkeypatch.setitem(kinds.KINDS, "skus", replace(kinds.KINDS["skus"], write=broken))
    monkeypatch.setattr(ImportFault.objects, "bulk_create", broken)
    run = bring("skus", NINE)
    drafts.start(run, at=clock)
    assert runs.work_due(at=clock, keep_on=lambda: True) == 1
    run.refresh_from_db()
    assert (run.state, run.rows_read, Sku.objects.count()) == ("failed", 0, 0)
    assert run.error == {"code": "chunk_not_written", "params": {"line": 2, "reason": "DataError"}}


def test_a_started_file_can_not_be_changed_or_started_again(bring, clock):
    run = bring("skus", NINE)
    drafts.start(run, at=clock)
    for verb in (
        lambda: drafts.start(run, at=clock),
        lambda: drafts.reread(run, encoding="", separator=""),
        lambda: drafts.settle(run, columns={}, constants={}, figures_as_of=None),
    ):
        with pytest.raises(Refused, match="already_started"):
            verb()


def test_settings_that_come_after_the_start_change_nothing(bring, clock):
    run = bring("skus", NINE)
    late = ImportRun.objects.get(pk=run.pk)
    drafts.start(run, at=clock)
    [refused] = drafts.correct(late, columns={}, constants={"code": "MUG"}, at=clock).values()
    assert refused.code == "already_started"
    run.refresh_from_db()
    assert (run.state, run.columns, run.constants) == (
        "waiting",
        {"code": "sku", "weight_grams": "weight"},
        {},
    )


def test_a_file_without_rows_is_done_with_nothing(take):
    make.sku("MUG")
    run = take("skus", "sku\n")
    assert (run.state, run.rows_read, Sku.objects.count()) == ("done", 0, 1)


def test_what_a_person_says_of_a_file_is_kept(bring, clock):
    run = bring("stock", "place;item;left\nRENO;MUG;3\n")
    faults = drafts.correct(
        run, columns={"node": "place", "sku": "item", "on_hand": "left", "external": "gone"},
        constants={"external": " 0 ", "colour": "red"}, as_of="2026-11-10T08:00", zone="America/Chicago", at=clock,
    )  # fmt: skip
    assert faults == {}
    kept = ImportRun.objects.get(pk=run.pk)
    assert kept.columns == {"node": "place", "sku": "item", "on_hand": "left"}
    assert kept.constants == {"external": "0"}
    assert kept.figures_as_of == datetime(2026, 11, 10, 14, tzinfo=UTC)


def test_another_separator_has_the_columns_guessed_anew_whatever_was_said_of_them(bring, clock):
    run = bring("skus", "code;weight_grams\nMUG;5\n")
    assert drafts.correct(run, separator="comma", columns={"code": "code"}, constants={}, at=clock) == {}
    kept = ImportRun.objects.get(pk=run.pk)
    assert (kept.separator, kept.header, kept.columns) == (",", ["code;weight_grams"], {})
    assert drafts.correct(run, separator="semicolon", columns={}, constants={}, at=clock) == {}
    assert ImportRun.objects.get(pk=run.pk).columns == {"code": "code", "weight_grams": "weight_grams"}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"as_of": "2026-11-11T08:00"}, "as_of_ahead"),
        ({"as_of": "yesterday"}, "not_an_instant"),
        ({"as_of": "2026-11-10T08:00", "zone": "Mars/Base"}, "not_a_time_zone"),
    ],
)
def test_a_moment_that_can_not_be_leaves_the_old_one_and_the_rest_is_kept(bring, clock, said, code):
    before = clock - timedelta(hours=3)
    run = bring("stock", "place,item\nRENO,MUG\n", figures_as_of=before)
    faults = drafts.correct(run, columns={"node": "place"}, constants={}, at=clock, **said)
    assert {field: refused.code for field, refused in faults.items()} == {"figures_as_of": code}
    kept = ImportRun.objects.get(pk=run.pk)
    assert (kept.columns, kept.figures_as_of) == ({"node": "place"}, before)


def test_an_encoding_that_nobody_knows_changes_nothing(bring, clock):
    run = bring("skus", NINE)
    faults = drafts.correct(run, encoding="klingon", columns={}, constants={"code": "MUG"}, at=clock)
    assert {field: refused.code for field, refused in faults.items()} == {"encoding": "wrong_encoding"}
    kept = ImportRun.objects.get(pk=run.pk)
    assert (kept.encoding, kept.columns, kept.constants) == ("utf-8", {"code": "sku", "weight_grams": "weight"}, {})
