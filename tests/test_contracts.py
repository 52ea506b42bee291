"""The import contracts hold, and each of them notices what it forbids."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("inventory", "routing", "fulfillment", "kpis")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
MAY_BE_PURE = (
    "inventory.movements",
    "inventory.atp",
    "inventory.imports.cells",
    "inventory.imports.sniff",
    "inventory.integrations.json_http.translate",
    "routing.differences",
    "routing.engine",
    "routing.rules",
    "routing.trial_walk",
    "routing.tried",
    "routing.working_copy",
    "fulfillment.states",
    "kpis.metrics",
    "kpis.charts",
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    for name in ("dom_project", *ROOMS):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def _lint(folder: Path) -> tuple[int, str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout


def test_the_tree_keeps_every_contract(copy):
    code, said = _lint(copy)
    assert code == 0, said


@pytest.mark.parametrize(
    ("contract", "file", "planted"),
    [
        ("Downstream pulls; upstream never knows", "inventory/planted.py", "import routing.models"),
        ("Downstream pulls; upstream never knows", "routing/planted.py", "import fulfillment.models"),
        ("Downstream pulls; upstream never knows", "fulfillment/planted.py", "import kpis.models"),
        ("Downstream pulls; upstream never knows", "dom_project/lib/planted.py", "import inventory.models"),
        ("Decisions are pure", "routing/engine/planted.py", "import django.db"),
        ("Decisions are pure", "routing/engine/planted.py", "import inventory.models"),
    ],
)
def test_one_planted_import_breaks_it(copy, contract, file, planted):
    (copy / file).write_text(planted + "\n")
    try:
        code, said = _lint(copy)
    finally:
        (copy / file).unlink()
    assert code == 1
    assert f"{contract} BROKEN" in said


def test_every_contract_has_an_import_planted_against_it():
    assert {contract["name"] for contract in CONTRACTS} == {
        "Downstream pulls; upstream never knows",
        "Decisions are pure",
    }


def test_every_pure_module_that_exists_is_under_contract():
    listed = next(contract for contract in CONTRACTS if contract["name"] == "Decisions are pure")["source_modules"]
    exist = [name for name in MAY_BE_PURE if list(ROOT.glob(f"{name.replace('.', '/')}*"))]
    assert set(exist) <= set(listed)


WRITTEN = re.compile(r"\b(?:UPDATE|INSERT\s+INTO|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?)\s+(?:ONLY\s+)?(\w+?)_\w+")


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_writes_its_own_tables_only(room):
    """Import contracts can't see into statements."""
    files = [file for file in (ROOT / room).rglob("*.py") if "migrations" not in file.parts]
    written = {
        f"{file.relative_to(ROOT)} writes {owner}"
        for file in files
        for owner in WRITTEN.findall(file.read_text())
        if owner in {*ROOMS, "accounts"} - {room}
    }
    assert files
    assert written == set()
