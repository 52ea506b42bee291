"""Instants, ages and days: in the reader's own time, or in a node's."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from .figures import NONE

register = template.Library()


def _instant(at: datetime | None, form: str, zone: str) -> SafeString:
    if at is None:
        return mark_safe(NONE)
    month = "%b %Y" if form == "dated" else "%b"
    local = at.astimezone(ZoneInfo(zone) if zone else timezone.get_current_timezone())
    return format_html(
        '<time datetime="{}"{}>{} {}</time>',
        at.isoformat(timespec="seconds"),
        mark_safe("") if zone else format_html(' data-time="{}"', form),
        f"{local:%H:%M}" if form == "clock" else f"{local:%a} {local.day} {local:{month}}, {local:%H:%M}",
        local.tzname() or "",
    )


@register.simple_tag
def when(at: datetime | None, zone: str = "") -> SafeString:
    """An instant in the page's zone (`dom_project.zone`), named; in a given one (a node's, say) it stays there."""
    return _instant(at, "when", zone)


@register.simple_tag
def dated(at: datetime | None, zone: str = "") -> SafeString:
    """As `when`, with its year: for what may lie a year away."""
    return _instant(at, "dated", zone)


@register.simple_tag
def clock(at: datetime | None, zone: str = "") -> SafeString:
    """Hours and minutes only, as `when`."""
    return _instant(at, "clock", zone)


@register.simple_tag
def age(at: datetime | None) -> SafeString:
    """How long ago, or how soon; goes on by itself. Without JavaScript it is the instant."""
    return _instant(at, "age", "")


@register.filter
def day(given: date | None) -> str:
    """A local day: Wed 25 Nov."""
    return NONE if given is None else f"{given:%a} {given.day} {given:%b}"
