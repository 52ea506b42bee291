"""How the API knows who calls: a bearer token, or the session of somebody who is logged in."""

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from dom_project.lib import counters

from . import tokens
from .access import Right, may
from .models import ApiToken, User

if TYPE_CHECKING:  # the views import this module through the settings
    from rest_framework.views import APIView


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer …`. Never in the query string: addresses end up in logs."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _space, key = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = tokens.find(key.decode("latin-1").strip(), at=timezone.now())
        if token is None:
            raise AuthenticationFailed(_("This token is not known, has ended or was revoked."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HasRight(BasePermission):
    """Asks the view's `rights`: method → right."""

    message = _("Your role or token does not allow this.")

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if request.method not in getattr(view, "allowed_methods", [request.method]):
            raise MethodNotAllowed(request.method or "")
        rights: dict[str, Right] = getattr(view, "rights", {})
        right = rights.get(method_of(request), rights.get("*"))
        return right is not None and may(request, right)


class ByToken(SimpleRateThrottle):
    """So many calls a minute per token, or per person, over all web processes. Uncounted while Valkey is away."""

    scope = "token"

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        whose = f"token-{request.auth.pk}" if isinstance(request.auth, ApiToken) else f"user-{request.user.pk}"
        return self.cache_format % {"scope": self.scope, "ident": whose}

    def allow_request(self, request: Request, view: "APIView") -> bool:
        most, seconds = self.parse_rate(self.rate)
        if most is None or seconds is None:
            return True
        now = self.timer()
        window, into = divmod(now, seconds)
        self.left = seconds - into  # until the next window begins
        calls = counters.count(f"{self.get_cache_key(request, view)}-{window:.0f}", keep=2 * seconds)
        return calls is None or calls <= most

    def wait(self) -> float:
        return self.left


def method_of(request: Request) -> str:
    """The method whose rights and parameters count: HEAD asks what GET does."""
    return "GET" if request.method == "HEAD" else request.method or ""


def actor_of(request: Request) -> str:
    """The name under which events remember who called: token:3 or user:12."""
    return f"token:{request.auth.pk}" if isinstance(request.auth, ApiToken) else f"user:{request.user.pk}"
