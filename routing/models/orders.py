"""Demand: what a customer asked for, and everything that happened to it."""

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from dom_project.lib.crypto import EncryptedText
from inventory.models import Channel, Node, Sku


class Customer(models.Model):
    """Who gets it and where: the one table with personal data. Street, e-mail and phone are encrypted."""

    ref = models.CharField(max_length=64, blank=True, default="")
    name = models.CharField(max_length=120, blank=True, default="")
    email = EncryptedText(blank=True, default="")
    email_hash = models.CharField(max_length=64, blank=True, default="")
    phone = EncryptedText(blank=True, default="")
    phone_hash = models.CharField(max_length=64, blank=True, default="")
    street = EncryptedText(blank=True, default="")
    city = models.CharField(max_length=80, blank=True, default="")
    region = models.CharField(max_length=40, blank=True, default="")
    postcode = models.CharField(max_length=16, blank=True, default="")
    country = models.CharField(max_length=2, default="US")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["email_hash"], name="customer_by_email", condition=~Q(email_hash="")),
            models.Index(fields=["phone_hash"], name="customer_by_phone", condition=~Q(phone_hash="")),
            GinIndex(SearchVector("name", config="simple"), name="customer_by_words_of_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    """One order of one channel. The row is the lock of everything that belongs to the order; its state is derived."""

    class Method(models.TextChoices):
        SHIP = "ship", _("Ship")
        PICKUP = "pickup", _("Pickup")
        CURBSIDE = "curbside", _("Curbside")
        SAME_DAY = "same_day", _("Same day")

    class State(models.TextChoices):
        PENDING = "pending", _("To route")
        PARTLY_ROUTED = "partly_routed", _("Partly routed")
        ROUTED = "routed", _("Routed")
        PARTLY_SHIPPED = "partly_shipped", _("Partly shipped")
        BACKORDERED = "backordered", _("Back-ordered")
        EXCEPTION = "exception", _("Exception")
        HELD = "held", _("Held")
        SHIPPED = "shipped", _("Shipped")
        DELIVERED = "delivered", _("Delivered")
        CANCELLED = "cancelled", _("Cancelled")

    class PromiseSource(models.TextChoices):
        CHANNEL = "channel", _("Promised by the channel")
        COMPUTED = "computed", _("Computed from stock and transit")
        DEFAULT = "default", _("The channel's default days")

    ref = models.CharField(max_length=20, unique=True)
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="orders", db_index=False)
    order_ref = models.CharField(max_length=64)
    body_hash = models.CharField(max_length=64)
    day = models.DateField()
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="orders")
    method = models.CharField(max_length=10, choices=Method.choices, default=Method.SHIP)
    pickup_node = models.ForeignKey(
        Node, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    currency = models.CharField(max_length=3)
    value = models.BigIntegerField(db_default=0)
    placed_at = models.DateTimeField()
    accepted_at = models.DateTimeField()
    first_promise_at = models.DateTimeField()
    promise_at = models.DateTimeField()
    promise_source = models.CharField(max_length=8, choices=PromiseSource.choices)
    ship_to_country = models.CharField(max_length=2, db_default="US")
    ship_to_region = models.CharField(max_length=40, db_default="")
    ship_to_postcode = models.CharField(max_length=16, db_default="")
    ship_to_latitude = models.FloatField(null=True)
    ship_to_longitude = models.FloatField(null=True)
    ship_to_time_zone = models.CharField(max_length=64, db_default="UTC")
    priority = models.SmallIntegerField(db_default=5)
    customer_tier = models.CharField(max_length=24, db_default="")
    tags = ArrayField(models.CharField(max_length=24), db_default=[])
    state = models.CharField(max_length=16, choices=State.choices, db_default=State.PENDING)
    held_reason = models.CharField(max_length=80, db_default="")
    earliest_release_at = models.DateTimeField(null=True)
    revision = models.IntegerField(db_default=1)
    event_seq = models.IntegerField(db_default=0)
    routed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "order_ref"], name="one_order_per_channel_and_ref"),
            models.CheckConstraint(condition=Q(value__gte=0), name="an_order_is_not_worth_less_than_nothing"),
        ]
        indexes = [
            models.Index(fields=["-accepted_at", "-id"], name="orders_newest_first"),
            models.Index(fields=["order_ref"], name="orders_by_channel_ref"),
            models.Index(fields=["first_promise_at"], name="orders_by_first_promise"),
        ]

    def __str__(self) -> str:
        return self.ref


class OrderLine(models.Model):
    """Units of one SKU. ordered = allocated + shipped + cancelled + backordered + pending, always."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines", db_index=False)
    position = models.SmallIntegerField()
    line_ref = models.CharField(max_length=64)
    parent_line = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, db_index=False, related_name="components"
    )
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="+", db_index=False)
    unit_price = models.BigIntegerField(db_default=0)
    ordered = models.IntegerField()
    pending = models.IntegerField()
    allocated = models.IntegerField(db_default=0)
    shipped = models.IntegerField(db_default=0)
    delivered = models.IntegerField(db_default=0)
    returned = models.IntegerField(db_default=0)
    cancelled = models.IntegerField(db_default=0)
    backordered = models.IntegerField(db_default=0)
    first_looked_at = models.DateTimeField(null=True)
    last_looked_at = models.DateTimeField(null=True)
    stocked_out = models.BooleanField(db_default=False)  # no eligible node could fill it at the first look

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="one_line_per_order_and_position"),
            models.UniqueConstraint(fields=["order", "line_ref"], name="one_line_per_order_and_ref"),
            models.CheckConstraint(condition=Q(ordered__gt=0, unit_price__gte=0), name="a_line_asks_for_something"),
            models.CheckConstraint(
                condition=Q(pending__gte=0, allocated__gte=0, shipped__gte=0, delivered__gte=0)
                & Q(returned__gte=0, cancelled__gte=0, backordered__gte=0),
                name="no_line_counter_is_below_zero",
            ),
            models.CheckConstraint(
                condition=Q(ordered=F("allocated") + F("shipped") + F("cancelled") + F("backordered") + F("pending")),
                name="every_unit_of_a_line_is_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(delivered__lte=F("shipped"), returned__lte=F("shipped")),
                name="delivered_and_returned_were_shipped",
            ),
        ]
        # Few lines ever wait, so that the others stay heap-only updates.
        indexes = [models.Index(fields=["sku"], condition=Q(backordered__gt=0), name="backordered_lines")]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.line_ref}"


class OrderEvent(models.Model):
    """One gap-free sequence per order, written through `routing.history.record` by routing and fulfillment."""

    order = models.ForeignKey(
        Order, on_delete=models.PROTECT, related_name="events", db_constraint=False, db_index=False
    )
    day = models.DateField()
    seq = models.IntegerField()
    kind = models.CharField(max_length=24)
    data = models.JSONField(db_default={})
    actor = models.CharField(max_length=80)
    request_id = models.CharField(max_length=64, db_default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "seq", "day"], name="one_event_per_order_and_seq")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.seq} {self.kind}"


@pghistory.track(
    pghistory.UpdateEvent(condition=pgtrigger.Q(new__owner__df=pgtrigger.F("old__owner"))),
    fields=["order", "reason", "owner"],
    model_name="OrderExceptionEvent",
)
class OrderException(models.Model):
    """Work that needs a person: why, since when, whose. One open per order, line and reason."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="exceptions")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, null=True, related_name="exceptions", db_index=False)
    room = models.CharField(max_length=12, db_default="routing")
    reason = models.CharField(max_length=40)
    params = models.JSONField(db_default={})
    raised_at = models.DateTimeField()
    owner = models.CharField(max_length=80, db_default="")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=80, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order", "line", "reason"],
                condition=Q(closed_at__isnull=True),
                nulls_distinct=False,
                name="one_open_exception_per_order_line_and_reason",
            )
        ]
        indexes = [
            models.Index(fields=["raised_at", "id"], condition=Q(closed_at__isnull=True), name="open_exceptions")
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.reason}"
