"""Who finds which page in the frame, and where a person's work begins."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path, resolve
from pytest_django import Settings

from dom_project import shell, views
from dom_project.accounts.models import Role, User
from routing.models import OrderException
from tests import make


def some_page(request: HttpRequest, **which: str) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path("", some_page, name="overview"),
    path("home/", views.home, name="home"),
    path("login/", views.Login.as_view(), name="login"),
    path("account/", some_page, name="account"),
    path("orders/", some_page, name="orders"),
    path("orders/<ref>/", some_page, name="order"),
    path("routing/", some_page, name="routing"),
    path("store/", some_page, name="stores"),
    path("kpis/", some_page, name="kpis"),
]


@pytest.fixture(autouse=True)
def these_pages(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__


def asked(address: str, role: str) -> HttpRequest:
    request = RequestFactory().get(address)
    request.resolver_match = resolve(address)
    request.user = User(username="maya", first_name="Maya", last_name="Alvarez", role=role)
    return request


@pytest.mark.parametrize(
    ("case", "role", "found"),
    [
        ("runs it all", Role.ADMINISTRATOR, ["Overview", "Orders", "Routing", "Store queue", "KPIs"]),
        ("runs the network", Role.OPERATIONS_MANAGER, ["Overview", "Orders", "Routing", "Store queue", "KPIs"]),
        ("reads", Role.EXECUTIVE, ["Overview", "Orders", "Routing", "KPIs"]),
        ("answers customers", Role.CUSTOMER_SERVICE, ["Orders"]),
        ("works on the floor", Role.STORE_ASSOCIATE, ["Store queue"]),
    ],
)
def test_a_role_finds_its_own_pages_and_no_page_that_does_not_exist(case: str, role: str, found: list[str]) -> None:
    assert [str(entry.title) for entry in shell.shell_of(asked("/orders/", role)).entries] == found


@pytest.mark.parametrize(("case", "address"), [("the page", "/orders/"), ("one of its orders", "/orders/WF-1/")])
def test_the_page_that_one_is_on_is_marked(case: str, address: str) -> None:
    frame = shell.shell_of(asked(address, Role.OPERATIONS_MANAGER))
    assert [str(entry.title) for entry in frame.entries if entry.current] == ["Orders"]


def test_the_frame_names_its_person() -> None:
    frame = shell.shell_of(asked("/", Role.EXECUTIVE))
    assert (frame.person, frame.initials, frame.role) == ("Maya Alvarez", "MA", "Executive")


def test_only_those_who_may_read_orders_get_the_search() -> None:
    assert shell.shell_of(asked("/", Role.CUSTOMER_SERVICE)).search == "/orders/"
    assert shell.shell_of(asked("/store/", Role.STORE_ASSOCIATE)).search == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("case", "role", "home"),
    [
        ("runs the network", Role.OPERATIONS_MANAGER, "/"),
        ("works on the floor", Role.STORE_ASSOCIATE, "/store/"),
        ("reads", Role.EXECUTIVE, "/kpis/"),
        ("answers customers", Role.CUSTOMER_SERVICE, "/orders/"),
        ("a machine", Role.INTEGRATION, "/account/"),
    ],
)
def test_work_begins_on_the_page_of_the_role(case: str, role: str, home: str, client: Client) -> None:
    client.force_login(User.objects.create_user("maya", role=role))
    assert client.get("/home/").headers["Location"] == home


@pytest.mark.django_db
def test_a_stranger_is_asked_to_log_in_first(client: Client) -> None:
    assert client.get("/home/").headers["Location"] == "/login/?next=/home/"


@pytest.mark.django_db
def test_the_count_beside_the_exceptions_is_of_the_open_ones(clock: datetime) -> None:
    order = make.order()
    OrderException.objects.create(order=order, reason="no_stock", raised_at=clock)
    OrderException.objects.create(order=order, reason="address", raised_at=clock, closed_at=clock, closed_by="user:1")
    assert shell.open_exceptions() == 1
