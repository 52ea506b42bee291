import json
import os
import subprocess
import sys

import pytest

from benchmarks import same_hash

# The same on every Python and numpy; new ones only where the engine is meant to plan otherwise.
PINNED = {
    "exact_fcfs": "e10435b66681",
    "batch": "fbef91d20dc0",
    "quality": "8f12ca7bc15e",
    "batch at prices": "755693c37781",
    "prices": "175b367bc1ec",
}


@pytest.mark.parametrize("threads", same_hash.THREADS)
def test_every_mode_gives_the_plan_it_always_gave_whatever_the_threads(threads):
    found = subprocess.run(
        [sys.executable, "-m", "benchmarks.same_hash", "--here"],
        cwd=same_hash.ROOT,
        env={**os.environ, **dict.fromkeys(same_hash.VARIABLES, str(threads))},
        check=True,
        capture_output=True,
    )
    digests = json.loads(found.stdout)["digests"]
    assert {name: digest[:12] for name, digest in digests.items()} == PINNED


def fake(digest):
    return lambda python, threads: {"about": python, "digests": {"batch": digest(python, threads)}}


def test_equal_plans_are_told_as_the_same(monkeypatch, capsys):
    monkeypatch.setattr(same_hash, "_elsewhere", fake(lambda python, threads: "abc"))
    same_hash.main(["another"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[4:8]] == ["another, 1 thread"] * 2 + ["another, 2 threads"] * 2
    assert lines[-1] == "the same everywhere"


def test_a_plan_that_differs_is_a_fault(monkeypatch, capsys):
    monkeypatch.setattr(same_hash, "_elsewhere", fake(lambda python, threads: str(threads)))
    with pytest.raises(SystemExit):
        same_hash.main([])
    assert capsys.readouterr().out.splitlines()[-1] == "DIFFERENT: batch"
