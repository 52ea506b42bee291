"""Where a place lands on the drawn map of the United States (`static/map/us.svg`)."""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, radians, sin, sqrt
from typing import NamedTuple

WIDTH, HEIGHT = 960, 600

# Albers' equal-area conic with the parallels and centre that maps of the lower 48 use.
_PARALLELS = (29.5, 45.5)
_MERIDIAN, _LATITUDE = -96.0, 38.2
_SCALE = 1240.0
_CENTRE = (478.0, 292.0)

_N = (sin(radians(_PARALLELS[0])) + sin(radians(_PARALLELS[1]))) / 2
_C = cos(radians(_PARALLELS[0])) ** 2 + 2 * _N * sin(radians(_PARALLELS[0]))


def _radius(latitude: float) -> float:
    return sqrt(_C - 2 * _N * sin(radians(latitude))) / _N


_RADIUS_0 = _radius(_LATITUDE)


class Point(NamedTuple):
    x: float
    y: float


class Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float

    @property
    def view_box(self) -> str:
        """The value of an SVG's viewBox."""
        return f"{self.x:.1f} {self.y:.1f} {self.width:.1f} {self.height:.1f}"

    def anchor(self, point: Point) -> str:
        """The text-anchor of a label below a point that keeps it within the box: start, middle or end."""
        across = (point.x - self.x) / self.width
        return "start" if across < 0.25 else "end" if across > 0.75 else "middle"


WHOLE = Box(0, 0, WIDTH, HEIGHT)


def project(longitude: float, latitude: float) -> Point:
    """The point of a place in the map's units: x in 0…960, y in 0…600 for the lower 48; outside for others."""
    turn = _N * radians(longitude - _MERIDIAN)
    radius = _radius(latitude)
    return Point(
        round(_CENTRE[0] + _SCALE * radius * sin(turn), 1),
        round(_CENTRE[1] + _SCALE * (radius * cos(turn) - _RADIUS_0), 1),
    )


def unproject(x: float, y: float) -> tuple[float, float]:
    """(longitude, latitude) of a point of the map, to within the tenth of a unit that `project` rounds to."""
    across, down = (x - _CENTRE[0]) / _SCALE, _RADIUS_0 + (y - _CENTRE[1]) / _SCALE
    radius = hypot(across, down)
    sine = (_C - (radius * _N) ** 2) / (2 * _N)
    return _MERIDIAN + degrees(atan2(across, down) / _N), degrees(atan2(sine, sqrt(max(0.0, 1 - sine**2))))


def on_map(longitude: float, latitude: float) -> bool:
    """Whether a place lies on the drawing: Alaska, Hawaii and other countries do not."""
    x, y = project(longitude, latitude)
    return 0 <= x <= WIDTH and 0 <= y <= HEIGHT


def box_around(points: list[Point], *, ratio: float = 1.6, margin: float = 60, least: float = 240) -> Box:
    """The part of the map that shows all points, `width / height = ratio`; the whole map when there are none."""
    if not points:
        return WHOLE
    left, right = min(point.x for point in points) - margin, max(point.x for point in points) + margin
    top, bottom = min(point.y for point in points) - margin, max(point.y for point in points) + margin
    width = max(right - left, (bottom - top) * ratio, least)
    height = width / ratio
    return Box((left + right - width) / 2, (top + bottom - height) / 2, width, height)
