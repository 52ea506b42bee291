"""Children of the launcher: started in a session of their own, watched, restarted, ended in order."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .devservices import end_with_parent

QUICK_SECONDS = 15.0
QUICK_DEATHS = 3
LONGEST_PAUSE = 30.0


@dataclass
class Child:
    """One process with children of its own: the parent gets the signal, the whole group the kill."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    due_at: float = 0.0
    quick_deaths: int = 0
    deaths: list[int] = field(default_factory=list)

    def start(self) -> None:
        """Start it; its own Ctrl-C never reaches it, the launcher's death does."""
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                self.command,
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGTERM),
            )
        self.started_at = time.monotonic()

    def watch(self) -> str:
        """Restart it after a pause that grows if it has ended. Return what happened, empty if nothing did.

        Raises RuntimeError with its last words after three quick deaths in a row.
        """
        now = time.monotonic()
        if self.process is None:
            if now < self.due_at:
                return ""
            self.start()
            return f"{self.name} is started again"
        code = self.process.poll()
        if code is None:
            return ""
        self._kill_group()
        self.process = None
        self.deaths.append(code)
        self.quick_deaths = self.quick_deaths + 1 if now - self.started_at < QUICK_SECONDS else 1
        if self.quick_deaths >= QUICK_DEATHS:
            raise RuntimeError(f"{self.name} ended {QUICK_DEATHS} times; the end of {self.log}:\n{self.last_words()}")
        pause = min(2.0**self.quick_deaths, LONGEST_PAUSE)
        self.due_at = now + pause
        return f"{self.name} ended with {code}, again in {pause:.0f} s"

    def ask_to_end(self) -> None:
        """Send SIGTERM to the parent only: it knows how to end its own children."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def end(self, seconds: float) -> None:
        """Wait for it, then kill whatever is left of its group."""
        if not self.process:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self._kill_group()
        self.process.wait()

    def last_words(self, lines: int = 12) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def _kill_group(self) -> None:
        if self.process:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


def end_in_order(stages: Sequence[Sequence[Child]], seconds: float = 15.0) -> None:
    """End one stage after the other, the children of a stage together; `seconds` are its time to finish its work."""
    for stage in stages:
        until = time.monotonic() + seconds
        for child in stage:
            child.ask_to_end()
        for child in stage:
            child.end(max(until - time.monotonic(), 0.1))


def who_listens(port: int) -> str:
    """Return the name and id of the process on a local TCP port if this system tells, else an empty text."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(table):
            for line in Path(table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                    inodes.add(f"socket:[{fields[9]}]")
    for folder in Path("/proc").glob("[0-9]*") if inodes else ():
        try:
            if any(os.readlink(link) in inodes for link in (folder / "fd").iterdir()):
                return f"{(folder / 'comm').read_text().strip()} (process {folder.name})"
        except OSError:
            continue
    return ""
