from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from dom_project.lib.api_errors import BadInput, NotFound, Refused
from routing import strategies
from routing.models import Rule, StrategyVersion
from tests import make

WEST = {"field": "group", "values": ["west"], "negate": False}
NEAR = {"field": "distance", "amount": 80, "negate": False}


@pytest.fixture
def save(clock):
    def save(*rules, strategy="main", reason="Because"):
        return strategies.save_version(list(rules), strategy=strategy, author="user:1", reason=reason, at=clock)

    return save


@pytest.mark.django_db
def test_a_saved_version_reads_back_as_it_was_given_and_its_rules_have_refs():
    make.group("west")
    version = make.strategy(make.rule("Near", which_nodes=[NEAR, WEST]), make.rule("All"))
    assert strategies.rules_of(version) == [
        {"ref": "r1", **make.rule("Near", which_nodes=[NEAR, WEST])},
        {"ref": "r2", **make.rule("All")},
    ]
    assert strategies.rules_of(version.pk) == strategies.rules_of(version)


@pytest.mark.django_db
def test_saving_does_not_make_live_and_an_old_version_can_be_made_live_again(save, clock):
    old = make.strategy()
    new = save(make.rule("New"))
    assert (old.number, new.number, new.based_on) == (1, 2, old)
    assert strategies.live_version() == old
    strategies.activate(new, at=clock, actor="user:1")
    assert strategies.live_version() == new
    back = strategies.activate(old, at=clock, actor="user:2", reason="It was better")
    assert strategies.live_version("main") == old
    assert (back.activated_by, back.reason) == ("user:2", "It was better")
    assert [version.number for version in strategies.history(old.strategy)] == [2, 1]


@pytest.mark.django_db
def test_before_the_first_activation_nothing_is_live():
    assert strategies.live_version() is None


@pytest.mark.django_db
def test_a_new_rule_never_takes_the_ref_of_a_removed_one(save):
    make.strategy(make.rule("First"), make.rule("Second"))
    save({"ref": "r1", **make.rule("First")})
    version = save({"ref": "r1", **make.rule("First")}, make.rule("Third"))
    assert [rule["ref"] for rule in strategies.rules_of(version)] == ["r1", "r3"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("case", "rule", "code", "field"),
    [
        ("no name", {"name": " "}, "bad_rule", "rules[1].name"),
        ("a name of 121 letters", {"name": "x" * 121}, "bad_text", "rules[1].name"),
        ("no parcel", {"max_parcels": 0}, "bad_rule", "rules[1].max_parcels"),
        ("an unknown rank", {"rank": "luck"}, "bad_rule", "rules[1].rank"),
        ("an unknown part", {"colour": "red"}, "bad_rule", "rules[1].colour"),
        ("an unknown node", {"which_nodes": [{"field": "node", "values": ["NOWHERE"]}]}, "unknown_node",
         "rules[1].which_nodes[0].values"),
        ("an unknown channel", {"which_orders": [{"field": "channel", "values": ["fax"]}]}, "unknown_channel",
         "rules[1].which_orders[0].values"),
        ("NaN as distance", {"which_nodes": [{"field": "distance", "amount": float("nan")}]}, "bad_rule",
         "rules[1].which_nodes[0].amount"),
        ("a ref twice", {"ref": "r1"}, "bad_rule", "rules[1].ref"),
    ],
)  # fmt: skip
def test_a_rule_that_makes_no_sense_is_refused_and_nothing_is_written(save, case, rule, code, field):
    make.strategy()
    with pytest.raises(BadInput) as refused:
        save({"ref": "r1", **make.rule()}, make.rule(**rule))
    assert (refused.value.code, refused.value.field) == (code, field)
    assert (StrategyVersion.objects.count(), Rule.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_a_version_needs_a_reason_and_a_strategy(save):
    make.strategy()
    with pytest.raises(BadInput) as refused:
        save(make.rule(), reason="  ")
    assert refused.value.field == "reason"
    with pytest.raises(NotFound):
        save(make.rule(), strategy="other")
    assert StrategyVersion.objects.count() == 1


@pytest.mark.django_db
def test_who_did_not_see_the_newest_version_does_not_overwrite_it(save, clock):
    strategy = make.strategy().strategy
    save(make.rule("Hers"))
    with pytest.raises(Refused) as refused:
        strategies.save_version(
            [make.rule("His")], strategy=strategy, author="user:2", reason="Mine", at=clock, newest=1
        )
    assert (refused.value.code, refused.value.params) == ("saved_meanwhile", {"number": 2, "author": "user:1"})
    assert StrategyVersion.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_eight_people_who_save_at_once_get_eight_numbers(save):
    make.strategy()

    def person(number):
        try:
            return save(make.rule(f"Rule of {number}")).number
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as people:
        assert sorted(people.map(person, range(8))) == list(range(2, 10))


@pytest.mark.django_db
def test_a_history_tells_the_rules_of_its_versions_without_asking_again(save, django_assert_num_queries):
    make.group("west")
    make.strategy(make.rule("Near", which_nodes=[NEAR, WEST]), make.rule("All"))
    save(make.rule("All"), make.rule("Near", which_nodes=[NEAR, WEST]))
    strategy, live = strategies.current()
    found = strategies.history(strategy)
    with django_assert_num_queries(0):
        told = [strategies.rules_of(version) for version in found]
    assert told == [strategies.rules_of(version.pk) for version in found]
    assert [[rule["name"] for rule in rules] for rules in told] == [["All", "Near"], ["Near", "All"]]
    assert live.version == found[1]


@pytest.mark.django_db
def test_a_retailer_without_a_strategy_gets_one_with_its_first_version(save):
    assert strategies.current() == (None, None)
    with pytest.raises(BadInput):
        save(make.rule(""), strategy=None)
    assert strategies.current() == (None, None)
    version = save(make.rule("All"), strategy=None)
    assert (version.strategy.code, version.number) == ("main", 1)
    assert strategies.current() == (version.strategy, None)
    assert save(make.rule("All"), strategy=None).number == 2
