"""What became of an order."""

from typing import Any

from routing.models import Order, OrderEvent, OrderException


def counters(order: Order) -> list[tuple[int, int, int]]:
    return list(order.lines.order_by("position").values_list("pending", "allocated", "backordered"))


def kinds(order: Order) -> list[str]:
    return list(OrderEvent.objects.filter(order=order).order_by("seq").values_list("kind", flat=True))


def reason_of(order: Order) -> tuple[str, dict[str, Any]]:
    return OrderException.objects.filter(order=order, closed_at=None).values_list("reason", "params").get()
