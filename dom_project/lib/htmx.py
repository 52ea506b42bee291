"""What pages need beside a template: the address of their live stream."""

import time
from collections.abc import Iterable

from django.core import signing

LIVE_SALT = "fairlead.live"
LIVE_SECONDS = 600


def live_url(user_id: int, nodes: Iterable[str] | None) -> str:
    """Return the address of a stream for ten minutes. `nodes` are codes that the user may see, None = all of them."""
    what = {"user": user_id, "nodes": None if nodes is None else sorted(nodes), "until": time.time() + LIVE_SECONDS}
    return f"/live/{signing.dumps(what, salt=LIVE_SALT, compress=True)}"
