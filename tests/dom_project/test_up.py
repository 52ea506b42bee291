"""The launcher's parts, each on its own; that they work together is tried on a fresh clone."""

import errno
import os
import signal
import socket
import stat
from contextlib import nullcontext
from types import SimpleNamespace

import psycopg
import pytest
from django.core.checks import run_checks

from dom_project import checks, devservices, up


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setattr(up, "HOME", tmp_path / "home")
    return tmp_path / "home"


def test_secrets_are_made_once_and_for_the_owner_only(home):
    first, second = up.House(8000, "127.0.0.1"), up.House(8000, "127.0.0.1")
    first.prepare()
    second.prepare()
    assert {name: first.environment[name] for name in up.SECRETS} == {
        name: second.environment[name] for name in up.SECRETS
    }
    assert stat.S_IMODE((home / "secrets.json").stat().st_mode) == 0o600
    assert len({first.environment[name] for name in up.SECRETS}) == len(up.SECRETS)


def test_a_given_secret_wins(home, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "given")
    house = up.House(8000, "127.0.0.1")
    house.prepare()
    assert house.environment["SECRET_KEY"] == "given"


def test_a_taken_port_is_refused_in_words_before_anything_starts():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(SystemExit, match=rf"Port {port} is taken by .*process {os.getpid()}"):
            up.House(port, "127.0.0.1").check_port()


def test_a_port_of_the_system_is_refused_by_its_own_name(monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    monkeypatch.setattr(up, "free_port", lambda: 4711)
    with pytest.raises(SystemExit, match="Port 80 is kept for the system.* PORT=4711 make demo") as refused:
        up.House(80, "127.0.0.1").check_port()
    assert "taken" not in str(refused.value)


@pytest.mark.parametrize("host", ["192.0.2.1", "::ffff:192.0.2.1"])
def test_an_address_of_another_machine_is_refused_in_words(host):
    with pytest.raises(SystemExit, match=f"HOST={host} is no address of this machine"):
        up.House(devservices.free_port(), host).check_port()


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("::", "[::1]"),
        ("2001:db8::7", "[2001:db8::7]"),
        ("demo.example", "demo.example"),
    ],
)
def test_the_demo_asks_where_it_listens_and_is_let_in_there(home, monkeypatch, host, name):
    house = up.House(8001, host)
    house.prepare()
    assert (house.url, house.environment["DEMO_URL"]) == (f"http://{name}:8001", f"http://{name}:8001")
    assert name in house.environment["ALLOWED_HOSTS"].split(",")
    asked: list[str] = []
    monkeypatch.setattr(up, "NO_PROXY", SimpleNamespace(open=lambda url, timeout: asked.append(url) or nullcontext()))
    house.wait_until_ready()
    assert asked == [f"http://{name}:8001/healthz"]


@pytest.mark.parametrize("step", ["check_port", "prepare"])
def test_an_interrupt_before_the_lock_ends_in_words(home, monkeypatch, step):
    def interrupted(_house: up.House) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setenv("PORT", str(devservices.free_port()))
    monkeypatch.setattr(up.House, step, interrupted)
    with pytest.raises(SystemExit, match="Stopped"):
        up.main()


def test_a_database_that_can_not_be_reached_is_named(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://nobody@127.0.0.1:9/none")
    with pytest.raises(SystemExit, match="DATABASE_URL can't be reached"):
        up.House(8000, "127.0.0.1").check_database()


def test_an_address_that_is_none_is_refused_in_words(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://nobody@127.0.0.1/none?no_such_option=1")
    with pytest.raises(SystemExit, match="DATABASE_URL can't be reached"):
        up.House(8000, "127.0.0.1").check_database()


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "80 ", "²"])
def test_a_port_that_is_none_is_refused_in_words(port):
    assert (up.port_of(""), up.port_of("8001")) == (8000, 8001)
    with pytest.raises(SystemExit, match="is no port: it must be a number from 1 to 65535"):
        up.port_of(port)


def test_a_second_start_leaves_the_logs_of_the_first_alone(home):
    (home / "log").mkdir(parents=True)
    (home / "log" / "web.log").write_text("mine")
    second = up.House(8000, "127.0.0.1")
    second.prepare()
    assert (home / "log" / "web.log").read_text() == "mine"
    second.keep_old_logs()
    assert (home / "log" / "web.old").read_text() == "mine"


def test_a_server_that_is_given_up_while_it_starts_is_ended(tmp_path, monkeypatch):
    started = []

    def interrupted(service: devservices.Service, *_: object) -> None:
        started.append(service.process)
        raise KeyboardInterrupt

    monkeypatch.setattr(devservices, "_answers", lambda _ready: interrupted(begun[-1]))
    begun: list[devservices.Service] = []
    make = devservices.Service
    monkeypatch.setattr(devservices, "Service", lambda *parts: begun.append(make(*parts)) or begun[-1])
    with pytest.raises(KeyboardInterrupt):
        devservices.start_valkey(tmp_path / "valkey")
    assert started[0].returncode is not None


@pytest.mark.parametrize(
    ("server", "reason"),
    [(180006, ""), (190000, ""), (170011, "PostgreSQL 17 is too old: Fairlead needs 18 or newer")],
)
def test_an_older_postgresql_is_refused_in_words(server, reason):
    assert devservices.too_old(server).startswith(reason)
    assert bool(devservices.too_old(server)) == bool(reason)


@pytest.mark.django_db
def test_django_refuses_an_older_server_too(monkeypatch):
    assert [error for error in run_checks(databases=["default"]) if error.id == "fairlead.E001"] == []
    old = SimpleNamespace(info=SimpleNamespace(server_version=160004))
    wrapper = SimpleNamespace(ensure_connection=lambda: None, connection=old)
    monkeypatch.setattr(checks, "connections", {"default": wrapper})
    assert [error.id for error in checks.postgresql_is_new_enough(["default"])] == ["fairlead.E001"]


def test_half_a_cluster_is_made_again_and_a_whole_one_is_kept(tmp_path):
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.owner() == tmp_path.owner() and str(parent).startswith("/tmp/"):  # noqa: S108
            parent.chmod(0o755)
    folder = tmp_path / "postgres"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "half").touch()
    with psycopg.connect((server := devservices.start_postgres(folder, settings=devservices.THROWAWAY)).url) as own:
        own.execute("CREATE TABLE kept AS SELECT 1")
    server.process.kill()
    server.process.wait()
    again = devservices.start_postgres(folder, settings=devservices.THROWAWAY)
    with psycopg.connect(again.url) as own:
        assert own.execute("SELECT * FROM kept").fetchone() == (1,)
    again.stop()
    assert again.process.returncode == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
