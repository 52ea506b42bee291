"""What a node usually does in a day, as a person sets it: parcels, cut-off, minutes until a pickup is ready."""

from datetime import datetime, time

from django.db import transaction

from dom_project.lib.api_errors import BadInput, NotFound

from . import audit, capacity
from .hours import last_closing
from .models import Node
from .network import calendar_of

MOST_PARCELS, MOST_MINUTES = 1_000_000, 100_000


@transaction.atomic
def set_terms(
    node_id: int, *, daily_capacity: int, cut_off: time, pickup_ready_minutes: int, at: datetime, actor: str
) -> Node:
    """Change the node and its open days; a day whose cap a person set keeps it. The audit remembers who did.

    Parcels granted above a lowered capacity become overload. Refuses parcels below 0 or above a million, minutes
    above 100,000, a new cut-off after the latest closing time of its week.
    """
    for field, value, most in (
        ("daily_capacity", daily_capacity, MOST_PARCELS),
        ("pickup_ready_minutes", pickup_ready_minutes, MOST_MINUTES),
    ):
        if not 0 <= value <= most:
            raise BadInput("out_of_range", {"value": value, "least": 0, "most": most}, field=field)
    node = Node.objects.select_for_update().filter(pk=node_id).first()
    if node is None:
        raise NotFound("unknown_node", {"node": node_id})
    closing = last_closing(calendar_of(node).week)
    if closing and cut_off > closing and cut_off != node.cut_off:
        params = {"cut_off": f"{cut_off:%H:%M}", "closing": f"{closing:%H:%M}"}
        raise BadInput("cut_off_after_closing", params, field="cut_off")
    node.daily_capacity, node.cut_off, node.pickup_ready_minutes = daily_capacity, cut_off, pickup_ready_minutes
    with audit.by(actor, at=at):
        node.save(update_fields=["daily_capacity", "cut_off", "pickup_ready_minutes", "changed_at"])
    capacity.open_days(at=at, node_ids=[node.pk])
    return node
