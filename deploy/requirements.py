"""Pin the ranges of pyproject.toml into requirements.txt and requirements-dev.txt; `--check` only compares.

Pins that still fit stay: the files are their own starting point.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = [
    str(ROOT / ".venv/bin/python"),
    "-m",
    "uv",
    "pip",
    "compile",
    "--quiet",
    "--universal",
    "--python-version",
    "3.11",
]
UV += ["--generate-hashes", "--no-header", "--no-emit-index-url", "--no-emit-find-links"]
LISTS: dict[str, list[str]] = {"requirements.txt": [], "requirements-dev.txt": ["--group", "dev"]}


def pin(name: str, more: list[str], folder: Path) -> bool:
    """Write the list into `folder`; return whether it differs from ours."""
    target = folder / name
    if (ROOT / name).exists():
        shutil.copy(ROOT / name, target)
    subprocess.run([*UV, *more, "--output-file", str(target), "pyproject.toml"], cwd=ROOT, check=True)
    return not (ROOT / name).exists() or target.read_bytes() != (ROOT / name).read_bytes()


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        changed = [name for name, more in LISTS.items() if pin(name, more, Path(temporary))]
        if "--check" not in sys.argv:
            for name in changed:
                shutil.copy(Path(temporary) / name, ROOT / name)
        elif changed:
            raise SystemExit(f"{' and '.join(changed)} don't follow pyproject.toml: run `make requirements`.")


if __name__ == "__main__":
    main()
