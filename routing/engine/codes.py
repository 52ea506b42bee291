"""The refusals an engine can give, as small numbers: the lowest that applies is the first that refused."""

from routing.engine.problem import Problem
from routing.rules import Criterion, Refusal, Rule

NO_CODE = 0
NOT_STOCKED = 1
NO_ATP = 2
NODE_CLOSED = 3
ABILITY_MISSING = 4
HANDLING_CLASS = 5
NO_SLOT = 6
REFUSED_BEFORE = 7
NO_RATE = 8
NO_ZONE = 9
NOT_PICKUP_NODE = 10
# said of a plan, never of a mask
TOO_MANY_PARCELS = 11
OUTRANKED = 12
DEARER = 13
BAD_QUANTITY = 14
NO_RULE = 15
NO_RULE_LEFT = 16
ONLY_A_PART = 17
NOTHING_FOUND = 18
AMOUNT_TOO_LARGE = 19
FIRST_CRITERION = 20
MAY = 65535  # nothing refused

WORDS = (
    "",
    "not_stocked",
    "no_atp",
    "node_closed",
    "ability_missing",
    "handling_class",
    "no_slot",
    "refused_before",
    "no_rate",
    "no_zone",
    "not_pickup_node",
    "too_many_parcels",
    "outranked",
    "dearer",
    "bad_quantity",
    "no_rule",
    "no_rule_left",
    "only_a_part",
    "nothing_found",
    "amount_too_large",
)


def refusals_of(problem: Problem) -> tuple[Refusal, ...]:
    """Every refusal this problem can give, at the place of its number: the built-in ones, then each criterion's."""
    return (
        *(Refusal(code, {}) for code in WORDS),
        *(
            Refusal(f"rule_{criterion.field}", _params(rule, criterion, position))
            for rule in problem.rules
            for position, criterion in enumerate(rule.which_nodes)
        ),
    )


def _params(rule: Rule, criterion: Criterion, position: int) -> dict[str, str | int]:
    judged = {"amount": criterion.amount} if not criterion.values else {"values": ", ".join(criterion.values)}
    return {"rule": rule.ref, "position": position, "negate": int(criterion.negate), **judged}
