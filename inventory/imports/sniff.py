"""Pure: the first bytes of a file -> encoding, separator and header, as a guess that a person can correct."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import charset_normalizer

HEAD = 64 * 1024
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1", "cp1250", "cp850", "shift_jis", "gb18030")
MOST_COLUMNS = 500
LONGEST_NAME = 120
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Look(NamedTuple):
    """How a file seems to be written. `header` has a name for every column, each once."""

    encoding: str
    separator: str
    header: list[str]


class NotReadable(Exception):  # noqa: N818  it reads as what happened
    """These bytes are no table of text: empty, no_text, too_many_columns, wrong_encoding."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def look(head: bytes, *, encoding: str = "", separator: str = "") -> Look:
    """Guess what is not given. `head` is the first HEAD bytes, unpacked. Raises NotReadable."""
    if not head.strip():
        raise NotReadable("empty")
    chosen = encoding or encoding_of(head)
    text = _decoded(head, chosen)
    if "\x00" in text:
        raise NotReadable("no_text")
    sign = SEPARATORS.get(separator, separator) or separator_of(text)
    header = next(csv.reader(io.StringIO(text, newline=""), delimiter=sign), [])
    if len(header) > MOST_COLUMNS:
        raise NotReadable("too_many_columns")
    return Look(chosen, sign, names_of(header))


def encoding_of(head: bytes) -> str:
    """By its mark, else UTF-8 if it is valid, else what its letters are most like; a Western file is cp1252."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if _fits(head, "utf-8"):
        return "utf-8"
    if b"\x00" in head:
        raise NotReadable("no_text")
    best = charset_normalizer.from_bytes(head, cp_isolation=["cp1252", "cp1250", "shift_jis", "gb18030"]).best()
    if best and best.encoding in ("shift_jis", "gb18030") and best.language in ("Japanese", "Chinese"):
        return best.encoding
    return "cp1252" if _fits(head, "cp1252") else "latin-1"


def separator_of(text: str) -> str:
    """The sign that parts the first lines into the same number of columns, as many as possible; else a comma."""
    lines = text.splitlines()[:50]
    lines = lines[:-1] if len(lines) > 1 and not text.endswith("\n") and len(text) > HEAD // 4 else lines
    best, score = ",", (0.0, 0)
    for sign in SEPARATORS.values():
        widths = [len(row) for row in csv.reader(lines, delimiter=sign) if row]
        if not widths:
            continue
        width, often = Counter(widths).most_common(1)[0]
        if width > 1 and (often / len(widths), width) > score:
            best, score = sign, (often / len(widths), width)
    return best


def names_of(header: Sequence[str]) -> list[str]:
    """A name for every column, each once: blank ones are numbered, repeated ones too."""
    seen: Counter[str] = Counter()
    names = []
    for place, cell in enumerate(header, start=1):
        name = " ".join(cell.replace("\ufeff", "").split())[: LONGEST_NAME - 6] or f"#{place}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def _fits(head: bytes, encoding: str) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _decoded(head: bytes, encoding: str) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)(errors="replace").decode(head).removeprefix("\ufeff")
    except (LookupError, UnicodeError):
        raise NotReadable("wrong_encoding") from None
