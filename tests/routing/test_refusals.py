from datetime import timedelta

from routing import refusals
from routing.models import Allocation, LineRefusal
from routing.refusals import NodeRefusal
from routing.sourcing import Sourced
from tests import make


def test_a_node_that_refused_a_line_is_not_asked_for_it_again(network, route, clock):
    order = make.order(lines={"MUG": 1, "LAMP": 1})
    mug, lamp = order.lines.order_by("position")
    assert refusals.refuse_many([NodeRefusal(mug.id, network["RENO"].id, "missing")], at=clock) == 1
    assert route() == Sourced(claimed=1, routed=1)
    given = dict(Allocation.objects.values_list("line_id", "node__code"))
    assert given[mug.id] == "DENVER"
    assert set(given) == {mug.id, lamp.id}


def test_the_first_refusal_of_a_node_is_kept(network, clock):
    line = make.order(lines={"MUG": 1}).lines.get()
    refused = [NodeRefusal(line.id, network[code].id, "missing") for code in ("RENO", "DENVER")]
    assert refusals.refuse_many(refused[:1], at=clock) == 1
    later = [row._replace(reason="damaged") for row in refused]
    assert refusals.refuse_many(later, at=clock + timedelta(hours=1)) == 1
    kept = LineRefusal.objects.order_by("id").values_list("node__code", "reason", "at")
    assert list(kept) == [("RENO", "missing", clock), ("DENVER", "damaged", clock + timedelta(hours=1))]


def test_no_refusals_write_nothing(network, clock):
    assert refusals.refuse_many([], at=clock) == 0
    assert not LineRefusal.objects.exists()
