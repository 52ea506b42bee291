"""The durable pipeline: claim, gather, solve, commit with events and outbox; two-line orders over 500 nodes."""

import os
import time

import django

django.setup()


from benchmarks import network, probes  # noqa: E402
from routing import intake, sourcing  # noqa: E402
from routing.models import Allocation, Order  # noqa: E402

ROUNDS, ORDERS, NODES = 5, 2000, 500


def main() -> None:
    at = network.now()
    codes = network.build(at=at, nodes=NODES)
    url = os.environ["DATABASE_URL"]
    rates, commits, costs, intakes = [], [], [], []
    for seed in range(ROUNDS):
        commits.append(probes.commit_rate(url))  # first, so that its process has ended before anything is counted
        orders = network.requests(codes, ORDERS, seed=seed, at=at)
        cpu = time.process_time() + probes.server_cpu()
        for first in range(0, ORDERS, 100):
            intake.accept_orders(orders[first : first + 100], at=network.now(), actor="bench")
        intakes.append((time.process_time() + probes.server_cpu() - cpu) * 1000 / ORDERS)
        cpu, began, claimed = time.process_time() + probes.server_cpu(), time.perf_counter(), 0
        while batch := sourcing.source_due(at=network.now(), owner="bench").claimed:
            claimed += batch
        rates.append(claimed / (time.perf_counter() - began))
        costs.append((time.process_time() + probes.server_cpu() - cpu) * 1000 / claimed)
    print(f"commits of one row, one connection      {probes.middle(commits)} /s")
    print(f"orders routed, one worker               {probes.middle(rates)} /s")
    ratios = [rate / commit for rate, commit in zip(rates, commits, strict=True)]
    print(f"ratio                                   {probes.middle(ratios)}   (goal: 3, if a commit takes 1 ms)")
    print(f"CPU of an order, client and server      {probes.middle(costs)} ms   (goal: 0.6, target 0.25)")
    print(f"CPU of its intake, 100 at a time        {probes.middle(intakes)} ms")
    routed = Order.objects.exclude(routed_at=None).count()
    print(f"{routed} of {Order.objects.count()} orders routed, {Allocation.objects.count()} allocations")


if __name__ == "__main__":
    main()
