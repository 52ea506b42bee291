"""Places on the drawing: pure."""

from __future__ import annotations

import pytest

from inventory import us_map


def test_the_middle_of_the_lower_48_lies_in_the_middle_of_the_map() -> None:
    assert us_map.project(-96, 38.2) == (478.0, 292.0)


@pytest.mark.parametrize(
    ("case", "longitude", "latitude"),
    [
        ("Neah Bay, the north-west", -124.6, 48.4),
        ("Key West, the south", -81.8, 24.6),
        ("Lubec, the east", -67.0, 44.9),
        ("San Diego, the south-west", -117.2, 32.7),
    ],
)
def test_the_corners_of_the_lower_48_are_on_the_map_and_found_again(
    case: str, longitude: float, latitude: float
) -> None:
    assert us_map.on_map(longitude, latitude)
    assert us_map.unproject(*us_map.project(longitude, latitude)) == pytest.approx((longitude, latitude), abs=0.01)


@pytest.mark.parametrize(
    ("case", "longitude", "latitude"),
    [("Honolulu", -157.9, 21.3), ("Anchorage", -149.9, 61.2), ("London", -0.1, 51.5)],
)
def test_places_elsewhere_are_not(case: str, longitude: float, latitude: float) -> None:
    assert not us_map.on_map(longitude, latitude)


def test_a_small_map_holds_its_points_with_a_margin_and_keeps_its_shape() -> None:
    points = [us_map.Point(100, 100), us_map.Point(500, 200)]
    box = us_map.box_around(points, ratio=1.6, margin=60)
    assert box == us_map.Box(40, -12.5, 520, 325)
    assert box.view_box == "40.0 -12.5 520.0 325.0"


def test_one_point_is_shown_with_its_surroundings() -> None:
    assert us_map.box_around([us_map.Point(300, 300)], ratio=1.5, least=240) == us_map.Box(180, 220, 240, 160)


@pytest.mark.parametrize(("x", "anchor"), [(100, "start"), (149, "start"), (200, "middle"), (260, "end")])
def test_a_label_near_an_edge_leads_away_from_it(x: int, anchor: str) -> None:
    assert us_map.Box(100, 0, 200, 100).anchor(us_map.Point(x, 50)) == anchor


def test_a_map_of_nothing_is_the_whole_map() -> None:
    assert us_map.box_around([]) == us_map.WHOLE
