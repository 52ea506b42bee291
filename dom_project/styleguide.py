"""Made-up figures for the style guide: every component in its states."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dom_project import words
from inventory import us_map

CATEGORIES = (
    "apparel",
    "footwear",
    "outdoor",
    "kitchen",
    "home",
    "toys",
    "electronics",
    "beauty",
    "garden",
    "sports",
    "books",
    "pets",
)
NODES = (
    ("Reno DC", -119.8, 39.5, 15, "warn", True),
    ("Joliet DC", -88.1, 41.5, 17, "bad", True),
    ("Atlanta DC", -84.4, 33.7, 16, "good", True),
    ("Newark DC", -74.2, 40.7, 17, "warn", True),
    ("Dallas", -96.8, 32.8, 7, "bad", False),
    ("Seattle", -122.3, 47.6, 6, "good", False),
    ("Denver", -104.9, 39.7, 6, "good", False),
    ("Los Angeles", -118.2, 34.1, 8, "warn", False),
    ("Miami", -80.3, 25.9, 6, "good", False),
    ("Minneapolis", -93.3, 45.0, 6, "good", False),
)
STALE = frozenset({"Minneapolis"})


class ExampleForm(forms.Form):
    name = forms.CharField(label=_("Name"), help_text=_("As people will look for it."))
    kind = forms.ChoiceField(label=_("Kind"), choices=[("dc", _("DC")), ("store", _("Store"))])
    cap = forms.IntegerField(label=_("Parcels a day"), min_value=0)
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    open = forms.BooleanField(label=_("Open for orders"), required=False)
    methods = forms.MultipleChoiceField(
        label=_("Delivery methods"),
        choices=[("ship", _("Ship")), ("pickup", _("Pickup"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


def examples() -> dict[str, Any]:
    """The context of the style guide."""
    now = timezone.now()
    places = [
        {"name": name, "at": us_map.project(longitude, latitude), "r": r, "tone": tone, "label": label}
        | {"stale": name in STALE, "label_y": us_map.project(longitude, latitude).y + r + 15, "ring": r + 4}
        for name, longitude, latitude, r, tone, label in NODES
    ]
    form = ExampleForm({"name": "", "kind": "dc", "cap": "-3", "methods": ["ship"]})
    form.is_valid()
    return {
        "now": now,
        "earlier": now - timedelta(minutes=3),
        "later": now + timedelta(hours=26),
        "kinds": {kind: list(codes) for kind, codes in words.SETS.items()},
        "categories": CATEGORIES,
        "rise": [3, 4, 4, 6, 5, 7, 8, 8, 9, 8, 10, 12],
        "fall": [9, 9, 8, 8, 7, None, 7, 6, 5, 5, 4, 4],
        "places": places,
        "form": form,
        "levels": ("success", "info", "warning", "error"),
        "whole": us_map.WHOLE,
        "parts": [("freight", 5.84), ("handling", 2.17), ("packaging", 0.46)],
        "figure": {
            "data": [
                {
                    "x": [f"2026-11-{day:02}" for day in range(1, 15)],
                    "y": [6.5, 6.48, 6.49, 6.4, 6.38, 6.41, 6.3, 6.22, 6.24, 6.2, 6.18, 6.25, 6.2, 6.16],
                    "mode": "lines",
                    "name": "Cost per order",
                    "line": {"color": "--tblr-primary", "width": 2.5},
                    "hovertemplate": "$%{y:.2f}<extra></extra>",
                }
            ],
            "layout": {"yaxis": {"tickprefix": "$", "tickformat": ".2f"}, "xaxis": {"tickformat": "%-d %b"}},
        },
    }
