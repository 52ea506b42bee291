"""What plans cost at the prices that came with the problem, in whole minor units and without the search's tables."""

import numpy as np
from numpy.typing import NDArray

from routing.engine.batch.field import Field
from routing.engine.batch.plans import Plans
from routing.engine.problem import Int64


def costs(field: Field, index: Int64, plans: Plans) -> NDArray[np.float64]:
    """[order] freight, handling, lateness, prices, the expected cost of a no, lines left, a move's inertia."""
    orders, look = field.orders, field.look
    total = np.zeros(len(index))
    for size in np.unique(orders.length[index]).tolist():
        rows = np.flatnonzero(orders.length[index] == size)
        at = orders.line_of(index[rows], size)
        column, block = plans.column[rows, :size], plans.block[rows, :size]
        served = column >= 0
        node = field.node[column]
        sku, units = orders.sku[at], orders.units[at]
        goods = units * field.pick[node]
        if field.price is not None:
            goods += units * field.price[sku, node]
        if field.no is not None:
            goods += field.no[sku, node]
        total[rows] += np.where(served, goods, orders.unfilled[at]).sum(1)
        head = field.head_of[index[rows]]
        grams = orders.grams[at]
        for line in range(size):
            same = (block == block[:, [line]]) & served
            first = np.flatnonzero(served[:, line] & ~same[:, :line].any(1))  # count each parcel once
            weight = (grams * same)[first].sum(1)
            place = field.place[head[first], column[first, line]].astype(np.intp)
            freight, _ = look.tariff.parcel_at(place, weight)
            total[rows[first]] += freight + field.base[head[first], column[first, line]]
        inertia = orders.inertia[index[rows]]
        moves = (np.where(served, node, -1) != orders.held[at]).any(1)
        total[rows] += np.where((inertia > 0) & moves & (orders.held[at] >= 0).all(1), inertia, 0)
    return total
