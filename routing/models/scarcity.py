"""What units and slots will be worth to orders still to come: learned several times a day, named by decisions."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from inventory.models import Node, Sku


class ScarcityRun(models.Model):
    """One replay of what may come. Its prices never change once it is done; what comes clears them."""

    class State(models.TextChoices):
        ASKED = "asked", _("Waits")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    class Basis(models.TextChoices):
        FUTURES = "futures", _("Futures")  # the mean over futures that were drawn from history
        CONSUMED = "consumed", _("Share consumed")  # too little history: what was used up since the last receipt

    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=State.choices, db_default=State.ASKED)
    tries = models.SmallIntegerField(db_default=0)
    at = models.DateTimeField(null=True)  # the instant of its facts
    basis = models.CharField(max_length=8, choices=Basis.choices, db_default=Basis.FUTURES)
    futures = models.SmallIntegerField(db_default=0)  # to be drawn
    solved = models.SmallIntegerField(db_default=0)  # of those, so far
    orders = models.IntegerField(db_default=0)  # in all futures together
    skus = models.IntegerField(db_default=0)  # that are in play
    hours = models.IntegerField(db_default=0)  # until where the futures look
    history_days = models.IntegerField(db_default=0)
    currency = models.CharField(max_length=3, db_default="")
    entry_id = models.BigIntegerField(db_default=0)  # of the ledger, up to where receipts were looked for
    cleared = models.IntegerField(db_default=0)  # prices of what came since
    error = models.CharField(max_length=300, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(state__in=["asked", "running"]), name="one_scarcity_run_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.at} {self.state}"


class ScarcityPrice(models.Model):
    """What one unit at a node is worth beyond its cost, in minor units of the run's currency."""

    run = models.ForeignKey(ScarcityRun, on_delete=models.CASCADE, related_name="prices", db_index=False)
    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="+", db_index=False)
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+", db_index=False)
    price = models.IntegerField()
    cold = models.IntegerField(db_default=0)  # the price once the run has expired
    walk_in = models.IntegerField(db_default=0)  # the least that it is worth to the till
    per_day = models.FloatField(db_default=0)  # units of this SKU that the futures ask of all nodes in a day
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "sku", "node"], name="one_scarcity_price_per_unit"),
            models.CheckConstraint(
                condition=Q(price__gte=0, cold__gte=0, walk_in__gte=0), name="no_scarcity_price_is_below_zero"
            ),
        ]
        indexes = [models.Index(fields=["run", "-price"], name="scarcity_dearest_first")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.sku_id} {self.node_id} {self.price}"


class ScarcitySlot(models.Model):
    """What one parcel slot of a node is worth beyond its cost."""

    run = models.ForeignKey(ScarcityRun, on_delete=models.CASCADE, related_name="slots", db_index=False)
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+", db_index=False)
    price = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "node"], name="one_scarcity_price_per_slot"),
            models.CheckConstraint(condition=Q(price__gt=0), name="a_scarce_slot_has_a_price"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.node_id} {self.price}"
