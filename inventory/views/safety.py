"""The rules of safety stock: what they keep back now, add, switch, remove."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from dom_project.accounts.access import Right, may, needs
from dom_project.accounts.people import actor_of, names_of
from dom_project.lib.api_errors import Refused
from dom_project.lib.form_fields import WholeNumber
from dom_project.lib.htmx import render_part, say, wants_part
from dom_project.lib.sentences import sentence
from inventory import audit, safety, safety_words, statement
from inventory.models import Category, Node, NodeGroup, SafetyRule, Sku

PAGE = "inventory/safety.html"
ANY: dict[str, Any] = {"required": False, "empty_label": gettext_lazy("Any"), "to_field_name": "code"}


class RuleForm(forms.Form):
    """A new rule; what is left empty means any."""

    units = WholeNumber(
        label=gettext_lazy("Units kept back"),
        least=0,
        most=safety.MOST,
        help_text=gettext_lazy("At each node."),
    )
    sku = forms.CharField(
        label=gettext_lazy("SKU"),
        max_length=64,
        required=False,
        help_text=gettext_lazy("Its code. Empty: the category, or every SKU."),
    )
    category = forms.ModelChoiceField(Category.objects.order_by("name"), label=gettext_lazy("Category"), **ANY)
    node = forms.ModelChoiceField(Node.objects.order_by("name"), label=gettext_lazy("Node"), **ANY)
    group = forms.ModelChoiceField(NodeGroup.objects.order_by("name"), label=gettext_lazy("Group of nodes"), **ANY)

    def clean_sku(self) -> Sku | None:
        code = self.cleaned_data["sku"].strip()
        found = Sku.objects.filter(code=code).first() if code else None
        if code and not found:
            raise forms.ValidationError(_("There is no SKU with this code."))
        return found


@require_http_methods(["GET", "POST"])
@needs(Right.SEE_NETWORK)
def rules(request: HttpRequest) -> HttpResponse:
    """The rules, in the order in which they win; a POST adds one."""
    if request.method == "GET":
        return render_part(request, PAGE, "rules", _context(request))
    return _add(request)


@needs(Right.RUN_NETWORK)
def _add(request: HttpRequest) -> HttpResponse:
    form = RuleForm(request.POST)
    if form.is_valid():
        try:
            added = safety.add_rule(**form.cleaned_data, at=timezone.now(), actor=actor_of(request))
        except Refused as refused:
            form.add_error(refused.field or None, sentence(refused.code, refused.params))
        else:
            return _done(request, _effect(added), undo=_act(added, "remove"))
    return render_part(request, PAGE, "rules", _context(request, form), status=422)


@require_POST
@needs(Right.RUN_NETWORK)
def rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a rule on or off, or remove it. An undo carries its act in the address."""
    act = request.GET.get("undo") or request.POST.get("act", "")
    undo = ""
    try:
        if act == "remove":
            safety.remove_rule(pk)
            text = _("Removed. What it kept back can be promised, unless another rule keeps it.")
        elif act in ("on", "off"):
            changed = safety.switch_rule(pk, active=act == "on")
            text, undo = _effect(changed), _act(changed, "off" if act == "on" else "on")
        else:
            raise Http404
    except Refused:
        raise Http404 from None
    return _done(request, text, undo=undo)


def _done(request: HttpRequest, text: str, *, undo: str) -> HttpResponse:
    if not wants_part(request) or "undo" in request.GET:
        return say(request, redirect("inventory_safety"), text)
    return say(request, render_part(request, PAGE, "rules", _context(request)), text, undo=undo)


def _act(changed: SafetyRule, act: str) -> str:
    return f"{reverse('inventory_safety_rule', args=[changed.pk])}?undo={act}"


def _effect(changed: SafetyRule) -> str:
    if not changed.active:
        return _("Switched off. What it kept back can be promised, unless another rule keeps it.")
    levels = statement.kept_by_rule().get(changed.pk, (0, 0))[0]
    return ngettext(
        "The rule decides %(levels)s stock level now.", "The rule decides %(levels)s stock levels now.", levels
    ) % {"levels": f"{levels:,}"}


def _context(request: HttpRequest, form: RuleForm | None = None) -> dict[str, Any]:
    kept, found = statement.kept_by_rule(), statement.all_rules()
    changes = audit.changes("SafetyRuleEvent", most=15)
    names = names_of([change.actor for change in changes] + [each.created_by for each in found])
    return {
        "rules": [(each, *kept.get(each.pk, (0, 0)), names.get(each.created_by, each.created_by)) for each in found],
        "changes": [
            (change, names.get(change.actor, ""), said)
            for change, said in zip(changes, safety_words.of_changes(changes), strict=True)
        ],
        "form": form or RuleForm(),
        "may_change": may(request, Right.RUN_NETWORK),
    }
