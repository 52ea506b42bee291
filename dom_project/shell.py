"""What every page's frame shows: the pages this person may open, who they are, the retailer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from dom_project.accounts.access import Right, rights_of


def open_exceptions() -> int:
    """Open exceptions in the whole network, at most 5 s old."""
    from routing.models import OrderException

    return cache.get_or_set("shell:open_exceptions", OrderException.objects.filter(closed_at=None).count, 5) or 0


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the sidebar: its URL's name, the right that opens it, the sub-pages marked under it."""

    name: str
    title: str | Promise
    icon: str
    right: Right
    covers: frozenset[str] = frozenset()
    count: Callable[[], int] | None = None


PAGES = (
    Page("overview", _("Overview"), "layout-dashboard", Right.SEE_NETWORK),
    Page("orders", _("Orders"), "shopping-cart", Right.SEE_ORDERS, frozenset({"order"})),
    Page("exceptions", _("Exceptions"), "alert-triangle", Right.CHANGE_ORDERS, count=open_exceptions),
    Page("inventory", _("Inventory"), "package", Right.SEE_NETWORK, frozenset({"inventory_node", "level", "sku"})),
    Page("network", _("Network"), "map-2", Right.SEE_NETWORK, frozenset({"node"})),
    Page("routing", _("Routing"), "route", Right.SEE_RULES),
    Page("stores", _("Store queue"), "building-store", Right.WORK_FLOOR, frozenset({"queue"})),
    Page("kpis", _("KPIs"), "chart-bar", Right.SEE_KPIS),
    Page("connections", _("Connections"), "plug-connected", Right.CONNECT, frozenset({"connection"})),
    Page("imports", _("Imports"), "file-import", Right.IMPORT, frozenset({"import", "import_new"})),
)
TOOLS = (
    Page("api_docs", _("API"), "api", Right.TAKE_ORDERS),
    Page("admin:index", _("Administration"), "settings", Right.ADMINISTER),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A page as one request shows it."""

    title: str | Promise
    icon: str
    url: str
    current: bool
    count: int


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame of one request."""

    entries: list[Entry]
    tools: list[Entry]
    person: str
    initials: str
    role: str
    retailer: str
    home: str
    search: str
    finds_things: bool  # the search finds SKUs and nodes, too


def link(name: str) -> str:
    """The URL of a page without arguments; empty where there is none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def entries(pages: tuple[Page, ...], request: HttpRequest) -> list[Entry]:
    """The pages that the request's person may open, the one that the request is on marked as current."""
    match = request.resolver_match
    here = match.view_name if match else ""
    rights = rights_of(request.user)
    return [
        Entry(
            title=page.title,
            icon=page.icon,
            url=url,
            current=here == page.name or here in page.covers or here.startswith(f"{page.name}_"),
            count=page.count() if page.count else 0,
        )
        for page in pages
        if page.right in rights and (url := link(page.name))
    ]


def shell_of(request: HttpRequest) -> Shell:
    """The frame for whoever sends this request; for nobody, one without entries."""
    user = request.user
    person = (user.get_full_name() or user.get_username()) if user.is_authenticated else ""
    return Shell(
        entries=entries(PAGES, request),
        tools=entries(TOOLS, request),
        person=person,
        initials="".join(word[0] for word in person.split()[:2]).upper(),
        role=str(user.get_role_display()) if user.is_authenticated else "",
        retailer=settings.RETAILER,
        home=link("home"),
        search=link("orders") if Right.SEE_ORDERS in rights_of(user) else "",
        finds_things=Right.SEE_NETWORK in rights_of(user),
    )


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy: a fragment has no frame and must not pay for one."""
    return {"shell": SimpleLazyObject(lambda: shell_of(request))}
