"""What the rooms' admin pages share: masters that an administrator edits, records that nobody does."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models
from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from dom_project.accounts.access import Right, may


class Site(admin.AdminSite):
    """For the role of administrator. Everybody else is asked to log in, or told that it isn't theirs."""

    site_header = site_title = _("Fairlead administration")
    index_title = _("Masters to edit, records to look at")

    def has_permission(self, request: HttpRequest) -> bool:
        return may(request, Right.ADMINISTER)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.user.is_authenticated:
            raise PermissionDenied(Right.ADMINISTER)
        return redirect_to_login(request.GET.get("next", request.path))


class Master(admin.ModelAdmin):
    """Rows that the role of administrator may see and edit, whatever Django's own permissions say."""

    list_per_page = 50
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may(request, Right.ADMINISTER)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Right.ADMINISTER)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request, Right.ADMINISTER)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Right.ADMINISTER)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Right.ADMINISTER)


class FirstTenThousand(Paginator):
    """Counts no further: a list of millions is searched, not leafed through."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:10_000].count())


class Record(Master):
    """Rows that are written by the domain alone: seen, never touched; the newest first."""

    ordering = ["-pk"]
    show_full_result_count = False
    paginator = FirstTenThousand
    actions: Any = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _named(event: Any) -> str:
    """The row that an event is of."""
    named = getattr(event, "code", "") or getattr(event, "username", "") or getattr(event, "name", "")
    return str(named or event.pgh_obj_id)


class What(admin.AllValuesFieldListFilter):
    """By the kind of change."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = str(_("what"))


class AuditEvent(Record):
    """What a trigger remembered of a row: which change, when, by whom."""

    ordering = ["-pgh_id"]
    list_display = ["changed", "what", "row", "who"]
    list_display_links = ["changed"]
    list_filter = [("pgh_label", What)]
    exclude = ["pgh_created_at", "pgh_label", "pgh_obj", "pgh_context"]

    def __init__(self, model: type[models.Model], admin_site: admin.AdminSite) -> None:
        model.__str__ = _named  # type: ignore[method-assign]
        super().__init__(model, admin_site)

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        known = {field.name for field in self.opts.get_fields()}
        return [name for name in ("code", "username", "name") if name in known]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        from dom_project.accounts.models import User  # this module is read before the models are

        who = Cast(KeyTextTransform("user", OuterRef("pgh_context__metadata")), BigIntegerField())
        username = User.objects.filter(pk=who).values("username")[:1]
        actor = KeyTextTransform("actor", "pgh_context__metadata")
        found = super().get_queryset(request).select_related("pgh_context")
        return found.annotate(who=Coalesce(Subquery(username), actor, output_field=TextField()))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["changed", "what", "row", "who"]

    @admin.display(description=_("changed at"), ordering="pgh_created_at")
    def changed(self, event: Any) -> Any:
        return event.pgh_created_at

    @admin.display(description=_("what"), ordering="pgh_label")
    def what(self, event: Any) -> str:
        return event.pgh_label

    @admin.display(description=_("row"))
    def row(self, event: Any) -> str:
        return _named(event)

    @admin.display(description=_("by"), empty_value="–")
    def who(self, event: Any) -> str | None:
        """The person whose request it was, else whom the verb names; nobody's for what a command did."""
        known: str | None = event.who
        return known
