"""What each role may do. One table, asked by every page and endpoint; whose node or order it is, the rooms know."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from .models import Role, User


class Right(StrEnum):
    SEE_NETWORK = "see_network"  # overview, nodes, stock, connections
    SEE_ORDERS = "see_orders"
    SEE_CUSTOMERS = "see_customers"  # street, postcode, e-mail and phone on an order's page
    CHANGE_ORDERS = "change_orders"  # cancel, answer exceptions
    TAKE_ORDERS = "take_orders"  # intake by API
    COUNT_STOCK = "count_stock"
    RUN_NETWORK = "run_network"  # caps of days, safety stock
    IMPORT = "import"
    CONNECT = "connect"
    EDIT_RULES = "edit_rules"
    SEE_RULES = "see_rules"
    WORK_FLOOR = "work_floor"
    SEE_KPIS = "see_kpis"
    GIVE_FEEDBACK = "give_feedback"
    KEEP_TOKENS = "keep_tokens"  # make and revoke keys of the API
    ADMINISTER = "administer"


_SEE = {Right.SEE_NETWORK, Right.SEE_ORDERS, Right.SEE_RULES, Right.SEE_KPIS}
_RUN = _SEE | {
    Right.SEE_CUSTOMERS,
    Right.CHANGE_ORDERS,
    Right.TAKE_ORDERS,
    Right.COUNT_STOCK,
    Right.RUN_NETWORK,
    Right.IMPORT,
    Right.CONNECT,
    Right.EDIT_RULES,
    Right.WORK_FLOOR,
    Right.GIVE_FEEDBACK,
}
RIGHTS: Mapping[str, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(Right),
    Role.OPERATIONS_MANAGER: frozenset(_RUN),
    Role.STORE_ASSOCIATE: frozenset({Right.WORK_FLOOR}),
    Role.EXECUTIVE: frozenset(_SEE),
    Role.CUSTOMER_SERVICE: frozenset(
        {Right.SEE_ORDERS, Right.SEE_CUSTOMERS, Right.CHANGE_ORDERS, Right.GIVE_FEEDBACK}
    ),
    Role.INTEGRATION: frozenset(
        {
            Right.SEE_NETWORK,
            Right.SEE_ORDERS,
            Right.TAKE_ORDERS,
            Right.CHANGE_ORDERS,
            Right.COUNT_STOCK,
            Right.WORK_FLOOR,
            Right.GIVE_FEEDBACK,
            Right.KEEP_TOKENS,
        }
    ),
}
# What a token's scope opens of what its user's role allows.
SCOPES: Mapping[str, frozenset[Right]] = {
    "orders:read": frozenset({Right.SEE_ORDERS}),
    "orders:write": frozenset({Right.SEE_ORDERS, Right.TAKE_ORDERS, Right.CHANGE_ORDERS, Right.GIVE_FEEDBACK}),
    "stock:read": frozenset({Right.SEE_NETWORK}),
    "stock:write": frozenset({Right.SEE_NETWORK, Right.COUNT_STOCK}),
    "floor:write": frozenset({Right.SEE_ORDERS, Right.WORK_FLOOR}),
}


def rights_of(user: Any, scopes: list[str] | None = None) -> frozenset[Right]:
    """The rights of a person or token; none for somebody who has not logged in or whose account has ended."""
    if not (user and user.is_authenticated and user.is_active):
        return frozenset()
    rights = RIGHTS.get(user.role, frozenset())
    if user.is_superuser:
        rights = frozenset(Right)
    if scopes:
        rights &= frozenset[Right]().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))
    return rights


def may(request: Any, right: Right) -> bool:
    """True if whoever sent this request has the right; a token's scopes count."""
    scopes = getattr(getattr(request, "auth", None), "scopes", None)
    return right in rights_of(request.user, scopes)


def needs(right: Right) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A view for people with this right: others are asked to log in, or told in words that it isn't theirs."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not may(request, right):
                raise PermissionDenied(right)
            return view(request, *args, **kwargs)

        vars(guarded)["right"] = right  # `opens` asks for it
        return guarded

    return wrap


def opens(user: Any, url: str) -> bool:
    """False if the page at this address of ours asks for a right that this person has not."""
    try:
        page = resolve(urlsplit(url).path)
    except Resolver404:
        return True
    right = Right.ADMINISTER if page.app_name == "admin" else vars(page.func).get("right")
    return right is None or right in rights_of(user)


def home_of(user: User) -> str:
    """The name of the page on which a role's day begins."""
    return {
        Role.STORE_ASSOCIATE: "stores",
        Role.EXECUTIVE: "kpis",
        Role.CUSTOMER_SERVICE: "orders",
        Role.INTEGRATION: "account",
    }.get(Role(user.role), "overview")
