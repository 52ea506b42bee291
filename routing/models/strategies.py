"""The retailer's own rules: versions of a strategy, made of ordered rules, made live by an activation."""

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from routing.weighing import PARTS, Weighing


class Strategy(models.Model):
    code = models.SlugField(unique=True)
    name = models.CharField(max_length=120)

    class Meta:
        verbose_name_plural = "strategies"

    def __str__(self) -> str:
        return self.name


class StrategyVersion(models.Model):
    """Never changes once saved: an edit is a new version."""

    strategy = models.ForeignKey(Strategy, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.IntegerField()
    based_on = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    author = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    # What it weighs beside the invoice (`routing.weighing`).
    counts_no = models.BooleanField(default=True, db_default=True)
    scarcity_prices = models.BooleanField(default=False, db_default=False)
    guarded = models.BooleanField(default=True, db_default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["strategy", "number"], name="one_version_per_strategy_and_number")
        ]

    def __str__(self) -> str:
        return f"{self.strategy_id} v{self.number}"

    @property
    def weighing(self) -> Weighing:
        return Weighing(*(getattr(self, part) for part in PARTS))


@pghistory.track()
class Rule(models.Model):
    class Rank(models.TextChoices):
        COST = "cost", _("Full cost")
        DISTANCE = "distance", _("Distance")
        DELIVERY_DAY = "delivery_day", _("Delivery day")

    class IfPart(models.TextChoices):
        ASSIGN = "assign", _("Assign it and back-order the rest")
        NEXT_RULE = "next_rule", _("Next rule with the whole order")
        EXCEPTION = "exception", _("Exception")

    class IfNone(models.TextChoices):
        NEXT_RULE = "next_rule", _("Next rule")
        BACKORDER = "backorder", _("Back-order")
        EXCEPTION = "exception", _("Exception")

    version = models.ForeignKey(StrategyVersion, on_delete=models.CASCADE, related_name="rules", db_index=False)
    position = models.SmallIntegerField()
    ref = models.CharField(max_length=24)  # the same rule keeps it from version to version
    name = models.CharField(max_length=120)
    enabled = models.BooleanField(default=True)
    which_orders = models.JSONField(default=list)
    which_nodes = models.JSONField(default=list)
    rank = models.CharField(max_length=12, choices=Rank.choices, default=Rank.COST)
    max_parcels = models.PositiveSmallIntegerField(default=1)
    split_lines = models.BooleanField(default=True, db_default=True)
    if_part = models.CharField(max_length=10, choices=IfPart.choices, default=IfPart.NEXT_RULE)
    if_none = models.CharField(max_length=10, choices=IfNone.choices, default=IfNone.NEXT_RULE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="one_rule_per_version_and_position"),
            models.UniqueConstraint(fields=["version", "ref"], name="one_rule_per_version_and_ref"),
            models.CheckConstraint(condition=Q(max_parcels__gte=1), name="a_rule_allows_a_parcel"),
        ]

    def __str__(self) -> str:
        return self.name


class StrategyActivation(models.Model):
    """The newest one of a strategy says which version is live."""

    version = models.ForeignKey(StrategyVersion, on_delete=models.PROTECT, related_name="activations")
    activated_at = models.DateTimeField()
    activated_by = models.CharField(max_length=80)
    reason = models.CharField(max_length=300, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.version_id} {self.activated_at}"
