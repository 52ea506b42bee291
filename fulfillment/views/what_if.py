"""What would have to be different: a stored decision solved again, its candidates by cost, one node asked about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from dom_project.accounts.access import Right, needs
from dom_project.lib.htmx import render_part, wants_part
from dom_project.templatetags.figures import money
from dom_project.templatetags.moments import day
from fulfillment import access, dossier
from fulfillment.dossier import Line, Parcel
from inventory.models import Node
from routing import decisions, retold, words
from routing.engine.plan import Alternative
from routing.engine.what_if import Case, Change
from routing.models import Decision, Order
from routing.retold import NotRetold

from .answers import Answers, units_told
from .compared import odds_told
from .decision import DECISIONS, asked_for
from .order import PAGE, page_of

SHOWN = 8  # candidates that are not folded
PARTS = ("lateness", "rejection", "scarcity", "unfilled")  # columns only where some candidate has them


@require_GET
@needs(Right.SEE_ORDERS)
def what_if(request: HttpRequest, ref: str) -> HttpResponse:
    """The section of an order's page; for htmx it alone, or the answer on one node alone."""
    found = access.order_for(request.user, ref)
    context = {"order": found, "what_if": section(request, found)}
    part = "what_if_answer" if request.GET.get("answer") else "what_if"
    if not wants_part(request):
        context = page_of(request, found, timezone.now()) | context
    return render_part(request, PAGE, part, context)


@dataclass(frozen=True, slots=True)
class Row:
    """A candidate: what the cheapest plan through it costs by parts, in minor units."""

    name: str
    beside: str  # the other nodes of that plan
    chosen: bool
    plan: Alternative
    amounts: Sequence[int]  # of the parts that get a column
    dearer_by: int


@dataclass(frozen=True, slots=True)
class Section:
    """All that is told; `why_not` with its fault in place of everything else."""

    decision: Decision | None
    currency: str = ""
    why_not: str = ""
    fault: str = ""
    sentences: Sequence[str] = ()
    rows: Sequence[Row] = ()
    parts: Sequence[str] = ()
    nodes: Sequence[tuple[str, str]] = ()  # that can be asked about
    node: str = ""
    name: str = ""
    changes: Sequence[str] = ()
    no_change: str = ""

    @property
    def tables(self) -> tuple[Sequence[Row], Sequence[Row]]:
        return self.rows[:SHOWN], self.rows[SHOWN:]


def section(request: HttpRequest, found: Order) -> Section:
    """The section on the decision that is asked for."""
    decision = asked_for(request, found, decisions.of_order(found.id, limit=DECISIONS))
    if decision is None:
        return Section(None, why_not=_("No decision has been made yet."))
    try:
        case = retold.case_of(decision)
    except NotRetold as refused:
        said = words.sentence(f"retold_{refused.code}", refused.params)
        return Section(decision, why_not=said, fault=refused.code if refused.fault else "")
    names = dict(Node.objects.values_list("code", "name"))
    asked = Asked(decision, case, names, dossier.lines(found.id), dossier.parcels(found.id))
    return asked.section(request.GET.get("node", ""))


class Asked:
    """A case told to a reader."""

    def __init__(
        self,
        decision: Decision,
        case: Case,
        names: Mapping[str, str],
        lines: Sequence[Line],
        parcels: Sequence[Parcel],
    ) -> None:
        self.decision, self.case, self.problem = decision, case, case.problem
        self.rules = {rule.ref: rule.name for rule in self.problem.rules}
        self.answers = Answers(decision, decisions.explain(decision, away={}), None, names, lines, parcels)
        self.answers.rules = self.rules
        by_id = {line.id: line.name for line in lines}
        refs = self.problem.sku_ref[self.problem.sku].tolist()
        self.skus = {ref: by_id.get(line, "") for ref, line in zip(refs, self.problem.line_ref.tolist(), strict=True)}

    def name(self, node: int) -> str:
        return self.answers.name(self.problem.node_codes[node])

    def money(self, minor: int) -> str:
        return money(minor, self.decision.currency)

    def section(self, code: str) -> Section:
        codes = self.problem.node_codes
        others = sorted(
            ((codes[node], self.name(node)) for node in range(len(codes)) if node not in self.case.stored),
            key=lambda row: (row[1], row[0]),
        )
        others_by_cost = [each for each in self.case.compared.candidates if each.node not in self.case.stored]
        candidates = [*self._plan(), *others_by_cost]
        known = {code for code, _name in others}
        first = next((codes[each.node] for each in others_by_cost), "")
        code = code if code in known else first or next((code for code, _name in others), "")
        node = codes.index(code) if code else -1
        changes = self.case.changes(node)
        parts = [part for part in PARTS if any(getattr(each, part) for each in candidates)]
        return Section(
            self.decision,
            currency=self.decision.currency,
            sentences=self.sentences(),
            rows=[self._row(each, parts) for each in candidates],
            parts=parts,
            nodes=others,
            node=code,
            name=self.name(node) if code else "",
            changes=[self._change(change, node) for change in changes],
            no_change="" if changes or not code else self._none(node),
        )

    def _plan(self) -> list[Alternative]:
        """The plan as it was decided; [] where nothing found a place."""
        told = self.answers.told
        if not told.parcels:
            return []
        cost, place = told.cost, {code: node for node, code in enumerate(self.problem.node_codes)}
        nodes = tuple(place[parcel["node"]] for parcel in told.parcels)
        paid = cost["invoice"] + cost["lateness"] + cost["rejection"] + cost["scarcity"]
        return [
            Alternative(
                node=nodes[0],
                nodes=nodes,
                freight=cost["freight"],
                handling=cost["handling"],
                lateness=cost["lateness"],
                unfilled=cost["priced"] - paid,
                rejection=cost["rejection"],
                scarcity=cost["scarcity"],
            )
        ]

    def _row(self, plan: Alternative, parts: Sequence[str]) -> Row:
        beside = dict.fromkeys(node for node in plan.nodes if node != plan.node)
        return Row(
            name=self.name(plan.node),
            beside=", ".join(self.name(node) for node in beside),
            chosen=plan.node in self.case.stored,
            plan=plan,
            amounts=[getattr(plan, part) for part in parts],
            dearer_by=plan.priced - self.decision.priced,
        )

    def sentences(self) -> list[str]:
        """The best single node, the best plan without prices, and a better one that the others left."""
        compared = self.case.compared
        said = [] if self.answers.is_kept_by_address else [self._single(compared.single)]
        if compared.unpriced:
            same = frozenset(compared.unpriced.nodes) == self.case.stored
            text = (
                _("Without scarcity prices the plan would be the same.")
                if same
                else _("Without scarcity prices it would be %(nodes)s: %(cost)s.")
            )
            cost = self.answers.compared.unpriced(compared.unpriced._asdict())
            said.append(text % {"nodes": self._nodes(compared.unpriced), "cost": cost})
        saves = self.decision.priced - self.case.cost
        if saves > 0:
            text = _("By itself, on what the others left, it could cost %(cost)s less; the plan is the one for all.")
            said.append(text % {"cost": self.money(saves)})
        return said

    def _single(self, best: Alternative | None) -> str:
        """The best plan of one parcel, for what the decision is about."""
        told = self.answers.told
        if best is None:
            return _("No single node could send all of it in one parcel.")
        if best.node in self.case.stored and len(told.parcels) == 1 and not told.left:
            if self.answers.is_of_a_part:
                return _("For what this decision is about, the best single node is the one that was taken.")
            return _("The best single node is the one that was taken.")
        cost = self.answers.compared.beside(best._asdict())
        return _("The best single node is %(nodes)s: %(cost)s.") % {"nodes": self._nodes(best), "cost": cost}

    def _nodes(self, plan: Alternative) -> str:
        return _(" and ").join(self.name(node) for node in dict.fromkeys(plan.nodes)) or _("no node")

    def _change(self, change: Change, node: int) -> str:
        params = dict(change.params)
        for name in ("by",) if change.code in ("pick_lower", "fix_lower") else ():
            params[name], params["now"] = self.money(params[name]), self.money(params["now"])
        if change.code in ("slot", "day_earlier"):
            params["day"] = day(self.problem.decided_on + timedelta(days=params["day"]))
        if "odds" in params:
            params["odds"] = odds_told(params["odds"])
        if "rule" in params:
            params["rule"] = self.rules.get(params["rule"], params["rule"])
        if change.code == "rule_off":
            refusal = self.case.refusal(node)
            params["refusal"] = self.answers.refusal(refusal.code, refusal.params) if refusal else ""
        if "sku" in params:
            params["what"] = self.skus.get(params["sku"], "")
        if "more" in params:
            params["need_units"] = units_told(params["atp"] + params["more"])
        if "days" in params:
            days = params["days"]
            params["days_told"] = ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
        with_ = [self.name(other) for other in dict.fromkeys(change.nodes) if other != node]
        said = words.sentence(f"if_{change.code}", params)
        cost = {"said": said, "cost": self.money(change.invoice), "nodes": _(" and ").join(with_)}
        if with_:
            return _("%(said)s. The plan, together with %(nodes)s, would be invoiced at %(cost)s.") % cost
        return _("%(said)s. The plan would be invoiced at %(cost)s.") % cost

    def _none(self, node: int) -> str:
        refusal = self.case.refusal(node)
        if refusal is None or refusal.code == "no_rule":
            return _("No single change would bring it in.")
        return _("No single change would bring it in: it %(refusal)s.") % {
            "refusal": self.answers.refusal(refusal.code, refusal.params)
        }
