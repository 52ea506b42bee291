"""Targets to set; facts to look at."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from dom_project.admin_pages import Master, Record

from .metrics import FIGURES, Unit
from .models import Cursor, DailyFact, OrderFact, Target
from .words import NAMES


class TargetForm(forms.ModelForm):
    metric = forms.ChoiceField(
        choices=[(code, NAMES[code][1]) for code in FIGURES],
        help_text=_("Shares as 0.95, money in minor units, lengths of time in minutes."),
    )

    class Meta:
        model = Target
        fields = ("metric", "from_date", "value")

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        figure, value = FIGURES.get(values.get("metric", "")), values.get("value")
        if figure and value is not None and (value < 0 or (figure.unit is Unit.SHARE and value > 1)):
            share = _("A share lies between 0 and 1.")
            self.add_error("value", share if figure.unit is Unit.SHARE else _("It can't be below 0."))
        return values


@admin.register(Target)
class TargetAdmin(Master):
    form = TargetForm
    list_display = ["metric", "from_date", "value"]
    ordering = ["metric", "-from_date"]


admin.site.register([Cursor, DailyFact, OrderFact], Record)
