"""How likely nodes say no, as it was learned: by node, by category, by units on hand."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from dom_project.accounts.access import Right, may, needs
from dom_project.lib.htmx import render_part
from inventory.views import asked
from routing import noes, odds, strategies
from routing.rules import KINDS
from routing.shrinkage import BUCKETS, HORIZON, MOST, PARTS, PRIOR

MOST_HIGH = 8


@require_GET
@needs(Right.SEE_RULES)
def routing_odds(request: HttpRequest) -> HttpResponse:
    """The odds of the newest run; `?node=` shows one node's shelves, `?kind=` and `?only=high` filter the list."""
    run, live = odds.newest_run(), strategies.live_activation()
    context: dict[str, Any] = {
        "run": run,
        "live": live,
        "may_edit": may(request, Right.EDIT_RULES),
        "weeks": HORIZON // 7,
        "high_share": noes.HIGH / PARTS,
        "most_share": MOST,
        "prior_share": PRIOR,
    }
    if run is None:
        return render_part(request, "routing/odds.html", "rows", context)
    kind, page = request.GET.get("kind", ""), asked.page(request.GET)
    kind, high = kind if kind in KINDS else "", request.GET.get("only") == "high"
    network, *kinds = noes.above_nodes(run)
    found = noes.nodes(run, kind=kind, high=high, page=page)
    context |= {
        "kind": kind,
        "high": high,
        "network": network,
        "kinds": kinds,
        "cost": noes.cost(run, live.version.strategy_id if live else None),
        "highest": noes.highest(run, limit=MOST_HIGH),
        "rows": found[: noes.PAGE],
        "total": found[0].total if found else 0,
        "newer": str(page - 1) if page else "",
        "older": str(page + 1) if len(found) > noes.PAGE else "",
        "buckets": [noes.units_of(bucket) for bucket in range(1, len(BUCKETS) + 1)],
    }
    if code := asked.text(request.GET, "node"):
        shown = noes.of_node(run, code)
        if shown is None:
            raise Http404
        context |= {"node": shown[0], "shelves": shown[1]}
    return render_part(request, "routing/odds.html", "rows", context)
