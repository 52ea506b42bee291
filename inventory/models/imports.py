"""Files that people bring: how they are read, how far they are, what was wrong in them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class ImportRun(models.Model):
    class Kind(models.TextChoices):
        NODES = "nodes", _("Nodes")
        SKUS = "skus", _("SKUs")
        STOCK = "stock", _("Stock")
        RATES = "rates", _("Rates")
        ORDERS = "orders", _("Orders")

    class State(models.TextChoices):
        DRAFT = "draft", _("Being set up")
        WAITING = "waiting", _("Waiting for a worker")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    ref = models.SlugField(unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    file = models.FileField(upload_to="imports/")
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    encoding = models.CharField(max_length=24)
    separator = models.CharField(max_length=4)
    header = ArrayField(models.CharField(max_length=120), default=list)
    columns = models.JSONField(default=dict)  # our field -> column of the file
    constants = models.JSONField(default=dict)  # our field -> value for every row
    figures_as_of = models.DateTimeField(null=True, blank=True)
    rows_read = models.IntegerField(default=0)
    rows_good = models.IntegerField(default=0)
    rows_bad = models.IntegerField(default=0)
    bytes_total = models.BigIntegerField(default=0)
    bytes_read = models.BigIntegerField(default=0)
    error = models.JSONField(null=True, blank=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"


class ImportFault(models.Model):
    """A line of a file that was not taken, as it came, with each of its faults (field, reason code, parameters)."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="faults", db_index=False)
    line = models.IntegerField()
    cells = ArrayField(models.TextField())
    faults = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "line"], name="one_fault_row_per_line")]

    def __str__(self) -> str:
        return f"{self.run_id} line {self.line}"
