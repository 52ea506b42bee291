"""What was decided and from what facts. No foreign key points here: partitions by day can be cut off later."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Problem(models.Model):
    """The facts of one batch, compressed; solved again only by the same engine version."""

    ref = models.CharField(max_length=40)
    day = models.DateField()
    engine_version = models.CharField(max_length=24)
    digest = models.CharField(max_length=64)
    orders = models.IntegerField()
    body = models.BinaryField()
    nodes = ArrayField(models.TextField(), default=list)  # codes, at the places that the decisions' refusals name
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ref", "day"], name="one_problem_per_ref")]

    def __str__(self) -> str:
        return self.ref


class Decision(models.Model):
    """One order's plan as it was decided: costs, alternatives, the first refusal of each other node."""

    day = models.DateField()
    order_id = models.BigIntegerField()
    problem_ref = models.CharField(max_length=40)
    place = models.IntegerField()  # the order's place in the problem
    look = models.SmallIntegerField()
    outcome = models.CharField(max_length=8)  # all, part, none
    strategy_version_id = models.BigIntegerField(null=True)
    rule_ref = models.CharField(max_length=24, db_default="")
    approximate = models.BooleanField(db_default=False)
    priced = models.BigIntegerField(db_default=0)
    invoice = models.BigIntegerField(db_default=0)
    unpriced = models.BigIntegerField(null=True)  # invoice of the best plan without scarcity prices, if another
    currency = models.CharField(max_length=3)
    plan = models.JSONField()
    alternatives = models.JSONField(db_default=[])
    refusals = models.JSONField(db_default=[])
    facts = models.JSONField(db_default={})  # feed ages, data gaps, versions
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["order_id", "problem_ref", "day"], name="one_decision_per_order_and_problem"
            )
        ]
        indexes = [
            models.Index(
                fields=["-decided_at"], condition=models.Q(unpriced__isnull=False), name="decisions_moved_by_prices"
            )
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.outcome}"
