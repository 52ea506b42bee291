"""Who sells, and the places that hold, ship and hand over stock."""

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from inventory.hours import is_zone, week_of


class LegalEntity(models.Model):
    code = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2)

    class Meta:
        verbose_name_plural = _("legal entities")

    def __str__(self) -> str:
        return self.name


class ExchangeRate(models.Model):
    """One unit of `base` in `quote`, from that day on."""

    base = models.CharField(max_length=3)
    quote = models.CharField(max_length=3)
    from_date = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=9)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["base", "quote", "from_date"], name="one_rate_per_pair_and_day"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="an_exchange_rate_is_above_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.from_date}"


class Channel(models.Model):
    code = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3)
    language = models.CharField(max_length=12, default="en")
    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, null=True, blank=True)
    default_promise_days = models.PositiveSmallIntegerField(
        default=7, help_text=_("Promised when nothing can be computed: local days from acceptance.")
    )
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class NodeGroup(models.Model):
    code = models.SlugField(unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Node(models.Model):
    class Kind(models.TextChoices):
        DC = "dc", _("DC")
        STORE = "store", _("Store")
        DARK_STORE = "dark_store", _("Dark store")
        THIRD_PARTY = "third_party", _("Third party")
        VENDOR = "vendor", _("Vendor")

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    group = models.ForeignKey(NodeGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="nodes")
    legal_entity = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, null=True, blank=True)
    street = models.CharField(max_length=160, blank=True)
    city = models.CharField(max_length=80, blank=True)
    region = models.CharField(max_length=40, blank=True)
    postcode = models.CharField(max_length=16, blank=True)
    country = models.CharField(max_length=2, default="US")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    time_zone = models.CharField(max_length=64)
    hours = models.JSONField(
        default=dict, blank=True, help_text=_('Opening hours by weekday, "0" = Monday: {"0": ["09:00", "21:00"]}.')
    )
    holidays = ArrayField(
        models.DateField(), default=list, blank=True, help_text=_("Local days on which it is closed.")
    )
    cut_off = models.TimeField(help_text=_("Local time by which a parcel must be ready to leave the same day."))
    daily_capacity = models.PositiveIntegerField(help_text=_("Parcels a day."))
    abilities = ArrayField(
        models.CharField(max_length=16), default=list, help_text=_("ship, pickup, curbside, same_day")
    )
    handling_classes = ArrayField(
        models.CharField(max_length=24),
        default=list,
        blank=True,
        help_text=_("Handling classes it can take besides none."),
    )
    shipment_cost = models.PositiveIntegerField(default=0, help_text=_("Per shipment, in minor units."))
    unit_cost = models.PositiveIntegerField(default=0, help_text=_("Per unit picked, in minor units."))
    currency = models.CharField(max_length=3, default="USD")
    pickup_ready_minutes = models.PositiveIntegerField(default=120)
    active = models.BooleanField(default=True)
    # Moved by every change that routing must see; processes cache masters by the highest of them.
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180),
                name="a_node_lies_on_earth_or_nowhere",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Asked by forms: what calendars could not be made of is refused at its field."""
        super().clean()
        try:
            week_of(self.hours)
        except ValueError:
            raise ValidationError({"hours": _('Opening hours look like {"0": ["09:00", "21:00"]}.')}) from None
        if not is_zone(self.time_zone):
            raise ValidationError({"time_zone": _("This time zone is not known.")})


class NodeAccess(models.Model):
    """Which nodes a store associate may see and work."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="node_access")
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="access")

    class Meta:
        verbose_name_plural = _("node access")
        constraints = [models.UniqueConstraint(fields=["user", "node"], name="one_access_per_user_and_node")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.node_id}"


@pghistory.track(
    pghistory.InsertEvent(condition=pgtrigger.Q(new__by_hand=True)),
    pghistory.UpdateEvent(
        condition=pgtrigger.Q(new__by_hand=True)
        & (pgtrigger.Q(new__cap__df=pgtrigger.F("old__cap")) | pgtrigger.Q(old__by_hand=False))
    ),
    fields=["node", "ship_date", "cap"],
    model_name="NodeDayEvent",
)
class NodeDay(models.Model):
    """The parcels one node may send on one local day. No row: closed that day. Written by `capacity` only."""

    node = models.ForeignKey(Node, on_delete=models.PROTECT, related_name="days", db_index=False)
    ship_date = models.DateField()
    cap = models.IntegerField()
    taken = models.IntegerField(db_default=0)
    overload = models.IntegerField(db_default=0)
    by_hand = models.BooleanField(db_default=False)  # the cap of this day was set by a person

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["node", "ship_date"], name="one_row_per_node_and_day"),
            models.CheckConstraint(
                condition=Q(cap__gte=0, taken__gte=0, overload__gte=0), name="no_slot_count_is_below_zero"
            ),
            models.CheckConstraint(
                condition=Q(taken__lte=F("cap") + F("overload")), name="taken_is_within_cap_or_known_overload"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.node_id} {self.ship_date}"
