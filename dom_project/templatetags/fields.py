"""Form fields in the look of the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms, template
from django.forms import BoundField

register = template.Library()


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
