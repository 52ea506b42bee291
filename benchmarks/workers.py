"""One worker, then two with settings of their own, on one database: `python -m benchmarks workers [ORDERS=50000]`.

No order may be routed twice or be left over; the invariants are checked by whoever starts the benchmark.
"""

import os
import subprocess
import sys
import time

import django

django.setup()

from django.db import connection  # noqa: E402

from benchmarks import network, probes  # noqa: E402
from routing import intake  # noqa: E402

ORDERS = int(os.environ.get("ORDERS", 50_000))
UNITS = 100_000  # of each SKU at each node

# A machine's worth: its own process, secret, broker database and name; only the database is shared.
WORKER = """
import sys, time
import django
django.setup()
from datetime import UTC, datetime
from routing import sourcing
print("ready", flush=True)
sys.stdin.readline()
began, claimed, routed = time.process_time(), 0, 0
while (done := sourcing.source_due(at=datetime.now(UTC), owner=sys.argv[1])).claimed:
    claimed += done.claimed
    routed += done.routed
print(claimed, routed, time.process_time() - began, flush=True)
"""
TWICE = """
SELECT (SELECT count(*) FROM routing_pending),
  (SELECT count(*) FROM routing_order WHERE routed_at IS NULL),
  (SELECT count(*) FROM (SELECT order_id FROM routing_decision GROUP BY order_id HAVING count(*) > 1) d),
  (SELECT count(*) FROM (SELECT l.id FROM routing_orderline l LEFT JOIN routing_allocation a ON a.line_id = l.id
     AND a.state <> 'released' GROUP BY l.id, l.ordered HAVING coalesce(sum(a.quantity), 0) <> l.ordered) w)
"""


def fill(codes: list[str], seed: int) -> None:
    """Accept the orders, 500 at a time."""
    orders = network.requests(codes, ORDERS, seed=seed, at=network.now())
    for first in range(0, ORDERS, 500):
        intake.accept_orders(orders[first : first + 500], at=network.now(), actor="bench")


def routed_by(names: list[str]) -> tuple[float, list[str]]:
    """(seconds until nothing is due, what each worker says) of workers that start at the same moment."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, name],
            env=os.environ | {"SECRET_KEY": f"of {name} alone", "HOSTNAME": name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in names
    ]
    for worker in workers:
        assert worker.stdout is not None
        worker.stdout.readline()
    began = time.perf_counter()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("\n")
        worker.stdin.flush()
    told = [worker.communicate()[0].strip() for worker in workers]
    return time.perf_counter() - began, told


def main() -> None:
    at = network.now()
    codes = network.build(at=at, units=UNITS, parcels=1_000_000)
    for count in (1, 2):
        fill(codes, seed=count)
        commits = probes.commit_rate(os.environ["DATABASE_URL"])
        server = probes.server_cpu()
        seconds, told = routed_by([f"machine-{number}" for number in range(1, count + 1)])
        server = (probes.server_cpu() - server) * 1000 / ORDERS
        client = sum(float(text.split()[2]) for text in told) * 1000 / ORDERS
        rate = ORDERS / seconds
        print(f"{count} worker{'s' if count > 1 else ' '}   {rate:8,.0f} orders/s, {commits:,.0f} commits/s beside it")
        print(f"            CPU an order: {client:.3f} ms client, {server:.3f} ms server")
        for number, text in enumerate(told, 1):
            claimed, routed, _ = text.split()
            print(f"            machine {number} claimed {int(claimed):,} and routed {int(routed):,}")
        with connection.cursor() as cursor:
            cursor.execute(TWICE)
            pending, unrouted, twice, wrong = cursor.fetchone()
        print(f"            left over {pending}, not routed {unrouted}, decided twice {twice}, lines amiss {wrong}")


if __name__ == "__main__":
    main()
