import pytest

from inventory import node_map
from inventory.models import Node


def circle(name, longitude=-104.99, latitude=39.74, *, kind="store", radius=6, feed="fresh", minutes=None):
    node = Node(code=name, name=name, kind=kind, longitude=longitude, latitude=latitude)
    return node_map.dot(node, radius=radius, tone="good", feed=feed, label=name, minutes=minutes)


@pytest.mark.parametrize(("longitude", "latitude"), [(None, None), (-157.8, 21.3), (10.7, 59.9)])
def test_what_lies_off_the_drawing_has_no_circle(longitude, latitude):
    assert circle("Far", longitude, latitude) is None
    assert node_map.drawn([None]) == []


def test_the_largest_lie_below_the_others_and_dcs_are_named():
    found = node_map.drawn([circle("Shop"), circle("Hall", kind="dc", radius=15)])
    assert [(each.node.name, each.said) for each in found] == [("Hall", "Hall"), ("Shop", "")]


@pytest.mark.parametrize(
    ("feed", "minutes", "said", "old"),
    [
        ("fresh", 0, "", ""),
        ("none", None, "", ""),
        ("late", 1, "Shop: late", "1 min"),
        ("stale", 75, "Shop: stale", "1 h 15 min"),
        ("stale", 4000, "Shop: stale", "2 d 18 h"),
        ("stale", None, "Shop: stale", ""),
    ],
)
def test_a_feed_that_is_not_on_time_is_said_with_its_age(feed, minutes, said, old):
    (found,) = node_map.drawn([circle("Shop", feed=feed, minutes=minutes)])
    assert (found.said, found.old) == (said, old)


def test_many_such_feeds_are_left_to_the_list_and_dcs_still_named():
    shops = [circle(f"Shop {number}", feed="stale") for number in range(node_map.NAMED_FEEDS)]
    found = node_map.drawn([*shops, circle("Hall", kind="dc", feed="stale")])
    assert {each.said for each in found} == {"", "Hall: stale"}


def test_a_name_at_the_edge_stays_on_the_drawing():
    west, middle, east = circle("Eureka", -124.1, 40.8), circle("Denver"), circle("Portland", -70.3, 43.7)
    assert [each.side for each in (west, middle, east) if each] == ["is-start", "", "is-end"]
