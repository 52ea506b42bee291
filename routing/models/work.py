"""Work to source, and what sourcing has given: parcels and allocations."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.models import Node, StockLevel

from .orders import Order, OrderLine


class Pending(models.Model):
    """An order that waits to be sourced. The commit that routes it deletes the row.

    Only columns that never change are indexed, so leases and looks stay heap-only updates.
    """

    order = models.OneToOneField(Order, on_delete=models.PROTECT, primary_key=True, related_name="pending")
    priority = models.SmallIntegerField(db_default=5)
    promise_at = models.DateTimeField()
    next_at = models.DateTimeField()
    since_at = models.DateTimeField()
    looks = models.SmallIntegerField(db_default=0)
    lease_owner = models.CharField(max_length=80, db_default="")
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(db_default=0)

    class Meta:
        verbose_name = _("order to source")
        verbose_name_plural = _("orders to source")
        db_table = "routing_pending"
        indexes = [models.Index(fields=["priority", "promise_at", "order"], name="pending_most_urgent_first")]

    def __str__(self) -> str:
        return f"pending {self.order_id}"


class PlanParcel(models.Model):
    """One parcel of an order as it was planned: what its shipment will carry and what it should cost."""

    # No constraints, as with allocations: written with the order locked, and neither it nor a node is ever deleted.
    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="parcels", db_constraint=False, db_index=False
    )
    number = models.SmallIntegerField()
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    ship_date = models.DateField()
    arrive_date = models.DateField()
    service = models.CharField(max_length=64, db_default="")  # "" for pickup
    transit_days = models.SmallIntegerField(db_default=0)
    zone = models.SmallIntegerField(db_default=-1)
    distance_km = models.IntegerField(db_default=-1)
    grams = models.BigIntegerField(db_default=0)
    freight_cost = models.BigIntegerField(db_default=0)
    handling_cost = models.BigIntegerField(db_default=0)
    lateness_cost = models.BigIntegerField(db_default=0)
    currency = models.CharField(max_length=3)
    planned_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "number"], name="one_parcel_per_order_and_number")]

    def __str__(self) -> str:
        return f"{self.order_id} parcel {self.number}"


class Allocation(models.Model):
    """Units of one level for one line, in one parcel. Its quantity never changes: a short pick splits it in two."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        SHIPPED = "shipped", _("Shipped")
        RELEASED = "released", _("Released")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="allocations", db_constraint=False)
    line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, related_name="allocations", db_constraint=False, db_index=False
    )
    # No constraint: the same transaction holds the level's lock, levels are never deleted, and I2 finds an orphan.
    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="allocations", db_constraint=False)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    ship_date = models.DateField()
    parcel = models.SmallIntegerField()
    quantity = models.IntegerField()
    on_hand = models.IntegerField(db_default=0)  # units on the shelf as it was decided, 0 = not known
    state = models.CharField(max_length=8, choices=State.choices, db_default=State.OPEN)
    allocated_at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True)
    recall_wanted_at = models.DateTimeField(null=True)
    recall_refused_at = models.DateTimeField(null=True)  # the wish that the floor could not grant
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="an_allocation_holds_something")]
        # Only dispatch and recall change these columns: shipping and releasing stay heap-only updates.
        indexes = [
            models.Index(fields=["order"], condition=Q(dispatched_at__isnull=True), name="allocations_to_dispatch"),
            models.Index(fields=["id"], condition=Q(recall_wanted_at__isnull=False), name="recalls_wanted"),
        ]

    def __str__(self) -> str:
        return f"allocation {self.pk}"


class LineRefusal(models.Model):
    """A node that said no to a line: it is not asked again."""

    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="refusals", db_index=False)
    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="+", db_index=False)
    reason = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["line", "node"], name="one_refusal_per_line_and_node")]

    def __str__(self) -> str:
        return f"{self.line_id} {self.node_id}"


class ShortfallCase(models.Model):
    """Too much would have to be re-sourced at once: routing stopped, and a person says whether to go on."""

    class Verdict(models.TextChoices):
        GO_ON = "go_on", _("Re-source them all")
        LEAVE = "leave", _("Leave them where they are")
        GONE = "gone", _("The shortfall went away")

    params = models.JSONField(db_default={})  # levels, units, orders, most
    raised_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=80, db_default="")
    verdict = models.CharField(max_length=8, choices=Verdict.choices, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(closed_at__isnull=True), name="one_open_shortfall_case"
            )
        ]

    def __str__(self) -> str:
        return f"{self.raised_at} {self.verdict}"
