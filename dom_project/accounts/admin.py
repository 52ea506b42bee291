"""People and their roles to edit; machines' keys to see and revoke."""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from dom_project.admin_pages import AuditEvent, Master, Record

from . import tokens
from .models import ApiToken, Role, User

admin.site.unregister(Group)  # what somebody may do is their role


class PersonForm(UserChangeForm):
    editor: User

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        stays = values.get("role") == Role.ADMINISTRATOR and values.get("is_active")
        if self.instance.pk == self.editor.pk and not stays and not self.instance.is_superuser:
            raise forms.ValidationError(_("Let another administrator take your own role or account away."))
        return values


@admin.register(User)
class PersonAdmin(Master, UserAdmin):
    """Events keep who did it, so an account ends by being switched off."""

    form = PersonForm
    list_display = ["username", "first_name", "last_name", "role", "is_active", "last_login"]
    list_filter = ["role", "is_active"]
    ordering = ["username"]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email", "time_zone"]}),
        (_("Access"), {"fields": ["role", "is_active", "last_login", "date_joined"]}),
    ]
    add_fieldsets = [*UserAdmin.add_fieldsets, (_("Access"), {"fields": ["role", "time_zone"]})]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.editor = request.user
        return form


@admin.register(ApiToken)
class ApiTokenAdmin(Record):
    """Made on their owner's account page or by `manage.py api_token`, which show them once; revoked here as well."""

    list_display = ["name", "prefix", "user", "scopes", "created_at", "last_used_at", "expires_at", "revoked_at"]
    list_select_related = ["user"]
    exclude = ["digest"]
    actions = ["revoke"]

    @admin.action(description=_("Revoke the selected tokens"))
    def revoke(self, request: HttpRequest, chosen: QuerySet[ApiToken]) -> None:
        count = sum(tokens.revoke(token, at=timezone.now()) for token in chosen)
        told = ngettext("%(count)s token was revoked.", "%(count)s tokens were revoked.", count)
        self.message_user(request, told % {"count": count})


admin.site.register(apps.get_model("accounts", "UserEvent"), AuditEvent)
