#!/usr/bin/env python
import os
import sys
from pathlib import Path

RUNNING_DEMO = Path(__file__).resolve().parent / ".fairlead" / "environment"


def main() -> None:
    if "DATABASE_URL" not in os.environ and RUNNING_DEMO.exists() and os.access(RUNNING_DEMO, os.R_OK):
        for line in RUNNING_DEMO.read_text().splitlines():
            name, _, value = line.partition("=")
            os.environ.setdefault(name, value)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dom_project.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
