"""Codes and parameters become sentences here, at the edge. Each room teaches its own; those of any input are below."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = Mapping[str, str | Promise]

_taught: dict[str, str | Promise] = {
    "bad_input": _("is not as it should be"),
    "not_acceptable": _("The API answers in application/json."),
    "missing": _("is needed"),
    "unknown_field": _("is not a field of this"),
    "wrong_type": _("must be of the type %(expected)s, not %(got)s"),
    "bad_value": _("is not a value that goes here"),
    "bad_format": _("has characters or a form that don't go here"),
    "bad_text": _("must have between 1 and %(longest)s characters"),
    "too_long": _("must have at most %(longest)s characters"),
    "too_small": _("must be at least %(least)s"),
    "too_large": _("must be at most %(most)s"),
    "too_many": _("must be at most %(most)s"),
    "not_whole": _("must be a whole number"),
    "whole_number_between": _("Please give a whole number from %(least)s to %(most)s."),
    "not_a_whole_number": _("%(value)s is not a whole number from %(least)s to %(most)s"),
    "not_an_amount": _("%(value)s is not an amount of money in whole minor units"),
    "not_an_instant": _("is not an instant like 2026-11-10T15:00:00Z"),
    "no_offset": _("needs an offset from UTC, like 2026-11-10T15:00:00-05:00 or …Z"),
    "in_the_future": _("%(value)s is more than 5 minutes in the future"),
    "not_json": _("The body is not JSON: it can't be read from character %(position)s on."),
    "not_a_list": _("The body must be a JSON array."),
    "wrong_number_of_rows": _("There are %(rows)s rows; there must be from 1 to %(most)s."),
    "other_body": _("was sent before with another body"),
    "in_flight": _("The first call with this key is still at work. Try again in a moment."),
    "not_found": _("There is nothing here, or nothing for you."),
    "not_allowed": _("Your role or token does not allow this."),
    "not_logged_in": _("Send a token, or log in."),
    "counted_as_nothing": _("is below 0: counted as 0, and kept as a data issue"),
    "bad_token": _("This token is not known, has ended or was revoked."),
    "unknown_parameter": _("is not a parameter of this call; it takes %(known)s"),
    "takes_no_parameter": _("is not a parameter of this call; it takes none"),
    "method_not_allowed": _("This address does not take %(method)s."),
    "not_that_type": _("The body must be application/json."),
    "too_often": _("Too many calls. Try again in %(seconds)s seconds."),
    "body_too_big": _("The body is larger than %(most)s bytes."),
    "body_broken_off": _("The body broke off before its end."),
    "busy": _("The database is busy or away. Nothing was written; try again in a moment."),
}


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def teach(words: Words) -> None:
    """Add a room's sentences. A code has one sentence: another one for the same code is a mistake in the code."""
    for code, text in words.items():
        if _taught.setdefault(code, text) is not text:
            raise ValueError(f"{code} has two sentences.")


def sentence(code: str, params: Mapping[str, Any] | None = None) -> str:
    """The sentence of a code in the reader's language, with … for a parameter that is left out.

    A code that nobody taught shows itself.
    """
    text = _taught.get(code)
    if text is None:
        return code.replace("_", " ")
    return str(text) % _Known({name: _listed(value) for name, value in (params or {}).items()})


def _listed(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
