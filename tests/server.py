"""A PostgreSQL of the tests' own, with the migrated database in it as a template.

Migrating takes longer than most tests, so the cluster is kept in .pytest_cache until a migration changes.
"""

import atexit
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from dom_project import devservices

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".pytest_cache" / "clusters"
PASSWORD = "tests"


def digest() -> str:
    """Return a name for what the migrations and their libraries make."""
    made = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for file in sorted(ROOT.glob("**/migrations/*.py")):
        if ".venv" not in file.parts:
            made.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return made.hexdigest()[:16]


class OwnServer:
    """Its address is known before it is started."""

    def __init__(self) -> None:
        self.port = devservices.free_port()
        self.url = f"postgres://{devservices.NAME}:{PASSWORD}@127.0.0.1:{self.port}/{devservices.NAME}"
        self.folder = Path()
        self.service: devservices.Service | None = None

    def start(self) -> None:
        if self.service:
            return
        self.folder = Path(tempfile.mkdtemp(prefix="fairlead-tests-"))
        self.folder.chmod(0o755)  # as root the server runs as nobody, who must be able to walk through
        atexit.register(self.stop)
        kept = KEPT / digest()
        if kept.exists():
            self.copy(kept, self.folder / "postgres")
            self.service = self.run()
            return
        self.service = self.run()
        command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--no-input", "--verbosity", "0"]
        subprocess.run(command, env=os.environ | {"DATABASE_URL": self.url}, cwd=ROOT, check=True)
        self.service.stop()
        self.keep(kept)
        self.service = self.run()

    def keep(self, kept: Path) -> None:
        """Another run of the tests in this folder may be at it too: whoever is there first has done it for both."""
        for old in KEPT.glob("*"):
            if not old.name.startswith(kept.name):
                shutil.rmtree(old, ignore_errors=True)
        self.copy(self.folder / "postgres", half := KEPT / f"{kept.name}.{os.getpid()}")
        try:
            half.replace(kept)
        except OSError:
            shutil.rmtree(half)

    def run(self) -> devservices.Service:
        settings = devservices.THROWAWAY
        return devservices.start_postgres(
            self.folder / "postgres", settings=settings, port=self.port, password=PASSWORD
        )

    def copy(self, source: Path, target: Path) -> None:
        shutil.copytree(source, target)
        if owner := devservices.unprivileged():
            for path in [target, *target.rglob("*")]:
                os.chown(path, owner["user"], owner["group"])

    def stop(self) -> None:
        if self.service:
            self.service.stop_signal = signal.SIGQUIT  # at once, and without leaving its shared memory behind
            self.service.stop(10)
        shutil.rmtree(self.folder, ignore_errors=True)
