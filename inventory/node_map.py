"""Nodes on the drawn map: where each lies, how large it is, and which of them are named beside their circle."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from django.utils.translation import gettext as _

from dom_project.words import look

from . import us_map
from .models import Node
from .network_words import age

EDGE = 150  # of the drawing's 960
NAMED_FEEDS = 8  # more names than that would cover the map; the list beside it has them all


class Placed(Protocol):
    """What a circle stands for."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def latitude(self) -> float | None: ...
    @property
    def longitude(self) -> float | None: ...


@dataclass(frozen=True)
class Dot:
    """A node on the map. `label` is read aloud, `said` stands `below` the centre; `minutes` is the feed's age."""

    node: Placed
    x: float
    y: float
    radius: float
    tone: str
    feed: str
    label: str
    minutes: int | None = None
    said: str = ""

    @property
    def below(self) -> float:
        return self.radius + 15

    @property
    def old(self) -> str:
        """The age of a feed that is not on time, where there is room for it; "" otherwise."""
        return age(self.minutes) if self.feed in ("late", "stale") and self.minutes is not None else ""

    @property
    def side(self) -> str:
        """Where the name must begin or end so that it stays on the drawing: is-start, is-end, "" in the middle."""
        return "is-start" if self.x < EDGE else "is-end" if self.x > us_map.WIDTH - EDGE else ""


def dot(node: Placed, *, radius: float, tone: str, feed: str, label: str, minutes: int | None = None) -> Dot | None:
    """The node's circle, None if it has no coordinates or lies off the drawing."""
    if node.latitude is None or node.longitude is None or not us_map.on_map(node.longitude, node.latitude):
        return None
    point = us_map.project(node.longitude, node.latitude)
    return Dot(node, point.x, point.y, radius, tone, feed, label, minutes)


def drawn(dots: Iterable[Dot | None]) -> list[Dot]:
    """The largest first, so that small ones stay on top. DCs are named, and feeds that are not on time."""
    found = sorted((each for each in dots if each), key=lambda each: -each.radius)
    silent = [each for each in found if each.feed in ("late", "stale")]
    return [replace(each, said=_said(each, few=len(silent) <= NAMED_FEEDS)) for each in found]


def _said(each: Dot, *, few: bool) -> str:
    named = each.node.kind == Node.Kind.DC
    if each.feed in ("late", "stale") and (named or few):
        return _("%(name)s: %(feed)s") % {"name": each.node.name, "feed": str(look("feed", each.feed).word).lower()}
    return each.node.name if named else ""
