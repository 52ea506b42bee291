"""A thousand orders of random rules, services, prices, stock and slots, each against trying everything."""

import numpy as np
import pytest

from routing.engine.plan import Options
from tests.routing.engine.problems import random_problem, random_rules, steered
from tests.routing.engine.test_solve import agrees

ORDERS, A_PROBLEM = 1000, 6


@pytest.mark.parametrize("part", range(8))
def test_random_orders_cost_what_trying_everything_costs(part):
    """The engine says which of them were comparable: a rule that cuts a line has more plans than are tried."""
    compared = orders = 0
    for seed in range(part, 8 * ORDERS, 8):
        if compared * 8 >= ORDERS:
            break
        made = random_problem(
            seed, orders=A_PROBLEM, skus=5, nodes=3, lines=4, most_units=2, stock=6, days=3,
            rules=random_rules(np.random.default_rng(seed)), plain=seed % 3 == 0,
        )  # fmt: skip
        compared += agrees(made if seed % 4 == 0 else steered(made, seed), Options(chunk=1 + seed % 7))
        orders += A_PROBLEM
    assert compared * 8 >= ORDERS
    assert orders < 2 * compared
