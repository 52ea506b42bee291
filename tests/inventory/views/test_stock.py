"""Stock by SKU and by node, one SKU, one node's stock, one level with its ledger and a count by hand."""

import re
from datetime import timedelta

import pytest
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from dom_project.accounts.models import Role
from inventory.models import Connection, FeedScope, LedgerEntry, SafetyRule
from tests import make

pytestmark = pytest.mark.django_db

PAGES = ("inventory", "inventory_node", "sku", "level", "network", "node", "inventory_safety")


def url_of(name, level):
    args = {"inventory_node": [level.node.code], "node": [level.node.code], "sku": [level.sku.code]}
    return reverse(name, args=[level.pk] if name == "level" else args.get(name, []))


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.ADMINISTRATOR, 200),
        (Role.OPERATIONS_MANAGER, 200),
        (Role.EXECUTIVE, 200),
        (Role.STORE_ASSOCIATE, 403),
        (Role.CUSTOMER_SERVICE, 403),
    ],
)
def test_who_sees_stock_and_network(client, level, role, status):
    client.force_login(make.user(role, nodes=(level.node,)))
    assert {name: client.get(url_of(name, level)).status_code for name in PAGES} == dict.fromkeys(PAGES, status)


def test_whoever_was_given_some_nodes_sees_no_other(client, level):
    other = make.stock(make.node("DENVER", name="Denver store"), level.sku, 7)
    client.force_login(make.user(Role.INTEGRATION, nodes=(level.node,)))
    for name in ("inventory_node", "node", "level"):
        assert client.get(url_of(name, level)).status_code == 200, name
        assert client.get(url_of(name, other)).status_code == 404, name
    for url in (reverse("inventory") + "?by=node", reverse("network"), url_of("sku", level)):
        assert "Denver store" not in client.get(url).text, url
    assert client.get(reverse("inventory")).context["totals"].on_hand == 10


def test_the_lists_say_the_next_step_while_they_are_empty(manager):
    assert "No stock yet" in manager.get(reverse("inventory")).text
    assert "No nodes yet" in manager.get(reverse("inventory") + "?by=node").text
    assert "Import nodes" in manager.get(reverse("network")).text
    assert "No rule keeps anything back" in manager.get(reverse("inventory_safety")).text
    make.node("RENO")
    assert "Nothing is stocked here" in manager.get(reverse("inventory_node", args=["RENO"])).text
    make.sku("MUG")
    assert "Stocked nowhere" in manager.get(reverse("sku", args=["MUG"])).text


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("", ["JUG", "MUG"]),
        ("?q=mug", ["MUG"]),
        ("?q=100%25", []),
        ("?only=out", ["JUG"]),
        ("?only=short", []),
        ("?only=nonsense", ["JUG", "MUG"]),
        ("?q=%00&category=%00", ["JUG", "MUG"]),
        ("?after=JUG", ["MUG"]),
    ],
)
def test_skus_are_found(manager, level, asked, shown):
    make.sku("JUG")
    assert [row.code for row in manager.get(reverse("inventory") + asked).context["page"].rows] == shown


def test_a_level_shows_its_formula_and_what_each_term_is_made_of(manager, level):
    SafetyRule.objects.create(sku=level.sku, units=3, created_at=timezone.now(), created_by="user:1")
    page = manager.get(url_of("level", level))
    assert [(entry.on_hand, entry.on_hand_then) for entry, _by, _why in page.context["entries"]] == [(10, 10)]
    for words in ("Why 10 on hand?", "Who holds the 0 allocated?", "No order holds units of it.", "then 10", "PDT"):
        assert words in page.text, words


def test_a_figure_below_zero_is_explained(manager, level):
    level.external, level.safety_stock = 8, 5
    level.save()
    page = manager.get(url_of("level", level)).text
    assert "The terms come to −3; below 0 nothing can be promised." in page


@pytest.mark.parametrize("name", ["node", "inventory_node", "level", "sku"])
def test_an_old_feed_says_its_state_and_age_in_words(manager, level, name):
    seen_at = timezone.now() - timedelta(minutes=40)
    erp = Connection.objects.create(ref="erp", name="Head office", address="http://erp", last_success_at=seen_at)
    FeedScope.objects.create(node=level.node, connection=erp, seen_at=seen_at, observed_at=seen_at)
    page = manager.get(url_of(name, level)).text
    assert "Stale" in page
    assert f'datetime="{seen_at.isoformat(timespec="seconds")}"' in page


def test_the_state_of_the_feed_comes_with_each_look_at_a_level(manager, level):
    part = manager.get(url_of("level", level), headers={"HX-Request": "true"}).text
    assert 'id="feed-card" hx-swap-oob="true"' in part
    assert "hx-swap-oob" not in manager.get(url_of("level", level)).text


def test_a_count_is_looked_at_first_and_recorded_once(manager, level):
    url = reverse("inventory_recount", args=[level.pk])
    look = manager.post(url, {"counted": "7"}, headers={"HX-Request": "true"})
    assert "On hand 10 → 7 (−3)" in look.text
    level.refresh_from_db()
    assert level.on_hand == 10
    (ticket,) = re.findall(r'name="ticket" value="([^"]+)"', look.text)
    for _again in range(2):
        assert manager.post(url, {"ticket": ticket}).status_code == 302
        level.refresh_from_db()
        assert (level.on_hand, level.atp, level.entries.filter(verb="count").count()) == (7, 7, 1)
    assert "Maya Lind saw 7 units on the shelf" in manager.get(url_of("level", level)).text


@pytest.mark.parametrize(
    ("case", "sent", "said"),
    [
        ("nothing", {"counted": ""}, "Please give a whole number from 0 to 1,000,000."),
        ("less than nothing", {"counted": "-1"}, "Please give a whole number from 0 to 1,000,000."),
        ("halves", {"counted": "1.5"}, "Please give a whole number from 0 to 1,000,000."),
        ("too much", {"counted": "1000001"}, "Please give a whole number from 0 to 1,000,000."),
        ("a ticket of nobody", {"ticket": "made:up"}, "This look is too old to be recorded. Count again."),
        ("another level's", {"ticket": signing.dumps({"level": 0}, salt="x")}, "Count again."),
    ],
)
def test_a_bad_count_is_refused_at_its_field(manager, level, case, sent, said):
    before = LedgerEntry.objects.count()
    answer = manager.post(reverse("inventory_recount", args=[level.pk]), sent, headers={"HX-Request": "true"})
    level.refresh_from_db()
    assert (answer.status_code, level.on_hand, LedgerEntry.objects.count()) == (422, 10, before), case
    assert said in answer.text


def test_an_executive_counts_nothing(client, level):
    client.force_login(make.user(Role.EXECUTIVE))
    assert client.post(reverse("inventory_recount", args=[level.pk]), {"counted": "1"}).status_code == 403
    assert "Count it" not in client.get(url_of("level", level)).text


@pytest.mark.parametrize("count", [1, 50])
def test_the_pages_take_few_queries(manager, django_assert_max_num_queries, count):
    nodes = [make.node(f"N-{number}", group=make.group("west")) for number in range(count)]
    skus = [make.sku(f"S-{number:02}") for number in range(count)]
    levels = [make.stock(nodes[0], sku, 5) for sku in skus]
    levels += [make.stock(node, skus[0], 5) for node in nodes[1:]]
    now, names = timezone.now(), [f"R-{number}" for number in range(count)]
    SafetyRule.objects.bulk_create(
        SafetyRule(sku=sku, units=1, created_at=now, created_by="user:1")
        for sku, _name in zip(skus, names, strict=True)
    )
    erp = Connection.objects.create(ref="erp", name="ERP", address="http://erp", last_success_at=now)
    FeedScope.objects.bulk_create(FeedScope(node=node, connection=erp, seen_at=now) for node in nodes)
    for _each in range(count):
        make.stock(nodes[0], skus[0], 1)
    for url in [reverse("inventory") + "?by=node", *(url_of(name, levels[0]) for name in PAGES)]:
        with django_assert_max_num_queries(12):
            assert manager.get(url).status_code == 200, url
