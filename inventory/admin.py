"""Masters of stock and network to edit; levels, ledger, feeds and what the triggers remembered to look at."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dom_project.admin_pages import AuditEvent, Master, Record

from . import capacity, ledger
from .admin_forms import ChannelForm, ExchangeRateForm, LegalEntityForm, NodeForm, SkuForm
from .models import (
    Barcode,
    Category,
    Channel,
    Connection,
    DataIssue,
    ExchangeRate,
    FeedCase,
    FeedRun,
    FeedScope,
    FloorEvidence,
    ImportFault,
    ImportRun,
    LedgerEntry,
    LegalEntity,
    Node,
    NodeAccess,
    NodeDay,
    NodeGroup,
    OwnMovement,
    PublishedAtp,
    RejectedRow,
    SafetyRule,
    Sku,
    StockLevel,
)


class CodeStays(Master):
    """Rules, files and addresses name these rows by code: it is chosen once, and they end by being switched off."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["code"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Node)
class NodeAdmin(CodeStays):
    form = NodeForm
    list_display = ["code", "name", "kind", "group", "city", "region", "cut_off", "daily_capacity", "active"]
    list_filter = ["kind", "group", "active"]
    list_select_related = ["group"]
    search_fields = ["code", "name", "city", "postcode"]
    ordering = ["name", "pk"]

    def save_model(self, request: HttpRequest, obj: Node, form: Any, change: bool) -> None:
        """Its days follow its hours and capacity; its levels follow the safety rules of its group."""
        super().save_model(request, obj, form, change)
        capacity.open_days(at=timezone.now(), node_ids=[obj.pk])
        if "group" in form.changed_data:
            ledger.set_safety_many(node_ids=[obj.pk])


class BarcodeInline(admin.TabularInline):
    model = Barcode
    extra = 1

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


@admin.register(Sku)
class SkuAdmin(CodeStays):
    form = SkuForm
    list_display = ["code", "name", "category", "price", "currency", "weight_grams", "active"]
    list_filter = ["category", "active"]
    list_select_related = ["category"]
    search_fields = ["code", "name", "barcodes__code"]
    ordering = ["code"]
    inlines = [BarcodeInline]

    def save_model(self, request: HttpRequest, obj: Sku, form: Any, change: bool) -> None:
        """Its levels follow the safety rules of its category."""
        super().save_model(request, obj, form, change)
        if "category" in form.changed_data:
            ledger.set_safety_many(sku_ids=[obj.pk])


@admin.register(Category, NodeGroup)
class NamedAdmin(CodeStays):
    list_display = ["code", "name"]
    search_fields = ["code", "name"]
    ordering = ["name", "pk"]


@admin.register(LegalEntity)
class LegalEntityAdmin(CodeStays):
    form = LegalEntityForm
    list_display = ["code", "name", "country"]
    ordering = ["name", "pk"]


@admin.register(Channel)
class ChannelAdmin(CodeStays):
    form = ChannelForm
    list_display = ["code", "name", "currency", "time_zone", "default_promise_days", "active"]
    ordering = ["name", "pk"]


@admin.register(ExchangeRate)
class ExchangeRateAdmin(Master):
    form = ExchangeRateForm
    list_display = ["base", "quote", "from_date", "rate"]
    list_filter = ["base", "quote"]
    ordering = ["base", "quote", "-from_date"]


@admin.register(NodeAccess)
class NodeAccessAdmin(Master):
    list_display = ["user", "node"]
    list_select_related = ["user", "node"]
    search_fields = ["user__username", "node__code", "node__name"]
    ordering = ["user__username", "node__name", "pk"]


@admin.register(SafetyRule)
class SafetyRuleAdmin(Record):
    """Changed on the page of safety stock, which resolves them into the levels."""

    list_display = ["units", "sku", "category", "node", "group", "active", "created_at", "created_by"]
    list_select_related = ["sku", "category", "node", "group"]


@admin.register(Connection)
class ConnectionAdmin(Record):
    """Changed on its page, which never sends a token to another address than its own."""

    list_display = ["ref", "name", "address", "active", "last_success_at", "failures"]
    exclude = ["token", "cursor", "lease_until"]
    ordering = ["name", "pk"]


@admin.register(StockLevel)
class StockLevelAdmin(Record):
    list_display = ["id", "node", "sku", "on_hand", "allocated", "external", "safety_stock", "shortfall", "atp"]
    list_select_related = ["node", "sku"]
    search_fields = ["=sku__code", "=node__code"]


@admin.register(LedgerEntry)
class LedgerEntryAdmin(Record):
    list_display = ["id", "at", "verb", "node", "sku", "on_hand", "allocated", "shortfall", "external", "key", "actor"]
    list_filter = ["verb"]
    list_select_related = ["level__node", "level__sku"]
    search_fields = ["=key"]
    search_help_text = _("A whole key, SKU code or node code.")

    @admin.display(description=_("node"))
    def node(self, entry: LedgerEntry) -> str:
        return entry.level.node.code

    @admin.display(description=_("SKU"))
    def sku(self, entry: LedgerEntry) -> str:
        return entry.level.sku.code

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[LedgerEntry], search_term: str
    ) -> tuple[QuerySet[LedgerEntry], bool]:
        """By key, or all that happened to a SKU or in a node: by the index of the levels."""
        code = search_term.strip()
        levels = StockLevel.objects.filter(Q(sku__code=code) | Q(node__code=code))
        if code and levels.exists():
            return queryset.filter(level_id__in=levels.values("pk")), False
        return super().get_search_results(request, queryset, search_term)


@admin.register(NodeDay)
class NodeDayAdmin(Record):
    list_display = ["node", "ship_date", "cap", "taken", "overload", "by_hand"]
    list_select_related = ["node"]
    search_fields = ["=node__code"]
    ordering = ["-ship_date", "node_id"]


@admin.register(FloorEvidence)
class FloorEvidenceAdmin(Record):
    list_display = ["level_id", "counted", "source_value", "observed_at", "actor", "drifted_at"]
    ordering = ["-observed_at", "pk"]


@admin.register(DataIssue)
class DataIssueAdmin(Record):
    list_display = ["level_id", "kind", "raw", "at", "closed_at"]
    list_filter = ["kind"]


@admin.register(RejectedRow)
class RejectedRowAdmin(Record):
    list_display = [
        "connection",
        "entity",
        "source_id",
        "field",
        "reason",
        "value",
        "times",
        "last_seen_at",
        "closed_at",
    ]
    list_select_related = ["connection"]


@admin.register(FeedRun)
class FeedRunAdmin(Record):
    list_display = ["id", "connection", "kind", "state", "rows_read", "changed", "stale", "rejected", "started_at"]
    list_filter = ["kind", "state"]
    list_select_related = ["connection"]


@admin.register(ImportRun)
class ImportRunAdmin(Record):
    list_display = ["ref", "kind", "file_name", "state", "rows_good", "rows_bad", "created_by", "created_at"]
    list_filter = ["kind", "state"]
    exclude = ["file"]


admin.site.register([FeedCase, FeedScope, ImportFault, OwnMovement, PublishedAtp], Record)
for name in ("NodeEvent", "SkuEvent", "SafetyRuleEvent", "NodeDayEvent"):
    admin.site.register(apps.get_model("inventory", name), AuditEvent)
