"""A real order stream, from the product's own importer to the last allocation: `make stream ORDERS=orders.csv.gz`.

The file has a row per order line (order_ref, placed_at, customer_ref, ship_to_zip, sku, quantity, unit_price in GBP).
Every SKU weighs 200 g. One DC holds 1.1 times each SKU's whole demand, each of the other 67 nodes 5 % of it, both
rounded up; every node may send 30,000 parcels a day. Two workers route until nothing is left.
"""

import csv
import gzip
import multiprocessing
import os
import sys
import time
from collections import Counter
from math import ceil
from pathlib import Path

import django

django.setup()

from django.core.files import File  # noqa: E402
from django.db import connections  # noqa: E402
from django.utils import timezone  # noqa: E402

from dom_project.demo.network import make_channels, make_nodes  # noqa: E402
from dom_project.demo.rates import publish_rates  # noqa: E402
from dom_project.demo.strategy import default_rules  # noqa: E402
from dom_project.lib import db  # noqa: E402
from inventory import capacity, ledger  # noqa: E402
from inventory.imports import drafts, runs  # noqa: E402
from inventory.models import Category, Channel, ImportRun, Node, Sku  # noqa: E402
from inventory.movements import Movement  # noqa: E402
from routing import sourcing, strategies  # noqa: E402
from routing.models import Strategy  # noqa: E402

DC = "COLUMBUS-DC"
WORKERS = 2
CHUNK = 5_000


def demand(file: Path) -> Counter[str]:
    """Units asked of each SKU in the whole file."""
    units: Counter[str] = Counter()
    with gzip.open(file, "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            units[row["sku"]] += int(row["quantity"])
    return units


def build(units: Counter[str]) -> None:
    at = timezone.now()
    make_channels()
    Channel.objects.update(currency="GBP")
    make_nodes((at.year, at.year + 1))
    Node.objects.update(daily_capacity=30_000, currency="GBP")
    Category.objects.bulk_create(Category(code=code, name=code.title()) for code in ("garden", "outdoor"))
    Sku.objects.bulk_create(Sku(code=code, name=code, weight_grams=200, currency="GBP") for code in sorted(units))
    publish_rates(at=at, currency="GBP")
    strategy = Strategy.objects.create(code="main", name="Main")
    strategies.activate(
        strategies.save_version(default_rules(), strategy=strategy, author="bench", reason="Stream", at=at),
        at=at,
        actor="bench",
    )
    capacity.open_days(at=at)
    skus, nodes = dict(Sku.objects.values_list("code", "id")), dict(Node.objects.values_list("code", "id"))
    wanted = [
        (nodes[node], skus[sku], ceil(count * 11 / 10) if node == DC else ceil(count / 20))
        for node in sorted(nodes)
        for sku, count in sorted(units.items())
    ]
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        levels = ledger.open_levels_many([(node, sku) for node, sku, _ in part])
        ledger.receive_many(
            [
                Movement(key=f"opening:{node}:{sku}", level_id=levels[node, sku], units=count, day=at.date())
                for node, sku, count in part
            ],
            at=at,
            actor="bench",
        )
    db.execute("ANALYZE")


def import_file(file: Path) -> ImportRun:
    """Bring the file in as a person would, the columns that it lacks given as constants."""
    with file.open("rb") as opened:
        run = drafts.prepare(File(opened, name=file.name), kind="orders", actor="bench", at=timezone.now())
    drafts.settle(
        run,
        columns=run.columns,
        constants={"country": "US", "channel": "web", "method": "ship", "currency": "GBP"},
        figures_as_of=None,
    )
    drafts.start(run, at=timezone.now())
    runs.work_due(at=timezone.now(), keep_on=lambda: True)
    run.refresh_from_db()
    return run


def work(name: str) -> None:
    """One worker: routes until nothing is due and nothing is in another's hands."""
    connections.close_all()
    while db.value("SELECT count(*) FROM routing_pending"):
        if not sourcing.source_due(at=timezone.now(), owner=name).claimed:
            time.sleep(0.05)


def main() -> None:
    file = Path(os.environ.get("ORDERS", ""))
    if not file.is_file():
        raise SystemExit("Say which file: make stream ORDERS=orders.csv.gz")
    build(demand(file))
    began = time.perf_counter()
    run = import_file(file)
    imported = time.perf_counter() - began
    print(
        f"import    {run.rows_read:,} rows, {run.rows_good:,} good, {run.rows_bad:,} bad, {run.state}:"
        f" {imported:.0f} s"
    )
    connections.close_all()
    began = time.perf_counter()
    workers = [multiprocessing.get_context("fork").Process(target=work, args=[f"worker {n}"]) for n in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    routed = time.perf_counter() - began
    ((orders, lines, whole),) = db.rows(
        """SELECT (SELECT count(*) FROM routing_order), count(*), count(*) FILTER (WHERE allocated = ordered)
           FROM routing_orderline"""
    )
    ((parcels, allocations),) = db.rows(
        """SELECT (SELECT count(*) FROM routing_planparcel),
                  (SELECT count(*) FROM routing_allocation WHERE state = 'open')"""
    )
    exact = dict(db.rows("SELECT approximate, count(*) FROM routing_decision GROUP BY 1"))
    reasons = db.rows(
        "SELECT reason, count(*) FROM routing_orderexception WHERE closed_at IS NULL GROUP BY 1 ORDER BY 2 DESC"
    )
    states = db.rows("SELECT state, count(*) FROM routing_order GROUP BY 1 ORDER BY 2 DESC")
    print(f"routing   {routed:.0f} s with {WORKERS} workers")
    print(f"orders    {orders:,}: {', '.join(f'{state} {count:,}' for state, count in states)}")
    print(
        f"lines     {lines:,}, allocated whole {whole:,} ({whole / lines:.1%}),"
        f" allocations {allocations:,}, parcels {parcels:,}"
    )
    print(f"decisions exact {exact.get(False, 0):,}, approximate {exact.get(True, 0):,}")
    print(f"exceptions by reason: {', '.join(f'{reason} {count:,}' for reason, count in reasons) or 'none'}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
