"""What carriers charge and how long they take. A published card never changes; a new one replaces it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class RateCard(models.Model):
    code = models.SlugField()
    version = models.IntegerField(default=1)
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3)
    zone_km = ArrayField(models.IntegerField(), help_text=_("Upper distance of each zone but the last, ascending."))
    late_cost_per_day = models.PositiveIntegerField(
        default=400, help_text=_("What a parcel's day late is worth, in minor units.")
    )
    dimensional_divisor = models.PositiveIntegerField(
        default=0,
        help_text=_("Cubic centimetres that are billed as a kilogram, like 5000; 0 bills by weight alone."),
    )
    live = models.BooleanField(default=True)
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="one_card_per_code_and_version"),
            models.UniqueConstraint(fields=["code"], condition=Q(live=True), name="one_live_card_per_code"),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.version}"


class Service(models.Model):
    card = models.ForeignKey(RateCard, on_delete=models.CASCADE, related_name="services", db_index=False)
    carrier = models.CharField(max_length=40)
    code = models.CharField(max_length=24)
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["card", "carrier", "code"], name="one_service_per_card_and_code")
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.name}"


class ServiceZone(models.Model):
    """Days on the road, and the price of each further started kilogram above the last band; none: not carried."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="zones", db_index=False)
    zone = models.SmallIntegerField()
    transit_days = models.SmallIntegerField()
    further_kg_price = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "zone"], name="one_row_per_service_and_zone"),
            models.CheckConstraint(
                condition=Q(zone__gte=0, transit_days__gte=0, further_kg_price__gte=0), name="a_zone_row_makes_sense"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} zone {self.zone}"


class RateBand(models.Model):
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="bands", db_index=False)
    zone = models.SmallIntegerField()
    up_to_grams = models.IntegerField()
    price = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service", "zone", "up_to_grams"], name="one_price_per_service_zone_and_band"
            ),
            models.CheckConstraint(
                condition=Q(up_to_grams__gt=0, price__gte=0), name="a_band_has_a_weight_and_a_price"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service_id} {self.zone} {self.up_to_grams}"
