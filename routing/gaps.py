"""What was missing or odd in the facts of one decision: the data gaps of its plan that concern the order."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from routing.engine.plan import Plan
from routing.engine.problem import Method
from routing.facts import Facts
from routing.rules import Refusal

BY = ("line", "order", "node", "destination", "zone", "sku")  # the first that a gap names says whom it concerns
MANY = {"zone": "zones", "node": "nodes"}  # told together where all else is the same


class Gaps:
    """The data gaps of a plan by what they are about. Made once for a batch, asked for every order."""

    def __init__(self, facts: Facts, plan: Plan) -> None:
        self.facts = facts
        self.about: defaultdict[tuple[str, Any], list[Refusal]] = defaultdict(list)
        self.any = bool(plan.data_gaps)
        for gap in plan.data_gaps:
            key = "sku" if "sku" in gap.params else next((by for by in BY if by in gap.params), "")
            self.about[key, gap.params.get(key)].append(gap)

    def of(self, place: int) -> list[dict[str, Any]]:
        """Those of one order as codes with parameters: of its lines and their goods, of the nodes that keep them, of
        its destination, and of the services from there. [] when there are none.
        """
        if not self.any:
            return []
        problem, about = self.facts.problem, self.about
        lines = range(problem.ptr.item(place), problem.ptr.item(place + 1))
        skus = sorted({problem.sku.item(line) for line in lines})
        nodes = np.unique(
            np.concatenate([problem.stock_node[problem.sku_ptr[sku] : problem.sku_ptr[sku + 1]] for sku in skus])
        )
        dest = problem.dest.item(place)
        found = [*about["", None], *about["order", problem.order_ref.item(place)]]
        for line in lines:
            found += about["line", problem.line_ref.item(line)]
        for sku in skus:
            found += about["sku", problem.sku_ref.item(sku)]
        for node in nodes.tolist():
            found += about["node", problem.node_codes[node]]
        if problem.method[place] not in (Method.PICKUP, Method.CURBSIDE):
            found += about["destination", dest]
            heavy = len(problem.band_grams) and problem.grams[lines.start : lines.stop].sum() > problem.band_grams[-1]
            for zone in np.unique(problem.zone[dest, nodes]).tolist():
                found += [gap for gap in about["zone", zone] if heavy or gap.code != "no_rate_above"]
        return self._told(found)

    @cached_property
    def _skus(self) -> Mapping[int, str]:
        return {line.sku_id: line.sku for line in self.facts.lines}

    @cached_property
    def _lines(self) -> Mapping[int, str]:
        return {line.id: line.ref for line in self.facts.lines}

    def _told(self, found: Iterable[Refusal]) -> list[dict[str, Any]]:
        """Outside names for local ones, and one row where gaps differ by zone or node alone."""
        rows: dict[tuple[str, frozenset[tuple[str, Any]]], dict[str, list[Any]]] = {}
        for gap in found:
            params: dict[str, Any] = {}
            several: dict[str, Any] = {}
            for name, value in gap.params.items():
                if name in MANY and (name == "zone" or "sku" in gap.params):
                    several[MANY[name]] = value
                elif name == "sku":
                    params[name] = self._skus.get(int(value), str(value))
                elif name == "line":
                    params[name] = self._lines.get(int(value), str(value))
                elif name not in ("figure", "destination", "order"):
                    params[name] = value
            row = rows.setdefault((gap.code, frozenset(params.items())), {})
            for name, value in several.items():
                row.setdefault(name, []).append(value)
        return [{"code": code, "params": {**dict(params), **several}} for (code, params), several in rows.items()]
