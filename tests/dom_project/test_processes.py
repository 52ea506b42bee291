import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from dom_project import processes
from dom_project.processes import Child, end_in_order, who_listens


def _child(folder: Path, code: str, name: str = "worker") -> Child:
    return Child(name, [sys.executable, "-c", code], os.environ, folder / f"{name}.log", folder)


def _until(condition) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def _dead(child: Child) -> bool:
    return child.process is not None and child.process.poll() is not None


def _state(pid: int) -> str:
    """The letter by which the system calls the state of a process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except (FileNotFoundError, ProcessLookupError):
        return "gone"


def test_a_child_ends_with_its_whole_group(tmp_path):
    code = "import os, signal, time; signal.signal(15, signal.SIG_IGN); print(os.fork(), flush=True); time.sleep(60)"
    child = _child(tmp_path, code)
    child.start()
    _until(lambda: len(child.log.read_text().splitlines()) == 2)
    child.ask_to_end()
    child.end(0.1)
    assert child.process.returncode == -signal.SIGKILL
    grandchild = int(max(child.log.read_text().splitlines(), key=int))
    _until(lambda: _state(grandchild) in ("gone", "Z"))


def test_an_ended_child_comes_back_after_a_pause_that_grows(tmp_path, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(processes.time, "monotonic", lambda: clock[0])
    child = _child(tmp_path, "raise SystemExit(3)")
    child.start()
    child.process.wait()
    assert child.watch() == "worker ended with 3, again in 2 s"
    assert child.watch() == ""
    clock[0] += 2
    assert child.watch() == "worker is started again"
    child.process.wait()
    assert child.watch() == "worker ended with 3, again in 4 s"


def test_three_quick_deaths_are_final_and_show_the_last_words(tmp_path, monkeypatch):
    monkeypatch.setattr(processes.time, "monotonic", lambda: 100.0)
    child = _child(tmp_path, "raise SystemExit('no disk')")
    for _ in range(2):
        child.start()
        child.process.wait()
        child.watch()
    child.start()
    child.process.wait()
    with pytest.raises(RuntimeError, match="worker ended 3 times(.|\n)*no disk"):
        child.watch()


def test_a_child_that_lived_long_may_die_again(tmp_path):
    child = _child(tmp_path, "raise SystemExit(1)")
    child.quick_deaths = 2
    child.start()
    child.process.wait()
    child.started_at -= processes.QUICK_SECONDS
    assert child.watch() == "worker ended with 1, again in 2 s"


def test_children_end_one_after_the_other(tmp_path):
    code = (
        "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(0)); print('up', flush=True); time.sleep(60)"
    )
    children = [_child(tmp_path, code, name) for name in ("beat", "web")]
    for child in children:
        child.start()
        _until(lambda log=child.log: "up" in log.read_text())
    end_in_order([[child] for child in children])
    assert [child.process.returncode for child in children] == [0, 0]


def test_a_taken_port_names_its_owner():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        assert f"(process {os.getpid()})" in who_listens(listener.getsockname()[1])
    assert who_listens(1) == ""
