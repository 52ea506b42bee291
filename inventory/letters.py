"""Text as it can be stored. Pure."""

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """The same text with a mark for what JSON may hold and no database takes: NUL, half of a surrogate pair."""
    return _UNSTORABLE.sub("\ufffd", text)
