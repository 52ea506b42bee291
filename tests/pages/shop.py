"""A small shop in which everything has happened once: what the pages are looked at with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import count

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from fulfillment import answered, feedback, orders, returns, shipments, tracking
from fulfillment.models import Shipment, ShipmentLine
from inventory import capacity, ledger, safety
from inventory.imports import drafts, runs
from inventory.models import (
    Barcode,
    Connection,
    FeedCase,
    FeedRun,
    FeedScope,
    FeedStage,
    Node,
    RejectedRow,
    Sku,
    StockLevel,
)
from kpis import snapshots
from kpis.models import Target
from routing import intake, odds, sourcing, strategies
from routing.models import (
    Decision,
    Outbox,
    Reoptimisation,
    ScarcityPrice,
    ScarcityRun,
    ScarcitySlot,
    Strategy,
    StrategyVersion,
    Subscriber,
)
from routing.requests import CustomerRequest
from routing.shrinkage import WHOLE, Answers
from tests import make

WHO = "user:1"
SACRAMENTO = {"postcode": "95814", "city": "Sacramento", "region": "CA", "latitude": 38.58, "longitude": -121.49}
_refs = count(1)


@dataclass
class Shop:
    """What the addresses of its pages are made of."""

    reno: Node
    store: Node
    mug: Sku
    level: StockLevel
    connection: Connection
    at_the_store: list[str]  # refs of its shipments, one of each state
    orders: dict[str, str]  # what happened → ref
    imports: dict[str, str]  # state → ref
    version: StrategyVersion


def order(lines: dict[str, int], *, at: datetime, name: str = "Ada Field", **fields: object) -> str:
    """One order of the web channel, taken in; its ref."""
    request = make.request(
        f"W-{next(_refs)}",
        lines=lines,
        placed_at=at,
        customer=CustomerRequest(name=name, email=f"{name.split()[0].lower()}@example.com", **SACRAMENTO),
        **fields,
    )
    return intake.accept_order(request, at=at, actor="token:1").ref


def to_the_floor(at: datetime) -> None:
    sourcing.source_due(at=at, owner="test")
    shipments.dispatch_due(at=at, actor="engine")


def shipment_of(ref: str) -> Shipment:
    return Shipment.objects.exclude(state="cancelled").get(order__ref=ref)


def line_of(ref: str) -> ShipmentLine:
    return shipment_of(ref).lines.get()


def picked(ref: str, at: datetime) -> int:
    shipment = shipment_of(ref)
    shipments.pick_whole_many([shipment.pk], at=at, actor=WHO)
    return shipment.pk


def packed(ref: str, at: datetime) -> int:
    pk = picked(ref, at)
    shipments.pack_many([pk], at=at, actor=WHO)
    return pk


def furnish() -> Shop:
    """Two DCs, a store and a closed one; a week of orders in every state, a feed in trouble, imports, versions."""
    now = timezone.now()
    network(now)
    version = rules(now)
    told: dict[str, str] = {}
    yesterday(now - timedelta(days=2), told)
    answered.learn_odds(at=now - timedelta(hours=26))
    today(now - timedelta(hours=2), told)
    connection = feeds(now)
    subscriber(now)
    Reoptimisation.objects.create(
        at=now, problem_ref="7-anew", mode="batch", currency="USD", considered=40, moved=3, refused=1, saved=425,
        stayed={"best": 34, "later": 2}, actor="engine",
    )  # fmt: skip
    found = dict(Shipment.objects.filter(node__code="OAKLAND").order_by("id").values_list("state", "ref"))
    reno, mug = Node.objects.get(code="RENO"), Sku.objects.get(code="MUG")
    shop = Shop(
        reno=reno,
        store=Node.objects.get(code="OAKLAND"),
        mug=mug,
        level=StockLevel.objects.get(node=reno, sku=mug),
        connection=connection,
        at_the_store=list(found.values()),
        orders=told,
        imports=imports(now),
        version=version,
    )
    noes(now)
    prices(now)
    snapshots.roll_up(at=now)
    snapshots.leave_empty(now - timedelta(hours=30), now - timedelta(hours=26))
    Target.objects.create(metric="cost_per_order", from_date=(now - timedelta(days=90)).date(), value=900)
    Target.objects.create(metric="on_time", from_date=(now - timedelta(days=90)).date(), value="0.95")
    return shop


def network(now: datetime) -> None:
    west, east = make.group("west"), make.group("east")
    make.channel("web")
    make.rate_card()
    make.node("RENO", name="Reno DC", group=west, hours=ALL_DAY, cut_off=time(23, 59))
    make.node(
        "OAKLAND", name="Oakland store", kind="store", group=west, latitude=37.8, longitude=-122.27, city="Oakland",
        region="CA", hours=ALL_DAY, cut_off=time(23, 59), daily_capacity=12,
    )  # fmt: skip
    make.node(
        "ALBANY", name="Albany DC", group=east, latitude=42.65, longitude=-73.75, city="Albany", region="NY",
        time_zone="America/New_York", hours=ALL_DAY, cut_off=time(23, 59),
    )  # fmt: skip
    make.node("BOISE", name="Boise store", kind="store", latitude=43.6, longitude=-116.2, active=False)
    for place, code in enumerate(("MUG", "TRAY", "LAMP", "TENT", "RARE")):
        sku = make.sku(code, name=f"Stoneware {code.lower()}", category=make.category(CATEGORIES[place]))
        Barcode.objects.create(sku=sku, code=f"400000000000{place}")
        for node, units in (("RENO", 60), ("OAKLAND", 8), ("ALBANY", 40)):
            if code != "RARE":
                make.stock(Node.objects.get(code=node), sku, units)
    safety.add_rule(2, category=make.category("kitchen"), group=west, at=now, actor=WHO)
    safety.switch_rule(safety.add_rule(1, at=now, actor=WHO).pk, active=False)
    capacity.open_days(at=now - timedelta(days=2))
    capacity.open_days(at=now)


def noes(now: datetime) -> None:
    """The store has a shelf on which half is missing; the DCs find everything."""
    kitchen, home = make.category("kitchen").pk, make.category("home").pk
    store, reno = Node.objects.get(code="OAKLAND").pk, Node.objects.get(code="RENO").pk
    asked = {
        ("store", store, kitchen, 1): (60, 50),
        ("store", store, home, 3): (90, 3),
        ("dc", reno, home, 4): (500, 0),
    }
    answers = [(place, Answers(lines, no, lines * WHOLE, no * WHOLE)) for place, (lines, no) in asked.items()]
    odds.learn(answers, {"USD": {Strategy.objects.get().pk: (12, 8400)}}, at=now)


def prices(now: datetime) -> None:
    """Mugs are scarce in Reno, and the store keeps its lamps for the till; two orders went elsewhere because of it."""
    run = ScarcityRun.objects.create(
        asked_at=now, asked_by="engine", state="done", at=now - timedelta(hours=2), currency="USD", futures=8,
        solved=8, orders=640, hours=168, skus=4, history_days=40, cleared=1,
    )  # fmt: skip
    node = {each.code: each for each in Node.objects.order_by("code")}
    sku = {each.code: each for each in Sku.objects.order_by("code")}
    for code, where, price, walk_in in (("MUG", "RENO", 340, 0), ("LAMP", "OAKLAND", 910, 910)):
        ScarcityPrice.objects.create(
            run=run, sku=sku[code], node=node[where], price=price, cold=price // 3, walk_in=walk_in, per_day=1.5
        )
    ScarcitySlot.objects.create(run=run, node=node["OAKLAND"], price=120)
    for decision in Decision.objects.filter(outcome="all").order_by("id")[:2]:
        told = decision.plan | {"unpriced": {"invoice": decision.invoice - 110, "nodes": ["OAKLAND"]}}
        Decision.objects.filter(pk=decision.pk).update(unpriced=decision.invoice - 110, plan=told)


ALL_DAY = {str(day): ["00:00", "23:59"] for day in range(7)}
CATEGORIES = ("kitchen", "kitchen", "home", "outdoor", "toys")


def rules(now: datetime) -> StrategyVersion:
    pickups = {"field": "method", "values": ["pickup"], "negate": False}
    small = {"field": "value", "amount": 20000, "negate": False}
    parts = [
        make.rule("Pickups", which_orders=[pickups], rank="distance"),
        make.rule("Dear orders whole", which_orders=[small], max_parcels=1, if_none="exception"),
        make.rule("Everything else", max_parcels=3),
    ]
    make.strategy(*parts, at=now - timedelta(days=10))
    parts[2]["max_parcels"] = 4
    version = strategies.save_version(
        parts, strategy="main", author=WHO, reason="Fewer parcels", at=now - timedelta(days=3), newest=1
    )
    strategies.activate(version, at=now - timedelta(days=3), actor=WHO)
    return version


def yesterday(at: datetime, told: dict[str, str]) -> None:
    """Orders that are through: delivered, late, returned, lost."""
    for what in ("delivered", "returned", "lost", "on the way"):
        told[what] = order({"MUG": 2, "LAMP": 1}, at=at)
    to_the_floor(at)
    leaving = [
        (packed(told[what], at), f"TRK-{what[:4].upper()}") for what in ("delivered", "returned", "lost", "on the way")
    ]
    later = at + timedelta(hours=5)
    shipments.ship_many(leaving, at=later, actor=WHO)
    scan = tracking.Scan("fleet", "TRK-ON T", "X1", "in_transit", later, "Elko, NV", "Departed")
    tracking.record_many([scan, scan._replace(code="X2", state="delayed", text="Snow")], at=later, actor="carrier")
    end = at + timedelta(hours=30)
    shipments.deliver_many([leaving[0][0], leaving[1][0]], at=end, actor="carrier")
    shipments.lose_many([leaving[2][0]], at=end, actor="carrier")
    feedback.give(told["delivered"], 5, "Quick and whole.", at=end, actor=WHO)
    feedback.give(told["returned"], 2, "A handle is off.", at=end, actor=WHO)
    returns.take_back(told["returned"], "1", 1, key="r1", node="RENO", reason="damaged", at=end, actor=WHO)


def today(at: datetime, told: dict[str, str]) -> None:
    """Orders in the work, and those that need a person."""
    for what in ("to pick", "next to pick", "picking", "packed", "short", "put back", "cancelled"):
        told[what] = order({"TRAY": 2}, at=at, name="Noor Haddad")
    for what in ("ready", "handed over", "pickup to pick"):
        told[what] = order({"LAMP": 1}, at=at, method="pickup", pickup_node="OAKLAND")
    told["split"] = order({"TRAY": 30, "TENT": 2}, at=at)
    told["exception"] = order({"RARE": 20}, at=at, name="Priya Raman")
    told["back-ordered"] = order({"RARE": 1}, at=at)
    to_the_floor(at)
    shipments.start_picking_many([shipment_of(told["picking"]).pk], at=at, actor=WHO)
    shipments.scan(shipment_of(told["picking"]).pk, "TRAY", at=at, actor=WHO)
    packed(told["packed"], at), packed(told["put back"], at)
    ready = [packed(told["ready"], at), packed(told["handed over"], at)]
    shipments.make_ready_many(ready, at=at, actor=WHO)
    shipments.hand_over_many(ready[1:], at=at, actor=WHO)
    orders.cancel(told["put back"], at=at, actor=WHO)
    orders.cancel(told["cancelled"], at=at, actor=WHO)
    shipments.report_short(line_of(told["short"]).pk, 1, "damaged", at=at, actor=WHO)
    tent = StockLevel.objects.get(node__code="RENO", sku__code="TENT")
    ledger.floor_count(tent.pk, 0, observed_at=at, key="count:tent", day=at.date(), actor=WHO)
    told["to route"] = order({"MUG": 1}, at=at + timedelta(minutes=50))


def feeds(now: datetime) -> Connection:
    """One connection that asks a person, one that never answered."""
    asking = Connection.objects.create(
        ref="erp", name="Head office", address="http://127.0.0.1:9", token="secret", last_success_at=now
    )
    silent = Connection.objects.create(
        ref="till", name="Tills", address="http://127.0.0.1:9", failures=4, last_attempt_at=now,
        last_error={"code": "not_json", "params": {"type": "text/html"}},
    )  # fmt: skip
    reno, oakland = Node.objects.get(code="RENO"), Node.objects.get(code="OAKLAND")
    FeedScope.objects.create(node=reno, connection=asking, observed_at=now, seen_at=now)
    long_ago = now - timedelta(hours=3)
    FeedScope.objects.create(node=oakland, connection=silent, observed_at=long_ago, seen_at=long_ago)
    run = FeedRun.objects.create(
        connection=asking, kind="snapshot", state="asked", seq=2, started_at=now, observed_at=now, rows_read=5
    )
    FeedStage.objects.create(run=run, node=reno, sku_id=1, on_hand=0)
    biggest = [{"node": "RENO", "sku": "MUG", "before": 60, "after": 0}]
    FeedCase.objects.create(run=run, reason="all_zero", params={"nodes": ["RENO"], "biggest": biggest}, raised_at=now)
    RejectedRow.objects.create(
        connection=asking, entity="stock", source_id="reno|mug", field="on_hand", reason="missing",
        first_seen_at=long_ago, last_seen_at=now,
    )  # fmt: skip
    return asking


def subscriber(now: datetime) -> None:
    """Who hears of everything, and two letters that never arrived."""
    Subscriber.objects.create(ref="till", name="Tills", url="http://127.0.0.1:9", secret="s", failures=9)
    ids = Outbox.objects.order_by("id").values_list("id", flat=True)[:2]
    Outbox.objects.filter(id__in=list(ids)).update(
        dead_at=now, attempts=12, last_error={"code": "answered", "params": {"status": 500}}
    )


def imports(now: datetime) -> dict[str, str]:
    """A file whose columns are still to be named, one that waits for a worker and one of which a row was refused."""
    files = {
        "done": b"code;weight_grams\nCUP;350\nPAN;heavy\n",
        "waiting": b"code\nJAR\n",
        "draft": b"Artikel;Gewicht\nCUP;350\nPAN;schwer\n",
    }
    refs: dict[str, str] = {}
    for state, body in files.items():
        run = drafts.prepare(SimpleUploadedFile(f"{state}.csv", body), kind="skus", actor=WHO, at=now)
        refs[state] = run.ref
        if state != "draft":
            drafts.start(run, at=now)
        if state == "done":
            runs.work_due(at=now, keep_on=lambda: True)
    return refs
