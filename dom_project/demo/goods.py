"""What Juniper & Finch sells: 12 categories of 50 SKUs, the same ones at every start."""

import csv
import random
from pathlib import Path

from inventory.models import Barcode, Category, Sku

from . import SEED

RANGE = Path(__file__).with_name("goods.csv")  # prices in dollars


def barcode(number: int) -> str:
    """An EAN-13 with its check digit, from the range for use inside a company."""
    body = f"20{number:010d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


def _skus_of(row: dict[str, str], category: Category, chance: random.Random) -> list[Sku]:
    skus = []
    for thing_number, thing in enumerate(row["things"].split(";")):
        dollars = chance.randint(int(row["price_from"]), int(row["price_to"]))
        weight = chance.randint(int(row["grams_from"]), int(row["grams_to"]))
        handled = bool(row["handling"]) and (row["handling"] != "oversize" or weight >= 2500)
        for variant_number, variant in enumerate(row["variants"].split(";")):
            price = dollars + variant_number * max(1, dollars // 25)
            skus.append(
                Sku(
                    code=f"{row['code'][:3].upper()}-{thing_number:02d}{variant_number}",
                    name=f"{thing}, {variant}",
                    category=category,
                    weight_grams=weight + variant_number * weight // 20,
                    length_mm=120 + weight // 12,
                    width_mm=90 + weight // 20,
                    height_mm=40 + weight // 30,
                    handling_classes=[row["handling"]] if handled else [],
                    price=price * 100 - 5,
                    cost=price * 42,
                )
            )
    return skus


def make_skus() -> list[Sku]:
    """600 SKUs with barcodes, saved, by category."""
    chance, skus = random.Random(SEED), []
    with RANGE.open(newline="") as lines:
        for row in csv.DictReader(lines):
            category = Category.objects.get_or_create(code=row["code"], defaults={"name": row["name"]})[0]
            skus += _skus_of(row, category, chance)
    made = Sku.objects.bulk_create(skus)
    Barcode.objects.bulk_create(Barcode(sku=sku, code=barcode(number)) for number, sku in enumerate(made, 1))
    return made
