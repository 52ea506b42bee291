"""Connected systems, what they sent, and what of it could not be believed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dom_project.lib.crypto import EncryptedText

from .network import Node
from .stock import StockLevel


class Connection(models.Model):
    """A system that tells us its stock. The token is encrypted and never shown again."""

    ref = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    system = models.CharField(max_length=24, default="json_http")
    address = models.URLField(max_length=300)
    token = EncryptedText(blank=True, default="")
    schedule_seconds = models.PositiveIntegerField(default=30)
    snapshot_seconds = models.PositiveIntegerField(default=900, help_text=_("How often everything is read again."))
    overlap_seconds = models.PositiveIntegerField(default=120)
    booking_delay_seconds = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text=_("A movement of ours is in its figures at most this much later. Empty: it says so itself."),
    )
    mapping = models.JSONField(default=dict, blank=True)
    active = models.BooleanField(default=True)
    cursor = models.JSONField(default=dict, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_snapshot_at = models.DateTimeField(null=True, blank=True)
    last_error = models.JSONField(null=True, blank=True)  # code and parameters
    failures = models.PositiveIntegerField(default=0)
    clock_skew_seconds = models.IntegerField(default=0)
    limits = models.JSONField(default=dict, blank=True)  # of the guard, wider for a time; {}: the usual ones

    def __str__(self) -> str:
        return self.name


class FeedScope(models.Model):
    """One node's stock as one connection tells it: the newest complete read and the moment that it speaks of."""

    node = models.OneToOneField(Node, on_delete=models.PROTECT, related_name="feed")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, null=True, blank=True, related_name="scopes")
    source_ref = models.CharField(max_length=64, blank=True, db_default="")
    booking = models.BooleanField(
        default=True, help_text=_("True: contains what was booked. False: a physical count.")
    )
    seq = models.BigIntegerField(db_default=0)
    observed_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.connection_id} {self.node_id}"


class FeedRun(models.Model):
    class Kind(models.TextChoices):
        SNAPSHOT = "snapshot", _("Snapshot")
        DELTA = "delta", _("Changes")
        FILE = "file", _("File")
        CALL = "call", _("API call")

    class State(models.TextChoices):
        STAGED = "staged", _("Read")
        ASKED = "asked", _("Waiting for a decision")
        APPLIED = "applied", _("Applied")
        DISCARDED = "discarded", _("Discarded")
        FAILED = "failed", _("Failed")

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, null=True, related_name="runs")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.STAGED)
    seq = models.BigIntegerField()
    observed_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    rows_read = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    stale = models.IntegerField(default=0)
    drift = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    clamped = models.IntegerField(default=0, help_text=_("Rows whose moment lay ahead of our clock."))
    error = models.JSONField(null=True)  # code and parameters

    class Meta:
        indexes = [models.Index(fields=["connection", "-id"], name="runs_of_a_connection")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class FeedStage(models.Model):
    """What a run read, before it is weighed. Unlogged: after a crash the run is read again."""

    run = models.ForeignKey(
        FeedRun, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="staged"
    )
    node = models.ForeignKey(Node, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    sku_id = models.BigIntegerField()
    on_hand = models.IntegerField()
    external = models.IntegerField(db_default=0)
    observed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "node", "sku_id"], name="one_staged_row_per_level")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.node_id} {self.sku_id}"


class FeedChunk(models.Model):
    """A part of a run that has been counted: its id is the key of its ledger entries."""

    run = models.ForeignKey(FeedRun, on_delete=models.PROTECT, related_name="chunks", db_index=False)
    part = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "part"], name="a_chunk_counts_once")]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.part}"


class FeedCase(models.Model):
    """A run that was stopped because it would change too much at once: a person accepts it or throws it away."""

    run = models.OneToOneField(FeedRun, on_delete=models.PROTECT, related_name="case")
    reason = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    raised_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=80, blank=True, default="")
    verdict = models.CharField(max_length=10, blank=True, default="")  # accepted, discarded

    def __str__(self) -> str:
        return f"{self.reason} {self.run_id}"


class RejectedRow(models.Model):
    """A row that could not be believed, with the field, the value and the reason."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, null=True, related_name="rejected")
    entity = models.CharField(max_length=24)
    source_id = models.CharField(max_length=160)
    field = models.CharField(max_length=80, blank=True, default="")
    reason = models.CharField(max_length=40)
    value = models.CharField(max_length=200, blank=True, default="")
    raw = models.JSONField(default=dict)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "entity", "source_id", "reason"],
                condition=Q(closed_at__isnull=True),
                name="one_open_rejection_per_row_and_reason",
            )
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.source_id}: {self.reason}"


class DataIssue(models.Model):
    """A source value that could not be taken as given, kept raw."""

    level = models.ForeignKey(
        StockLevel, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="issues"
    )
    kind = models.CharField(max_length=24)
    raw = models.BigIntegerField()
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["level", "kind"], condition=Q(closed_at__isnull=True), name="one_open_issue_per_level_and_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.raw}"
