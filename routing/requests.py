"""The shape of an order as it comes in: one set of rules for REST and files. A bad one becomes a Refused."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from dom_project.lib.api_errors import BadInput, Refused
from inventory.currencies import exponent

MOST_LINES = 2000
MOST_ROWS = 1000
LARGEST_QUANTITY = 10_000_000
LARGEST_PRICE = 100_000_000

_PRINTED = r"\A[^\x00-\x1f\x7f\ud800-\udfff]*\Z"  # the database takes no NUL and no half of a surrogate pair
_BARE = r"\A(?!\s)[^\x00-\x1f\x7f\ud800-\udfff]*(?<!\s)\Z"
Ref = Annotated[str, Meta(min_length=1, max_length=64, pattern=_BARE)]
Tag = Annotated[str, Meta(min_length=1, max_length=24, pattern=_BARE)]
Instant = Annotated[datetime, Meta(tz=True)]


class LineRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`quantity` in the SKU's base unit, `unit_price` in minor units. Without a ref the line is named by its place."""

    sku: Ref
    quantity: Annotated[int, Meta(ge=1, le=LARGEST_QUANTITY)]
    line_ref: Annotated[str, Meta(max_length=64, pattern=_BARE)] = ""
    unit_price: Annotated[int, Meta(ge=0, le=LARGEST_PRICE)] | None = None  # the SKU's own


class CustomerRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Who gets it and where. Coordinates are for places that the postcode does not tell, both or none."""

    ref: Annotated[str, Meta(max_length=64, pattern=_PRINTED)] = ""
    name: Annotated[str, Meta(max_length=120, pattern=_PRINTED)] = ""
    email: Annotated[str, Meta(max_length=254, pattern=_PRINTED)] = ""
    phone: Annotated[str, Meta(max_length=40, pattern=_PRINTED)] = ""
    street: Annotated[str, Meta(max_length=200, pattern=_PRINTED)] = ""
    city: Annotated[str, Meta(max_length=80, pattern=_PRINTED)] = ""
    region: Annotated[str, Meta(max_length=40, pattern=_PRINTED)] = ""
    postcode: Annotated[str, Meta(max_length=16, pattern=_PRINTED)] = ""
    country: Annotated[str, Meta(pattern=r"\A[A-Z]{2}\Z")] = "US"
    latitude: Annotated[float, Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Meta(ge=-180, le=180)] | None = None


class OrderRequest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One order of one channel. Instants carry their offset."""

    channel: Ref
    order_ref: Ref
    placed_at: Instant
    lines: Annotated[list[LineRequest], Meta(min_length=1, max_length=MOST_LINES)]
    method: Ref = "ship"
    pickup_node: Annotated[str, Meta(max_length=64, pattern=_BARE)] = ""
    currency: Annotated[str, Meta(max_length=3)] = ""
    customer: CustomerRequest | None = None
    promise_at: Instant | None = None
    priority: Annotated[int, Meta(ge=1, le=9)] = 5
    customer_tier: Annotated[str, Meta(max_length=24, pattern=_PRINTED)] = ""
    tags: Annotated[list[Tag], Meta(max_length=20)] = []  # noqa: RUF012  (msgspec copies it)


_rows = msgspec.json.Decoder(list[msgspec.Raw])
_order = msgspec.json.Decoder(OrderRequest)


def decode_order(body: bytes) -> OrderRequest:
    """One order from a JSON body. Raises BadInput: status 400 when it is no JSON, else with field and reason."""
    try:
        return _order.decode(body)
    except msgspec.ValidationError as error:
        raise _explained(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _one(_row(_from_json, _leniently(body), None))


def decode_orders(body: bytes) -> list[OrderRequest | Refused]:
    """Up to 1,000 orders from a JSON array: each its request, or why it is refused, with its place from 0 as row.

    Raises BadInput when the body is no JSON (status 400), no array, empty, or too long.
    """
    try:
        raw = _rows.decode(body)
        read: Callable[[Any], OrderRequest] = _order.decode
    except msgspec.ValidationError:
        raise BadInput("not_a_list") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raw, read = _leniently(body), _from_json
        if not isinstance(raw, list):
            raise BadInput("not_a_list") from None
    if not 1 <= len(raw) <= MOST_ROWS:
        raise BadInput("wrong_number_of_rows", {"rows": len(raw), "most": MOST_ROWS})
    return [_row(read, row, place) for place, row in enumerate(raw)]


def read_order(data: Mapping[str, Any], *, row: int | None = None) -> OrderRequest | Refused:
    """One order from plain data, as a file gives it: numbers and instants may be text."""
    for field in ("placed_at", "promise_at"):
        # A spreadsheet's day number would be read as seconds since 1970.
        if _NUMBER.fullmatch(str(data.get(field, ""))):
            return BadInput("not_an_instant", field=field, row=row)
    return _row(_from_text, data, row)


def minor_units(text: str, currency: str) -> int:
    """An amount in major units ("6.95") as whole minor units of the currency. Raises BadInput: nothing is rounded."""
    try:
        amount = Decimal(text.strip()).scaleb(exponent(currency))
        fits = 0 <= amount <= LARGEST_PRICE and amount == amount.to_integral_value()
    except ArithmeticError:
        fits = False
    if not fits:
        raise BadInput("not_an_amount", {"value": text[:40]})
    return int(amount)


def body_hash(request: OrderRequest) -> str:
    """The same for the same order: what tells a repeat from another order under the same ref."""
    if any(line.unit_price is None for line in request.lines):
        lines = [msgspec.structs.replace(line, unit_price=line.unit_price or 0) for line in request.lines]
        request = msgspec.structs.replace(request, lines=lines)
    return sha256(msgspec.json.encode(request, order="deterministic")).hexdigest()


def _leniently(body: bytes) -> Any:
    """JSON with NaN and Infinity in it, which is none: read anyway, so that the field with it can be named."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        place = getattr(error, "pos", 0)
        raise BadInput("not_json", {"position": place}, status=400) from None


def _from_json(data: Any) -> OrderRequest:
    return msgspec.convert(data, OrderRequest)


def _from_text(data: Any) -> OrderRequest:
    return msgspec.convert(data, OrderRequest, strict=False)


def _one(read: OrderRequest | Refused) -> OrderRequest:
    if isinstance(read, Refused):
        raise read
    return read


def _row(read: Callable[[Any], OrderRequest], data: Any, row: int | None) -> OrderRequest | Refused:
    try:
        return read(data)
    except msgspec.ValidationError as error:
        return _explained(error, row)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return BadInput("not_json", {"position": 0}, row=row)
    except UnicodeEncodeError:  # half of a surrogate pair where no text belongs
        return BadInput("bad_format", field=_torn(data), row=row)


def _torn(data: Any) -> str:
    """Where the first text is that holds half of a surrogate pair: lines[2].quantity."""
    if isinstance(data, Mapping):
        inside = ((f".{name}", value) for name, value in data.items())
    elif isinstance(data, list):
        inside = ((f"[{place}]", value) for place, value in enumerate(data))
    else:
        return ""
    for step, value in inside:
        if isinstance(value, str) and _HALF.search(value):
            return step.removeprefix(".")
        if within := _torn(value):
            return f"{step}{'' if within.startswith('[') else '.'}{within}".removeprefix(".")
    return ""


_HALF = re.compile(r"[\ud800-\udfff]")
_NUMBER = re.compile(r"\s*[-+]?[\d.]+(?:e[-+]?\d+)?\s*", re.IGNORECASE)
_PATH = re.compile(r" - at `(?:key in )?\$\.?(.*)`$")
_REASONS: tuple[tuple[re.Pattern[str], str, Callable[[re.Match[str]], dict[str, Any]]], ...] = tuple(
    (re.compile(pattern), code, params)
    for pattern, code, params in (
        (r"missing required field `(?P<field>.+)`", "missing", lambda _: {}),
        (r"contains unknown field `(?P<field>.+)`", "unknown_field", lambda _: {}),
        (r"with a timezone component", "no_offset", lambda _: {}),
        (r"Invalid RFC3339|Expected `datetime`|Invalid epoch", "not_an_instant", lambda _: {}),
        (r"Expected `(?:int|float)` >= (.+)", "too_small", lambda m: {"least": _number(m[1])}),
        (r"Expected `(?:int|float)` <= (.+)", "too_large", lambda m: {"most": _number(m[1])}),
        (r"Integer value out of range", "too_large", lambda _: {"most": LARGEST_QUANTITY}),
        (r"Expected `int`, got", "not_whole", lambda _: {}),
        (r"Expected `str` of length >= ", "missing", lambda _: {}),
        (r"Expected `str` of length <= (\d+)", "too_long", lambda m: {"longest": int(m[1])}),
        (r"Expected `str` matching regex", "bad_format", lambda _: {}),
        (r"Expected `array` of length >= ", "no_lines", lambda _: {}),
        (r"Expected `array` of length <= (\d+)", "too_many", lambda m: {"most": int(m[1])}),
        (r"Expected `(.+?)`, got `(.+)`", "wrong_type", lambda m: {"expected": m[1], "got": m[2]}),
    )
)


def _explained(error: msgspec.ValidationError, row: int | None = None) -> BadInput:
    """msgspec's sentence as our code, with the field that it speaks of."""
    text = str(error)
    path = _PATH.search(text)
    field = path[1] if path else ""
    reason = text[: path.start()] if path else text
    for pattern, code, params in _REASONS:
        if match := pattern.search(reason):
            inner = match.groupdict().get("field")
            return BadInput(code, params(match), field=".".join(filter(None, (field, inner))), row=row)
    return BadInput("bad_value", {}, field=field, row=row)


def _number(text: str) -> int | float:
    return int(text) if text.lstrip("-").isdigit() else float(text)
