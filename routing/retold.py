"""A stored decision computed again: the same facts and engine must give the same plan, or it is a fault."""

from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from dom_project.lib import db
from routing.engine.plan import Plan
from routing.engine.problem import ENGINE_VERSION, Problem, ProblemRefused
from routing.engine.solve import solve
from routing.engine.stored import from_bytes
from routing.engine.what_if import Case
from routing.models import Decision

HEAD = """
SELECT day, engine_version, digest, md5(body) FROM routing_problem WHERE ref = %s AND day BETWEEN %s AND %s
"""
BODY = "SELECT body FROM routing_problem WHERE ref = %s AND day = %s"
# Of a thousand orders each takes some 20 MB.
PROBLEMS, CASES = 4, 32
FAULTS = frozenset({"facts_altered", "another_plan"})


class NotRetold(Exception):
    """The decision can't be told anew: `facts_gone`, `engine_ended`, or a fault: `facts_altered`, `another_plan`."""

    def __init__(self, code: str, params: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code, self.params = code, params or {}

    @property
    def fault(self) -> bool:
        """True where the record contradicts itself: somebody must look."""
        return self.code in FAULTS


class Key(NamedTuple):
    """The stored problem as it is now: other bytes are another key."""

    ref: str
    day: date
    digest: str
    body: str


def case_of(decision: Decision) -> Case:
    """The decision's order as a case to ask. Raises NotRetold.

    The facts are read by their digest and solved as the worker did, which chooses the mode from them; the plan must
    have the hash that was stored, and the order's parcels those of the decision. Kept in this process for the next
    question.
    """
    head = _head(decision)
    if head is None:
        raise NotRetold("facts_gone")
    day, engine, digest, body = head
    if engine != ENGINE_VERSION:
        raise NotRetold("engine_ended", {"then": engine, "now": ENGINE_VERSION})
    key = Key(decision.problem_ref, day, digest, body)
    problem, plan = _solved(key)
    if not 0 <= decision.place < problem.orders or not same_plan(decision, problem, plan):
        raise NotRetold("another_plan", {"problem": decision.problem_ref})
    return _case(key, decision.place)


def _head(decision: Decision) -> tuple[Any, ...] | None:
    day, near = decision.decided_at.date(), timedelta(days=1)
    return next(iter(db.rows(HEAD, [decision.problem_ref, day - near, day + near])), None)


@lru_cache(maxsize=PROBLEMS)
def _solved(key: Key) -> tuple[Problem, Plan]:
    try:
        problem = from_bytes(bytes(db.value(BODY, [key.ref, key.day])))
        problem.validate()
    except ProblemRefused as refused:
        raise NotRetold("facts_altered", {"problem": key.ref}) from refused
    if problem.hash() != key.digest:
        raise NotRetold("facts_altered", {"problem": key.ref})
    return problem, solve(problem)


@lru_cache(maxsize=CASES)
def _case(key: Key, place: int) -> Case:
    return Case(*_solved(key), place)


def same_plan(decision: Decision, problem: Problem, plan: Plan) -> bool:
    """Whether this is the plan that was decided: its hash, as far as it was kept, and the order's own parcels."""
    kept = decision.facts.get("solved", {}).get("plan")
    if kept is not None and kept != plan.hash():
        return False
    units: dict[int, int] = {}
    for choice in plan.choices(decision.place):
        units[choice.parcel] = units.get(choice.parcel, 0) + choice.units
    now = sorted(
        (
            problem.node_codes[parcel.node],
            (problem.decided_on + timedelta(days=parcel.ship_day)).isoformat(),
            units.get(parcel.number, 0),
            parcel.freight + parcel.handling,
        )
        for parcel in plan.parcels(decision.place)
    )
    then = sorted(
        (
            parcel["node"],
            parcel["ship_date"],
            sum(line["units"] for line in parcel["lines"]),
            parcel["freight"] + parcel["handling"],
        )
        for parcel in decision.plan["parcels"]
    )
    return now == then
