"""Learning at once, each on a connection of its own."""

import pytest

from routing import odds
from routing.models import NoOdds, OddsRun
from routing.shrinkage import WHOLE, Answers
from tests import make
from tests.races import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_four_who_learn_at_once_one_writes_a_run(clock):
    leaf = ("dc", make.node().pk, 0, 1), Answers(20, 10, 20 * WHOLE, 10 * WHOLE)
    runs = run_at_once(4, lambda number: odds.learn([leaf], {"USD": {}}, at=clock))
    assert sum(run is not None for run in runs) == 1
    assert OddsRun.objects.count() == 1
    assert NoOdds.objects.count() == 5
