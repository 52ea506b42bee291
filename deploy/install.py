"""Make .venv and bring it to one of the pinned lists: `python3 deploy/install.py requirements.txt`.

Standard library only, since nothing else is there yet. Does nothing when the list is installed already.
"""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"
OLDEST = (3, 11)


def digest(name: str) -> str:
    return f"{name} {hashlib.sha256((ROOT / name).read_bytes()).hexdigest()}"


def run(*command: object) -> bool:
    environment = os.environ | {"UV_PYTHON_DOWNLOADS": "never", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run([str(part) for part in command], env=environment, cwd=ROOT, check=False).returncode == 0


def make_venv() -> None:
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        raise SystemExit(
            "This Python can't make virtual environments. Debian: sudo apt-get install python3-venv"
        ) from None
    if not PYTHON.exists() and not run(sys.executable, "-m", "venv", VENV):
        raise SystemExit(f"{sys.executable} -m venv failed.")


def install(name: str) -> None:
    sync = [PYTHON, "-m", "uv", "pip", "sync", "--quiet", "--python", PYTHON, "--require-hashes", ROOT / name]
    if run(PYTHON, "-m", "pip", "install", "--quiet", "uv") and run(*sync):
        return
    sys.stdout.write("uv could not install them, trying plain pip …\n")
    if not run(PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", ROOT / name):
        raise SystemExit(f"{name} could not be installed: see the message above.")


def main(name: str) -> None:
    if sys.version_info < OLDEST:
        raise SystemExit(f"Fairlead needs Python 3.11 or newer, this is {sys.version.split()[0]}.")
    installed = STAMP.read_text().splitlines() if STAMP.exists() else []
    # The developers' list holds everything that the demo's does.
    enough = [digest(name)] if name == "requirements-dev.txt" else [digest(name), digest("requirements-dev.txt")]
    if any(line in enough for line in installed):
        return
    began = time.monotonic()
    sys.stdout.write(f"Installing {name} into .venv …\n")
    sys.stdout.flush()
    make_venv()
    STAMP.unlink(missing_ok=True)
    install(name)
    STAMP.write_text(digest(name) + "\n")
    sys.stdout.write(f"Installed in {time.monotonic() - began:.0f} s.\n")


if __name__ == "__main__":
    main(sys.argv[1])
