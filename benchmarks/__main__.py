"""`python -m benchmarks [name …]`: each benchmark on servers started for it alone, with an empty, migrated database.

Reported, never asserted: a figure means something beside the limit probe of the same run only. After each one the
invariants must hold, for a fast wrong figure is worth nothing.
"""

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

from dom_project import devservices

HERE = Path(__file__).resolve().parent
NOT_BENCHMARKS = {"__init__", "__main__", "network", "probes"}
# Stream needs a file of its own, the week a quarter of an hour, the yardsticks no servers.
BY_NAME_ALONE = {"stream", "week", "yardsticks"}


def benchmarks() -> dict[str, str]:
    """What each one measures: the first line of its docstring, read without importing it, by name."""
    files = {file.stem: file for file in HERE.glob("*.py") if file.stem not in NOT_BENCHMARKS}
    files |= {file.parent.name: file for file in HERE.glob("*/__main__.py")}
    return {name: _first_line(files[name]) for name in sorted(files)}


def _first_line(file: Path) -> str:
    return (ast.get_docstring(ast.parse(file.read_text())) or "").partition("\n")[0]


def run(name: str) -> bool:
    folder = Path(tempfile.mkdtemp(prefix="fairlead-bench-"))
    folder.chmod(0o755)  # as root PostgreSQL runs as nobody, who must be able to walk through
    postgres = devservices.start_postgres(folder / "postgres")
    valkey = devservices.start_valkey(folder / "valkey")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "dom_project.settings",
        "SECRET_KEY": "only for benchmarks",
        "FIELD_KEYS": Fernet.generate_key().decode(),
        "DATABASE_URL": postgres.url,
        "REDIS_URL": valkey.url,
        "LOG_LEVEL": "WARNING",
        "BENCH_POSTGRES": str(postgres.process.pid),
    }
    manage = [sys.executable, str(HERE.parent / "manage.py")]
    try:
        subprocess.run([*manage, "migrate", "--verbosity", "0"], env=environment, check=True)
        measured = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], env=environment, cwd=HERE.parent)
        sound = subprocess.run([*manage, "verify_invariants"], env=environment)
        return measured.returncode == sound.returncode == 0
    finally:
        valkey.stop()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmarks asked for, one after another. Exits with 1 and their names when some failed."""
    failed = []
    for name in _asked(arguments):
        sys.stdout.write(f"\n── {name} {'─' * (70 - len(name))}\n")
        sys.stdout.flush()
        if not run(name):
            failed.append(name)
    if failed:
        raise SystemExit(f"Failed: {', '.join(failed)}")


def _asked(arguments: list[str] | None) -> list[str]:
    known = benchmarks()
    told = "\n".join(f"  {name:<12}{line}{' *' * (name in BY_NAME_ALONE)}" for name, line in known.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Each benchmark on servers started for it alone. Without a name: all but those marked *.",
        epilog=f"benchmarks:\n{told}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="*", help="one of those below")
    names: list[str] = parser.parse_args(arguments).name
    if unknown := [name for name in names if name not in known]:
        parser.error(f"{', '.join(unknown)}: no such benchmark\n{told}")
    return names or [name for name in known if name not in BY_NAME_ALONE]


if __name__ == "__main__":
    main()
