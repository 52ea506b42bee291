"""SKUs from a file: made or changed by code. A column that the file lacks changes nothing of a SKU that exists."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from dom_project.lib import db
from inventory import ledger
from inventory.models import Barcode, Category, ImportRun, Sku

from . import cells
from .kinds import Field, Judged, Kind, Row, add
from .rows import Fault

FIELDS = (
    Field("code", _("SKU"), required=True, aliases=("sku", "sku code", "article", "item", "stockcode")),
    Field("name", _("Name"), aliases=("title", "description", "product")),
    Field("category", _("Category"), hint=_("A code; made if it is new."), aliases=("group", "department")),
    Field("barcodes", _("Barcodes"), hint=_("Parted by blanks."), aliases=("barcode", "ean", "gtin", "upc")),
    Field("weight_grams", _("Weight in grams"), aliases=("grams", "weight", "weight g")),
    Field("length_mm", _("Length in mm"), aliases=("length",)),
    Field("width_mm", _("Width in mm"), aliases=("width",)),
    Field("height_mm", _("Height in mm"), aliases=("height",)),
    Field("handling_classes", _("Handling classes"), hint=_("Codes parted by blanks."), aliases=("handling",)),
    Field("price", _("Price"), hint=_("In major units, 19.90."), aliases=("unit price", "retail price")),
    Field("cost", _("Cost"), hint=_("In major units."), aliases=("unit cost", "purchase price")),
    Field("currency", _("Currency"), hint="USD", aliases=("cur",)),
    Field("active", _("Active"), hint=_("yes or no"), aliases=("enabled",)),
)
READERS = {
    "name": lambda cell: cells.text(cell, longest=200),
    "category": lambda cell: cells.slug(cell).lower() if cell.strip() else "",
    "barcodes": lambda cell: cells.codes(cell, longest=64),
    "weight_grams": lambda cell: cells.whole(cell, most=2_000_000),
    "length_mm": lambda cell: cells.whole(cell, most=100_000),
    "width_mm": lambda cell: cells.whole(cell, most=100_000),
    "height_mm": lambda cell: cells.whole(cell, most=100_000),
    "handling_classes": cells.codes,
    "currency": cells.currency,
    "active": cells.yes_or_no,
}


def judge(rows: Sequence[Row], run: ImportRun, at: datetime) -> Judged:
    """Facts are dicts of the columns to write. A repeated code or a barcode of another SKU is a fault."""
    facts: list[dict[str, Any]] = []
    faults: list[Fault] = []
    seen: Counter[str] = Counter()
    currencies = dict(
        Sku.objects.filter(code__in=[row.values["code"].strip() for row in rows]).values_list("code", "currency")
    )
    for row in rows:
        try:
            fact = _fact(row, currencies)
        except _Bad as bad:
            faults.append(bad.fault)
            continue
        seen[fact["code"]] += 1
        if seen[fact["code"]] > 1:
            faults.append(Fault(row.line, "code", "twice_in_file", {"value": fact["code"]}))
        else:
            facts.append(fact)
    taken = _foreign_barcodes(facts)
    good = []
    for fact in facts:
        wrong = next((code for code in fact.get("barcodes", ()) if taken.get(code, fact["code"]) != fact["code"]), "")
        if wrong:
            faults.append(Fault(fact["line"], "barcodes", "barcode_taken", {"value": wrong, "sku": taken[wrong]}))
        else:
            good.append(fact)
    return Judged(good, faults)


def write(facts: Sequence[dict[str, Any]], *, run: ImportRun, part: int, at: datetime, actor: str) -> list[Fault]:
    """Insert new SKUs, change those that exist, in the columns that the file has."""
    if not facts:
        return []
    _make_categories({fact["category"] for fact in facts if fact.get("category")})
    categories = dict(Category.objects.values_list("code", "pk"))
    columns = [name for name in facts[0] if name not in ("line", "code", "category", "barcodes")]
    has_category = "category" in facts[0]
    made = []
    for fact in facts:
        values = {name: fact[name] for name in columns}
        if has_category:
            values["category_id"] = categories.get(fact["category"])
        values.setdefault("name", fact["code"])
        made.append(Sku(code=fact["code"], changed_at=at, **values))
    changed = [*columns, *(["category"] if has_category else []), "changed_at"]
    Sku.objects.bulk_create(made, update_conflicts=True, unique_fields=["code"], update_fields=changed)
    ids = dict(Sku.objects.filter(code__in=[fact["code"] for fact in facts]).values_list("code", "pk"))
    if has_category:
        ledger.set_safety_many(sku_ids=list(ids.values()))
    if "barcodes" in facts[0]:
        Barcode.objects.bulk_create(
            [Barcode(code=code, sku_id=ids[fact["code"]]) for fact in facts for code in fact["barcodes"]],
            ignore_conflicts=True,
        )
    return []


class _Bad(Exception):  # noqa: N818
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def _fact(row: Row, currencies: Mapping[str, str]) -> dict[str, Any]:
    values = row.values
    field = "code"
    try:
        fact: dict[str, Any] = {"line": row.line, "code": cells.text(values["code"], longest=64, required=True)}
        for field, read in READERS.items():
            if field in values:
                fact[field] = read(values[field])
        currency = fact.get("currency") or currencies.get(fact["code"], "USD")
        for field in ("price", "cost"):
            if field in values:
                fact[field] = cells.money(values[field], currency)
    except cells.Wrong as wrong:
        raise _Bad(wrong.at(row.line, field)) from None
    return fact


def _foreign_barcodes(facts: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Barcode -> the SKU that has it, in the database or first in these facts."""
    owners: dict[str, str] = {}
    for fact in facts:
        for code in fact.get("barcodes", ()):
            owners.setdefault(code, fact["code"])
    stored = Barcode.objects.filter(code__in=list(owners)).values_list("code", "sku__code")
    return owners | dict(stored)


def _make_categories(codes: set[str]) -> None:
    db.execute(
        """INSERT INTO inventory_category (code, name) SELECT code, initcap(replace(code, '-', ' '))
           FROM unnest(%s::text[]) AS u(code) ON CONFLICT DO NOTHING""",
        [sorted(codes)],
    )


add(
    Kind(
        code="skus",
        title=_("SKUs"),
        text=_("What is stocked and sold: codes, names, barcodes, weights, sizes, prices."),
        fields=FIELDS,
        judge=judge,
        write=write,
        chunk_rows=1_000,
    )
)
