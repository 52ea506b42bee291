"""What we tell the outside world: written with the change, delivered at least once, in order per order."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dom_project.lib.crypto import EncryptedText


class Subscriber(models.Model):
    """A system that hears of every event by a signed webhook. The secret is encrypted and never shown again."""

    ref = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    url = models.URLField(max_length=300)
    secret = EncryptedText(blank=True, default="")
    active = models.BooleanField(default=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_error = models.JSONField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return self.name


class Outbox(models.Model):
    """One event to tell. `aggregate` is the order; within one, the lowest unsent `seq` goes first."""

    event_id = models.UUIDField(unique=True)
    aggregate = models.BigIntegerField()
    seq = models.IntegerField()
    topic = models.CharField(max_length=40)
    payload = models.JSONField(db_default={})
    created_at = models.DateTimeField()
    next_at = models.DateTimeField()
    attempts = models.SmallIntegerField(db_default=0)
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    dead_at = models.DateTimeField(null=True)
    last_error = models.JSONField(null=True)

    class Meta:
        verbose_name_plural = _("outbox")
        constraints = [models.UniqueConstraint(fields=["aggregate", "seq"], name="one_message_per_event")]
        indexes = [
            models.Index(
                fields=["aggregate", "seq"],
                condition=Q(sent_at__isnull=True, dead_at__isnull=True),
                name="outbox_to_send",
            ),
            models.Index(fields=["-id"], condition=Q(dead_at__isnull=False), name="outbox_dead_letters"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.aggregate}/{self.seq}"
