"""Small pictures: icons, glyphs, sparklines, bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from .figures import percent

register = template.Library()


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
