"""Keys for machines: made once, shown once, kept as a hash."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from .models import ApiToken, User

USED_STEP = timedelta(minutes=1)  # last_used_at is written at most this often, not by every call


def digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def make(
    user: User,
    *,
    name: str,
    at: datetime,
    scopes: Sequence[str] = (),
    key: str = "",
    expires_at: datetime | None = None,
) -> str:
    """Return the new key; only its hash is kept. A given `key` must carry 256 bits of chance itself."""
    key = key or f"fl_{secrets.token_urlsafe(32)}"
    ApiToken.objects.create(
        user=user,
        name=name,
        prefix=key[:9],
        digest=digest(key),
        scopes=list(scopes),
        created_at=at,
        expires_at=expires_at,
    )
    return key


def find(key: str, *, at: datetime) -> ApiToken | None:
    """Return the live token of this key, with its user, or None: unknown, revoked, expired or its user disabled."""
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=digest(key), revoked_at=None, user__is_active=True)
        .first()
    )
    if token is None or (token.expires_at and token.expires_at <= at):
        return None
    if token.last_used_at is None or at - token.last_used_at > USED_STEP:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    return token


def revoke(token: ApiToken, *, at: datetime) -> bool:
    """End a token for good. Returns False if it had ended before."""
    return bool(ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at))
