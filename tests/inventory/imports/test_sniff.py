import gzip
import io

import pytest

from inventory.imports import cells, rows, sniff


def test_latin_1_with_semicolons_is_read():
    look = sniff.look("Knoten;Stück;Straße\nA;5;Nürnberger\n".encode("latin-1"))
    assert look == sniff.Look("cp1252", ";", ["Knoten", "Stück", "Straße"])


@pytest.mark.parametrize(
    ("case", "head", "encoding", "separator", "header"),
    [
        ("plain", b"a,b\n1,2\n", "utf-8", ",", ["a", "b"]),
        ("UTF-8 with its mark", "\ufeffäb,c\n1,2\n".encode(), "utf-8-sig", ",", ["äb", "c"]),
        ("UTF-16", "a\tb\n1\t2\n".encode("utf-16"), "utf-16", "\t", ["a", "b"]),
        ("bars", b"a|b\n1|2\n", "utf-8", "|", ["a", "b"]),
        ("commas inside quotes", b'a;b\n"1,2,3";"4,5,6"\n', "utf-8", ";", ["a", "b"]),
        ("decimal commas", b"sku;price\nA;6,95\nB;7,10\n", "utf-8", ";", ["sku", "price"]),
        ("one column", b"sku\nA\nB\n", "utf-8", ",", ["sku"]),
        ("a letter cut at the end", "a,b\n1,ä".encode()[:-1], "utf-8", ",", ["a", "b"]),
        ("blank and repeated names", b"a,,a,  b  c \n", "utf-8", ",", ["a", "#2", "a (2)", "b c"]),
        ("Windows quotes", b"a,b\n\x93x\x94,2\n", "cp1252", ",", ["a", "b"]),
    ],
)
def test_how_a_file_is_written_is_guessed(case, head, encoding, separator, header):
    assert sniff.look(head) == sniff.Look(encoding, separator, header), case


@pytest.mark.parametrize(
    ("case", "head", "code"),
    [
        ("nothing", b"", "empty"),
        ("blanks", b" \n\n", "empty"),
        ("a spreadsheet", b"PK\x03\x04\x00\x00\x00", "no_text"),
        ("too many columns", b"," * 600, "too_many_columns"),
    ],
)
def test_what_is_no_table_of_text_is_refused(case, head, code):
    with pytest.raises(sniff.NotReadable) as refused:
        sniff.look(head)
    assert refused.value.code == code, case


def test_a_person_overrules_the_guess():
    assert sniff.look(b"a;b,c\n", separator="semicolon").header == ["a", "b,c"]
    with pytest.raises(sniff.NotReadable, match="wrong_encoding"):
        sniff.look(b"a\n", encoding="klingon")


def read(content: bytes, *, encoding="utf-8", width=2):
    return list(rows.lines(io.BytesIO(content), encoding=encoding, separator=",", width=width))


def test_rows_know_their_line_over_quoted_line_breaks_and_blank_lines():
    told = read(b'a,b\n1,"x\ny"\n\n,\n2,z\n')
    assert [(line.number, line.cells) for line in told] == [(2, ["1", "x\ny"]), (6, ["2", "z"])]


@pytest.mark.parametrize(
    ("case", "content", "reason"),
    [
        ("more cells than columns", b"a,b\n1,2,3\n", "too_many_cells"),
        ("bytes that are no letters", b"a,b\n1,\xff\n", "wrong_letters"),
        ("a NUL", b"a,b\n1,\x00\n", "wrong_letters"),
        ("a very long cell", b"a,b\n1," + b"x" * 70_000 + b"\n", "cell_too_long"),
        ("an endless cell", b"a,b\n1," + b"x" * 200_000 + b"\n", "unreadable_row"),
    ],
)
def test_a_row_that_can_not_be_read_spoils_only_itself(case, content, reason):
    told = read(content + b"3,4\n")
    assert [line.fault and line.fault.reason for line in told] == [reason, None], case
    assert told[1].cells == ["3", "4"]


def test_a_broken_or_swollen_archive_is_named():
    packed = gzip.compress(b"a,b\n1,2\n" * 1000)
    with pytest.raises(rows.Broken, match="broken_archive"), rows.unpacked(io.BytesIO(packed[:40]), 40) as stream:
        stream.read()


def test_an_archive_that_unpacks_too_far_is_stopped(monkeypatch):
    monkeypatch.setattr(rows, "FLOOR", 1000)
    packed = gzip.compress(b"0" * 1_000_000)
    with (
        pytest.raises(rows.Broken, match="unpacks_too_large"),
        rows.unpacked(io.BytesIO(packed), len(packed)) as stream,
    ):
        stream.read()


@pytest.mark.parametrize(
    ("cell", "currency", "minor"),
    [("6.95", "GBP", 695), ("6,95", "EUR", 695), ("2.1", "USD", 210), ("7", "USD", 700), ("7", "JPY", 7)]
    + [("1.234", "KWD", 1234), (" 0.06 ", "GBP", 6), ("0", "GBP", 0)],
)
def test_amounts_become_minor_units_without_rounding(cell, currency, minor):
    assert cells.money(cell, currency) == minor


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("6.955", "too_fine"), ("1,234", "grouping"), ("1.234,50", "not_a_number"), ("-1", "out_of_range")]
    + [("NaN", "not_a_number"), ("1e9", "not_a_number"), ("", "missing"), ("£5", "not_a_number")],
)
def test_an_amount_that_is_none_is_refused(cell, reason):
    with pytest.raises(cells.Wrong, match=reason):
        cells.money(cell, "USD")


def test_a_local_time_needs_its_zone_and_must_exist_once():
    assert cells.instant("2026-11-10 08:00", "America/Chicago").hour == 14
    for cell, zone, reason in (
        ("2026-11-10T08:00", "", "no_offset"),
        ("2026-11-01 01:30", "America/Chicago", "clock_change"),
        ("2026-03-08 02:30", "America/Chicago", "clock_change"),
        ("soon", "UTC", "not_an_instant"),
    ):
        with pytest.raises(cells.Wrong, match=reason):
            cells.instant(cell, zone)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [("=1+1", "'=1+1"), ("@x", "'@x"), ("+44", "'+44"), ("-x", "'-x"), ("-5", "-5"), ("MUG", "MUG")],
)
def test_a_formula_goes_back_as_text(cell, shown):
    assert rows.harmless(cell) == shown
