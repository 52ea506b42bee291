"""What the floor does: shipments and their lines, put-back work, tracking, returns, what customers thought."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from inventory.models import Node, Sku
from routing.models import Allocation, Order, OrderLine

from .states import State


class Shipment(models.Model):
    """One dispatched plan parcel of one node."""

    ref = models.CharField(max_length=20, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="shipments", db_index=False)
    parcel = models.SmallIntegerField()
    method = models.CharField(max_length=10)
    service = models.CharField(max_length=64, db_default="")
    ship_date = models.DateField()
    cut_off_at = models.DateTimeField()
    arrive_date = models.DateField()
    transit_days = models.SmallIntegerField(db_default=0)
    state = models.CharField(
        max_length=12, choices=[(s.value, s.value) for s in State], db_default=State.TO_PICK.value
    )
    dispatched_at = models.DateTimeField()
    picking_at = models.DateTimeField(null=True)
    packed_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    shipped_at = models.DateTimeField(null=True)  # handed to the carrier, or to the customer
    delivered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=24, db_default="")
    picker = models.CharField(max_length=80, db_default="")
    tracking_number = models.CharField(max_length=64, db_default="")
    freight_cost = models.BigIntegerField(db_default=0)
    handling_cost = models.BigIntegerField(db_default=0)
    currency = models.CharField(max_length=3)
    why = models.JSONField(db_default={})  # one line for the associate: code and parameters

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "parcel"], name="one_shipment_per_plan_parcel"),
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in State]), name="a_shipment_is_in_a_known_state"
            ),
        ]
        indexes = [
            models.Index(
                fields=["node", "ship_date"], condition=Q(closed_at__isnull=True), name="open_shipments_of_a_node"
            ),
            models.Index(
                fields=["node", "closed_at"],
                condition=Q(closed_at__isnull=False),
                name="closed_shipments_of_a_node",
            ),
            models.Index(
                fields=["tracking_number"], condition=~Q(tracking_number=""), name="shipments_by_tracking_number"
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class ShipmentLine(models.Model):
    """One allocation on the floor. found + short = quantity once it is picked."""

    allocation = models.OneToOneField(Allocation, on_delete=models.PROTECT, related_name="shipment_line")
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="shipment_lines", db_index=False)
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.IntegerField()
    picked = models.IntegerField(db_default=0)
    closed_at = models.DateTimeField(null=True)
    close_reason = models.CharField(max_length=24, db_default="")  # shipped, recalled, cancelled, missing, damaged

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0, picked__gte=0, picked__lte=F("quantity")),
                name="picked_is_within_the_quantity",
            )
        ]

    def __str__(self) -> str:
        return f"{self.shipment_id} {self.sku_id}"


class Task(models.Model):
    """Floor work beside picking: goods to put back before their units are free again."""

    class Kind(models.TextChoices):
        PUT_BACK = "put_back", _("Put back")

    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.PUT_BACK)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="tasks", db_index=False)
    shipment_line = models.ForeignKey(ShipmentLine, on_delete=models.PROTECT, related_name="tasks")
    quantity = models.IntegerField()
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.CharField(max_length=80, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shipment_line", "kind"],
                condition=Q(done_at__isnull=True),
                name="one_open_task_per_line_and_kind",
            )
        ]
        indexes = [models.Index(fields=["node", "id"], condition=Q(done_at__isnull=True), name="open_tasks_of_a_node")]

    def __str__(self) -> str:
        return f"{self.kind} {self.shipment_line_id}"


class TrackingEvent(models.Model):
    day = models.DateField()
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="tracking")
    carrier = models.CharField(max_length=40)
    number = models.CharField(max_length=64)
    code = models.CharField(max_length=40)
    state = models.CharField(max_length=20)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    place = models.CharField(max_length=120, db_default="")
    text = models.CharField(max_length=300, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["carrier", "number", "occurred_at", "code", "day"], name="one_tracking_event_per_scan"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.state}"


class Return(models.Model):
    """Units taken back into one node's stock."""

    key = models.CharField(max_length=120, unique=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="returns")
    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="returns", db_index=False)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+", db_index=False)
    quantity = models.IntegerField()
    disposition = models.CharField(max_length=16, default="restock")  # restock, scrap
    reason = models.CharField(max_length=40, db_default="")
    taken_back_at = models.DateTimeField()
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="a_return_brings_something")]

    def __str__(self) -> str:
        return f"return {self.pk}"


class Feedback(models.Model):
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="feedback")
    score = models.SmallIntegerField()
    comment = models.CharField(max_length=1000, db_default="")
    given_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = _("feedback")
        constraints = [models.CheckConstraint(condition=Q(score__gte=1, score__lte=5), name="a_score_is_one_to_five")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.score}"
