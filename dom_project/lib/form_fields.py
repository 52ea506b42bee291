"""Fields that several forms share, with their faults in our own words."""

from typing import Any

from django import forms
from django.utils.functional import lazystr

from .sentences import sentence


class WholeNumber(forms.IntegerField):
    """A whole number from `least` to `most`. Whatever is wrong with it, the message says what goes there."""

    def __init__(self, *, least: int, most: int, **more: Any) -> None:
        said = _Range(least, most)
        widget = forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        faults = dict.fromkeys(("required", "invalid", "min_value", "max_value"), lazystr(said))
        given = {"widget": widget, **more, "error_messages": faults | dict(more.get("error_messages") or {})}
        super().__init__(min_value=least, max_value=most, **given)


class _Range:
    def __init__(self, least: int, most: int) -> None:
        self.params = {"least": f"{least:,}", "most": f"{most:,}"}

    def __str__(self) -> str:
        return sentence("whole_number_between", self.params)
