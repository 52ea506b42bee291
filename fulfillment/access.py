"""Who may see which order and shipment: one function per object; what is not one's own does not exist."""

from typing import Any

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.http import Http404

from dom_project.lib.api_errors import NotFound
from inventory.access import is_bound, nodes_of, seen_by
from routing.models import Order

from .models import Shipment, Task


class NoSuchOrder(NotFound, Http404):
    """A page answers 404, the API a problem document."""


class NoSuchShipment(NotFound, Http404):
    """A page answers 404, the API a problem document."""


class NoSuchTask(NotFound, Http404):
    """A page answers 404, the API a problem document."""


# Whether these nodes ship or hand over an order: of lists in SQL and of what is opened alike.
AT_NODES = """({order}.pickup_node_id = ANY({nodes}::bigint[]) OR EXISTS (
  SELECT FROM fulfillment_shipment s WHERE s.order_id = {order}.id AND s.node_id = ANY({nodes}::bigint[])))"""


def orders_of(user: Any) -> QuerySet[Order]:
    """The orders that this user may see. Who sees some nodes only: those that these ship or hand over."""
    nodes = seen_by(user)
    if nodes is None:
        return Order.objects.all()
    there = AT_NODES.format(order="routing_order", nodes="%s")
    return Order.objects.filter(RawSQL(there, [nodes, nodes], output_field=BooleanField()))


def order_for(user: Any, ref: str) -> Order:
    """The order with this public ref, if the user may see it. Raises NoSuchOrder otherwise."""
    if order := orders_of(user).select_related("channel", "customer").filter(ref=ref).first():
        return order
    raise NoSuchOrder("unknown_order", {"order": ref[:64]})


def shipments_of(user: Any) -> QuerySet[Shipment]:
    """The shipments of the nodes that this user may see."""
    if not is_bound(user):
        return Shipment.objects.all()
    return Shipment.objects.filter(node_id__in=nodes_of(user).values("id"))


def shipment_for(user: Any, ref: str) -> Shipment:
    """The shipment with this public ref, if the user may see it. Raises NoSuchShipment otherwise."""
    if shipment := shipments_of(user).select_related("order__customer", "node").filter(ref=ref).first():
        return shipment
    raise NoSuchShipment("unknown_shipment", {"shipment": ref[:64]})


def task_for(user: Any, task_id: int) -> Task:
    """The put-back task, if it lies at a node that the user may see. Raises NoSuchTask otherwise."""
    tasks = Task.objects.filter(node_id__in=nodes_of(user).values("id"))
    if task := tasks.select_related("node").filter(id=task_id).first():
        return task
    raise NoSuchTask("unknown_task", {"id": task_id})
