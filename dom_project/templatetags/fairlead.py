"""The tags and filters of every page: icons, money, time, badges, small pictures. `docs/pages.md` shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from django import forms, template
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dom_project.words import look

register = template.Library()

MINUS = "−"
NONE = "–"

# ── Drawings ──────────────────────────────────────────────────────────────────────────────────────


@register.simple_tag
def icon(name: str, extra: str = "", label: str = "") -> SafeString:
    """An icon of static/vendor/icons.svg. With a label it is read out, without one it is decoration."""
    told = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon{}" {}><use href="{}#{}"/></svg>',
        f" {extra}" if extra else "",
        told,
        static("vendor/icons.svg"),
        name,
    )


GLYPHS = frozenset(
    ("apparel", "footwear", "outdoor", "kitchen", "home", "toys")
    + ("electronics", "beauty", "garden", "sports", "books", "pets")
)


@register.simple_tag
def glyph(category: Any, extra: str = "", label: str = "") -> SafeString:
    """The drawing of a category (its row or its code) from static/glyphs.svg; a parcel where nobody drew one."""
    code = str(getattr(category, "code", category)).lower()
    if code not in GLYPHS:
        return icon("package", f"glyph {extra}".strip(), label)
    told = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="glyph{}" {}><use href="{}#glyph-{}"/></svg>',
        f" {extra}" if extra else "",
        told,
        static("glyphs.svg"),
        code,
    )


@register.simple_tag
def sparkline(values: Sequence[float | None], tone: str = "info", label: str = "") -> SafeString:
    """A line of the values, oldest first, filling its box. None leaves a gap; fewer than two values draw nothing."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return mark_safe("")
    low, high = min(known), max(known)
    span, last = float(high - low) or 1.0, len(values) - 1
    places = [
        None if value is None else (f"{index * 100 / last:.1f}", f"{34 - float(value - low) * 30 / span:.1f}")
        for index, value in enumerate(values)
    ]
    runs: list[list[tuple[str, str]]] = [[]]
    for place in places:
        if place is None:
            runs.append([])
        else:
            runs[-1].append(place)
    lines = "".join("M" + "L".join(f"{x} {y}" for x, y in run) for run in runs if run)
    areas = "".join(
        "M" + "L".join(f"{x} {y}" for x, y in run) + f"L{run[-1][0]} 40L{run[0][0]} 40Z"
        for run in runs
        if len(run) > 1
    )
    told = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="spark tone-{}" viewBox="0 0 100 40" preserveAspectRatio="none" {}>'
        '<path class="spark-area" d="{}"/><path class="spark-line" d="{}"/></svg>',
        tone,
        told,
        areas,
        lines,
    )


@register.simple_tag
def meter(value: float, most: float, tone: str = "", label: str = "") -> SafeString:
    """A bar of value out of most. Without a tone: good below 70 %, warn below 90 %, bad above."""
    share = float(value) / float(most) if most else (1.0 if value else 0.0)
    tone = tone or ("good" if share < 0.7 else "warn" if share < 0.9 else "bad")
    return format_html(
        '<svg class="meter tone-{}" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="meter-rail" width="100" height="6"/><rect class="meter-bar" width="{}" height="6"/></svg>',
        tone,
        label or percent(share, 0),
        f"{min(max(share, 0), 1) * 100:.1f}",
    )


@register.simple_tag
def stacked(parts: Sequence[tuple[str, float]], most: float = 0, label: str = "") -> SafeString:
    """A bar of parts beside each other; each part is (key, size) and takes the colour of class part-<key>."""
    total = float(most or sum(size for _key, size in parts)) or 1.0
    rects, x = [], 0.0
    for key, size in parts:
        width = float(size) * 100 / total
        rects.append((f"{x:.2f}", f"{max(width - 0.4, 0):.2f}", key))
        x += width
    return format_html(
        '<svg class="stacked" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<rect class="meter-rail" width="100" height="6"/>{}</svg>',
        label,
        mark_safe(  # noqa: S308  (numbers of ours, the key escaped)
            "".join(
                format_html('<rect class="part-{}" x="{}" width="{}" height="6"/>', key, left, width)
                for left, width, key in rects
            )
        ),
    )


# ── Words and figures ─────────────────────────────────────────────────────────────────────────────

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CAD": "CA$", "AUD": "A$", "MXN": "MX$"}
WITHOUT_MINOR = frozenset({"JPY", "KRW", "CLP", "VND", "ISK"})


@register.filter
def money(minor: float | Decimal | Fraction | None, currency: str = "USD") -> str:
    """Minor units in the words of their currency: 1234 USD is $12.34. A dash when unknown."""
    if minor is None:
        return NONE
    digits = 0 if currency in WITHOUT_MINOR else 2
    amount = abs(float(minor)) / 10**digits
    sign = MINUS if minor < 0 and round(amount, digits) else ""
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{amount:,.{digits}f}" if symbol else f"{sign}{amount:,.{digits}f} {currency}"


@register.filter
def signed_money(minor: float | Decimal | Fraction | None, currency: str = "USD") -> str:
    """Money with its sign, for differences: +$0.14, −$0.24."""
    told = money(minor, currency)
    return f"+{told}" if minor is not None and minor > 0 else told


@register.filter
def quantity(units: float | None) -> str:
    """A whole number with thousands apart. A dash when unknown."""
    return NONE if units is None else f"{MINUS if units < 0 else ''}{abs(round(units)):,}"


@register.filter
def signed(units: float | None) -> str:
    """A whole number with its sign: +3, −2, 0."""
    told = quantity(units)
    return f"+{told}" if units is not None and units > 0 else told


@register.filter
def percent(share: float | Decimal | Fraction | None, digits: int = 1) -> str:
    """A share of one as a percentage: 0.964 is 96.4 %. A dash when unknown."""
    return NONE if share is None else f"{float(share) * 100:.{digits}f} %".replace("-", MINUS)


@register.filter
def points(share: float | Decimal | Fraction | None, digits: int = 1) -> str:
    """A difference of two shares in percentage points, with its sign: +0.6 pt."""
    if share is None:
        return NONE
    value = round(float(share) * 100, digits)
    return f"{'+' if value > 0 else MINUS if value < 0 else ''}{abs(value):.{digits}f} {_('pt')}"


@register.filter
def duration(length: timedelta | float | None) -> str:
    """A length of time, in seconds or as a timedelta, in its two largest units: 7 h 48 min, 3 d 2 h, 25 s."""
    if length is None:
        return NONE
    seconds = round(length.total_seconds() if isinstance(length, timedelta) else float(length))
    sign, seconds = (MINUS if seconds < 0 else ""), abs(seconds)
    if seconds < 60:
        return f"{sign}{seconds} {_('s')}"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:
        return f"{sign}{minutes} {_('min')}"
    if hours < 48:
        return f"{sign}{hours} {_('h')}" + (f" {minutes % 60} {_('min')}" if minutes % 60 else "")
    return f"{sign}{days} {_('d')}" + (f" {hours % 24} {_('h')}" if hours % 24 else "")


@register.filter
def add_px(length: float, more: float) -> str:
    """A length of a drawing made longer, written for an SVG attribute."""
    return f"{float(length) + float(more):g}"


@register.filter
def minutes_long(minutes: float | Fraction | None) -> str:
    """A length in minutes as `duration` writes it."""
    return duration(None if minutes is None else float(minutes) * 60)


@register.filter
def signed_minutes(minutes: float | Fraction | None) -> str:
    """A difference in minutes with its sign: +12 min, −1 h 5 min."""
    return NONE if minutes is None else ("+" if minutes > 0 else "") + minutes_long(minutes)


@register.filter
def minutes_left(minutes: float | None) -> str:
    """Minutes to a cut-off in words: 40 min left, 25 min over."""
    if minutes is None:
        return NONE
    told = duration(abs(minutes) * 60)
    return _("%(time)s over") % {"time": told} if minutes < 0 else _("%(time)s left") % {"time": told}


@register.filter
def weight(grams: float | None) -> str:
    """Grams in pounds, or in kilograms where the retailer's units are metric."""
    return NONE if grams is None else f"{grams / 1000:,.1f} kg"


@register.filter
def units(number: int) -> str:
    """1 unit, 12 units."""
    return ngettext("%(number)s unit", "%(number)s units", number) % {"number": quantity(number)}


# ── Time ──────────────────────────────────────────────────────────────────────────────────────────


def _instant(at: datetime | None, form: str, zone: str) -> SafeString:
    if at is None:
        return mark_safe(NONE)
    local = at.astimezone(ZoneInfo(zone) if zone else timezone.get_current_timezone())
    return format_html(
        '<time datetime="{}"{}>{} {}</time>',
        at.isoformat(timespec="seconds"),
        mark_safe("") if zone else format_html(' data-time="{}"', form),
        f"{local:%a} {local.day} {local:%b}, {local:%H:%M}" if form != "clock" else f"{local:%H:%M}",
        local.tzname() or "",
    )


@register.simple_tag
def when(at: datetime | None, zone: str = "") -> SafeString:
    """An instant in the page's zone (`dom_project.zone`), named; in a given one (a node's, say) it stays there."""
    return _instant(at, "when", zone)


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


# ── States and tones ──────────────────────────────────────────────────────────────────────────────


@register.inclusion_tag("partials/badge.html")
def state(kind: str, code: str) -> Mapping[str, Any]:
    """The badge of a stored state: {% state "order" order.state %}. Kinds: order, shipment, feed, version."""
    word, tone, name = look(kind, code)
    return {"word": word, "tone": tone, "icon": name}


@register.inclusion_tag("partials/badge.html")
def badge(word: str, tone: str = "quiet", icon: str = "") -> Mapping[str, Any]:
    """A badge of any word."""
    return {"word": word, "tone": tone, "icon": icon}


@register.filter
def word(code: str, kind: str) -> str:
    """The word of a stored code: {{ order.method|word:"method" }}."""
    return str(look(kind, code).word)


@register.filter
def code_icon(code: str, kind: str) -> str:
    """The icon's name of a stored code: {% icon node.kind|code_icon:"node" %}."""
    return look(kind, code).icon


TONES = {"success": "good", "info": "info", "warning": "warn", "error": "bad", "debug": "quiet"}
ICONS = {"good": "circle-check", "info": "info-circle", "warn": "alert-triangle", "bad": "alert-circle"}


@register.filter
def tone_of_level(level: str) -> str:
    """The tone of a message's level."""
    return TONES.get(level, "info")


@register.filter
def icon_of_tone(tone: str) -> str:
    """The icon that says in a shape what a tone says in colour."""
    return ICONS.get(tone or "bad", "info-circle")


@register.filter
def icon_of_level(level: str) -> str:
    """The icon of a message's level."""
    return icon_of_tone(tone_of_level(level))


@register.simple_tag
def shell_words() -> SafeString:
    """The few words that the page's own scripts say, as JSON."""
    words = {
        "yes": _("Yes"),
        "failed": _(
            "That did not work: the server could not answer. Please reload the page and look before you try again."
        ),
        "unreachable": _("No connection: nothing was sent. Please try again when you are back online."),
        "403": _("You may not do that. Ask an administrator for the right."),
        "404": _("That is gone, or it was never yours to see."),
        "409": _("Somebody or something was faster. Please reload the page to see how it stands."),
        "413": _("That file is too large."),
        "429": _("Too many requests. Please wait a moment."),
    }
    return mark_safe(json.dumps(words).replace("<", "\\u003c"))  # noqa: S308


# ── Forms ─────────────────────────────────────────────────────────────────────────────────────────


@register.inclusion_tag("partials/field.html")
def field(bound: BoundField, extra: str = "") -> Mapping[str, Any]:
    """A field with its label, hint and errors, in the look of the pages: {% field form.quantity %}."""
    widget = bound.field.widget
    check = isinstance(widget, forms.CheckboxInput)
    group = isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple)
    if check or group:
        css = "form-check-input"
    elif isinstance(widget, forms.Select):
        css = "form-select"
    elif isinstance(widget, forms.HiddenInput):
        css = ""
    else:
        css = "form-control"
    if bound.errors and not check:
        css += " is-invalid"
    if group:
        widget.attrs["class"] = css
    given = widget.attrs.get("class", "") if not group else ""
    return {
        "bound": bound,
        "widget": "" if group else bound.as_widget(attrs={"class": f"{css} {given} {extra}".strip()}),
        "check": check,
        "group": group,
        "switch": "form-switch" in extra,
    }
