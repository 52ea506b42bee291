"""Orders from a file with a row per line: neighbours with one order ref are one order, taken whole or not at all."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from dom_project.lib.api_errors import Refused
from inventory.imports import cells
from inventory.imports.kinds import Field, Judged, Kind, Row, add
from inventory.imports.rows import Fault
from inventory.models import Channel, ImportRun, Node
from routing.drafts import draft_of, masters_of
from routing.intake import accept_orders
from routing.models import Order
from routing.requests import LARGEST_PRICE, LARGEST_QUANTITY, OrderRequest, read_order

BUILT = (Order.Method.SHIP, Order.Method.PICKUP)
MOMENT = "2026-11-23T07:00:00-06:00"
FIELDS = (
    Field("order_ref", _("Order"), required=True, aliases=("order", "order id", "order number", "invoice")),
    Field(
        "channel",
        _("Channel"),
        required=True,
        choices=lambda: [(each.code, each.name) for each in Channel.objects.filter(active=True).order_by("code")],
    ),
    Field(
        "placed_at",
        _("Placed at"),
        required=True,
        aliases=("order date", "created at", "date", "invoicedate"),
        example=MOMENT,
    ),
    Field("sku", _("SKU"), required=True, aliases=("sku code", "article", "item", "stockcode")),
    Field("quantity", _("Quantity"), required=True, aliases=("qty", "units")),
    Field("unit_price", _("Price per unit"), hint=_("In major units, 6.95."), aliases=("price",)),
    Field("line_ref", _("Line"), aliases=("line", "line id", "line number")),
    Field(
        "method",
        _("Method"),
        aliases=("delivery method",),
        choices=lambda: [(method.value, method.label) for method in BUILT],
    ),
    Field(
        "pickup_node",
        _("Pickup at"),
        aliases=("store", "pickup store"),
        choices=lambda: (
            Node.objects.filter(abilities__contains=["pickup"]).order_by("code").values_list("code", "name")
        ),
    ),
    Field("currency", _("Currency"), hint=_("Left out: the channel's."), aliases=("cur",)),
    Field("promise_at", _("Promised by"), aliases=("promised at", "delivery date"), example=MOMENT),
    Field("customer_ref", _("Customer"), aliases=("customer", "customer id")),
    Field("name", _("Name"), aliases=("customer name", "ship to name")),
    Field("email", _("E-mail"), aliases=("mail",)),
    Field("phone", _("Phone"), aliases=("telephone",)),
    Field("street", _("Street"), aliases=("address", "ship to street")),
    Field("city", _("City"), aliases=("town", "ship to city")),
    Field("region", _("Region"), aliases=("state", "ship to state")),
    Field("postcode", _("Postcode"), aliases=("ship to zip", "zip", "zip code", "postal code")),
    Field("country", _("Country"), hint="US", aliases=("ship to country", "country code")),
    Field("priority", _("Priority"), hint=_("1 is the first, 5 usual, 9 the last."), aliases=()),
    Field("customer_tier", _("Customer tier"), aliases=("tier",)),
    Field("tags", _("Tags"), hint=_("Parted by blanks."), aliases=()),
    Field("time_zone", _("Time zone of the times"), hint=_("Of times without offset, America/Chicago."), aliases=()),
)
CUSTOMER = ("name", "email", "phone", "street", "city", "region", "postcode")
# Not the moment: an order that is keyed in line by line has the first row's.
SHARED = ("channel", "method", "pickup_node", "customer_ref", "postcode", "street")
_LINE = re.compile(r"lines\[(\d+)\]\.?(.*)")


class Group(NamedTuple):
    """One order of the file: its request, and the line of the file that each of its lines came from."""

    request: OrderRequest
    lines: Sequence[int]


def judge(rows: Sequence[Row], run: ImportRun, at: datetime) -> Judged:
    """Facts are orders. Every row of an order that is not taken is a fault, so that it comes back whole."""
    currencies = dict(Channel.objects.values_list("code", "currency"))
    by_ref: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_ref.setdefault((row.values["channel"].strip(), row.values["order_ref"].strip()), []).append(row)
    facts: list[Group] = []
    faults: list[Fault] = []
    for group in by_ref.values():
        told = _group(group, currencies)
        if isinstance(told, Group):
            facts.append(told)
        else:
            faults.extend(told)
    return Judged(facts, faults)


def try_out(facts: Sequence[Group], at: datetime) -> list[Fault]:
    """What intake would refuse, as far as it can be told without writing."""
    masters = masters_of([fact.request for fact in facts])
    faults: list[Fault] = []
    for fact in facts:
        try:
            draft_of(fact.request, masters, at=at)
        except Refused as refused:
            faults += _refused(refused, fact.lines, fact.request.order_ref)
    return faults


def write(facts: Sequence[Group], *, run: ImportRun, part: int, at: datetime, actor: str) -> list[Fault]:
    """Take the orders in as orders of the past: promised from now on. A repeat of an order changes nothing."""
    results = accept_orders([fact.request for fact in facts], at=at, actor=actor, request_id=run.ref, old=True)
    faults: list[Fault] = []
    for fact, result in zip(facts, results, strict=True):
        if isinstance(result, Refused):
            faults += _refused(result, fact.lines, fact.request.order_ref)
    return faults


def _group(rows: Sequence[Row], currencies: Mapping[str, str]) -> Group | list[Fault]:
    first, lines = rows[0].values, [row.line for row in rows]
    faults: list[Fault] = []
    head: dict[str, Any] = {}
    try:
        head = _head(first)
    except _Bad as bad:
        faults.append(bad.wrong.at(rows[0].line, bad.field))
    currency = first.get("currency", "").strip().upper() or currencies.get(first["channel"].strip(), "")
    shared = [name for name in SHARED if name in first]
    told_lines = []
    for row in rows:
        other = next((name for name in shared if row.values[name] != first[name]), "")
        if other:
            faults.append(Fault(row.line, other, "differs_in_order", {"first": lines[0]}))
            continue
        try:
            told_lines.append(_line(row.values, currency))
        except _Bad as bad:
            faults.append(bad.wrong.at(row.line, bad.field))
    if not faults:
        request = read_order(head | {"lines": told_lines})
        if isinstance(request, OrderRequest):
            return Group(request, lines)
        faults = _refused(request, lines, first["order_ref"].strip())
    return _whole_order(faults, lines, first["order_ref"].strip())


class _Bad(Exception):  # noqa: N818
    def __init__(self, field: str, wrong: cells.Wrong) -> None:
        super().__init__(field)
        self.field, self.wrong = field, wrong


def _head(values: Mapping[str, str]) -> dict[str, Any]:
    field = "order_ref"
    told: dict[str, str] = {name: cell.strip() for name, cell in values.items()}
    try:
        head: dict[str, Any] = {"order_ref": cells.text(values["order_ref"], longest=64, required=True)}
        field = "channel"
        head["channel"] = cells.text(values["channel"], longest=50, required=True)
        field = "time_zone"
        zone = cells.zone(told["time_zone"]) if told.get("time_zone") else ""
        field = "placed_at"
        head["placed_at"] = cells.instant(values["placed_at"], zone)
        field = "promise_at"
        if told.get(field):
            head["promise_at"] = cells.instant(told[field], zone)
        field = "priority"
        if told.get(field):
            head["priority"] = cells.whole(told[field], least=1, most=9)
        field = "country"
        country = {"country": cells.country(told[field])} if told.get(field) else {}
    except cells.Wrong as wrong:
        raise _Bad(field, wrong) from None
    for name in ("method", "pickup_node", "customer_tier"):
        if told.get(name):
            head[name] = told[name]
    if told.get("currency"):
        head["currency"] = told["currency"].upper()
    if told.get("tags"):
        head["tags"] = cells.codes(told["tags"])
    customer = {name: told[name] for name in CUSTOMER if told.get(name)} | country
    if told.get("customer_ref"):
        customer["ref"] = told["customer_ref"]
    return head | ({"customer": customer} if customer else {})


def _line(values: Mapping[str, str], currency: str) -> dict[str, Any]:
    field = "sku"
    try:
        line: dict[str, Any] = {"sku": cells.text(values["sku"], longest=64, required=True)}
        field = "quantity"
        line["quantity"] = cells.whole(values["quantity"], least=1, most=LARGEST_QUANTITY)
        field = "unit_price"
        if values.get("unit_price", "").strip():
            line["unit_price"] = cells.money(values["unit_price"], currency, most=LARGEST_PRICE)
        field = "line_ref"
        if values.get("line_ref", "").strip():
            line["line_ref"] = cells.text(values["line_ref"], longest=64)
    except cells.Wrong as wrong:
        raise _Bad(field, wrong) from None
    return line


def _refused(refused: Refused, lines: Sequence[int], order_ref: str) -> list[Fault]:
    """A refusal of the order as faults of its rows: of the row that it names, else of the first."""
    named = _LINE.match(refused.field)
    place, field = (int(named[1]), named[2]) if named else (0, refused.field.removeprefix("customer."))
    code = "order_came_before" if refused.code == "other_body" else refused.code
    return _whole_order([Fault(lines[place], field, code, refused.params)], lines, order_ref)


def _whole_order(faults: Sequence[Fault], lines: Sequence[int], order_ref: str) -> list[Fault]:
    """The other rows of an order go back too, and say because of which."""
    bad = {fault.line for fault in faults}
    because = {"order_ref": order_ref, "line": min(bad)}
    return [*faults, *(Fault(line, "", "order_not_taken", because) for line in lines if line not in bad)]


add(
    Kind(
        code="orders",
        title=_("Orders"),
        text=_("Orders with a row per line. An order is taken whole: if one of its rows is wrong, all come back."),
        fields=FIELDS,
        judge=judge,
        write=write,
        try_out=try_out,
        group_by="order_ref",
        chunk_rows=10_000,
    )
)
