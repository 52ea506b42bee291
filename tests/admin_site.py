"""What every room's administration is asked: it opens for the administrator, and records stay as they are."""

from collections.abc import Collection
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from dom_project.accounts.models import Role
from dom_project.admin_pages import Record
from dom_project.lib import db
from tests import make


def logged_in(role: str = Role.ADMINISTRATOR) -> Client:
    client = Client()
    client.force_login(make.user(role))
    return client


def registered(app: str) -> dict[type[Model], Any]:
    """The room's models that are in the administration, with their pages."""
    wanted = apps.get_app_config(app)
    return {model: page for model, page in admin.site._registry.items() if model._meta.app_config is wanted}


def url(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def every_page(app: str) -> list[str]:
    """The addresses of the list and of one row of every model. Each model needs a row."""
    found = []
    for model in registered(app):
        row = model.objects.first()
        assert row is not None, f"{model.__name__} has no row to show"
        found += [url(model, "changelist"), url(model, "change", row.pk)]
    return found


def opens_for_the_administrator_alone(app: str) -> None:
    pages = every_page(app)
    administrator = logged_in()
    searches = [f"{url(model, 'changelist')}?q={word}" for model in registered(app) for word in ("abc", "7", "%25")]
    answers = {page: administrator.get(page).status_code for page in [*pages, *searches]}
    assert set(answers.values()) == {200}, answers
    for role in set(Role) - {Role.ADMINISTRATOR}:
        other = logged_in(role)
        assert [page for page in pages if other.get(page, follow=True).status_code != 403] == []
    assert Client().get(pages[0], follow=True).redirect_chain[-1][0] == f"/login/?next={pages[0]}"


def everything(app: str) -> dict[str, list[str]]:
    """Every row of the room."""
    tables = [model._meta.db_table for model in apps.get_app_config(app).get_models()]
    return {table: sorted(row for (row,) in db.rows(f"SELECT t::text FROM {table} t")) for table in tables}


def refuses_to_touch_records(app: str, *, but: Collection[str] = ()) -> None:
    """No record is added, changed, deleted, one by one or many at once; nothing changes by trying."""
    administrator = logged_in()
    before = everything(app)
    for model, page in registered(app).items():
        if not isinstance(page, Record) or model.__name__ in but:
            continue
        row = model.objects.first()
        # A form of all its own values, and one that says something else.
        form = {field.name: "7" for field in model._meta.concrete_fields}
        assert administrator.get(url(model, "add")).status_code == 403, model
        assert administrator.post(url(model, "add"), form).status_code == 403, model
        assert administrator.post(url(model, "change", row.pk), form).status_code == 403, model
        assert administrator.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403, model
        many = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        administrator.post(url(model, "changelist"), many)
    assert everything(app) == before
