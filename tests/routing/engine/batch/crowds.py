"""Random problems that are planned in a batch, and the tables of one."""

from dataclasses import replace

import numpy as np

from routing.engine.batch.evaluate import evaluate
from routing.engine.batch.field import Field
from routing.engine.batch.orders import together
from routing.engine.batch.standings import Standings
from routing.engine.demand import merged
from routing.engine.look import Look
from routing.engine.plan import Mode, Options
from tests.routing.engine.problems import random_problem, random_rules, rule, steered

BATCH = Options(mode=Mode.BATCH)


def any_weight(made):
    """The same with a price for every weight: what is too heavy for a parcel is packed and has no part in a batch."""
    rate = made.rate.copy()
    rate[:, :, -1] = np.where(rate[:, :, -1] < 0, 2500, rate[:, :, -1])
    return replace(made, rate=rate, per_kg_above=np.abs(made.per_kg_above))


def field_of(made):
    """The tables of the orders of a problem that can be planned together."""
    look = Look(made, merged(made), Options(explain=False))
    return Field(look, together(look))


def standings_of(made):
    """Every order at its best as if it were alone."""
    field = field_of(made)
    return Standings(field, evaluate(field, np.arange(field.orders.count)))


def one_rule(seed):
    """One rule of any end that may want units left; lines to 20,000 units; two of three steered."""
    rng = np.random.default_rng(seed)
    units = int(rng.choice([1, 2, 3, 50, 20_000]))
    spare = [{"field": "atp_left", "amount": int(rng.integers(0, 4))}]
    only = rule(
        max_parcels=int(rng.integers(1, 5)),
        if_part=str(rng.choice(["assign", "assign", "next_rule", "exception"])),
        split_lines=bool(rng.integers(0, 2)),
        which_nodes=spare if rng.random() < 0.4 else [],
    )
    made = random_problem(
        seed, orders=12, skus=8, nodes=int(rng.integers(1, 7)), lines=int(rng.choice([1, 3, 6])), most_units=units,
        stock=6 * max(units // 2, 1), days=3, slots=9, rules=[only], plain=seed % 2 == 0,
    )  # fmt: skip
    made = any_weight(made)
    return steered(made, seed, unfilled=6000 if seed % 2 else None) if seed % 3 else made


def any_rules(seed):
    """Up to 29 orders of up to nine lines, few slots, and rules of every kind that fall through."""
    rng = np.random.default_rng(seed)
    units = int(rng.choice([1, 2, 3, 20, 20_000]))
    one = rule(max_parcels=int(rng.integers(1, 7)), split_lines=bool(rng.integers(0, 2)),
               if_part=str(rng.choice(["assign", "next_rule", "exception"])))  # fmt: skip
    made = random_problem(
        seed, orders=int(rng.integers(1, 30)), skus=int(rng.integers(2, 14)), nodes=int(rng.integers(3, 7)),
        lines=int(rng.choice([3, 4, 6, 9])), most_units=units, stock=int(rng.choice([2, 6, 30])) * max(1, units // 2),
        days=int(rng.integers(1, 4)), slots=int(rng.choice([1, 2, 5, 50])), plain=seed % 3 == 0,
        rules=random_rules(rng) if seed % 2 else [one],
    )  # fmt: skip
    made = any_weight(made) if seed % 5 else made
    return steered(made, seed) if seed % 4 else made


def small(seed):
    """Up to four orders of up to three lines, three nodes, two days, one rule that splits no line."""
    only = rule(max_parcels=1 + seed % 3, if_part=("assign", "exception")[seed // 2 % 2], split_lines=False)
    made = random_problem(
        seed, orders=4, skus=3, nodes=3, lines=3, most_units=2, stock=3, days=2, slots=1 + seed % 3 * 2,
        plain=seed % 2 == 0, rules=[only],
    )  # fmt: skip
    return any_weight(made)
