"""A rate card from a file: carrier × service × zone × weight band. Published as the next version, or not at all."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from dom_project.lib.api_errors import BadInput
from inventory.imports import cells
from inventory.imports.kinds import Field, Judged, Kind, Row, add
from inventory.imports.rows import Fault
from inventory.models import ImportRun
from routing.rates import LARGEST_BAND, LARGEST_DIVISOR, LARGEST_PRICE, RateRow, save_card

MOST_ROWS = 50_000
FIELDS = (
    Field(
        "card",
        _("Card"),
        required=True,
        hint=_("Its code; the file becomes its next version."),
        aliases=("card code",),
    ),
    Field("card_name", _("Name of the card"), aliases=()),
    Field("currency", _("Currency"), required=True, hint="USD", aliases=("cur",)),
    Field(
        "zone_km",
        _("Upper distance of the zones"),
        required=True,
        hint=_("In km, ascending, of all zones but the last: 80 240 480"),
        aliases=(),
    ),
    Field("late_cost_per_day", _("Worth of a day late"), hint=_("Per parcel, in major units."), aliases=()),
    Field(
        "dimensional_divisor",
        _("Dimensional divisor"),
        hint=_("Cubic centimetres billed as a kilogram, like 5000; empty bills by weight alone."),
        aliases=("dim divisor", "dim factor"),
    ),
    Field("carrier", _("Carrier"), required=True, aliases=()),
    Field("service", _("Service"), required=True, aliases=("service code",)),
    Field("service_name", _("Name of the service"), aliases=()),
    Field("zone", _("Zone"), required=True, hint=_("From 0 or from 1, the nearest first."), aliases=()),
    Field("up_to_grams", _("Up to grams"), required=True, aliases=("weight", "max grams", "weight grams")),
    Field("price", _("Price"), required=True, hint=_("In major units."), aliases=("rate",)),
    Field("transit_days", _("Days on the road"), required=True, aliases=("days", "transit")),
    Field(
        "further_kg_price",
        _("Price of each further kg"),
        required=True,
        hint=_("Above the last weight; an empty cell: heavier parcels are not carried."),
        aliases=("per kg", "further kg"),
    ),
)


class Card(NamedTuple):
    code: str
    name: str
    currency: str
    zone_km: list[int]
    late_cost_per_day: int
    dimensional_divisor: int


class Priced(NamedTuple):
    """One row of the file: the card that it speaks of, and its cell in it."""

    line: int
    card: Card
    row: RateRow


def judge(rows: Sequence[Row], run: ImportRun, at: datetime) -> Judged:
    """Facts are priced cells of one card: the first row's."""
    facts: list[Priced] = []
    faults: list[Fault] = []
    for row in rows:
        told = _priced(row)
        if isinstance(told, Priced) and facts and told.card != facts[0].card:
            told = Fault(row.line, "card", "another_card", {"first": facts[0].line})
        if isinstance(told, Fault):
            faults.append(told)
        else:
            facts.append(told)
    first = min((fact.row.zone for fact in facts), default=0)
    if first == 1:
        facts = [fact._replace(row=fact.row._replace(zone=fact.row.zone - 1)) for fact in facts]
    return Judged(facts, faults)


def write(facts: Sequence[Priced], *, run: ImportRun, part: int, at: datetime, actor: str) -> list[Fault]:
    """Publish the card. A card with holes or contradictions is not published: each of its rows says why."""
    if not facts:
        return []
    if part:
        return [Fault(fact.line, "", "too_many_rates", {"most": MOST_ROWS}) for fact in facts]
    card = facts[0].card
    try:
        save_card(
            card.code,
            [fact.row for fact in facts],
            name=card.name,
            currency=card.currency,
            zone_km=card.zone_km,
            late_cost_per_day=card.late_cost_per_day,
            dimensional_divisor=card.dimensional_divisor,
            at=at,
        )
    except BadInput as bad:
        cause = Fault(facts[bad.row or 0].line, bad.field if bad.field != "rows" else "", bad.code, bad.params)
        because = {"line": cause.line}
        return [cause, *(Fault(fact.line, "", "card_not_taken", because) for fact in facts if fact.line != cause.line)]
    return []


def _priced(row: Row) -> Priced | Fault:
    values, field = row.values, "card"
    try:
        code = cells.slug(values["card"])
        field = "currency"
        currency = cells.currency(values["currency"])
        field = "zone_km"
        zone_km = [cells.whole(part, least=1, most=50_000) for part in cells.codes(values["zone_km"])]
        field = "late_cost_per_day"
        late = cells.money(values[field], currency) if values.get(field, "").strip() else 400
        field = "dimensional_divisor"
        divisor = cells.whole(values[field], most=LARGEST_DIVISOR) if values.get(field, "").strip() else 0
        field = "card_name"
        name = cells.text(values.get(field, ""), longest=120) or code
        field = "carrier"
        carrier = cells.text(values[field], longest=40, required=True)
        field = "service"
        service = cells.text(values[field], longest=24, required=True)
        field = "zone"
        zone = cells.whole(values[field], most=100)
        field = "up_to_grams"
        grams = cells.whole(values[field], least=1, most=LARGEST_BAND)
        field = "price"
        price = cells.money(values[field], currency, most=LARGEST_PRICE)
        field = "transit_days"
        days = cells.whole(values[field], most=365)
        field = "further_kg_price"
        further = cells.money(values[field], currency, most=LARGEST_PRICE) if values[field].strip() else None
        field = "service_name"
        service_name = cells.text(values.get(field, ""), longest=80)
    except cells.Wrong as wrong:
        return wrong.at(row.line, field)
    return Priced(
        row.line,
        Card(code, name, currency, zone_km, late, divisor),
        RateRow(carrier, service, zone, grams, price, days, further, service_name),
    )


add(
    Kind(
        code="rates",
        title=_("Rates"),
        text=_("What carriers charge and how long they take, as the next version of a rate card."),
        fields=FIELDS,
        judge=judge,
        write=write,
        chunk_rows=MOST_ROWS,
    )
)
