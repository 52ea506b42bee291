import json
from dataclasses import replace

import pytest

from benchmarks.yardsticks import run
from benchmarks.yardsticks.bounds import proven
from benchmarks.yardsticks.cases import CASES
from benchmarks.yardsticks.dom_us import dom_us
from benchmarks.yardsticks.gates import Gate, gates, told
from benchmarks.yardsticks.measure import Row, measured
from benchmarks.yardsticks.policies import EXACT_FCFS, Policy
from benchmarks.yardsticks.recorded import History, Prototype
from benchmarks.yardsticks.speed import Speed
from benchmarks.yardsticks.table import Table


def row(policy="exact_fcfs", seed=1, cost=16_160_000, orders=10_000, speed=20_000.0):
    return Row(policy, seed, orders, cost, 1500, 272, 20, speed, "ok", "abc")


def test_a_row_is_measured_audited_and_repeated():
    found = measured(EXACT_FCFS, dom_us(200), 1)
    assert (found.policy, found.orders, found.verdict) == ("exact_fcfs", 200, "ok")
    assert found.cost > 0
    assert found.orders_per_second > 0


def test_a_plan_that_cannot_be_carried_out_is_shown_as_a_fault():
    def everything_from_reno(problem):
        plan = EXACT_FCFS.run(problem)
        plan.node.setflags(write=True)
        plan.node[:] = 0
        return plan

    found = measured(Policy("reno", "all from Reno", everything_from_reno), dom_us(200), 1)
    assert found.verdict.startswith("FAULT: SKU")
    assert found.cost == 0


def test_the_table_shows_each_seed_and_their_mean_beside_the_prototype(tmp_path):
    rows = [row(seed=1, cost=16_319_986), row(seed=2, cost=16_229_530)]
    text = Table(CASES[0], 10_000, Prototype(), History(tmp_path / "none")).text(rows)
    title, _, first, second, mean, spread = text.splitlines()
    assert "seed 1: 16.000 (prototype 16.000), seed 2: 15.911 (prototype 15.911)" in title
    assert "2.00" in first
    assert "4.31" in first.split("│")[1]
    assert "2.00" in second
    assert mean.split()[:3] == ["mean", "16.275", "2.00"]
    assert spread.split()[:2] == ["spread", "0.090"]


def test_the_prototype_is_compared_at_its_own_size_only():
    prototype = Prototype()
    assert prototype.bound("1.3", 10_000, 1) == 15_999_986
    assert prototype.bound("1.3", 2000, 1) is None
    assert prototype.figures("1.3", 10_000, 1, "no such policy") is None


def test_a_recorded_run_is_what_the_next_one_is_compared_with(tmp_path):
    path = tmp_path / "history" / "yardsticks.jsonl"
    History(path).record("1.3", 10_000, [row(cost=16_000_000)])
    History(path).record("1.3", 10_000, [row(cost=16_500_000)])
    history = History(path)
    assert history.figures("1.3", 10_000, 1, "exact_fcfs") == (16_500_000, 20_000)
    assert history.figures("1.3", 2000, 1, "exact_fcfs") is None
    assert [json.loads(line)["case"] for line in path.read_text().splitlines()] == ["1.3", "1.3"]
    line = Table(CASES[0], 10_000, Prototype(), history).text([row(cost=16_170_000, speed=30_000.0)]).splitlines()[-1]
    assert line.split("│")[2].split() == ["-2.00", "+50"]


def test_the_speed_of_the_kernel_is_recorded_and_compared_too(tmp_path):
    path = tmp_path / "yardsticks.jsonl"
    before = Speed(
        single_ms=0.4, nodes=204, single_pass=50_000.0, with_tables=40_000.0, with_rules=30_000.0, loop=30.0
    )
    History(path).record("speed", 10_000, [before])
    assert History(path).speed(10_000) == before
    text = replace(before, single_ms=0.2, single_pass=60_000.0).text(History(path).speed(10_000))
    assert "p50 0.200 ms (-50 %)" in text
    assert "60,000 orders/s (+20 %), with building the tables 40,000 (+0 %)" in text
    assert "%" not in before.text(None)


@pytest.mark.parametrize(
    ("figure", "more", "words"),
    [(0.4, False, "met met"), (0.7, False, "met MISSED"), (2, False, "MISSED MISSED"), (2, True, "met met")],
)
def test_a_gate_says_what_was_met_and_what_was_missed(figure, more, words):
    text = Gate("p50", figure, 1, 0.5, "ms", more_is_better=more).text()
    assert [word for word in text.split() if word in ("met", "MISSED")] == words.split()


def test_costs_are_judged_by_three_seeds_of_the_full_size_alone():
    rows = {"1.3": [row(policy, seed, cost) for policy, cost in COSTS for seed in (1, 2, 3)]}
    assert saved(rows, 10_000) == pytest.approx(2)
    assert saved(rows, 2000) is None
    assert saved({"1.3": [each for each in rows["1.3"] if each.seed < 3]}, 10_000) is None


def saved(rows, n):
    return next(gate.figure for gate in gates(rows, None, n, Prototype()) if "rule engine" in gate.what)


def test_a_batch_is_judged_by_its_gap_and_its_speed():
    costs = {1: 16_159_986, 2: 16_070_417, 3: 16_744_099}  # 1 % over each bound
    rows = {"1.3": [row("batch_3", seed, cost, speed=12_000.0) for seed, cost in costs.items()]}
    gap, speed = (gate for gate in gates(rows, None, 10_000, Prototype()) if "DOM-US 1.3" in gate.what)
    assert gap.figure == pytest.approx(1, abs=1e-4)
    assert "gate ≤ 2: met" in gap.text()
    assert "target ≤ 1.2: met" in gap.text()
    assert "gate ≥ 10,000: met" in speed.text()
    assert "target ≥ 30,000: MISSED" in speed.text()


def test_only_gates_that_the_run_measured_are_told():
    costs = {1: 16_159_986, 2: 16_070_417, 3: 16_744_099}
    rows = {"1.3": [row("batch_3", seed, cost) for seed, cost in costs.items()]}
    gap, speed = told(gates(rows, None, 10_000, Prototype()), 10_000).splitlines()
    assert "DOM-US 1.3, 3 dual steps: gap to the bound" in gap
    assert "DOM-US 1.3, 3 dual steps: speed" in speed
    assert told(gates(rows, None, 2000, Prototype()), 10_000) == (
        "No gate is judged: that takes n 10,000 and 3 seeds of a case that has gates."
    )


STREAM = (("exact_fcfs", 200_000, None), ("ahead", 170_000, None), ("quality", 101_000, 100_000))
COSTS = (("exact_fcfs", 98_000), ("greedy", 100_000))


def test_one_command_prints_the_table_and_its_gates(capsys):
    run.main(["--n", "150", "--seeds", "1,2", "--only", "0.6,jasin-sinha"])
    text = capsys.readouterr().out
    assert "DOM-US, ratio 0.6" in text
    assert "Jasin–Sinha/Ma: bound in USD/order" in text
    assert text.count("prices, 5 replays × 3 samples") == 2
    assert text.count("closest carrying centre") == 2
    assert "DOM-US, ratio 1.3" not in text
    assert "not measured" not in text
    assert text.count("No gate is judged") == 1


@pytest.mark.parametrize("arguments", [["--only", "2.0"], ["--n", "0"], ["--seeds", "one"]])
def test_what_the_command_does_not_know_it_says(arguments, capsys):
    with pytest.raises(SystemExit):
        run.main(arguments)
    assert arguments[0] in capsys.readouterr().err


def test_a_bound_that_the_run_has_proven_goes_before_the_prototypes(tmp_path):
    rows = [row(cost=16_160_000), replace(row("quality", cost=16_020_000), bound=16_000_000)]
    text = Table(CASES[0], 10_000, Prototype(), History(tmp_path / "none")).text(rows)
    assert "seed 1: 16.000 (prototype 16.000)" in text
    assert proven(rows, "1.3", 10_000, Prototype()) == {1: 16_000_000}
    assert proven(rows[:1], "1.3", 10_000, Prototype()) == {1: 15_999_986}
    assert proven(rows[:1], "1.3", 2000, Prototype()) == {}


def test_looking_ahead_is_judged_by_the_share_of_the_way_to_the_bound():
    rows = {
        "look-ahead": [
            replace(row(policy, seed, cost), bound=bound) for seed in (1, 2, 3) for policy, cost, bound in STREAM
        ]
    }
    found = next(gate for gate in gates(rows, None, 10_000, Prototype()) if "guard on, in turn" in gate.what)
    assert found.figure == pytest.approx(30)
    assert "gate ≥ 25: met" in found.text()
    assert "target ≥ 45: MISSED" in found.text()


def test_the_slow_rows_are_left_out_when_it_must_be_quick(capsys):
    run.main(["--quick", "--n", "150", "--only", "jasin-sinha"])
    assert "replays ×" not in capsys.readouterr().out


def test_what_the_prototype_reached_by_looking_ahead_stands_beside_it(tmp_path):
    case = next(case for case in CASES if case.key == "look-ahead")
    rows = [row("ahead", cost=14_079_182, orders=8_000), replace(row("quality", orders=8_000), bound=13_540_315)]
    text = Table(case, 8_000, Prototype(), History(tmp_path / "none")).text(rows)
    ours, prototype, _ = text.splitlines()[2].split("│")
    assert "3.98" in ours
    assert prototype.split() == ["3.96", "–"]
