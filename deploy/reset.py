"""Remove the demo's data, unless it runs."""

import fcntl
import os
import shutil
from pathlib import Path

HOME = Path(os.environ.get("FAIRLEAD_HOME", Path(__file__).resolve().parent.parent / ".fairlead"))

if HOME.exists():
    with (HOME / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("The demo is running: stop it first.") from None
    shutil.rmtree(HOME)
