"""What was learned from nodes that said no: one run a day, which decisions name by its id."""

from django.db import models
from django.db.models import Q

from inventory.models import Category, Node

from .strategies import Strategy


class OddsRun(models.Model):
    """A run never changes once it is written; the details of old ones are forgotten."""

    learned_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.pk} {self.learned_at}"


class NoOdds(models.Model):
    """How often a place said no. "", 0 and null stand for all: the row without anything is the network's."""

    run = models.ForeignKey(OddsRun, on_delete=models.CASCADE, related_name="rows", db_index=False)
    depth = models.SmallIntegerField()  # 0 network, 1 kind, 2 node, 3 category there, 4 units on hand of it
    kind = models.CharField(max_length=12, db_default="")
    node = models.ForeignKey(Node, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    bucket = models.SmallIntegerField(db_default=0)  # 1, 2, 3 to 5, 6 and more units on hand: 1 … 4
    asked = models.IntegerField()
    no = models.IntegerField()
    odds = models.SmallIntegerField()  # in 1/10,000
    odds_before = models.SmallIntegerField()  # a week earlier

    class Meta:
        verbose_name_plural = "odds of a no"
        constraints = [
            models.CheckConstraint(
                condition=Q(asked__gte=0, no__gte=0, no__lte=models.F("asked"), odds__gte=0, odds__lte=10_000),
                name="a_no_was_asked_for",
            )
        ]
        indexes = [models.Index(fields=["run", "depth", "node"], name="odds_of_a_run")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.kind} {self.node_id} {self.category_id} {self.bucket}"


class ResourcingCost(models.Model):
    """What a line cost extra that had to be sourced again. `strategy` null: the mean of all of them."""

    run = models.ForeignKey(OddsRun, on_delete=models.CASCADE, related_name="costs", db_index=False)
    strategy = models.ForeignKey(Strategy, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    lines = models.IntegerField()
    extra = models.BigIntegerField()  # of those lines together, in minor units
    cost = models.IntegerField()  # of one, as it is expected

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "currency", "strategy"], nulls_distinct=False, name="one_cost_per_run_and_strategy"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.currency} {self.cost}"
