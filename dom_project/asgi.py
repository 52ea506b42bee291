"""One port: streams under /live/, everything else is Django's."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dom_project.settings")

from django.core.wsgi import get_wsgi_application  # noqa: E402

handler = get_wsgi_application()

from . import live  # noqa: E402
from .health import PATHS  # noqa: E402
from .threads import Threads  # noqa: E402

pages = Threads(handler, int(os.environ.get("WEB_THREADS", "4")), "page")
health = Threads(handler, 1, "health")  # answers even when every page waits for the database

gc.collect()
gc.freeze()  # what is loaded stays: no collection looks through it


async def application(scope: live.Message, receive: live.Receive, send: live.Send) -> None:
    """ASGI entry."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    elif scope["path"].startswith("/live/"):
        await live.application(scope, receive, send)
    elif scope["path"] in PATHS:
        await health(scope, receive, send)
    else:
        await pages(scope, receive, send)
