"""Every address of the product × every role × what it may be asked: the table below says who gets in.

An address without a row fails, and so does a row without an address. Who gets in finds nothing behind these made-up
refs, in words: never a 5xx. Whose node an object lies at is asked in the second half.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from dom_project.accounts.models import Role
from fulfillment.models import Shipment
from tests import make
from tests.fulfillment import sold

pytestmark = pytest.mark.django_db

LETTERS = {
    "a": Role.ADMINISTRATOR, "m": Role.OPERATIONS_MANAGER, "s": Role.STORE_ASSOCIATE, "e": Role.EXECUTIVE,
    "c": Role.CUSTOMER_SERVICE, "i": Role.INTEGRATION,
}  # fmt: skip
# name, who may GET, who may POST. "*": whoever logged in or not; "-": nobody, it does not take that.
TABLE = """
healthz * -
readyz * -
home amseci -
login * *
logout - *
account amseci -
account_tokens - ai
account_revoke - ai
password amseci amseci
inventory amei -
inventory_node amei -
level amei -
inventory_recount - ami
inventory_safety amei am
inventory_safety_rule - am
sku amei -
network amei -
node amei -
network_cap - am
network_terms - am
overview amei -
kpis ame -
kpi_csv ame -
kpi_orders ame -
orders ameci -
order ameci -
order_what_if ameci -
order_cancel - amci
order_again - amci
exceptions amci -
exceptions_again - amci
exceptions_letters - am
exceptions_shortfall - ami
exceptions_take - amci
exceptions_give_back - amci
stores amsi -
queue amsi -
queue_ahead - amsi
queue_next - amsi
put_back - amsi
pick amsi -
pick_start - amsi
pick_scan - amsi
pick_units - amsi
pick_short - amsi
pick_lay_back - amsi
pick_pack - amsi
pick_ready - amsi
pick_ship - amsi
pick_hand_over - amsi
routing ame -
routing_edit - am
replanning ame -
routing_odds ame -
replanning_switch - am
scarcity ame -
scarcity_again - am
routing_history ame -
routing_version ame -
routing_activate - am
favicon.ico * -
style * -
style_phone * -
connections amei -
connection_new am am
connection amei -
connection_edit am am
connection_limits am am
connection_check - am
connection_pull - am
connection_case - am
imports am -
import_new am am
import am -
import_settings - am
import_start - am
import_rejected am -
api_cart - amei
api_availability amei -
api_counts - ami
api_nodes amei -
api_node amei -
api_skus amei -
api_sku amei -
api_orders_bulk - ami
api_orders ameci ami
api_order ameci -
api_cancel - amci
api_returns - amsi
api_feedback - amci
api_shipments amsi -
api_shipment amsi -
api_pick - amsi
api_short - amsi
api_pack - amsi
api_ship - amsi
api_ready - amsi
api_hand_over - amsi
api_deliver - amsi
api_nothing_here * *
schema * -
api_docs * -
"""
EXPECTED = {name: (get, post) for name, get, post in (row.split() for row in TABLE.strip().splitlines())}
NEVER = "9" * 20  # larger than any id that the database can hold
MADE_UP = re.compile(r"<(\w+):\w+>")
PART = re.compile(r"<\w+:(\w+)>")
BODY = {"post": {"data": {}, "content_type": "application/json"}}
# SKUs, rules and what is asked of the whole network: nobody's node.
NETWORK_WIDE = {"sku", "api_sku", "inventory_safety_rule", "exceptions_shortfall", "exceptions_take",
                "exceptions_give_back", "account_revoke"}  # fmt: skip


def every_address(patterns: list[Any], before: str = "/") -> Iterator[tuple[str, str]]:
    """(name, route) of each address. The administration's are Django's own; they have a test of their own."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver) and pattern.namespace != "admin":
            yield from every_address(pattern.url_patterns, before + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield pattern.name or str(pattern.pattern), before + str(pattern.pattern)


ADDRESSES = dict(every_address(get_resolver().url_patterns))


def made_up(route: str) -> str:
    return MADE_UP.sub(lambda found: NEVER if found[1] == "int" else "nothing", route)


def outcome(client: Client, method: str, address: str) -> str:
    """in, out (forbidden, or asked to log in) or never (nobody may ask that)."""
    answer = getattr(client, method)(address)
    part = getattr(client, method)(address, headers={"HX-Request": "true"}) if address != "/logout/" else answer
    for told in (answer, part):
        assert told.status_code < 500 or address == "/readyz", f"{method} {address}: {told.status_code}"
    if answer.status_code == 405:
        return "never"
    sent_away = answer.status_code == 302 and answer["Location"].startswith("/login/?next=")
    return "out" if sent_away or answer.status_code in (401, 403) else "in"


def who_gets_in(method: str, address: str, clients: dict[str, Client]) -> str:
    """The letters of the roles that get in, "*" if nobody has to log in, "-" if nobody may ask that."""
    nobody = outcome(clients[""], method, address)
    if nobody != "out":
        return {"in": "*", "never": "-"}[nobody]
    return "".join(letter for letter in LETTERS if outcome(clients[letter], method, address) == "in") or "-"


def test_every_address_lets_in_whom_the_table_names():
    clients = {letter: Client(raise_request_exception=False) for letter in ["", *LETTERS]}
    for letter, role in LETTERS.items():
        clients[letter].force_login(make.user(role))
    leaving = ADDRESSES["logout"]
    found = {
        name: tuple(who_gets_in(method, made_up(route), clients) for method in ("get", "post"))
        for name, route in sorted(ADDRESSES.items(), key=lambda row: row[1] == leaving)
    }
    assert found == EXPECTED


def test_a_form_of_another_site_is_refused_at_every_address():
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.force_login(make.user(Role.ADMINISTRATOR))
    answers = {
        name: strict.post(made_up(route), {}, content_type="application/json").status_code
        for name, route in ADDRESSES.items()
        if name != "api_nothing_here"  # it looks at nobody and does nothing
    }
    assert {name: status for name, status in answers.items() if status != 403} == {}


def test_every_address_of_the_api_refuses_a_parameter_that_it_does_not_take():
    client = Client()
    client.force_login(make.user(Role.ADMINISTRATOR))
    answers = {}
    for name, (get, _post) in EXPECTED.items():
        if not name.startswith("api_") or name in ("api_docs", "api_nothing_here"):
            continue
        address = f"{made_up(ADDRESSES[name])}?colour=red"
        methods = [client.get, client.post] if name == "api_orders" else [client.post if get == "-" else client.get]
        told = [method(address) for method in methods]
        answers[name] = {(answer.status_code, answer.json()["errors"][0]["field"]) for answer in told}
    assert len(answers) == 22
    assert {name: told for name, told in answers.items() if told != {(400, "colour")}} == {}


@pytest.fixture
def elsewhere() -> Shipment:
    """Two shipments at a node that is nobody's here: one to pick, one that has left."""
    node = make.node("OTHER")
    sold.stock(node, MUG=10)
    sold.shipped(node)
    return sold.on_the_floor(node)


@pytest.mark.parametrize("role", [Role.STORE_ASSOCIATE, Role.INTEGRATION])
def test_what_lies_at_other_nodes_does_not_exist(elsewhere, role):
    """Whoever is bound to a node meets 404 at every address of another node, and nothing of it changes."""
    own = make.node("OWN")
    sold.stock(own, MUG=10)
    client = Client()
    client.force_login(make.user(role, nodes=(own,)))
    level = sold.level(elsewhere.node)
    names = {"code": "OTHER", "node_code": "OTHER", "task_id": "1", "pk": str(level.pk), "sku": "MUG"}
    before, met = sold.everything(), {}
    for name, route in ADDRESSES.items():
        if not {"ref", "code", "node_code", "pk"} & {found[1] for found in PART.finditer(route)}:
            continue
        if name in NETWORK_WIDE:
            continue
        names["ref"] = elsewhere.order.ref if "orders/" in route else elsewhere.ref
        address = PART.sub(lambda found: names[found[1]], route)
        for method in ("get", "post"):
            status = getattr(client, method)(address, **BODY.get(method, {})).status_code
            if status not in (403, 404, 405):
                met[f"{method} {address}"] = status
    assert met == {}
    assert sold.everything() == before
    mine = sold.on_the_floor(own)
    assert client.get(f"/store/OWN/{mine.ref}/").status_code == 200
    assert client.get(f"/api/v1/shipments/{mine.ref}/").status_code == 200
