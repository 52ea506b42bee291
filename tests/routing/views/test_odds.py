"""The page of what was learned: the network, the kinds, the nodes, one node, and where a rule does better."""

from typing import Any

import pytest
from django.test import Client

from dom_project.accounts.models import Role
from inventory.models import Node
from routing import odds, strategies
from routing.models import OddsRun, StrategyVersion
from routing.shrinkage import WHOLE, Answers
from tests import make

pytestmark = pytest.mark.django_db
URL = "/routing/odds/"


def answers(asked: int, no: int) -> Answers:
    """All of them two weeks ago: as heavy a week ago as those of a week then."""
    return Answers(asked, no, asked * WHOLE, no * WHOLE, asked * WHOLE, 0)


@pytest.fixture
def learned(version: StrategyVersion, clock: Any) -> OddsRun:
    kitchen, garden = make.category("kitchen").pk, make.category("garden").pk
    reno = Node.objects.get(code="RENO")
    bad = make.node("BAD", name="Bad store", kind=Node.Kind.STORE)
    good = make.node("GOOD", name="Good store", kind=Node.Kind.STORE)
    run = odds.learn(
        [
            (("dc", reno.pk, kitchen, 4), answers(1000, 0)),
            (("store", bad.pk, kitchen, 1), answers(60, 50)),
            (("store", bad.pk, garden, 4), answers(200, 10)),
            (("store", good.pk, garden, 2), answers(100, 1)),
        ],
        {"USD": {version.strategy_id: (20, 20_000)}},
        at=clock,
    )
    assert run
    return run


def test_before_the_first_run_the_page_says_when_it_comes(client: Client, version: StrategyVersion) -> None:
    page = client.get(URL)
    assert page.status_code == 200
    assert "Nothing is learned yet" in page.content.decode()


def test_a_network_that_never_picked_is_told_with_the_first_guess(
    client: Client, version: StrategyVersion, clock: Any
) -> None:
    make.rate_card()
    odds.learn([], {}, at=clock)
    page = client.get(URL)
    text = page.content.decode()
    assert (page.context["cost"], page.context["rows"]) == ((0, odds.START_COST, "USD"), [])
    assert "Nobody was asked yet" in text
    assert "each is taken to miss 2 % of its lines." in text
    assert "from 30 % on." in text


def test_the_likeliest_to_say_no_come_first(client: Client, learned: OddsRun) -> None:
    page = client.get(URL)
    assert [(place.node, place.asked, place.no) for place in page.context["rows"]] == [
        ("BAD", 260, 60),
        ("GOOD", 100, 1),
        ("RENO", 1000, 0),
    ]
    network = page.context["network"]
    assert (network.asked, network.no, network.odds) == (1360, 61, round((61 + 0.4) / 1380 * 10_000))
    assert network.change > 0
    assert [place.kind for place in page.context["kinds"]] == ["store", "dc"]
    assert page.context["cost"] == (20, 875, "USD")


def test_places_of_thirty_per_cent_and_more_lead_to_the_rules(client: Client, learned: OddsRun) -> None:
    page = client.get(URL)
    [place] = page.context["highest"]
    assert (place.node, place.category, place.bucket, place.no, place.asked) == ("BAD", "kitchen", 0, 50, 60)
    assert place.odds == 5000
    assert "Change a rule" in page.content.decode()
    reader = Client()
    reader.force_login(make.user(Role.EXECUTIVE))
    assert "Change a rule" not in reader.get(URL).content.decode()


def test_one_node_is_shown_by_category_and_units_on_hand(client: Client, learned: OddsRun) -> None:
    page = client.get(f"{URL}?node=BAD")
    assert (page.context["node"].asked, page.context["buckets"]) == (260, ["1", "2", "3–5", "6+"])
    garden, kitchen = page.context["shelves"]
    assert (garden.whole.category, [each and each.asked for each in garden.buckets]) == ("garden", [None] * 3 + [200])
    assert (kitchen.whole.category, [each and each.no for each in kitchen.buckets]) == ("kitchen", [50] + [None] * 3)
    assert client.get(f"{URL}?node=NOWHERE").status_code == 404


def test_the_list_is_filtered_by_kind_and_by_what_is_high(client: Client, learned: OddsRun) -> None:
    def listed(query: str) -> list[str]:
        return [place.node for place in client.get(f"{URL}?{query}").context["rows"]]

    assert listed("kind=dc") == ["RENO"]
    assert listed("kind=store") == ["BAD", "GOOD"]
    assert listed("kind=nonsense") == ["BAD", "GOOD", "RENO"]
    assert listed("only=high") == []
    assert "No node fits" in client.get(f"{URL}?only=high").content.decode()


def test_a_long_list_is_paged(client: Client, version: StrategyVersion, clock: Any) -> None:
    nodes = [make.node(f"S{number:02}", kind=Node.Kind.STORE) for number in range(45)]
    odds.learn([(("store", node.pk, 0, 1), answers(10, 1)) for node in nodes], {}, at=clock)
    first, second = client.get(URL), client.get(f"{URL}?after=1")
    assert [len(page.context["rows"]) for page in (first, second)] == [40, 5]
    assert (first.context["newer"], first.context["older"]) == ("", "1")
    assert (second.context["newer"], second.context["older"]) == ("0", "")
    assert client.get(f"{URL}?after=99999999").status_code == 200


@pytest.mark.parametrize("query", ["", "?node=BAD"])
def test_the_page_asks_little(
    client: Client, learned: OddsRun, query: str, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(12):
        assert client.get(f"{URL}{query}").status_code == 200


@pytest.mark.parametrize(
    ("role", "status"), [(Role.ADMINISTRATOR, 200), (Role.EXECUTIVE, 200), (Role.STORE_ASSOCIATE, 403)]
)
def test_who_sees_the_rules_sees_the_odds(learned: OddsRun, role: str, status: int) -> None:
    reader = Client()
    reader.force_login(make.user(role))
    assert reader.get(URL).status_code == status


def test_it_says_whether_the_live_strategy_counts_it(client: Client, learned: OddsRun, clock: Any) -> None:
    assert "Counts in every plan" in client.get(URL).content.decode()
    live = strategies.live_version()
    assert live
    other = strategies.save_version(
        strategies.rules_of(live),
        strategy="main",
        author="user:1",
        reason="Off",
        at=clock,
        weighing=live.weighing.turned("counts_no"),
    )
    strategies.activate(other, at=clock, actor="user:1")
    assert "Switched off" in client.get(URL).content.decode()
