"""`python -m benchmarks [name …]`: each benchmark on servers started for it alone, with an empty, migrated database.

Reported, never asserted: a figure means something beside the limit probe of the same run only. After each one the
invariants must hold, for a fast wrong figure is worth nothing.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

from dom_project import devservices

HERE = Path(__file__).resolve().parent
# Stream needs a file of its own, the week a quarter of an hour.
NOT_BENCHMARKS = {"__init__", "__main__", "network", "probes", "stream", "week"}


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


def main() -> None:
    names = sys.argv[1:] or sorted(file.stem for file in HERE.glob("*.py") if file.stem not in NOT_BENCHMARKS)
    failed = []
    for name in names:
        sys.stdout.write(f"\n── {name} {'─' * (70 - len(name))}\n")
        sys.stdout.flush()
        if not run(name):
            failed.append(name)
    if failed:
        raise SystemExit(f"Failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
