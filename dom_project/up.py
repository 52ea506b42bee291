"""`python -m dom_project.up`: the whole house on one machine, until Ctrl-C.

Servers, migrations, seed and history, then web, workers, beat and the demo's other side. It ends the other way
round: first who makes work, then who does it, last who keeps it.
"""

import errno
import fcntl
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psycopg
from cryptography.fernet import Fernet

from .demo import RETAILER, RETAILER_TIME_ZONE
from .demo.logins import LOGINS
from .devservices import Service, ServiceError, end_with_parent, free_port, start_postgres, start_valkey, too_old
from .processes import Child, end_in_order, who_listens

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("FAIRLEAD_HOME", ROOT / ".fairlead"))
WEB_THREADS = 4
ENDS_FIRST = (("beat",), ("people", "erp"), ("web",), ("worker", "worker2"))
READY_SECONDS = 120
NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
SECRETS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "FIELD_KEYS": lambda: Fernet.generate_key().decode(),
    "DEMO_PASSWORD": lambda: secrets.token_urlsafe(9),
    "DEMO_API_TOKEN": lambda: secrets.token_hex(32),
    "DEMO_ERP_TOKEN": lambda: secrets.token_hex(32),
    "DEMO_WEBHOOK_SECRET": lambda: secrets.token_hex(32),
}


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def fail(text: str) -> NoReturn:
    raise SystemExit(f"\n{text}")


class House:
    def __init__(self, port: int, host: str) -> None:
        self.port, self.host = port, host
        self.servers: dict[str, tuple[Service, Callable[[], Service]]] = {}
        self.children: list[Child] = []
        self.step: subprocess.Popen[bytes] | None = None
        self.environment = dict(os.environ)

    @property
    def url(self) -> str:
        """Where this machine itself finds the pages."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  every address has these
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    # ── before anything runs ──────────────────────────────────────────────────────────────────────
    def check_port(self) -> None:
        try:
            [(family, *_kind, address), *_more] = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except OSError as error:
            other = f"choose another: PORT={free_port()} make demo"
            if error.errno == errno.EADDRINUSE:
                whom = who_listens(self.port)
                fail(f"Port {self.port} is taken{f' by {whom}' if whom else ''}. Stop it, or {other}")
            if error.errno == errno.EACCES:
                fail(f"Port {self.port} is kept for the system's own services. Please {other}")
            fail(f"HOST={self.host[:80]} is no address of this machine ({error.strerror}).")

    def check_database(self) -> None:
        """Refuse a DATABASE_URL that can't be reached or is too old."""
        try:
            with psycopg.connect(self.environment["DATABASE_URL"], connect_timeout=5) as connection:
                if reason := too_old(connection.info.server_version):
                    fail(reason)
        except psycopg.Error as error:
            fail(f"DATABASE_URL can't be reached: {error}")

    def prepare(self) -> None:
        """Make the folder and, once, its secrets."""
        HOME.mkdir(exist_ok=True)
        HOME.chmod(0o755 if os.geteuid() == 0 else 0o700)  # as root PostgreSQL's own user must walk through
        (HOME / "log").mkdir(exist_ok=True)
        file = HOME / "secrets.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        if missing := SECRETS.keys() - known.keys():
            known |= {name: SECRETS[name]() for name in missing}
            write_private(file, json.dumps(known, indent=1))
        erp_port = str(free_port())
        self.environment = known | {
            "FAIRLEAD_DEMO": "1",
            "DJANGO_SETTINGS_MODULE": "dom_project.settings",
            "PYTHONUNBUFFERED": "1",
            "MALLOC_ARENA_MAX": "2",  # else each thread keeps what it once needed: a fifth of all memory
            "UPLOADS": str(HOME / "uploads"),
            "PORT": str(self.port),
            "DEMO_URL": self.url,
            "ALLOWED_HOSTS": f"localhost,127.0.0.1,[::1],{self.url.removeprefix('http://').rpartition(':')[0]}",
            "DEMO_ERP_PORT": erp_port,
            "DEMO_ERP_URL": f"http://127.0.0.1:{erp_port}",
            "DEMO_ERP_FOLDER": str(HOME / "erp"),
            "OUTBOUND_ALLOWED": f"127.0.0.1:{erp_port}",
            "RETAILER": RETAILER,
            "RETAILER_TIME_ZONE": RETAILER_TIME_ZONE,
            "DEMO_LOGINS": json.dumps([login.offered(known["DEMO_PASSWORD"]) for login in LOGINS]),
            **self.environment,
        }

    def keep_old_logs(self) -> None:
        """Put the logs of the start before this one aside. Only who has the lock may: they may be somebody's yet."""
        for log in (HOME / "log").glob("*.log"):
            log.replace(log.with_suffix(".old"))

    # ── servers ───────────────────────────────────────────────────────────────────────────────────
    def start_servers(self) -> None:
        if self.environment.get("DATABASE_URL"):
            self.check_database()
        else:
            port = free_port()
            self._serve("DATABASE_URL", lambda: start_postgres(HOME / "postgres", port=port, in_session=True))
        if not self.environment.get("REDIS_URL"):
            valkey_port = free_port()
            self._serve("REDIS_URL", lambda: start_valkey(HOME / "valkey", port=valkey_port, in_session=True))
        names = [*SECRETS, "FAIRLEAD_DEMO", "DATABASE_URL", "REDIS_URL", "BROKER_URL", "UPLOADS", "DEMO_URL"]
        lines = [f"{name}={self.environment[name]}" for name in names if self.environment.get(name)]
        write_private(HOME / "environment", "\n".join(lines) + "\n")  # for manage.py beside a running demo

    def _serve(self, variable: str, start: Callable[[], Service]) -> None:
        service = start()
        self.servers[service.name] = (service, start)
        self.environment[variable] = service.url

    # ── work that ends ────────────────────────────────────────────────────────────────────────────
    def manage(self, *arguments: str) -> None:
        """Run a management command to its end, its words on our own output."""
        self.step = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGTERM),
        )
        if code := self.step.wait():
            fail(f"manage.py {' '.join(arguments)} ended with {code}.")
        self.step = None

    # ── work that goes on ─────────────────────────────────────────────────────────────────────────
    def start_children(self) -> None:
        bin_folder = Path(sys.executable).parent
        celery = [sys.executable, "-m", "celery", "-A", "dom_project"]
        quiet = ["--loglevel", "WARNING"]
        worker = [*celery, "worker", *quiet, "--without-gossip", "--without-mingle", "--without-heartbeat"]
        web = [str(bin_folder / "granian"), "--interface", "asgi", "--host", self.host, "--port", str(self.port)]
        # A stream never ends by itself, and a page that takes longer than these two seconds is cut with it.
        web += ["--workers-kill-timeout", "2", "--respawn-failed-workers", "--no-ws", "--log-level", "warning"]
        web.append("dom_project.asgi:application")
        manage = [sys.executable, str(ROOT / "manage.py")]
        threads = {"DB_POOL": str(WEB_THREADS), "WEB_THREADS": str(WEB_THREADS)}
        self._run("web", web, threads)
        self._run("worker", [*worker, "-n", "route@%h", "-Q", "route", "-c", "2"])
        self._run("worker2", [*worker, "-n", "rest@%h", "-Q", "feed,out,report", "-c", "2"])
        for name in ("erp", "people"):
            self._run(name, [*manage, f"demo_{name}"])
        self._run("beat", [*celery, "beat", *quiet, "--pidfile", ""])

    def _run(self, name: str, command: list[str], more: dict[str, str] | None = None) -> None:
        child = Child(name, command, self.environment | (more or {}), HOME / "log" / f"{name}.log", ROOT)
        self.children.append(child)
        child.start()

    def wait_until_ready(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            self.watch()
            try:
                with NO_PROXY.open(f"{self.url}/healthz", timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        web = next(child for child in self.children if child.name == "web")
        fail(f"Web did not answer within {READY_SECONDS} s; the end of {web.log}:\n{web.last_words()}")

    def watch(self) -> None:
        """Start again what has ended. Three quick deaths of one child end everything."""
        for name, (service, start) in self.servers.items():
            if service.process.poll() is not None:
                say(f"{name} ended with {service.process.returncode}, starting it again")
                self.servers[name] = (start_again(start), start)
        for child in self.children:
            if happened := child.watch():
                say(happened)

    def stop(self) -> None:
        for stopping in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(stopping, signal.SIG_IGN)
        if self.step and self.step.poll() is None:
            os.killpg(self.step.pid, signal.SIGTERM)
            try:
                self.step.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(self.step.pid, signal.SIGKILL)
                self.step.wait()
        end_in_order([[child for child in self.children if child.name in stage] for stage in ENDS_FIRST])
        for name in ("valkey", "postgres"):
            if name in self.servers:
                self.servers[name][0].stop()
        (HOME / "environment").unlink(missing_ok=True)


def port_of(text: str) -> int:
    """Return the port that PORT names, 8000 if it names none."""
    if not text:
        return 8000
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) < 65_536):
        fail(f"PORT={text[:20]} is no port: it must be a number from 1 to 65535.")
    return int(text)


def start_again(start: Callable[[], Service]) -> Service:
    """Start a server that died. What is left of the old one may need a moment to go."""
    for pause in (1, 2, 4):
        try:
            return start()
        except ServiceError:
            time.sleep(pause)
    return start()


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    half = file.with_suffix(".half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
        target.write(text)
    half.replace(file)


def print_welcome(house: House, installed: float, seeded: float, started: float) -> None:
    say(f"\n  Fairlead is up: {house.url}/")
    for login in LOGINS:
        say(f"    {login.username:<10} {house.environment['DEMO_PASSWORD']}   {login.purpose}")
    install = f"install {installed:.0f} s, " if installed else ""
    say(f"  {install}database, seed and history {seeded:.0f} s, processes {started:.0f} s. Ctrl-C stops everything.\n")


def main() -> None:
    for stopping in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stopping, _interrupt)
    try:
        run()
    except KeyboardInterrupt:
        fail("Stopped.")


def run() -> None:
    house = House(port_of(os.environ.get("PORT", "")), os.environ.get("HOST", "127.0.0.1"))
    house.check_port()
    house.prepare()
    with (HOME / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            fail(f"Fairlead is running already on {HOME}, as process {lock.read().strip()}.")
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        house.keep_old_logs()
        try:
            began = time.monotonic()
            say("Starting PostgreSQL and Valkey …")
            house.start_servers()
            say("Preparing the database …")
            house.manage("migrate", "--no-input", "--verbosity", "1")
            house.manage("demo_seed")
            seeded = time.monotonic()
            house.start_children()
            house.wait_until_ready()
            installed = float(os.environ.get("INSTALL_SECONDS") or 0)
            print_welcome(house, installed, seeded - began, time.monotonic() - seeded)
            while True:
                time.sleep(0.5)
                house.watch()
        except KeyboardInterrupt:
            say("\nStopping …")
        except (RuntimeError, ServiceError) as error:
            fail(str(error))
        finally:
            house.stop()
        say("Everything has ended.")


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
