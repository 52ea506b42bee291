"""Stored codes as badges, words and icons; what the page's own scripts say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from dom_project.words import look

register = template.Library()


@register.inclusion_tag("partials/badge.html")
def state(kind: str, code: str) -> Mapping[str, Any]:
    """The badge of a stored state: {% state "order" order.state %}. Kinds: `words.SETS`."""
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
