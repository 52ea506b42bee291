"""Every change that the engine can tell has its sentence, with figures, in the reader's words."""

from datetime import UTC, datetime

import numpy as np
import pytest

from fulfillment.dossier import Line
from fulfillment.views.what_if import Asked
from routing.engine.plan import Options
from routing.engine.solve import solve
from routing.engine.what_if import Case
from routing.models import Decision
from routing.words import IFS
from tests.routing.engine.problems import problem, rule

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
ONE_ZONE = {"zone": [[0, 1, 0]]}
MUGS, TRAYS = {0: 2}, {0: 1, 1: 1}
TWO = [{0: 5, 1: 5}]
THREE = [{0: 5, 2: 5}]
LATE = np.tile(np.arange(14), (2, 1)) + np.array([[1], [0]])
FULL = np.full((2, 14), 9) - 9 * (np.arange(28).reshape(2, 14) == 0)


def parcel(each):
    costs = {"freight": each.freight, "handling": each.handling, "lateness": each.lateness}
    return {"number": each.number + 1, "node": f"N{each.node}", "distance_km": -1, "lines": [], **costs}


def decision(plan):
    return Decision(
        plan={
            "parcels": [parcel(each) for each in plan.parcels(0)],
            "left": [],
            "why": None,
            "rejection": plan.rejection.item(0),
            "scarcity": plan.scarcity.item(0),
        },
        invoice=plan.invoice.item(0),
        alternatives=[],
        refusals=[],
        facts={},
        currency="USD",
        priced=plan.priced.item(0),
        decided_at=AT,
    )


def line(place, name):
    numbers = {"ordered": 1, "pending": 0, "allocated": 0, "shipped": 0, "delivered": 0, "returned": 0}
    return Line(
        5000 + place,
        str(place),
        str(100 + place),
        name,
        "",
        100,
        cancelled=0,
        backordered=0,
        last_looked_at=None,
        **numbers,
    )


def section(lines, stock, node, **arrays):
    order = {"lines": lines, "slack": arrays.pop("slack", 9)}
    made = problem([order], stock, **arrays)
    plan = solve(made, Options())
    names = {"N0": "Tucson", "N1": "Reno", "N2": "Denver"}
    asked = Asked(decision(plan), Case(made, plan, 0), names, [line(0, "Mug"), line(1, "Tray")], [])
    return asked.section(node)


@pytest.mark.parametrize(
    ("case", "lines", "stock", "node", "arrays", "said"),
    [
        ("pick_lower", MUGS, THREE, "N2", {"pick": [10, 10, 80], **ONE_ZONE},
         "Its cost of picking a unit were $0.71 lower; it is $0.80. The plan would be invoiced at $6.18."),
        ("fix_lower", MUGS, THREE, "N2", {"fix": [100, 100, 220], **ONE_ZONE},
         "Its cost of a parcel, freight aside, were $1.21 lower; it is $2.20. The plan would be invoiced at $6.19."),
        ("buffer", MUGS, TWO, "N0", {"buffer": [4, 0]},
         "Its buffer of Mug were at most 3, not 4. The plan would be invoiced at $6.20."),
        ("buffers", TRAYS, [{0: 3, 1: 5}, {0: 4, 1: 5}], "N0",
         {"rules": [rule(max_parcels=1, if_part="exception")], "buffer": [3, 0, 4, 0]},
         "Its buffers of 2 SKUs were at most 2 each. The plan would be invoiced at $6.20."),
        ("stock", MUGS, [{0: 1, 1: 5}], "N0", {},
         "It could promise 2 units of Mug, not 1. The plan would be invoiced at $6.20."),
        ("slot", {0: 1}, TWO, "N0", {"slots_left": FULL, "slack": 3},
         "It had one parcel slot more on Mon 2 Mar. The plan would be invoiced at $6.10."),
        ("promise", {0: 1}, TWO, "N0", {"slots_left": FULL, "slack": 3},
         "The promise were 1 day later. The plan would be invoiced at $6.10."),
        ("day_earlier", {0: 1}, TWO, "N0", {"ship_day": LATE, "slack": 3},
         "Its first parcel left on Mon 2 Mar, a day earlier. The plan would be invoiced at $6.10."),
        ("rule_off", {0: 1}, TWO, "N0", {"rules": [rule(which_nodes=[{"field": "node", "values": ["N1"]}])]},
         "Rule “Any node” left out one condition; now it is not among the nodes that rule “Any node” takes. "
         "The plan would be invoiced at $6.10."),
        ("parcels", TRAYS, [{0: 5, 2: 5}, {1: 5, 2: 5}], "N0",
         {"rules": [rule(max_parcels=1)], "fix": [100, 100, 5000]},
         "Rule “Any node” allowed 2 parcels. The plan, together with Reno, would be invoiced at $14.20."),
        ("by_cost", {0: 1}, THREE, "N2", {"rules": [rule(rank="distance")], "fix": [900, 100, 100], **ONE_ZONE},
         "Rule “Any node” ranked by cost. The plan would be invoiced at $6.10."),
        ("no_prices", {0: 1}, TWO, "N0", {"price": [300, 0], "fix": [50, 50]},
         "Scarce stock and slots had no price. The plan would be invoiced at $5.60."),
        ("no_odds", {0: 1}, TWO, "N0", {"no_odds": [4000, 0], "resource_cost": 1000, "fix": [50, 50]},
         "Nobody expected a no from it (now 40 %). The plan would be invoiced at $5.60."),
    ],
)  # fmt: skip
def test_a_change_is_told_in_words(case, lines, stock, node, arrays, said):
    assert case in IFS
    assert said in section(lines, stock, node, **arrays).changes


def test_where_no_one_change_helps_the_first_refusal_is_told():
    told = section({0: 1}, TWO, "N2", nodes=3)
    assert told.changes == []
    assert told.no_change == "No single change would bring it in: it does not stock it."


def test_the_best_single_node_and_the_plan_without_prices_are_told_beside_the_plan():
    told = section(TRAYS, [{0: 5, 1: 5}, {1: 5, 2: 5}], "N0", price=[0, 7, 0, 0], **ONE_ZONE)
    assert told.sentences == [
        "The best single node is the one that was taken.",
        "Without scarcity prices the plan would be the same.",
    ]
    # Tucson has half, Denver the rest at $12.20; Reno alone would be dearer by its parcel
    told = section(TRAYS, [{0: 5, 1: 5}, {1: 5, 2: 5}], "N1", fix=[100, 900, 100], price=[0, 0, 0, 0], **ONE_ZONE)
    assert told.sentences == ["The best single node is Reno: $16.20, $4.00 more."]
    assert [(row.name, row.beside, row.chosen, row.dearer_by) for row in told.rows] == [
        ("Tucson", "Denver", True, 0),
        ("Reno", "", False, 400),
    ]


def test_the_plan_without_prices_is_compared_by_what_is_weighed_without_them():
    # Tucson's mug is kept for others, Reno is taken: what its own scarcity weighs is in neither sum
    prices = {"price": [2000, 1100], "fix": [100, 400]}
    [_single, without] = section({0: 1}, TWO, "N0", **prices).sentences
    assert without == "Without scarcity prices it would be Tucson: $6.10 against $11.10, $5.00 less."
    odds = {"no_odds": [100, 0], "resource_cost": 1000}
    [_single, without] = section({0: 1}, TWO, "N0", **prices, **odds).sentences
    assert without == (
        "Without scarcity prices it would be Tucson: "
        "$6.10, with $0.10 for a possible no that is $6.20 against $11.10, $4.90 less."
    )
