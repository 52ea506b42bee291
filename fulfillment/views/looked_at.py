"""Every node that was looked at for a decision, as the table of an order's page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from .answers import Answers


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One node in the table. `stock` per line: units seen, None where it is not stocked; `cost` of the best plan."""

    code: str
    name: str
    kind: str
    distance_km: int
    stock: Sequence[int | None]
    enough: int
    outcome: str
    chosen: bool
    refused: bool
    cost: int | None
    no: int | None  # of it the expected cost of a no
    dearer_by: int | None


def table(answers: Answers, kinds: Mapping[str, str], away: Mapping[str, int]) -> list[NodeRow]:
    """Every node that was looked at: the plan first, then by cost, then the refused ones by distance."""
    parcels: dict[str, list[int]] = {}
    for parcel in answers.told.parcels:
        parcels.setdefault(parcel["node"], []).append(parcel["number"])
    others = {other["node"]: other for other in answers.decision.alternatives}
    refused = {code: row for row in answers.decision.refusals for code in row["nodes"]}
    wanted = answers.seen.units if answers.seen else []
    own_no: dict[str, int] = {}
    for each in answers.told.noes:
        own_no[each.node] = own_no.get(each.node, 0) + each.cost
    rows = []
    for code in dict.fromkeys([*parcels, *others, *refused]):
        stock = answers.seen.atp.get(code, []) if answers.seen else []
        other, why = others.get(code), refused.get(code)
        # What a unit without a place is taken to cost steers the choice; nobody pays it.
        paid = other if other and not other["unfilled"] else None
        cost = answers.decision.priced if code in parcels else paid["priced"] if paid else None
        rows.append(
            NodeRow(
                code=code,
                name=answers.name(code),
                kind=kinds.get(code, ""),
                distance_km=answers.seen.distance_km.get(code, -1) if answers.seen else away.get(code, -1),
                stock=stock,
                enough=sum((have or 0) >= units for have, units in zip(stock, wanted, strict=False)),
                outcome=_outcome(answers, parcels.get(code), other, why),
                chosen=code in parcels,
                refused=code not in parcels and not other,
                cost=cost,
                no=own_no.get(code, 0) if code in parcels else paid.get("rejection", 0) if paid else None,
                dearer_by=None if code in parcels or cost is None else cost - answers.decision.priced,
            )
        )
    far = 1 << 40
    return sorted(
        rows,
        key=lambda row: (
            not row.chosen,
            row.refused,
            row.cost is None,
            row.cost or 0,
            row.distance_km if row.distance_km >= 0 else far,
        ),
    )


def _outcome(
    answers: Answers, numbers: Sequence[int] | None, other: Mapping[str, Any] | None, why: Mapping[str, Any] | None
) -> str:
    if numbers:
        return ", ".join(_("Parcel %(number)s") % {"number": number} for number in numbers)
    if other:
        beside = [answers.name(code) for code in dict.fromkeys(other["nodes"]) if code != other["node"]]
        if other["unfilled"]:
            return _("would leave units without a place")
        apart = other["priced"] - answers.decision.priced
        said = _("costs more") if apart > 0 else _("costs less, but ranks behind") if apart else _("costs the same")
        return _("%(said)s, together with %(nodes)s") % {"said": said, "nodes": ", ".join(beside)} if beside else said
    return answers.refusal(why["code"], why["params"]) if why else ""


def unplaced(answers: Answers) -> str:
    """What the sums of the table contain for units without a place; "" where the plan has none."""
    if not answers.told.parcels or not answers.compared.unfilled:
        return ""
    return _(
        "The sum of the plan contains %(cost)s for its units without a place, "
        "weighed so that none is left behind to save cost; nobody pays it."
    ) % {"cost": answers.money(answers.compared.unfilled)}
