"""What was missing in the facts is kept with the decisions that it concerns, and with no other."""

import re
from pathlib import Path

import pytest

from inventory.models import Node, Sku, StockLevel
from routing import decisions, words
from routing.engine import codes, demand, gaps
from routing.models import RateBand
from tests import make

pytestmark = pytest.mark.usefixtures("network")


def kept(order):
    """The gaps kept with the newest decision on an order: code → parameters."""
    return {gap["code"]: gap["params"] for gap in decisions.of_order(order.id)[0].facts["data_gaps"]}


def test_whole_facts_leave_nothing_to_tell(route):
    order = make.order(lines={"MUG": 1})
    route()
    assert kept(order) == {}


def test_each_order_is_told_its_own_gaps(route):
    Sku.objects.filter(code="MUG").update(weight_grams=0)
    Node.objects.filter(code="DENVER").update(latitude=None, longitude=None)
    mug, clock, lamp = (make.order(lines={code: 1}) for code in ("MUG", "CLOCK", "LAMP"))
    make.node("ELKO", latitude=None, longitude=None)  # keeps none of it
    route()
    denver = {"node_without_zone": {"node": "DENVER"}}
    assert kept(mug) == {"no_weight": {"sku": "MUG"}, **denver}
    assert kept(clock) == kept(lamp) == denver


def test_stock_that_can_not_be_is_named_with_its_nodes(route):
    StockLevel.objects.filter(sku__code="MUG").update(external=30)
    order, other = make.order(lines={"MUG": 1}), make.order(lines={"LAMP": 1})
    route()
    assert kept(order) == {"negative_stock": {"sku": "MUG", "nodes": ["DENVER", "RENO"]}}
    assert kept(other) == {}


def test_rates_are_named_by_service_for_the_zones_that_could_have_sent_it(route):
    RateBand.objects.filter(service__code="express", up_to_grams=1000).update(price=0)
    mug, clock = make.order(lines={"MUG": 1}), make.order(lines={"CLOCK": 1})
    collected = make.order(lines={"LAMP": 1}, method="pickup", pickup_node=Node.objects.get(code="RENO"))
    route()
    assert kept(mug) == {"zero_rate": {"service": "fleet/express", "zones": [0, 1]}}
    assert kept(clock) == {"zero_rate": {"service": "fleet/express", "zones": [1]}}
    assert kept(collected) == {}


def test_every_gap_and_refusal_of_the_engine_has_words():
    assert [code for code in codes.WORDS[1:] if words.sentence(code) == code.replace("_", " ")] == []
    source = "".join(Path(module.__file__).read_text() for module in (demand, gaps))
    assert set(re.findall(r'"([a-z]+_[a-z_]+)"', source)) == set(words.GAPS)
