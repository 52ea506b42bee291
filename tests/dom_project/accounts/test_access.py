import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import RequestFactory

from dom_project.accounts.access import Right, home_of, may, needs, rights_of
from dom_project.accounts.models import Role
from tests import make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "right", "allowed"),
    [
        (Role.OPERATIONS_MANAGER, Right.EDIT_RULES, True),
        (Role.OPERATIONS_MANAGER, Right.ADMINISTER, False),
        (Role.STORE_ASSOCIATE, Right.WORK_FLOOR, True),
        (Role.STORE_ASSOCIATE, Right.SEE_ORDERS, False),
        (Role.EXECUTIVE, Right.SEE_KPIS, True),
        (Role.EXECUTIVE, Right.EDIT_RULES, False),
        (Role.CUSTOMER_SERVICE, Right.CHANGE_ORDERS, True),
        (Role.CUSTOMER_SERVICE, Right.SEE_KPIS, False),
        (Role.INTEGRATION, Right.TAKE_ORDERS, True),
        (Role.INTEGRATION, Right.EDIT_RULES, False),
        (Role.ADMINISTRATOR, Right.ADMINISTER, True),
    ],
)
def test_each_role_may_do_its_own_work_and_no_more(role, right, allowed):
    assert (right in rights_of(make.user(role))) is allowed


def test_a_scope_narrows_what_the_role_allows_and_never_widens_it():
    manager, associate = make.user(Role.INTEGRATION), make.user(Role.STORE_ASSOCIATE)
    assert rights_of(manager, ["stock:read"]) == {Right.SEE_NETWORK}
    assert rights_of(associate, ["orders:write"]) == set()
    assert rights_of(manager, ["no such scope"]) == set()


def test_somebody_whose_account_has_ended_may_nothing():
    assert rights_of(make.user(Role.ADMINISTRATOR, is_active=False)) == set()


def test_a_guarded_view_asks_strangers_to_log_in_and_refuses_the_wrong_role():
    view = needs(Right.EDIT_RULES)(lambda request: HttpResponse("rules"))
    request = RequestFactory().get("/routing/")
    request.user = make.user(Role.STORE_ASSOCIATE)
    with pytest.raises(PermissionDenied):
        view(request)
    request.user = make.user(Role.OPERATIONS_MANAGER)
    assert view(request).content == b"rules"
    assert may(request, Right.EDIT_RULES)


def test_a_day_begins_where_the_work_is():
    assert [home_of(make.user(role)) for role in (Role.STORE_ASSOCIATE, Role.EXECUTIVE, Role.OPERATIONS_MANAGER)] == [
        "stores",
        "kpis",
        "overview",
    ]


@pytest.mark.parametrize(
    ("role", "wanted", "led_to"),
    [
        (Role.STORE_ASSOCIATE, "/", "/home/"),
        (Role.CUSTOMER_SERVICE, "/?node=RENO", "/home/"),
        (Role.CUSTOMER_SERVICE, "/orders/?q=WF", "/orders/?q=WF"),
        (Role.OPERATIONS_MANAGER, "/", "/"),
        (Role.OPERATIONS_MANAGER, "/admin/inventory/node/", "/home/"),
        (Role.ADMINISTRATOR, "/admin/", "/admin/"),
        (Role.EXECUTIVE, "/account/", "/account/"),
        (Role.EXECUTIVE, "/nowhere/", "/nowhere/"),
    ],
)
def test_the_log_in_leads_to_no_page_that_the_role_may_not_see(client, role, wanted, led_to):
    user = make.user(role, username="maya")
    user.set_password("a long pass phrase")
    user.save()
    form = {"username": "maya", "password": "a long pass phrase", "next": wanted}
    assert client.post("/login/", form).headers["Location"] == led_to
    assert client.get("/login/", {"next": wanted}).headers["Location"] == led_to
