"""Calls that may be repeated: the stored answer of each key."""

from django.db import models


class IdempotentCall(models.Model):
    """The answer to one POST. No answer yet: it is in flight."""

    scope = models.CharField(max_length=120)
    key = models.CharField(max_length=120)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="one_call_per_scope_and_key")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"
