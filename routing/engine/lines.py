"""Merged lines split back into the lines of the order."""

from typing import NamedTuple

import numpy as np

from routing.engine.demand import Demand
from routing.engine.problem import Int64
from routing.engine.verdicts import Pieces


class Lines(NamedTuple):
    """Pieces of lines, by line."""

    line: Int64
    piece: Int64
    units: Int64


def split_back(demand: Demand, pieces: Pieces) -> Lines:
    """Units of merged lines handed to their lines in line order: each want is an axis of units, cut at both ends."""
    begin = np.zeros(len(demand.units) + 1, np.int64)
    np.cumsum(demand.units, out=begin[1:])
    by_want = np.argsort(pieces.want, kind="stable")
    units, want = pieces.units[by_want], pieces.want[by_want]
    run = np.cumsum(units) - units
    first = np.searchsorted(want, want)
    piece_start = begin[want] + run - run[first] if len(want) else run
    piece_end = piece_start + units
    line_end = np.cumsum(demand.line_units[demand.line])
    line_start = line_end - demand.line_units[demand.line]
    cut = np.unique(np.concatenate([line_start, piece_start, piece_end]))
    cut = cut[cut < begin[-1]]
    length = np.diff(np.append(cut, begin[-1]))
    if not len(want):
        return Lines(*np.zeros((3, 0), np.int64))
    piece = np.searchsorted(piece_start, cut, side="right") - 1
    line = np.searchsorted(line_end, cut, side="right")
    inside = (piece >= 0) & (cut < piece_end[piece]) & (length > 0)
    return Lines(demand.line[line[inside]].astype(np.int64), by_want[piece[inside]], length[inside])
