"""The time zone of a page: the reader's own where they chose one, the retailer's otherwise, named with every time."""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone


def in_the_readers_zone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware for pages. The API speaks UTC, whoever asks.

    `request.zone` is the zone's name; empty where none is known: the browser then tells the times in its own.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        name = "" if request.path_info.startswith("/api/") else zone_of(request)
        request.zone = name  # type: ignore[attr-defined]
        with timezone.override(name or None):
            return get_response(request)

    return middleware


def zone_of(request: HttpRequest) -> str:
    """The name of the zone that this request's page is told in; empty when nobody has said one."""
    chosen = getattr(request.user, "time_zone", "")
    return chosen if is_zone(chosen) else settings.RETAILER_TIME_ZONE


def is_zone(name: str) -> bool:
    """Whether there is a zone of this name."""
    try:
        return bool(name) and bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
