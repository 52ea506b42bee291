import pytest

from routing.differences import difference
from routing.reach import Unreached
from routing.words import rules as sentences
from routing.words.rules import Names
from tests import make

NAMES = Names({"channel": {"web": "Web shop"}, "group": {"west": "West"}})


def is_(field, *values, negate=False):
    return {"field": field, "values": list(values), "negate": negate}


def at(field, amount, negate=False):
    return {"field": field, "amount": amount, "negate": negate}


@pytest.mark.parametrize(
    ("case", "rule", "sentence"),
    [
        ("all", make.rule(), "Every order → any node, cheapest first, at most 2 parcels → "
         "if only a part finds a place: assign it and back-order the rest; if nothing: back-order"),
        ("the one of the page", make.rule(
            which_orders=[is_("channel", "web"), is_("method", "ship")],
            which_nodes=[is_("kind", "store"), at("distance", 80), at("atp_left", 2)],
            if_part="next_rule", if_none="next_rule"),
         "Orders of Web shop, by ship → stores within 80 km, keeping at least 2 of each, cheapest first, "
         "at most 2 parcels → otherwise next rule"),
        ("every not", make.rule(
            which_orders=[is_("channel", "fax", negate=True), is_("method", "pickup", negate=True),
                          is_("category", "toys", negate=True), is_("region", "CA", "NV", negate=True),
                          at("value", 10000, negate=True)],
            which_nodes=[is_("kind", "vendor", "third_party", negate=True), is_("group", "west", negate=True),
                         at("distance", 1200, negate=True), at("atp_left", 1, negate=True),
                         is_("node", "RENO", negate=True)],
            rank="distance", max_parcels=1, split_lines=False, if_part="exception", if_none="exception"),
         "Orders not of fax, not by pickup, without goods of toys, not to CA or NV, worth less than $100.00 → "
         "any node but no vendors or third parties, not in West, farther than 1,200 km, keeping fewer than 1 of each, "
         "but not RENO, nearest first, in one parcel, no line split → otherwise a person decides"),
        ("the rest", make.rule(
            which_orders=[is_("category", "toys", "books", "pets"), is_("region", "CA"), at("value", 10000)],
            which_nodes=[is_("kind", "dc", "dark_store"), is_("group", "west"), is_("node", "RENO")],
            rank="delivery_day", if_part="next_rule", if_none="exception"),
         "Orders with goods of toys, books or pets, to CA, worth $100.00 or more → DCs or dark stores in West, "
         "only RENO, earliest delivery first, at most 2 parcels → "
         "if only a part finds a place: next rule; if nothing: a person decides"),
    ],
)  # fmt: skip
def test_a_rule_reads_as_a_sentence(case, rule, sentence):
    assert sentences.sentence(rule, NAMES) == sentence


def test_a_difference_reads_as_sentences():
    old = [{"ref": "r1", **make.rule("Near", which_nodes=[at("distance", 80), is_("kind", "store")])}]
    new = [
        {"ref": "r2", **make.rule("First")},
        {"ref": "r1", **make.rule("Near", which_orders=[at("value", 10000)], which_nodes=[at("distance", 120)],
                                  rank="distance", max_parcels=1, split_lines=False, if_part="exception",
                                  enabled=False)},
    ]  # fmt: skip
    assert [sentences.change(change) for change in difference(old, new)] == [
        "“First” added at place 1",
        "“Near” switched off",
        "“Near”: now only orders worth $100.00 or more",
        "“Near”: nodes within 80 km became nodes within 120 km",
        "“Near”: no longer only stores",
        "“Near”: a line is no longer split between nodes",
        "“Near”: ranked by Distance, before by Full cost",
        "“Near”: most parcels 1, before 2",
        "“Near”: if a part finds a place: Exception, before: Assign it and back-order the rest",
    ]


@pytest.mark.parametrize(
    ("criterion", "told"),
    [
        (is_("kind", "store", "dc"), "stores or DCs"),
        (is_("kind", "vendor", negate=True), "nodes other than vendors"),
        (is_("node", "RENO"), "RENO"),
        (is_("node", "RENO", negate=True), "nodes other than RENO"),
        (is_("group", "west", negate=True), "nodes not in West"),
    ],
)
def test_a_condition_that_came_or_went_is_named_on_its_own(criterion, told):
    old = [{"ref": "r1", **make.rule("Near")}]
    new = [{"ref": "r1", **make.rule("Near", which_nodes=[criterion])}]
    assert [sentences.change(change, NAMES) for change in difference(old, new)] == [f"“Near”: now only {told}"]
    assert [sentences.change(change, NAMES) for change in difference(new, old)] == [f"“Near”: no longer only {told}"]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (None, ""),
        (Unreached(2, (3,)), "Rule 3 will never be reached: rule 2 takes every order."),
        (Unreached(2, (3, 4, 5, 6, 7, 8)), "Rules 3–8 will never be reached: rule 2 takes every order."),
        (Unreached(1, (2, 4, 5)), "Rules 2, 4–5 will never be reached: rule 1 takes every order."),
    ],
)
def test_rules_that_are_never_reached_are_named_by_their_places(found, told):
    assert sentences.never_reached(found) == told
