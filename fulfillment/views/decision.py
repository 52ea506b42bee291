"""The decision that an order's page explains: which one, its answers, and every node that was looked at."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from fulfillment import timeline
from fulfillment.dossier import Line, Parcel
from routing import decisions, rates, seen
from routing.models import Decision, Order

from . import looked_at, solved
from .answers import COLUMNS, Answers, outcome

DECISIONS = 20
NEAREST = 8  # refused nodes that are not folded
WAITS = frozenset({"backordered", "exception", "pending"})


def explained(
    request: HttpRequest,
    found: Order,
    lines: Sequence[Line],
    parcels: Sequence[Parcel],
    nodes: Sequence[tuple[Any, ...]],
    names: Mapping[str, str],
) -> dict[str, Any]:
    """The decision that is asked for, else the newest one that placed something, else the newest; with its answers."""
    all_of_them = decisions.of_order(found.id, limit=DECISIONS)
    chosen = asked_for(request, found, all_of_them)
    if chosen is None:
        return {"decision": None}
    facts = seen.facts_of(chosen)
    km = rates.distances(
        [found.ship_to_latitude], [found.ship_to_longitude], [row[3] for row in nodes], [row[4] for row in nodes]
    )[0].tolist()
    away = facts.distance_km if facts else {row[0]: one for row, one in zip(nodes, km, strict=True)}
    answers = Answers(chosen, decisions.explain(chosen, away=away), facts, names, lines, parcels)
    batch = solved.Solved(chosen, solved.named(chosen, request.user), node=answers.name, sku=answers.sku)
    by_id = {line.id: line for line in lines}
    columns = [by_id[line_id] for line_id in facts.lines if line_id in by_id] if facts else []
    replaced = chosen.facts.get("replaced")
    questions = [
        (_("Why another plan than before?"), [_replaced(replaced, names)] if replaced else []),
        (_("Why these nodes?") if chosen.plan["parcels"] else _("Why no node?"), answers.why_these()),
        (_("Why split?"), answers.why_split()),
        *solved.questions(batch),
        (_("Why not a closer node?"), answers.why_not_nearer()),
        (_("What stock was seen, how old was the feed?"), answers.stock()),
        (_("What did it cost, what would the next best have cost?"), answers.cost()),
        (_("What was missing or odd in the facts?"), answers.gaps()),
    ]
    rows = looked_at.table(answers, {code: kind for code, _name, kind, *_rest in nodes}, away)
    near = min(len(rows), sum(not row.refused for row in rows) + NEAREST)
    return {
        "decision": chosen,
        "solves_again": chosen.facts.get("solved", {}).get("together", 0),
        "rule": answers.rule,
        "questions": [(question, said) for question, said in questions if said],
        "tables": [rows[:near], rows[near:]],
        "far": len(rows) - near,
        "tells_no": any(row.no for row in rows),
        "left_weighed": looked_at.unplaced(answers),
        "columns": columns if len(columns) <= COLUMNS else [],
        "lines_seen": len(facts.lines) if facts else 0,
        "wanted": list(zip(columns, facts.units, strict=False)) if facts else [],
        "other_decisions": [(other, outcome(other)) for other in all_of_them if other.id != chosen.id],
    }


def asked_for(request: HttpRequest, found: Order, all_of_them: Sequence[Decision]) -> Decision | None:
    """The decision that is asked for, else the newest one that placed something, else the newest; None of none."""
    if not all_of_them:
        return None
    asked = request.GET.get("decision", "")
    placed = next((d for d in all_of_them if d.outcome != "none"), all_of_them[0])
    usual = all_of_them[0] if found.state in WAITS else placed
    return next((d for d in all_of_them if str(d.id) == asked), usual)


def _replaced(replaced: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """That the decision took the place of an earlier one, and what that brought."""
    nodes = _(" and ").join(names.get(code, code) for code in replaced["from"])
    brings = timeline.replanned(replaced)
    if not brings:
        return _("It took the place of an earlier plan from %(nodes)s.") % {"nodes": nodes}
    return _("It took the place of an earlier plan from %(nodes)s: %(brings)s.") % {
        "nodes": nodes,
        "brings": _(" and ").join(brings),
    }
