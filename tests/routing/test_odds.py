"""What a run writes, and what it lays beside the stock of a problem."""

from datetime import timedelta

import numpy as np
import pytest

from inventory.models import Node
from routing import odds
from routing.models import NoOdds, OddsRun, ResourcingCost, Strategy
from routing.rules import KINDS
from routing.shrinkage import WHOLE, Answers
from tests import make

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def answers(asked: int, no: int) -> Answers:
    return Answers(asked, no, asked * WHOLE, no * WHOLE)


@pytest.fixture
def store():
    return make.node("STORE", kind=Node.Kind.STORE)


def told(run, node, *, kind="store", category="kitchen", on_hand=1):
    """The odds of one stock entry."""
    found = odds.of_run(run.pk).beside(
        [node],
        np.array([KINDS.index(kind)]),
        [category] if category else [],
        node=np.array([0]),
        category=np.array([0 if category else -1]),
        on_hand=np.array([on_hand]),
    )
    return found.tolist()


def test_a_run_keeps_every_place_with_its_answers(store, clock):
    kitchen = make.category("kitchen")
    run = odds.learn([(("store", store.pk, kitchen.pk, 1), answers(20, 10))], {}, at=clock)
    rows = NoOdds.objects.order_by("depth").values_list(
        "run", "depth", "kind", "node", "category", "bucket", "asked", "no", "odds", "odds_before"
    )
    # A week ago nothing was known: the prior on every level.
    assert list(rows) == [
        (run.pk, 0, "", None, None, 0, 20, 10, 2600, 200),
        (run.pk, 1, "store", None, None, 0, 20, 10, 3800, 200),
        (run.pk, 2, "store", store.pk, None, 0, 20, 10, 4400, 200),
        (run.pk, 3, "store", store.pk, kitchen.pk, 0, 20, 10, 4700, 200),
        (run.pk, 4, "store", store.pk, kitchen.pk, 1, 20, 10, 4850, 200),
    ]


def test_what_was_never_asked_has_the_odds_of_the_nearest_place_that_was(store, clock):
    kitchen = make.category("kitchen")
    run = odds.learn([(("store", store.pk, kitchen.pk, 1), answers(20, 10))], {}, at=clock)
    assert told(run, store.pk) == [4850]
    assert told(run, store.pk, on_hand=2) == [4700]
    assert told(run, store.pk, category="garden", on_hand=2) == [4400]
    assert told(run, store.pk, category="") == [4400]
    assert told(run, store.pk + 1) == [3800]
    assert told(run, store.pk + 1, kind="dc") == [2600]


def test_goods_without_a_category_have_their_own_odds(store, clock):
    run = odds.learn([(("store", store.pk, 0, 1), answers(20, 10))], {}, at=clock)
    assert told(run, store.pk, category="") == [4850]
    assert told(run, store.pk, category="kitchen") == [4400]


def test_a_network_without_an_answer_has_the_prior(store, clock):
    run = odds.learn([], {}, at=clock)
    assert told(run, store.pk) == [200]
    assert odds.of_run(run.pk).cost("USD", 1) == odds.START_COST == 500


def test_costs_are_those_of_the_strategy_else_of_all_of_them_in_that_currency(clock):
    main = Strategy.objects.create(code="main", name="Main")
    run = odds.learn([], {"USD": {main.pk: (20, 20_000)}}, at=clock)
    kept = ResourcingCost.objects.order_by("id").values_list("strategy", "currency", "lines", "extra", "cost")
    assert list(kept) == [(None, "USD", 20, 20_000, 750), (main.pk, "USD", 20, 20_000, 875)]
    costs = odds.of_run(run.pk)
    assert [costs.cost("USD", main.pk), costs.cost("USD", main.pk + 1), costs.cost("CAD", main.pk)] == [875, 750, 500]


def test_a_second_run_within_a_day_changes_nothing(store, clock):
    first = odds.learn([(("store", store.pk, 0, 1), answers(20, 10))], {}, at=clock)
    assert odds.learn([], {}, at=clock + 22 * HOUR) is None
    assert list(OddsRun.objects.all()) == [first]
    assert NoOdds.objects.count() == 5


def test_a_run_is_due_at_first_and_again_after_a_day(clock):
    assert odds.is_due(at=clock)
    odds.learn([], {}, at=clock)
    assert not odds.is_due(at=clock + 22 * HOUR)
    assert odds.is_due(at=clock + 24 * HOUR)


def test_details_of_old_runs_are_forgotten_and_the_runs_kept(clock):
    for day in range(10):
        odds.learn([], {"USD": {}}, at=clock + day * 24 * HOUR)
    runs = list(OddsRun.objects.order_by("id"))
    assert len(runs) == 10
    assert sorted(NoOdds.objects.values_list("run_id", flat=True)) == [run.pk for run in runs[2:]]
    assert sorted(ResourcingCost.objects.values_list("run_id", flat=True)) == [run.pk for run in runs[2:]]


def test_what_fails_in_the_middle_leaves_nothing(store, clock):
    leaves = [(("store", store.pk, 0, 1), answers(20, 10))]
    with pytest.raises(OverflowError):
        odds.learn(leaves, {"USD": {1: (1, 10**400)}}, at=clock)
    assert not OddsRun.objects.exists()
    assert not NoOdds.objects.exists()
