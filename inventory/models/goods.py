"""What is stocked and sold, and how much of it a shop keeps for itself."""

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .network import Node, NodeGroup


class Category(models.Model):
    code = models.SlugField(unique=True)
    name = models.CharField(max_length=80)

    class Meta:
        verbose_name_plural = _("categories")

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Sku(models.Model):
    """Quantities of it are whole numbers of its base unit; 0 grams or millimetres means unknown."""

    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="skus")
    base_unit = models.CharField(max_length=12, default="each")
    weight_grams = models.PositiveIntegerField(default=0)
    length_mm = models.PositiveIntegerField(default=0)
    width_mm = models.PositiveIntegerField(default=0)
    height_mm = models.PositiveIntegerField(default=0)
    handling_classes = ArrayField(models.CharField(max_length=24), default=list, blank=True)
    price = models.PositiveIntegerField(default=0, help_text=_("In minor units."))
    cost = models.PositiveIntegerField(default=0, help_text=_("In minor units."))
    currency = models.CharField(max_length=3, default="USD")
    active = models.BooleanField(default=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("SKU")
        verbose_name_plural = _("SKUs")

    def __str__(self) -> str:
        return self.code


class Barcode(models.Model):
    code = models.CharField(max_length=64, unique=True)
    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, related_name="barcodes")

    def __str__(self) -> str:
        return self.code


@pghistory.track()
class SafetyRule(models.Model):
    """Units kept back. SKU over category over any, then node over group over any, then the newest wins."""

    sku = models.ForeignKey(Sku, on_delete=models.CASCADE, null=True, blank=True)
    category = models.ForeignKey(Category, on_delete=models.CASCADE, null=True, blank=True)
    node = models.ForeignKey(Node, on_delete=models.CASCADE, null=True, blank=True)
    group = models.ForeignKey(NodeGroup, on_delete=models.CASCADE, null=True, blank=True)
    units = models.PositiveIntegerField()
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sku__isnull=True) | Q(category__isnull=True), name="a_safety_rule_names_sku_or_category"
            ),
            models.CheckConstraint(
                condition=Q(node__isnull=True) | Q(group__isnull=True), name="a_safety_rule_names_node_or_group"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.units} kept (rule {self.pk})"
