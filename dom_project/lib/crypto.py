"""Text that only the application can read, and hashes that find it again."""

import hmac
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


@lru_cache(maxsize=4)
def _locks(keys: tuple[str, ...]) -> MultiFernet:
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS is empty: it needs at least one Fernet key.")
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    """Return `text` locked with the newest of FIELD_KEYS."""
    return _locks(tuple(settings.FIELD_KEYS)).encrypt(text.encode()).decode()


def decrypt(locked: str) -> str:
    """Return the text; any of FIELD_KEYS opens it. Raises ValueError if none does."""
    try:
        return _locks(tuple(settings.FIELD_KEYS)).decrypt(locked.encode()).decode()
    except InvalidToken:
        raise ValueError("None of FIELD_KEYS opens this text.") from None


def keyed_hash(text: str) -> str:
    """Return 64 hex digits that are the same for the same text, for a search by whole value.

    The caller normalises. Keyed by the oldest of FIELD_KEYS, which a rotation must keep.
    """
    key = hmac.digest(settings.FIELD_KEYS[-1].encode(), b"keyed hash", sha256)
    return hmac.digest(key, text.encode(), sha256).hex()


class EncryptedText(models.TextField):
    """A text column that is locked in the database. It can't be searched; empty text stays empty."""

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return encrypt(prepared) if prepared else prepared

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return decrypt(value) if value else value

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name in ("exact", "isnull") else None
