"""Every page with the demo retailer's thirty days, nothing moving: `python -m benchmarks pages`.

Beside it the smallest page that the same stack can give. A page is asked for whole, log-in and middleware included.
"""

import contextlib
import gc
import io
import time
from statistics import median, quantiles
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from dom_project.accounts.models import User  # noqa: E402
from fulfillment.models import Shipment  # noqa: E402
from inventory.models import StockLevel  # noqa: E402
from routing.models import Order, StrategyVersion  # noqa: E402

TIMES = 25
GOAL_MS, GOAL_QUERIES = 150, 12


def pages() -> dict[str, list[str]]:
    """What each person opens: paths by log-in."""
    parcel = Shipment.objects.select_related("node", "order").filter(
        state="picking"
    ).first() or Shipment.objects.latest("pk")
    order, level = Order.objects.latest("pk"), StockLevel.objects.select_related("sku", "node").earliest("pk")
    version = StrategyVersion.objects.latest("pk")
    node, sku = level.node.code, level.sku.code
    return {
        "manager": [
            "/", "/orders/", f"/orders/{parcel.order.ref}/", f"/orders/{order.ref}/", "/orders/?q=smith",
            "/exceptions/", "/inventory/", "/inventory/?tab=nodes",
            f"/inventory/nodes/{node}/", f"/inventory/levels/{level.pk}/", f"/inventory/skus/{sku}/",
            "/inventory/safety/", "/network/", f"/network/{node}/",
            "/routing/", "/routing/history/", f"/routing/versions/{version.number}/",
            "/store/", f"/store/{parcel.node.code}/", f"/store/{parcel.node.code}/{parcel.ref}/",
            "/kpis/", "/kpis/on_time/orders/", "/connections/", "/imports/", "/account/",
        ],
        "executive": ["/", "/kpis/"],
    }  # fmt: skip


class Counted:
    """How many statements ran."""

    def __init__(self) -> None:
        self.statements = 0

    def __call__(self, execute: Any, *asked: Any) -> Any:
        self.statements += 1
        return execute(*asked)


def measure(client: Client, path: str) -> tuple[list[float], int, int]:
    """Milliseconds of each time, statements and bytes of one. A first time, which fills caches, is left out."""
    if (answer := client.get(path)).status_code != 200:
        raise SystemExit(f"{path}: {answer.status_code}")
    took, counted = [], Counted()
    for _ in range(TIMES):
        counted.statements, began = 0, time.perf_counter()
        with connection.execute_wrapper(counted):
            answer = client.get(path)
        took.append(1000 * (time.perf_counter() - began))
    return took, counted.statements, len(answer.content)


def main() -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        call_command("demo_seed")
    # The web's process has never played the thirty days: what they left in this one is not looked through again.
    gc.collect()
    gc.freeze()
    print(f"{Order.objects.count():,} orders, {StockLevel.objects.count():,} levels; each page {TIMES} times")
    empty, _, _ = measure(Client(SERVER_NAME="localhost"), "/login/")
    print(f"{'page':<44}   p50 ms   p95 ms  queries     KB")
    print(f"{'log-in page, the probe':<44} {median(empty):8.1f} {quantiles(empty, n=20)[-1]:8.1f}")
    every, most, slow = [], 0, 0
    for username, paths in pages().items():
        client = Client(SERVER_NAME="localhost")
        client.force_login(User.objects.get(username=username))
        for path in paths:
            took, statements, size = measure(client, path)
            late = quantiles(took, n=20)[-1]
            every += took
            most, slow = max(most, statements), max(slow, late)
            mark = "" if late <= GOAL_MS and statements <= GOAL_QUERIES else "  over"
            figures = f"{median(took):8.1f} {late:8.1f} {statements:8} {size / 1000:6.0f}"
            print(f"{f'{username} {path}'[:44]:<44} {figures}{mark}")
    print(
        f"all: p95 {quantiles(every, n=20)[-1]:.1f} ms; slowest page's {slow:.1f} ms, {most} queries (goal: 150, 12)"
    )


if __name__ == "__main__":
    main()
