"""What an administrator types into masters, judged as an import judges its cells."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from dom_project.lib.sentences import sentence
from dom_project.words import ABILITIES

from .imports import cells
from .models import Channel, ExchangeRate, LegalEntity, Node, Sku

CODES: Mapping[str, Callable[[str], str]] = {
    "base": cells.currency,
    "quote": cells.currency,
    "currency": cells.currency,
    "country": cells.country,
    "time_zone": cells.zone,
}


class MasterForm(forms.ModelForm):
    """Currencies, countries and time zones are known ones; what is wrong is said at its field."""

    read: ClassVar[Mapping[str, Callable[[str], str]]] = CODES

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        for name in self.read.keys() & values.keys():
            try:
                values[name] = self.read[name](str(values[name]))
            except cells.Wrong as wrong:
                self.add_error(name, sentence(wrong.reason, wrong.params))
        return values


class NodeForm(MasterForm):
    read = {name: CODES[name] for name in ("currency", "country")}  # noqa: RUF012  the model reads its time zone
    abilities = forms.MultipleChoiceField(
        choices=[(code, look.word) for code, look in ABILITIES.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    class Meta:
        model = Node
        fields = "__all__"  # noqa: DJ007  an administrator's
        # The node's own time: the administration's clock would speak of the reader's.
        widgets: ClassVar[dict[str, Any]] = {"cut_off": forms.TimeInput(format="%H:%M")} | {
            name: forms.TextInput(attrs={"size": 80}) for name in ("holidays", "handling_classes")
        }
        help_texts: ClassVar[dict[str, Any]] = {"holidays": _("Local days on which it is closed: 2026-12-25, ….")}

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        latitude, longitude = values.get("latitude"), values.get("longitude")
        if (latitude is None) != (longitude is None) and not {"latitude", "longitude"} & self.errors.keys():
            self.add_error("latitude", sentence("half_a_place"))
        for name, value, most in (("latitude", latitude, 90), ("longitude", longitude, 180)):
            if value is not None and not -most <= value <= most:
                self.add_error(name, sentence("out_of_range", {"value": value, "least": -most, "most": most}))
        return values


class SkuForm(MasterForm):
    class Meta:
        model = Sku
        fields = "__all__"  # noqa: DJ007

    def clean_weight_grams(self) -> int:
        grams = int(self.cleaned_data["weight_grams"])
        if grams < 1:
            raise forms.ValidationError(_("Freight is by weight: it is above 0."))
        return grams


class ChannelForm(MasterForm):
    class Meta:
        model = Channel
        fields = "__all__"  # noqa: DJ007


class LegalEntityForm(MasterForm):
    class Meta:
        model = LegalEntity
        fields = "__all__"  # noqa: DJ007


class ExchangeRateForm(MasterForm):
    class Meta:
        model = ExchangeRate
        fields = "__all__"  # noqa: DJ007

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if values.get("base") and values.get("base") == values.get("quote"):
            self.add_error("quote", _("A rate is between two currencies."))
        if values.get("rate") is not None and values["rate"] <= 0:
            self.add_error("rate", _("A rate is above 0."))
        return values
