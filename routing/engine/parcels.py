"""Parcels made of pieces, costed from the rates in whole minor units: the invoice, not the search."""

from dataclasses import dataclass

import numpy as np

from routing.engine.cutting import share
from routing.engine.demand import Demand
from routing.engine.look import Look
from routing.engine.problem import Int8, Int64, Problem
from routing.engine.verdicts import Pieces


@dataclass(frozen=True, slots=True, eq=False)
class Parcels:
    """Parcels in the order of their keys, and the parcel of each piece."""

    of_piece: Int64
    key: Int64  # what the pieces of one group share: the order, or one of its alternatives
    order: Int64
    node: Int64
    service: Int8
    ship_day: Int64
    arrive_day: Int64
    grams: Int64
    freight: Int64
    handling: Int64
    lateness: Int64
    rejection: Int64
    scarcity: Int64

    @property
    def invoice(self) -> Int64:
        return self.freight + self.handling

    @property
    def priced(self) -> Int64:
        return self.freight + self.handling + self.lateness + self.rejection + self.scarcity


def parcels_of(problem: Problem, demand: Demand, look: Look, pieces: Pieces, key: Int64) -> Parcels:
    """The parcels of these pieces, costed from the rates: pieces of one key, node and block go together."""
    nodes, blocks = max(problem.nodes, 1), int(pieces.block.max(initial=0)) + 1
    _, first, of_piece = np.unique(
        (key * nodes + pieces.node) * blocks + pieces.block, return_index=True, return_inverse=True
    )
    order, node, day = pieces.order[first], pieces.node[first], pieces.day[first]
    each = share(demand.grams[pieces.want], pieces.units, demand.units[pieces.want])
    grams, units = np.zeros(len(first), np.int64), np.zeros(len(first), np.int64)
    np.add.at(grams, of_piece, each)
    np.add.at(units, of_piece, pieces.units)
    steering = look.eligibility.steering
    entry = look.residual.entry_at(demand.sku[pieces.want], pieces.node)
    rejection, scarcity = np.zeros(len(first), np.int64), steering.slot[node]
    np.add.at(rejection, of_piece, steering.no[entry])
    np.add.at(scarcity, of_piece, steering.price[entry] * pieces.units)
    ship_day = problem.ship_day[node, day].astype(np.int64)
    slack, dest = problem.slack[order].astype(np.int64), problem.dest[order].astype(np.int64)
    zone = problem.zone[dest, node].astype(np.int64)
    place, _ = look.tariff.at(slack, ship_day, node, zone, look.masks.collected[order])
    _, service = look.tariff.parcel_at(place, grams)
    arrive_day = look.tariff.arrives(service, zone, ship_day)
    return Parcels(
        of_piece=of_piece,
        key=key[first],
        order=order,
        node=node,
        service=service,
        ship_day=ship_day,
        arrive_day=arrive_day,
        grams=grams,
        freight=look.tariff.freight(service, zone, grams),
        handling=problem.fix[node] + units * problem.pick[node],
        lateness=np.maximum(arrive_day - slack, 0) * look.tariff.late,
        rejection=rejection,
        scarcity=scarcity,
    )
