"""Levels, the ledger that explains them, and what a count must know. Only `inventory.ledger` writes these tables."""

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from .goods import SafetyRule, Sku
from .network import Node


class StockLevel(models.Model):
    """What one node holds of one SKU. `atp` is what can be promised: 0 while a shortfall is open."""

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="levels", db_index=False)
    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, related_name="levels")
    on_hand = models.IntegerField(db_default=0)
    allocated = models.IntegerField(db_default=0)
    shortfall = models.IntegerField(db_default=0)
    external = models.IntegerField(db_default=0)
    safety_stock = models.IntegerField(db_default=0)
    safety_rule = models.ForeignKey(SafetyRule, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+")
    unavailable = models.IntegerField(db_default=0)
    incoming = models.IntegerField(db_default=0)
    shelf = models.CharField(max_length=40, db_default="", blank=True)
    atp = models.GeneratedField(
        expression=Case(
            When(shortfall__gt=0, then=Value(0)),
            default=Greatest(F("on_hand") - F("allocated") - F("external") - F("safety_stock"), Value(0)),
        ),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node", "sku"], name="one_level_per_node_and_sku"),
            models.CheckConstraint(
                condition=Q(on_hand__gte=0, allocated__gte=0, shortfall__gte=0, external__gte=0, safety_stock__gte=0),
                name="no_counter_is_below_zero",
            ),
            models.CheckConstraint(
                condition=Q(allocated__lte=F("on_hand") + F("shortfall")), name="allocated_is_covered_or_known_short"
            ),
        ]

    def __str__(self) -> str:
        return f"level {self.pk}"


class LedgerEntry(models.Model):
    """One movement as it happened: the delta of every counter. Append-only.

    A movement has a key, unique with its day; a count has the chunk that it came with, and a chunk counts once.
    """

    class Verb(models.TextChoices):
        RECEIVE = "receive"
        COUNT = "count"
        ADJUST = "adjust"
        ALLOCATE = "allocate"
        RELEASE = "release"
        SHIP = "ship"
        TRANSFER = "transfer"
        TAKE_BACK = "take_back"

    day = models.DateField()
    key = models.CharField(max_length=120, null=True)  # noqa: DJ001  null, not "": a count has no key of its own
    chunk_id = models.BigIntegerField(null=True)
    level = models.ForeignKey(
        StockLevel, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="entries"
    )
    verb = models.CharField(max_length=10, choices=Verb.choices)
    on_hand = models.IntegerField(db_default=0)
    allocated = models.IntegerField(db_default=0)
    shortfall = models.IntegerField(db_default=0)
    external = models.IntegerField(db_default=0)
    into_safety = models.IntegerField(db_default=0)
    reason = models.CharField(max_length=40, db_default="")
    actor = models.CharField(max_length=80, db_default="")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.UniqueConstraint(
                fields=["day", "key"], condition=Q(key__isnull=False), name="one_movement_per_key"
            ),
            models.CheckConstraint(
                condition=Q(key__isnull=True, chunk_id__isnull=False) | Q(key__isnull=False, chunk_id__isnull=True),
                name="an_entry_has_a_key_or_a_chunk",
            ),
        ]
        indexes = [models.Index(fields=["level", "-id"], name="ledger_of_a_level")]

    def __str__(self) -> str:
        return f"{self.verb} {self.key or self.chunk_id}"


class OwnMovement(models.Model):
    """Our movement that the owning system's last figure does not contain yet."""

    level = models.ForeignKey(
        StockLevel, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="own_movements"
    )
    key = models.CharField(max_length=120)
    units = models.IntegerField()
    happened_at = models.DateTimeField()
    booked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "key"], name="one_own_movement_per_level_and_key")]
        indexes = [models.Index(fields=["key"], name="own_movement_by_key")]

    def __str__(self) -> str:
        return self.key


class LevelObservation(models.Model):
    """When a level observed by itself was last observed; a snapshot's moment is in its `FeedScope`."""

    level = models.OneToOneField(
        StockLevel, on_delete=models.PROTECT, primary_key=True, db_constraint=False, related_name="observation"
    )
    observed_at = models.DateTimeField()
    physical = models.BooleanField(db_default=False)

    def __str__(self) -> str:
        return f"{self.level_id} {self.observed_at}"


class FloorEvidence(models.Model):
    """A person looked: wins until the source says something else than the value that it overruled."""

    level = models.OneToOneField(
        StockLevel, on_delete=models.PROTECT, primary_key=True, db_constraint=False, related_name="evidence"
    )
    counted = models.IntegerField()
    source_value = models.IntegerField()
    observed_at = models.DateTimeField()
    actor = models.CharField(max_length=80, db_default="")
    drifted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = _("floor evidence")

    def __str__(self) -> str:
        return f"{self.level_id} {self.counted}"


class AtpMovement(models.Model):
    """A change of ATP that the published figure does not contain yet."""

    sku = models.ForeignKey(Sku, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    atp = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.sku_id} {self.atp:+}"


class PublishedAtp(models.Model):
    sku = models.OneToOneField(Sku, on_delete=models.PROTECT, primary_key=True, related_name="published")
    atp = models.BigIntegerField(db_default=0)
    # The last time that stock came, as the publisher saw it: waiting lines looked at before it are looked at again.
    raised_at = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("published ATP")
        verbose_name_plural = _("published ATP")

    def __str__(self) -> str:
        return f"{self.sku_id} {self.atp}"
