"""Dual steps, repair and exchanges on cases small enough to say what is right."""

import numpy as np

from routing.engine.batch.costs import costs
from routing.engine.batch.exchange import exchange
from routing.engine.batch.giving_way import gave_way
from routing.engine.batch.plan import plan_together
from routing.engine.batch.repair import repair
from routing.engine.batch.steps import Steps, decay_for
from tests.routing.engine.batch.crowds import any_weight, field_of, standings_of
from tests.routing.engine.problems import problem, random_problem, rule

# three nodes; zone = node: the nearer the cheaper
ZONES = {"rates": ((500, 700, 1500),), "transit": (3,)}


def nodes_of(standings):
    """The node of each line, −1 = left."""
    column = standings.columns()
    return np.where(column < 0, -1, standings.field.node[column]).tolist()


def over_asked(standings):
    """Units or slots are asked for that are not there."""
    field, orders = standings.field, standings.orders
    column = standings.columns()
    used = np.flatnonzero(column >= 0)
    use = np.bincount(standings.keys(column, used), orders.units[used], field.atp.size)
    return bool((use > field.atp.ravel().clip(0)).any() or (standings.opened() > field.slots).any())


def paid(standings):
    everyone = np.arange(standings.orders.count)
    return int(costs(standings.field, everyone, standings.plans).sum())


def test_steps_end_as_soon_as_nothing_is_over_asked():
    calm = Steps(standings_of(problem([{"lines": {0: 1}}] * 3, [{0: 3}])))
    assert (calm.run(8), calm.standings.evaluations) == (0, 0)
    # the first goes on for 200 more, the second for 1,000
    crowded = standings_of(problem([{"lines": {0: 1}}, {"lines": {0: 1, 1: 1}}], [{0: 1, 1: 9}, {0: 9}], **ZONES))
    assert over_asked(crowded)
    assert Steps(crowded).run(8) < 8
    assert not over_asked(crowded)
    assert nodes_of(crowded) == [1, 0, 0]


def test_what_too_many_ask_for_gets_dearer():
    standings = standings_of(problem([{"lines": {0: 1}}] * 4, [{0: 1, 1: 9}], **ZONES))
    field, search = standings.field, Steps(standings)
    search.run(1)
    assert field.duals[0].tolist() == [1000, 0]
    assert nodes_of(standings) == [1, 1, 1, 1]
    assert search.run(1) == 0


def test_more_steps_are_finer_ones():
    assert [decay_for(steps) for steps in (1, 4, 7, 10, 15, 40)] == [0.5, 0.5, 0.6, 0.7, 0.8, 0.9]


def test_random_steps_that_end_early_have_resolved_everything():
    ended = 0
    for seed in range(60):
        made = random_problem(seed, orders=10, skus=4, nodes=4, most_units=2, stock=9, slots=6)
        standings = standings_of(any_weight(made))
        if over_asked(standings) and Steps(standings).run(12) < 12:
            assert not over_asked(standings)
            ended += 1
    assert ended > 5


def test_the_orders_that_lose_most_keep_the_unit():
    # each wants the only unit of SKU 0 at node 0; to the last it saves a parcel too
    stock = [{0: 1, 1: 1, 2: 1}, {0: 9}]
    standings = standings_of(problem([{"lines": {0: 1}}] * 2 + [{"lines": {0: 1, 1: 1}}], stock, **ZONES))
    alone = standings.plans.of(np.arange(3))
    repair(standings)
    assert nodes_of(standings) == [1, 2, 0, 0]
    rows = zip(*(part.tolist() for part in gave_way(standings, alone)), strict=True)
    # (loser, winner, line, node, what that costs it, what it would cost the winner): 200 more on the road to node 1,
    # 1000 to node 2; the last would get no unit at all, 100,000 less the 10 of its pick
    assert list(rows) == [(0, 2, 0, 0, 200, 99_990), (1, 2, 1, 0, 1000, 99_990)]
    assert standings.shared.tolist() == [True, True, False]
    assert standings.field.atp.tolist() == [[0, 0, 0], [8, -1, -1]]
    assert standings.field.slots.tolist() == [999, 999, 999]


def test_equal_losers_are_served_in_the_order_they_came():
    standings = standings_of(problem([{"lines": {0: 1}}] * 3, [{0: 2, 1: 2}], **ZONES))
    alone = standings.plans.of(np.arange(3))
    repair(standings)
    assert nodes_of(standings) == [0, 0, 1]
    told = gave_way(standings, alone)
    assert (told.loser.tolist(), told.winner.tolist()) == ([2], [1])


def test_an_exchange_takes_a_unit_from_who_loses_less():
    # the first, served first, holds the unit of node 0, which saves it 200; it saves the second a parcel
    made = problem([{"lines": {0: 1}}, {"lines": {0: 1, 1: 1}}], [{0: 1, 1: 9}, {0: 9}], **ZONES)
    standings = standings_of(made)
    everyone = np.arange(2)
    standings.plans.column[:], standings.plans.block[:] = -1, 0
    standings.serve(everyone, at_once=1)
    assert nodes_of(standings) == [0, 1, 0]
    assert exchange(standings, everyone, np.array([0])) == 1
    assert nodes_of(standings) == [1, 0, 0]
    assert standings.field.atp.tolist() == [[0, 8], [8, -1]]
    assert exchange(standings, everyone, np.array([0])) == 0
    assert standings.shared.all()


def test_an_exchange_takes_a_slot_from_who_loses_less():
    # one slot at node 0: it saves the first 200 and the second, whom nobody else has goods for, everything
    made = problem([{"lines": {0: 1}}, {"lines": {1: 1}}], [{0: 9, 1: 9}, {0: 9}], slots_left=[[1], [9]],
                   ship_day=[[0], [0]], **ZONES)  # fmt: skip
    standings = standings_of(made)
    standings.plans.column[:], standings.plans.block[:] = -1, 0
    standings.serve(np.arange(2), at_once=1)
    assert nodes_of(standings) == [0, -1]
    assert exchange(standings, np.arange(2), np.zeros(0, np.int64)) == 1
    assert nodes_of(standings) == [1, 0]
    assert standings.field.slots.tolist() == [0, 8]


def test_who_gives_up_a_slot_may_wait_for_the_next_day_at_the_same_node():
    made = problem([{"lines": {0: 1}, "slack": 9}, {"lines": {0: 1}, "slack": 3}], [{0: 2}],
                   slots_left=[[1, 2]], ship_day=[[0, 1]], rates=((500,),), transit=(3,))  # fmt: skip
    standings = standings_of(made)
    standings.field.open_days(np.array([0]))
    standings.plans.column[:], standings.plans.block[:] = -1, 0
    standings.serve(np.arange(2), at_once=1)
    assert standings.field.day[standings.columns()].tolist() == [0, 1]
    assert exchange(standings, np.arange(2), np.zeros(0, np.int64)) == 1
    assert standings.field.day[standings.columns()].tolist() == [1, 0]


def test_an_exchange_that_only_looks_cheaper_in_rounded_tables_is_not_made():
    for seed in range(40):
        made = random_problem(seed, orders=10, skus=4, nodes=3, lines=2, most_units=20_000, stock=20_000, slots=3,
                              rules=[rule(split_lines=False)])  # fmt: skip
        standings = standings_of(made)
        standings.plans.column[:], standings.plans.block[:] = -1, 0
        everyone = np.arange(standings.orders.count)
        standings.serve(everyone, at_once=4)
        before = paid(standings)
        gained = exchange(standings, everyone, np.arange(standings.field.atp.size))
        assert paid(standings) <= before - gained


def test_a_full_first_day_brings_in_the_next_one_where_waiting_is_cheaper_than_another_node():
    def days(late_per_day):
        made = problem([{"lines": {0: 1}, "slack": 3}] * 3, [{0: 9, 1: 9}], slots_left=[[1, 9], [9, 9]],
                       ship_day=[[0, 1], [0, 1]], late_per_day=late_per_day, **ZONES)  # fmt: skip
        standings = plan_together(field_of(made), 3).standings
        column = standings.columns()
        return sorted(zip(nodes_of(standings), standings.field.day[column].tolist(), strict=True))

    assert days(150) == [(0, 0), (0, 1), (0, 1)]  # a day late for 150, or node 1 for 200
    assert days(250) == [(0, 0), (1, 0), (1, 0)]
