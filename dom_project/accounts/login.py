"""The form that somebody logs in with."""

import math
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from . import lockout


class LoginForm(AuthenticationForm):
    """Refuses unseen what comes after too many wrong passwords; `locked_seconds` is then how long that goes on."""

    locked_seconds = 0

    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        # What the page itself offers with its password is no secret, and no visitor may close it to the next one.
        if not (username and password) or any(username == offered["username"] for offered in settings.DEMO_LOGINS):
            return super().clean()
        at, address = timezone.now(), address_of(self.request)
        if ends_at := lockout.begin(username, address, at=at):
            self.locked_seconds = math.ceil((ends_at - at).total_seconds())
            raise ValidationError("", code="locked_out")
        values = super().clean()
        lockout.succeeded(username, address)
        return values


def address_of(request: HttpRequest | None) -> str:
    """The address of who asks, as the first of our own proxies saw it (PROXIES); what lies further left is hearsay."""
    if request is None:
        return ""
    seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    nearest: str = request.META.get("REMOTE_ADDR") or ""
    return (seen[-settings.PROXIES :][0] if settings.PROXIES else "") or nearest
