"""Figures in words: money, quantities, shares, lengths of time, weights."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.currencies import SYMBOLS, exponent

MINUS = "−"
NONE = "–"

register = template.Library()


@register.filter
def money(minor: float | Decimal | Fraction | None, currency: str = "USD") -> str:
    """Minor units in the words of their currency: 1234 USD is $12.34. A dash when unknown."""
    if minor is None:
        return NONE
    digits = exponent(currency)
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
    """Grams in kilograms: 1500 is 1.5 kg. A dash when unknown."""
    return NONE if grams is None else f"{grams / 1000:,.1f} kg"


@register.filter
def units(number: int) -> str:
    """1 unit, 12 units."""
    return ngettext("%(number)s unit", "%(number)s units", number) % {"number": quantity(number)}
