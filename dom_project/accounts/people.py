"""Who stands behind the actor codes that events, versions and activations store."""

from collections.abc import Iterable, Mapping

from django.http import HttpRequest
from django.utils.translation import gettext as _

from .models import ApiToken, User


def actor_of(request: HttpRequest) -> str:
    """The actor code of the person who is logged in."""
    assert isinstance(request.user, User)
    return request.user.actor


def names_of(actors: Iterable[str]) -> Mapping[str, str]:
    """The name of each actor code: "user:12" the person's, "token:3" the token's, "engine" a word of ours.

    At most one query for people and one for tokens. A code that nobody stands behind shows itself.
    """
    codes = {actor for actor in actors if actor}
    ids = {kind: [int(code[len(kind) :]) for code in codes if _is(kind, code)] for kind in ("user:", "token:")}
    named = {code: _WORDS[code]() if code in _WORDS else code.removeprefix("feed:") for code in codes}
    if ids["user:"]:
        for user in User.objects.filter(pk__in=ids["user:"]):
            named[user.actor] = user.get_full_name() or user.get_username()
    if ids["token:"]:
        for pk, name in ApiToken.objects.filter(pk__in=ids["token:"]).values_list("pk", "name"):
            named[f"token:{pk}"] = name
    return named


def _is(kind: str, code: str) -> bool:
    number = code[len(kind) :]
    return code.startswith(kind) and number.isascii() and number.isdecimal() and len(number) < 19


_WORDS = {
    "engine": lambda: _("Fairlead"),
    "demo": lambda: _("The demo"),
    "system": lambda: _("Fairlead"),
}
