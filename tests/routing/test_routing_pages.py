"""The strategy's pages: edited without saving, tried on an order, saved, made live, read by others."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from dom_project.accounts.models import Role, User
from inventory import capacity
from inventory.models import Node
from routing import strategies
from routing.models import Decision, Order, OrderEvent, Rule, StrategyActivation, StrategyVersion
from tests import make

pytestmark = pytest.mark.django_db
CA = {"field": "region", "values": ["CA"], "negate": False}
NEAR = {"field": "distance", "amount": 500, "negate": False}


@pytest.fixture
def manager() -> User:
    return make.user(first_name="Maya", last_name="Lind")


@pytest.fixture
def client(manager: User) -> Client:
    client = Client()
    client.force_login(manager)
    return client


@pytest.fixture
def version(manager: User) -> StrategyVersion:
    """A live version of two rules: California from near, and the rest."""
    make.channel("web")
    make.node("RENO")
    return make.strategy(
        make.rule("California", which_orders=[CA], which_nodes=[NEAR], if_part="next_rule", if_none="next_rule"),
        make.rule("The rest"),
    )


@pytest.fixture
def send(client: Client, version: StrategyVersion) -> Callable[..., HttpResponse]:
    """Press a button of the form as it stands: the rules of the live version, or those given."""

    def send(do: str, rules: list[dict[str, Any]] | None = None, **fields: Any) -> HttpResponse:
        carried = {"rules": json.dumps(strategies.rules_of(version) if rules is None else rules),
                   "base": version.number, "newest": version.number, "selected": ""}  # fmt: skip
        return client.post("/routing/edit/", {**carried, **fields, "do": do}, headers={"HX-Request": "true"})

    return send


def rules_in(response: HttpResponse) -> list[dict[str, Any]]:
    """The unsaved rules that the answered form carries on."""
    return [dict(rule) for rule in response.context["edit"].copy.rules]


def form_of(rule: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What a browser sends of the rule's form."""
    sent = {name: rule[name] for name in ("name", "rank", "max_parcels", "if_part", "if_none")}
    for part in ("which_orders", "which_nodes"):
        for place, each in enumerate(rule[part]):
            at = f"{part}-{place}"
            sent[f"{at}-negate"] = "1" if each["negate"] else "0"
            sent |= {f"{at}-amount": each["amount"]} if "amount" in each else {f"{at}-values": each["values"]}
    return {"selected": rule["ref"], **sent, **changes}


# ── who may ──


@pytest.mark.parametrize(
    ("role", "read", "step"),
    [
        (Role.OPERATIONS_MANAGER, 200, 200),
        (Role.ADMINISTRATOR, 200, 200),
        (Role.EXECUTIVE, 200, 403),
        (Role.STORE_ASSOCIATE, 403, 403),
        (Role.CUSTOMER_SERVICE, 403, 403),
    ],
)
def test_who_sees_the_rules_and_who_changes_them(version: StrategyVersion, role: str, read: int, step: int) -> None:
    client = Client()
    client.force_login(make.user(role))
    sent = {"do": "apply", "rules": "[]"}
    assert client.get("/routing/").status_code == read
    assert client.get("/routing/history/").status_code == read
    assert client.get("/routing/versions/1/").status_code == read
    assert client.post("/routing/edit/", sent).status_code == step
    assert client.post("/routing/versions/1/activate/").status_code == (302 if step == 200 else 403)
    assert StrategyActivation.objects.count() == 1


def test_nobody_reads_the_rules_without_logging_in(version: StrategyVersion) -> None:
    assert Client().get("/routing/").url == "/login/?next=/routing/"


def test_the_executive_reads_the_live_rules_and_finds_no_form(version: StrategyVersion) -> None:
    client = Client()
    client.force_login(make.user(Role.EXECUTIVE))
    shown = client.get("/routing/").content.decode()
    assert "Orders to California" in shown
    assert 'name="rules"' not in shown
    assert "Activate" not in shown


def test_a_version_that_does_not_exist_is_not_found(client: Client, version: StrategyVersion) -> None:
    for url in ("/routing/versions/2/", "/routing/?version=2", "/routing/?version=x"):
        assert client.get(url).status_code == 404
    assert client.post("/routing/versions/2/activate/").status_code == 404


# ── the page ──


def test_the_live_rules_are_read_as_sentences_in_their_order(client: Client, version: StrategyVersion) -> None:
    response = client.get("/routing/")
    near = ("Orders to California", "any node within 500 km, cheapest first, at most 2 parcels", "otherwise next rule")
    part = "if only a part finds a place: assign it and back-order the rest; if nothing: back-order"
    assert [(row.number, row.name, row.words) for row in response.context["rows"]] == [
        (1, "California", near),
        (2, "The rest", ("Every order", "any node, cheapest first, at most 2 parcels", part)),
    ]
    assert "Version 1 is live" in response.content.decode()
    assert response.context["changes"] == []


def test_without_a_strategy_the_page_says_what_to_do_and_the_first_save_makes_one(client: Client) -> None:
    make.channel("web")
    assert "Begin with one rule for every order" in client.get("/routing/").content.decode()
    added = client.post("/routing/edit/", {"do": "add", "rules": "[]", "base": "0", "newest": "0"})
    [rule] = rules_in(added)
    assert rule["name"] == "New rule"
    sent = {"do": "save", "rules": json.dumps([rule]), "base": "0", "newest": "0", "reason": "A beginning"}
    assert client.post("/routing/edit/", sent).url == "/routing/versions/1/"
    assert strategies.live_version() is None
    client.post("/routing/versions/1/activate/")
    assert [rule["name"] for rule in strategies.rules_of(strategies.live_version())] == ["New rule"]


def test_old_versions_can_be_begun_with(client: Client, version: StrategyVersion) -> None:
    strategies.save_version([make.rule("Other")], strategy="main", author="user:1", reason="Try", at=make.MADE_AT)
    shown = client.get("/routing/?version=2")
    assert [row.name for row in shown.context["rows"]] == ["Other"]
    assert "Editing from version 2" in shown.content.decode()


@pytest.mark.parametrize("rules", [1, 50])
def test_the_pages_ask_little_however_many_rules(
    client: Client, manager: User, rules: int, django_assert_max_num_queries: Any
) -> None:
    make.channel("web")
    made = [make.rule(f"Rule {n}", which_orders=[CA]) for n in range(rules)]
    for _round in range(3):
        make.strategy(*made)
    for _ in range(rules):
        make.order()
    for url in ("/routing/", "/routing/history/", "/routing/versions/2/"):
        with django_assert_max_num_queries(12):
            assert client.get(url).status_code == 200


# ── editing ──


def test_rules_move_switch_and_go_without_anything_being_written(send: Any, version: StrategyVersion) -> None:
    assert [rule["ref"] for rule in rules_in(send("down:r1"))] == ["r2", "r1"]
    assert [rule["ref"] for rule in rules_in(send("up:r1"))] == ["r1", "r2"]
    assert [rule["enabled"] for rule in rules_in(send("toggle:r2"))] == [True, False]
    gone = send("delete:r1")
    assert [rule["ref"] for rule in rules_in(gone)] == ["r2"]
    assert gone.context["changes"] == ["“California” removed from place 1"]
    assert [rule["ref"] for rule in rules_in(send("restore:r1", rules_in(gone)))] == ["r1", "r2"]
    assert (StrategyVersion.objects.count(), Rule.objects.count()) == (1, 2)


def test_a_rule_is_added_before_the_one_that_takes_everything(send: Any) -> None:
    added = send("add")
    assert [rule["ref"] for rule in rules_in(added)] == ["r1", "new1", "r2"]
    assert added.context["form"].ref == "new1"
    assert added.context["changes"] == ["“New rule” added at place 2"]


def test_a_condition_is_added_filled_turned_round_and_removed(send: Any, version: StrategyVersion) -> None:
    rest = strategies.rules_of(version)[1]
    begun = send("criterion:which_nodes", **form_of(rest) | {"add-which_nodes": "node"})
    assert (begun.status_code, begun.context["form"].faults) == (200, {})
    rest = rules_in(begun)[1]
    assert rest["which_nodes"] == [{"field": "node", "negate": False, "values": []}]
    changes = {"which_nodes-0-more": "RENO", "which_nodes-0-negate": "1"}
    filled = send("apply", rules_in(begun), **form_of(rest, **changes))
    assert rules_in(filled)[1]["which_nodes"] == [{"field": "node", "negate": True, "values": ["RENO"]}]
    assert filled.context["changes"] == ["“The rest”: now only nodes but not Reno"]
    emptied = send("drop:which_nodes:0", rules_in(filled), **form_of(rules_in(filled)[1]))
    assert emptied.context["changes"] == []


def test_what_is_changed_shows_what_it_was(send: Any, version: StrategyVersion) -> None:
    first = strategies.rules_of(version)[0]
    shown = send("apply", **form_of(first, **{"which_nodes-0-amount": "800", "max_parcels": "3", "rank": "distance"}))
    form = shown.context["form"]
    [distance] = form.blocks[1].criteria
    assert (distance.changed, distance.was) == ("changed", "within 500 km")
    assert (form.rank.was, form.max_parcels_was) == ("Full cost", "2")
    assert [word for word, *_ in shown.context["rows"][0].badges] == ["Changed"]


def test_values_are_typed_in_the_currency(send: Any, version: StrategyVersion) -> None:
    begun = send("criterion:which_orders", **form_of(strategies.rules_of(version)[1]) | {"add-which_orders": "value"})
    rest = rules_in(begun)[1]
    filled = send("apply", rules_in(begun), **form_of(rest, **{"which_orders-0-amount": "1,250.50"}))
    assert rules_in(filled)[1]["which_orders"][0]["amount"] == 125050
    assert filled.context["form"].blocks[0].criteria[0].amount == "1250.50"
    assert filled.context["form"].words[0] == "Orders worth $1,250.50 or more"


@pytest.mark.parametrize(
    ("field", "typed", "part", "told"),
    [
        ("name", " ", "name", "Please give the rule a name."),
        ("max_parcels", "0", "max_parcels", "Please give a whole number from 1 to 20."),
        ("max_parcels", "two", "max_parcels", "Please give a whole number from 1 to 20."),
        ("which_nodes-0-amount", "-5", "which_nodes[0]", "Please give a whole number, 0 or more."),
        ("which_nodes-0-amount", "NaN", "which_nodes[0]", "Please give a whole number, 0 or more."),
        ("which_nodes-0-amount", "1e9", "which_nodes[0]", "Please give a whole number, 0 or more."),
        ("which_nodes-0-amount", "", "which_nodes[0]", "Please give a number, or remove the condition."),
        ("which_orders-0-values", "", "which_orders[0]", "Please choose at least one, or remove the condition."),
    ],
)
def test_a_field_that_makes_no_sense_is_told_in_words_and_keeps_what_was_typed(
    send: Any, version: StrategyVersion, field: str, typed: str, part: str, told: str
) -> None:
    first = strategies.rules_of(version)[0]
    for do in ("apply", "save", "test:X"):
        response = send(do, reason="Because", **form_of(first, **{field: typed}))
        assert response.status_code == 422
        assert response.context["form"].faults == {part: told}
        assert typed.strip() in response.content.decode()
    assert StrategyVersion.objects.count() == 1


def test_an_unknown_code_is_refused_at_its_field(send: Any, version: StrategyVersion) -> None:
    first = strategies.rules_of(version)[0]
    gone = {**first, "which_nodes": [{"field": "node", "values": ["NOWHERE"], "negate": False}]}
    response = send("save", [gone], reason="Because")
    assert response.status_code == 422
    assert response.context["form"].faults == {"which_nodes[0]": "there is no open node NOWHERE"}


@pytest.mark.parametrize(
    "carried", ["", "nonsense", "{}", "[1]", '[{"ref":""}]', '[{"ref":"a"},{"ref":"a"}]', "[" * 10000]
)
def test_rules_that_no_form_of_ours_sends_are_a_bad_request(
    client: Client, version: StrategyVersion, carried: str
) -> None:
    sent = {"rules": carried, "base": "1", "newest": "1", "do": "apply"}
    assert client.post("/routing/edit/", sent).status_code == 400


@pytest.mark.parametrize(
    "do", ["fly", "drop:which_nodes:x", "drop:colour:0", "criterion:colour", "unvalue:which_nodes"]
)
def test_a_step_that_no_button_sends_is_a_bad_request(send: Any, do: str) -> None:
    assert send(do).status_code == 400


def test_odd_characters_in_the_carried_rules_do_no_harm(send: Any, version: StrategyVersion) -> None:
    rule = {
        **strategies.rules_of(version)[1],
        "name": "Nul \0 and half \ud800",
        "max_parcels": 1.5,
        "which_nodes": "x",
    }
    for do in ("apply", "save", "test:X", "toggle:r2"):
        assert send(do, [rule], reason="Odd\0").status_code in (200, 422)
    assert StrategyVersion.objects.count() == 1


# ── saving and making live ──


def test_a_save_needs_a_reason_and_a_change(send: Any, version: StrategyVersion) -> None:
    without = send("save", rules_in(send("down:r1")))
    assert (without.status_code, without.context["edit"].reason_error) == (
        422,
        "Please say in a few words why: the history shows it.",
    )
    same = send("save", reason="Because")
    assert (same.status_code, same.context["edit"].error) == (
        422,
        "Nothing has changed: there is no new version to save.",
    )
    assert StrategyVersion.objects.count() == 1


def test_a_saved_version_names_its_author_and_waits_to_be_made_live(
    client: Client, send: Any, version: StrategyVersion, manager: User
) -> None:
    saved = send("save", rules_in(send("toggle:r1")), reason="Too slow from there")
    assert saved.headers["HX-Redirect"] == "/routing/versions/2/"
    new = StrategyVersion.objects.get(number=2)
    assert (new.author, new.reason, new.based_on) == (manager.actor, "Too slow from there", version)
    assert strategies.live_version() == version
    page = client.get("/routing/versions/2/")
    assert page.context["to_live"] == ["“California” switched off"]
    assert "Maya Lind" in page.content.decode()
    assert client.post("/routing/versions/2/activate/", {"reason": "Friday"}).url == "/routing/"
    assert strategies.live_version() == new
    activation = StrategyActivation.objects.latest("id")
    assert (activation.activated_by, activation.reason) == (manager.actor, "Friday")


def test_an_old_version_is_made_live_again_and_the_history_tells_it(
    client: Client, send: Any, version: StrategyVersion
) -> None:
    send("save", rules_in(send("toggle:r1")), reason="Off")
    client.post("/routing/versions/2/activate/")
    client.post("/routing/versions/1/activate/")
    assert strategies.live_version() == version
    rows = client.get("/routing/history/").context["rows"]
    assert [(row["version"].number, row["live"], row["changes"]) for row in rows] == [
        (2, False, ["“California” switched off"]),
        (1, True, []),
    ]
    assert [len(row["periods"]) for row in rows] == [1, 2]
    assert rows[1]["periods"][0]["until"] is None
    assert rows[0]["periods"][0]["until"] is not None


def test_making_the_live_version_live_again_changes_nothing(client: Client, version: StrategyVersion) -> None:
    client.post("/routing/versions/1/activate/")
    assert StrategyActivation.objects.count() == 1


def test_whoever_saves_second_sees_what_the_first_changed_and_may_save_after_all(
    send: Any, version: StrategyVersion
) -> None:
    ann = make.user(first_name="Ann", last_name="Berg")
    theirs = strategies.rules_of(version)
    theirs[1]["rank"] = "distance"
    strategies.save_version(theirs, strategy="main", author=ann.actor, reason="Nearer", at=make.MADE_AT, newest=1)
    mine = rules_in(send("toggle:r1"))
    second = send("save", mine, reason="Off")
    assert second.status_code == 422
    newer = second.context["edit"].newer
    assert (newer["author"], newer["changes"]) == ("Ann Berg", ["“The rest”: ranked by Distance, before by Full cost"])
    assert rules_in(second) == mine
    assert StrategyVersion.objects.count() == 2
    assert send("save", mine, reason="Off", newest=2).headers["HX-Redirect"] == "/routing/versions/3/"


# ── trying an order ──


@pytest.fixture
def routed(version: StrategyVersion, clock: Any) -> Order:
    """An order of two mugs; Reno and Denver stock them."""
    make.rate_card()
    denver = make.node("DENVER", latitude=39.74, longitude=-104.99, region="CO", time_zone="America/Denver")
    mug = make.sku("MUG")
    for node in (Node.objects.get(code="RENO"), denver):
        make.stock(node, mug, 10)
    return make.order("A-1", lines={"MUG": 2})


def open_days() -> None:
    capacity.open_days(at=timezone.now())


def test_an_order_is_tried_on_the_unsaved_rules_and_nothing_is_written(send: Any, routed: Order) -> None:
    open_days()
    before = Decision.objects.count(), OrderEvent.objects.count()
    as_live = send("test:A-1").context["edit"].test
    assert (as_live.rule_name, as_live.outcome_words) == ("California", "Plan: all lines, 1 parcel")
    assert [parcel.node for parcel in as_live.parcels] == ["Reno"]
    assert as_live.live.facts.same
    rules = rules_in(send("toggle:r1"))
    rules[1]["which_nodes"] = [{"field": "node", "values": ["RENO"], "negate": True}]
    tried = send("test", rules, order="A-1").context["edit"].test
    assert [parcel.node for parcel in tried.parcels] == ["Denver"]
    assert [(rule.number, rule.why) for rule in tried.passed] == [(1, "is switched off")]
    assert [(group.why, group.names) for group in tried.refused_nodes] == [("is left out by rule 2 (Reno)", ["Reno"])]
    assert [(bar.nodes, bar.chosen, bar.live) for bar in tried.bars] == [
        ("Reno", False, True),
        ("Denver", True, False),
    ]
    assert tried.live.facts.difference == tried.invoice - as_live.invoice > 0
    assert (Decision.objects.count(), OrderEvent.objects.count()) == before
    assert StrategyVersion.objects.count() == 1


def test_a_rule_that_does_not_select_the_order_says_what_it_asks_for(send: Any, routed: Order) -> None:
    Order.objects.update(ship_to_region="NV")
    [passed] = send("test:A-1").context["edit"].test.passed
    assert (passed.name, passed.why) == ("California", "asks for orders to California")


def test_an_order_is_found_by_its_number_in_the_channel(send: Any, routed: Order) -> None:
    Order.objects.update(order_ref="SHOP-77")
    assert send("test", order="SHOP-77").context["edit"].test.order == routed


def test_no_rule_that_selects_the_order_is_told(send: Any, routed: Order) -> None:
    tried = send("test:A-1", []).context["edit"].test
    assert (tried.rule_number, tried.outcome_words) == (0, "Plan: nothing finds a place; a person decides")
    assert "No rule selects it" in send("test:A-1", []).content.decode()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "Please type an order’s number."),
        ("NOBODY", "There is no order NOBODY."),
        ("\0", "Please type an order’s number."),
    ],
)
def test_an_order_that_is_not_there_is_told_at_the_field(send: Any, routed: Order, typed: str, told: str) -> None:
    response = send("test", order=typed)
    assert (response.status_code, response.context["edit"].test.refused) == (422, told)


def test_an_order_with_nothing_left_to_route_is_told_at_the_field(send: Any, routed: Order) -> None:
    routed.lines.update(pending=0, cancelled=2)
    response = send("test:A-1")
    assert response.status_code == 422
    assert response.context["edit"].test.refused
