"""Orders by HTTP, 100 per POST, promise included: `python -m benchmarks intake`. Beside it one-row commits."""

import json
import multiprocessing
import os
import random
import time as clock
from datetime import UTC, datetime, time, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

import django

from benchmarks import probes

NODES, SKUS, PER_POST, POSTS = 68, 600, 100, 60


def seed() -> str:
    """68 nodes that stock half of 600 SKUs, a rate card, a channel; returns an API token."""
    from dom_project.accounts import tokens
    from dom_project.accounts.models import Role, User
    from inventory.models import Channel, Node, Sku
    from routing import rates

    chance = random.Random(1)  # noqa: S311
    at = datetime.now(UTC)
    Channel.objects.create(code="web", name="Web", currency="USD", time_zone="America/Chicago")
    nodes = Node.objects.bulk_create(
        Node(
            code=f"N{number}",
            name=f"Node {number}",
            kind="store",
            latitude=chance.uniform(30, 47),
            longitude=chance.uniform(-120, -75),
            time_zone="America/Chicago",
            hours={str(day): ["08:00", "20:00"] for day in range(7)},
            cut_off=time(15),
            daily_capacity=500,
            abilities=["ship", "pickup"],
        )
        for number in range(NODES)
    )
    skus = Sku.objects.bulk_create(
        Sku(code=f"S{number}", name=f"SKU {number}", weight_grams=400) for number in range(SKUS)
    )
    from inventory import ledger
    from inventory.movements import Movement

    pairs = [(node.pk, sku.pk) for node in nodes for sku in skus if chance.random() < 0.5]
    levels = ledger.open_levels_many(pairs)
    ledger.receive_many(
        [Movement(f"bench:{level}", level, chance.randrange(1, 60), at.date()) for level in levels.values()],
        at=at,
        actor="bench",
    )
    rates.save_card(
        "standard",
        [
            rates.RateRow("fleet", service, zone, grams, factor * (base + 90 * zone), 1 + zone // factor, 60)
            for service, factor in (("ground", 1), ("express", 2))
            for zone in range(7)
            for grams, base in ((1000, 600), (5000, 900), (20000, 1500))
        ],
        name="Standard",
        currency="USD",
        zone_km=[250, 500, 1000, 1600, 2200, 3000],
        at=at,
    )
    user = User.objects.create_user(username="bench", role=Role.INTEGRATION)
    return tokens.make(user, name="bench", at=at)


def bodies(count: int, first: int) -> list[bytes]:
    """`count` bodies of 100 two-line orders with full customers, as a storefront sends them."""
    import zipcodes

    chance = random.Random(first)  # noqa: S311
    standard = zipcodes.filter_by(zip_code_type="STANDARD")
    codes = [row["zip_code"] for row in random.Random(1).sample(standard, 400)]  # noqa: S311
    placed = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()

    def order(number: int) -> dict[str, object]:
        return {
            "channel": "web",
            "order_ref": f"W-{number}",
            "placed_at": placed,
            "lines": [
                {"sku": f"S{chance.randrange(SKUS)}", "quantity": 1 + chance.randrange(3), "unit_price": 1990},
                {"sku": f"S{chance.randrange(SKUS)}", "quantity": 1, "unit_price": 2990},
            ],
            "customer": {
                "ref": f"C{number}",
                "name": "Ada Field",
                "email": f"ada{number}@example.com",
                "phone": "+1 916 555 0134",
                "street": f"{number} Main Street",
                "city": "Somewhere",
                "postcode": chance.choice(codes),
            },
        }

    return [
        json.dumps([order(first + post * PER_POST + row) for row in range(PER_POST)]).encode() for post in range(count)
    ]


def send(token: str, posts: list[bytes]) -> None:
    from django.test import Client

    client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {token}"})
    for body in posts:
        answer = client.post("/api/v1/orders/bulk/", body, content_type="application/json")
        if answer.status_code != 200 or answer.json()["accepted"] != PER_POST:
            raise SystemExit(f"{answer.status_code}: {answer.content[:400]!r}")


def caller(token: str, first: int, ready: Barrier, took: "Queue[float]") -> None:
    """A web process of its own, with one caller that never waits."""
    django.setup()
    send(token, bodies(5, first))
    posts = bodies(POSTS, first + 100_000)
    ready.wait()
    began = clock.perf_counter()
    send(token, posts)
    took.put(clock.perf_counter() - began)


def rate_of(callers: int, token: str, first: int) -> float:
    """Orders a second of so many web processes side by side."""
    spawn = multiprocessing.get_context("spawn")
    ready, took = spawn.Barrier(callers), spawn.Queue()
    processes = [
        spawn.Process(target=caller, args=(token, first + 1_000_000 * number, ready, took))
        for number in range(callers)
    ]
    for process in processes:
        process.start()
    slowest = max(took.get(timeout=300) for _ in processes)
    for process in processes:
        process.join()
    return callers * POSTS * PER_POST / slowest


def main() -> None:
    django.setup()
    token = seed()
    send(token, bodies(5, 0))
    posts, orders = bodies(POSTS, 100_000), POSTS * PER_POST
    client_cpu, server_cpu = clock.process_time(), probes.server_cpu()
    send(token, posts)
    client_cpu, server_cpu = clock.process_time() - client_cpu, probes.server_cpu() - server_cpu
    commits = probes.commit_rate(os.environ["DATABASE_URL"])
    print(f"one-row commits of one connection   {commits:8.0f} /s")
    for number, callers in enumerate((1, 2), 1):
        rate = rate_of(callers, token, 10_000_000 * number)
        told = f"orders of {callers} caller{'s' if callers > 1 else ' '}, {PER_POST} per POST"
        print(f"{told:<35} {rate:8.0f} /s, {rate / commits:.1f} x the commits   (goal: 2,000)")
    print(f"CPU per order                       {1000 * client_cpu / orders:8.3f} ms client")
    print(f"                                    {1000 * server_cpu / orders:8.3f} ms server")


if __name__ == "__main__":
    main()
