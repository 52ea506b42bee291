"""What routing decided and told, to look at; the subscriber of its events, to set up."""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dom_project.admin_pages import AuditEvent, Master, Record
from dom_project.lib import http
from dom_project.lib.sentences import sentence

from . import rates, weighing
from .models import (
    Allocation,
    Decision,
    LineRefusal,
    NoOdds,
    OddsRun,
    Order,
    OrderEvent,
    OrderException,
    OrderLine,
    Outbox,
    Pending,
    PlanParcel,
    RateCard,
    Reoptimisation,
    ReplanningSwitch,
    ResourcingCost,
    Rule,
    ScarcityPrice,
    ScarcityRun,
    ScarcitySlot,
    ShortfallCase,
    Strategy,
    StrategyActivation,
    StrategyVersion,
    Subscriber,
)


class SubscriberForm(forms.ModelForm):
    url = forms.URLField(max_length=300, assume_scheme="https")
    secret = forms.CharField(
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Signs every event. Kept encrypted and never shown; left empty, it stays as it is."),
    )

    class Meta:
        model = Subscriber
        fields = ["ref", "name", "url", "secret", "active"]

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        try:
            http.check_url(url)
        except http.CallFailed as failed:
            if failed.code == "forbidden_address":
                raise forms.ValidationError(sentence("feed_forbidden_address", failed.params)) from None
        return url

    def clean_secret(self) -> str:
        secret = str(self.cleaned_data["secret"])
        if not secret and not self.instance.secret:
            raise forms.ValidationError(_("Events are signed: a secret is needed."))
        return secret or self.instance.secret


@admin.register(Subscriber)
class SubscriberAdmin(Master):
    form = SubscriberForm
    list_display = ["ref", "name", "url", "active", "last_success_at", "failures"]
    ordering = ["name", "pk"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["ref"] if obj else []


class LineInline(admin.TabularInline):
    model = OrderLine
    readonly_fields = ["position", "sku", "ordered", "pending", "allocated", "shipped", "cancelled"]
    fields = ["position", "sku", "ordered", "pending", "allocated", "shipped", "cancelled"]
    ordering = ["position"]
    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderLine]:
        return super().get_queryset(request).select_related("sku")


@admin.register(Order)
class OrderAdmin(Record):
    list_display = ["ref", "order_ref", "channel", "state", "method", "accepted_at", "promise_at"]
    list_filter = ["state", "method", "channel"]
    list_select_related = ["channel"]
    search_fields = ["=ref", "=order_ref"]
    inlines = [LineInline]


@admin.register(OrderEvent)
class OrderEventAdmin(Record):
    list_display = ["id", "order_id", "seq", "kind", "actor", "at"]
    search_fields = ["=order__ref"]


@admin.register(Decision)
class DecisionAdmin(Record):
    list_display = [
        "id",
        "order_id",
        "look",
        "outcome",
        "rule_ref",
        "approximate",
        "invoice",
        "currency",
        "decided_at",
    ]
    list_filter = ["outcome", "approximate"]
    search_fields = ["=order_id"]


@admin.register(Allocation)
class AllocationAdmin(Record):
    list_display = ["id", "line_id", "node", "quantity", "state", "ship_date"]
    list_filter = ["state"]
    list_select_related = ["node"]


@admin.register(Outbox)
class OutboxAdmin(Record):
    list_display = ["id", "topic", "aggregate", "seq", "attempts", "created_at", "sent_at", "dead_at"]
    search_fields = ["=event_id", "=aggregate"]


@admin.register(Strategy)
class StrategyAdmin(Record):
    list_display = ["code", "name"]
    ordering = ["code"]


@admin.register(StrategyVersion)
class StrategyVersionAdmin(Record):
    """Edited on the routing page, where a change is a new version."""

    list_display = ["strategy", "number", "author", "reason", *weighing.PARTS, "created_at"]
    list_select_related = ["strategy"]


class RateCardForm(forms.ModelForm):
    class Meta:
        model = RateCard
        fields = ("name", "late_cost_per_day", "dimensional_divisor")

    def clean_dimensional_divisor(self) -> int:
        divisor: int = self.cleaned_data["dimensional_divisor"]
        if divisor > rates.LARGEST_DIVISOR:
            raise forms.ValidationError(sentence("whole_number_between", {"least": 0, "most": rates.LARGEST_DIVISOR}))
        return divisor


@admin.register(RateCard)
class RateCardAdmin(Record):
    """A published card never changes: other terms publish it anew, other prices come with a file of rates."""

    form = RateCardForm
    list_display = ["code", "version", "name", "currency", "live", "published_at"]
    fields = [
        "code",
        "version",
        "name",
        "currency",
        "zone_km",
        "late_cost_per_day",
        "dimensional_divisor",
        "live",
        "published_at",
    ]
    readonly_fields = ["code", "version", "currency", "zone_km", "live", "published_at"]
    ordering = ["code", "-version"]

    def has_change_permission(self, request: HttpRequest, obj: RateCard | None = None) -> bool:
        return super().has_view_permission(request, obj) and (obj is None or obj.live)

    def save_model(self, request: HttpRequest, obj: RateCard, form: Any, change: bool) -> None:
        if form.changed_data:
            published = RateCard.objects.get(pk=obj.pk)
            obj.pk = rates.change_terms(
                published,
                name=obj.name,
                late_cost_per_day=obj.late_cost_per_day,
                dimensional_divisor=obj.dimensional_divisor,
                at=timezone.now(),
            ).pk


@admin.register(Rule)
class RuleAdmin(Record):
    """Edited on the routing page, where a change is a new version."""

    list_display = ["version", "position", "name", "enabled", "ref"]
    list_select_related = ["version"]
    ordering = ["-version", "position"]


@admin.register(NoOdds)
class NoOddsAdmin(Record):
    list_display = ["id", "run_id", "kind", "node", "category", "bucket", "asked", "no", "odds"]
    list_select_related = ["node", "category"]


@admin.register(ResourcingCost)
class ResourcingCostAdmin(Record):
    list_display = ["id", "run_id", "strategy", "lines", "extra", "cost", "currency"]
    list_select_related = ["strategy"]


@admin.register(Reoptimisation)
class ReoptimisationAdmin(Record):
    list_display = ["at", "mode", "considered", "moved", "refused", "saved", "currency", "actor"]


@admin.register(ReplanningSwitch)
class ReplanningSwitchAdmin(Record):
    list_display = ["switched_at", "on", "switched_by"]


@admin.register(ScarcityRun)
class ScarcityRunAdmin(Record):
    list_display = ["id", "at", "state", "basis", "futures", "orders", "skus", "cleared", "asked_by", "error"]


@admin.register(ScarcityPrice)
class ScarcityPriceAdmin(Record):
    list_display = ["id", "run_id", "sku", "node", "price", "cold", "walk_in", "cleared_at"]
    list_select_related = ["sku", "node"]


@admin.register(ScarcitySlot)
class ScarcitySlotAdmin(Record):
    list_display = ["id", "run_id", "node", "price"]
    list_select_related = ["node"]


admin.site.register(
    [LineRefusal, OddsRun, OrderException, Pending, PlanParcel, ShortfallCase, StrategyActivation], Record
)
for name in ("RuleEvent", "OrderExceptionEvent"):
    admin.site.register(apps.get_model("routing", name), AuditEvent)
