"""Plans that are reconsidered until the floor gets them: whether that is done, and what it brought."""

from django.db import models
from django.db.models import Q


class ReplanningSwitch(models.Model):
    """The newest row says whether work of later days is kept in hand and planned anew. Without a row it is."""

    on = models.BooleanField()
    switched_at = models.DateTimeField()
    switched_by = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"{self.switched_at} {'on' if self.on else 'off'}"


class Reoptimisation(models.Model):
    """One problem that was solved again: orders by what became of them, and what the moved ones save together.

    `saved` is the invoice of the plans that were held less that of the plans that took their place, on the facts of
    one instant, in minor units; below 0 where moves buy earlier arrivals. `sooner`: the days of those, together.
    """

    at = models.DateTimeField()
    problem_ref = models.CharField(max_length=40)
    mode = models.CharField(max_length=16)
    currency = models.CharField(max_length=3)
    considered = models.IntegerField()
    moved = models.IntegerField()
    refused = models.IntegerField()
    saved = models.BigIntegerField(db_default=0)
    sooner = models.IntegerField(db_default=0)
    stayed = models.JSONField(db_default={})  # orders that were not moved, by reason
    actor = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(considered__gte=0, moved__gte=0, refused__gte=0), name="no_replanning_count_is_below_zero"
            ),
            models.UniqueConstraint(fields=["problem_ref"], name="one_replanning_per_problem"),
        ]
        indexes = [models.Index(fields=["-at"], name="replannings_newest_first")]

    def __str__(self) -> str:
        return self.problem_ref
