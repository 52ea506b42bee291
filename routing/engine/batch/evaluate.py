"""The cheapest plan of every order as if it were alone, thousands at a time: groups, guard and inertia around them."""

import numpy as np
from numpy.typing import NDArray

from routing.engine.batch.field import Field
from routing.engine.batch.group import Group
from routing.engine.batch.plans import FREELY, Asked, Plans
from routing.engine.kernel import MOST_LINES
from routing.engine.problem import Int64

CELLS = 250_000  # orders × columns worked on at once, so that they stay in the cache


def evaluate(field: Field, index: Int64, asked: Asked = FREELY) -> Plans:
    """The cheapest plan of each of these orders at the field's prices, whatever the others take.

    With the guard on, a price leaves no line that would be filled without it; an order that is held stays unless
    leaving saves its inertia, which is a part of the cost of a plan elsewhere.
    """
    plans = _evaluate(field, index, asked)
    problem = field.look.problem
    if asked.guarded and problem.guarded and field.look.eligibility.steering.has_prices and asked.priced:
        inside = np.arange(MOST_LINES) < field.orders.length[index][:, None]
        starved = np.flatnonzero(((plans.column < 0) & inside).any(1))
        if len(starved):
            free = _evaluate(field, index[starved], asked.of(starved)._replace(priced=False))
            must = asked.of(starved)._replace(must=free.column >= 0)
            plans.put(starved, _evaluate(field, index[starved], must))
    inertia = field.orders.inertia[index]
    moving = np.flatnonzero(inertia > 0)
    if len(moving) and asked.only is None:
        _stay(field, index, asked, plans, moving, inertia[moving].astype(np.float64))
    return plans


def _stay(field: Field, index: Int64, asked: Asked, plans: Plans, moving: Int64, inertia: NDArray[np.float64]) -> None:
    orders = field.orders
    held = padded(orders.held, field, index[moving])
    whole = (held >= 0) | (np.arange(MOST_LINES) >= orders.length[index[moving]][:, None])
    moving, held, inertia = moving[whole.all(1)], held[whole.all(1)], inertia[whole.all(1)]
    stay = _evaluate(field, index[moving], asked.of(moving)._replace(only=held, must=held >= 0))
    at = np.where(stay.column >= 0, field.node[stay.column], -1)
    stays = (at == held).all(1) & (stay.cost < plans.cost[moving] + inertia)
    plans.cost[moving] += inertia
    plans.put(moving[stays], stay.of(np.flatnonzero(stays)))


def padded(values: Int64, field: Field, index: Int64) -> Int64:
    """[order, line] the values of the lines of these orders, −1 beyond their last line."""
    orders = field.orders
    place = orders.ptr[index][:, None] + np.arange(MOST_LINES)
    inside = np.arange(MOST_LINES) < orders.length[index][:, None]
    return np.where(inside, values[np.minimum(place, len(values) - 1)], -1)


def _evaluate(field: Field, index: Int64, asked: Asked) -> Plans:
    orders = field.orders
    plans = Plans(
        np.zeros(len(index)),
        np.full((len(index), MOST_LINES), -1, np.int32),
        np.zeros((len(index), MOST_LINES), np.int8),
    )
    length, most = orders.length[index], orders.most[index]
    wide = field.wide[index]
    kind = wide * 4 + orders.whole[index] * 2 + orders.partial[index]
    group = (length * (MOST_LINES + 1) + most) * 8 + kind
    for key in np.unique(group).tolist():
        places = np.flatnonzero(group == key)
        lines, parcels = int(length[places[0]]), int(most[places[0]])
        number = np.float64 if key & 4 else np.float32
        whole, partial = bool(key & 2), bool(key & 1)
        sets = 1 if whole else 1 << lines
        step = max(8, CELLS // (field.columns * sets))
        for start in range(0, len(places), step):
            part = places[start : start + step]
            own = asked if len(part) == len(index) else asked.of(part)
            Group(field, index[part], lines, parcels, number, own).solve(plans, part, whole=whole, partial=partial)
    return plans
