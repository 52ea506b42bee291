"""A person's own page: who they are here, and the keys of the machines that they keep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from dom_project.lib.htmx import render_part, say, wants_part

from . import tokens
from .access import SCOPES, Right, may, needs
from .models import ApiToken, User

PAGE = "registration/account.html"
SHOWN = 100
SCOPE_WORDS: dict[str, str | Promise] = {
    "orders:read": gettext_lazy("Read orders"),
    "orders:write": gettext_lazy("Read, send, change and cancel orders"),
    "stock:read": gettext_lazy("Read stock, nodes and SKUs"),
    "stock:write": gettext_lazy("Read stock, send counts"),
    "floor:write": gettext_lazy("Read orders, pick, pack and ship"),
}
DAYS = {
    "90": gettext_lazy("After 90 days"),
    "365": gettext_lazy("After a year"),
    "0": gettext_lazy("Never by itself"),
}


class TokenForm(forms.Form):
    """A new token; who may keep none but their own is not asked for the account."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("Which machine or program will use it.")
    )
    holder = forms.ModelChoiceField(label=gettext_lazy("Account"), queryset=User.objects.none(), empty_label=None)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("May"),
        choices=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("None chosen: everything that the role of integration may do."),
    )
    days = forms.ChoiceField(label=gettext_lazy("Ends"), choices=list(DAYS.items()), initial="365")

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        holder = cast("forms.ModelChoiceField[User]", self.fields["holder"])
        holder.queryset = tokens.holders_for(user)
        if user.pk in holder.queryset.values_list("pk", flat=True):
            holder.widget, holder.required, holder.initial = forms.HiddenInput(), False, user


@require_GET
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Who I am here, the way to a new password, and the tokens that I keep."""
    return render_part(request, PAGE, "", _context(request))


@require_POST
@needs(Right.KEEP_TOKENS)
def make_token(request: HttpRequest) -> HttpResponse:
    """Make a token; this answer alone shows it."""
    user, at = cast(User, request.user), timezone.now()
    form = TokenForm(user, request.POST)
    if not form.is_valid():
        return render_part(request, PAGE, "tokens", _context(request, form), status=422)
    values = form.cleaned_data
    key = tokens.make(
        values["holder"] or user,
        name=values["name"],
        scopes=values["scopes"],
        at=at,
        expires_at=at + timedelta(days=days) if (days := int(values["days"])) else None,
    )
    made = {"key": key, "made": values["name"]}
    response = render_part(request, PAGE, "tokens", _context(request) | made, status=201)
    patch_cache_control(response, no_store=True)
    return response


@require_POST
@needs(Right.KEEP_TOKENS)
def revoke_token(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    token = tokens.token_for(cast(User, request.user), pk)
    if tokens.revoke(token, at=timezone.now()):
        text, level = _("%(name)s was revoked: calls with it are refused from now on."), "success"
    else:
        text, level = _("%(name)s had been revoked before."), "info"
    if not wants_part(request):
        return say(request, redirect("account"), text % {"name": token.name}, level=level)
    return say(
        request, render_part(request, PAGE, "tokens", _context(request)), text % {"name": token.name}, level=level
    )


def _context(request: HttpRequest, form: TokenForm | None = None) -> dict[str, Any]:
    user = cast(User, request.user)
    if not may(request, Right.KEEP_TOKENS):
        return {"keeps_tokens": False}
    form = form or TokenForm(user)
    own = isinstance(form.fields["holder"].widget, forms.HiddenInput)
    return {
        "keeps_tokens": True,
        "form": form,
        "rows": [_row(token) for token in tokens.tokens_for(user)[:SHOWN]],
        "own": own,
        "nobody": not own and not tokens.holders_for(user).exists(),
    }


def _row(token: ApiToken) -> dict[str, Any]:
    """A token with its state: live, revoked or expired, and what it may do in words."""
    state = "live"
    if token.revoked_at:
        state = "revoked"
    elif token.expires_at and token.expires_at <= timezone.now():
        state = "expired"
    return {"token": token, "state": state, "scopes": [SCOPE_WORDS.get(scope, scope) for scope in token.scopes]}
