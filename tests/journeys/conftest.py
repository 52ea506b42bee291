"""The whole house on the tests' database, as it runs for real: web with streams, a worker, beat, a Valkey."""

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page

from dom_project.accounts.models import Role, User
from dom_project.devservices import free_port
from dom_project.processes import Child, end_in_order
from inventory.models import Node
from tests import make

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "a long pass phrase"
READY_SECONDS = 120
PATIENCE = 30.0  # seconds for what a worker does, on a machine that does other things too


def database_url() -> str:
    """The address of this process' test database."""
    at = connection.settings_dict
    return f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"


def where_it_is(hour: int) -> str:
    """A zone where the story begins at that hour: whenever it is told, no midnight and no cut-off comes between."""
    east = (hour - timezone.now().hour + 12) % 24 - 12
    return f"Etc/GMT{-east:+d}"  # which counts westward


def two_stores(zone: str) -> dict[str, Node]:
    """A store in Reno, near the customers, and one in Denver, far from them, with a shop and rates."""
    make.rate_card()
    make.channel("web", name="Web shop")
    return {
        "RENO": make.node("RENO", name="Reno store", kind="store", time_zone=zone),
        "DENVER": make.node(
            "DENVER", name="Denver store", kind="store", city="Denver", region="CO", postcode="80202",
            latitude=39.74, longitude=-104.99, time_zone=zone,
        ),
    }  # fmt: skip


def eventually(holds: Callable[[], bool]) -> None:
    """Wait for what a worker does where no page shows it."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, f"after {PATIENCE:.0f} s it still does not hold"
        time.sleep(0.1)


@pytest.fixture
def erp_port() -> int:
    """The one address outside that the house may call."""
    return free_port()


@pytest.fixture
def house(transactional_db: None, valkey_url: str, erp_port: int, tmp_path: Path) -> Iterator[str]:
    """The address of a running Fairlead. It is empty; what it does meanwhile ends with the test."""
    port = free_port()
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "REDIS_URL": valkey_url,
        "BROKER_URL": valkey_url,
        "UPLOADS": str(tmp_path / "uploads"),
        "OUTBOUND_ALLOWED": f"127.0.0.1:{erp_port}",
        "PYTHONPATH": str(ROOT),
    }
    web = [str(Path(sys.executable).parent / "granian"), "--interface", "asgi", "--host", "127.0.0.1",
           "--port", str(port), "--workers-kill-timeout", "1", "--no-ws", "--log-level", "warning",
           "dom_project.asgi:application"]  # fmt: skip
    worker = [sys.executable, "-m", "celery", "-A", "dom_project", "worker", "-B", "-Q", "route,feed,out,report",
              "-c", "2", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]  # fmt: skip
    children = [
        Child(name, command, environment, tmp_path / f"{name}.log", ROOT)
        for name, command in (("web", web), ("worker", worker))
    ]
    for child in children:
        child.start()
    try:
        _wait_until_it_answers(port, children)
        yield f"http://127.0.0.1:{port}"
    finally:
        end_in_order([children], 10)
        with redis.Redis.from_url(valkey_url) as client:
            client.flushall()


def _wait_until_it_answers(port: int, children: list[Child]) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail("\n".join(f"{child.name}: {child.last_words()}" for child in children))


@pytest.fixture
def comes_in(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Lets a person of a role open a browser of their own and log in by the form. Returns their page."""
    contexts: list[BrowserContext] = []

    def comes_in(name: str, role: Role, url: str, *, nodes: tuple[Node, ...] = (), width: int = 1440) -> Page:
        first, last = name.split()
        if not User.objects.filter(username=first.lower()).exists():
            make.user(role, nodes=nodes, username=first.lower(), password=PASSWORD, first_name=first, last_name=last)
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}))
        page = contexts[-1].new_page()
        page.goto(f"{url}/login/")
        page.get_by_label("Username").fill(first.lower())
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in", exact=True).click()
        page.wait_for_url(lambda at: "/login/" not in at)
        return page

    yield comes_in
    for context in contexts:
        context.close()
