"""Counted facts and what they are held against. Reads all rooms, read by none; days, nodes and names only."""

from django.db import models


class DailyFact(models.Model):
    """What happened on one local day of one node, by channel. "" as node or channel: it belongs to none."""

    day = models.DateField()
    node = models.CharField(max_length=50, db_default="")
    channel = models.CharField(max_length=50, db_default="")
    name = models.CharField(max_length=40)
    count = models.BigIntegerField(db_default=0)
    amount = models.BigIntegerField(db_default=0)
    currency = models.CharField(max_length=3, db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "node", "channel", "name", "currency"], name="one_fact_per_day_node_channel_and_name"
            )
        ]
        indexes = [models.Index(fields=["name", "day"], name="facts_by_name_and_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.node} {self.name}"


class OrderFact(models.Model):
    """One order's part in a daily fact. The daily facts are their sums; a figure's orders are found here."""

    order_id = models.BigIntegerField()
    day = models.DateField()
    node = models.CharField(max_length=50, db_default="")
    channel = models.CharField(max_length=50, db_default="")
    name = models.CharField(max_length=40)
    count = models.BigIntegerField(db_default=0)
    amount = models.BigIntegerField(db_default=0)
    currency = models.CharField(max_length=3, db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["order_id"], name="facts_of_an_order"),
            models.Index(fields=["name", "day", "order_id"], name="orders_behind_a_fact"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.day} {self.name}"


class Cursor(models.Model):
    """How far a roll-up has read, and what it must look at again."""

    name = models.SlugField(unique=True)
    position = models.BigIntegerField(default=0)
    state = models.JSONField(default=dict)
    moved_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Target(models.Model):
    """What a figure should reach from that day on, in the figure's own unit."""

    metric = models.SlugField()
    from_date = models.DateField()
    value = models.DecimalField(max_digits=14, decimal_places=4)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["metric", "from_date"], name="one_target_per_metric_and_day")]

    def __str__(self) -> str:
        return f"{self.metric} {self.value}"
