from importlib import import_module
from importlib.util import find_spec

from django.core.management.base import BaseCommand, CommandError

ROOMS = ("inventory", "routing", "fulfillment", "kpis")


class Command(BaseCommand):
    help = "Run every room's invariants; exit 1 with the offending rows if one is broken."

    def handle(self, *args: object, **options: object) -> None:
        checks = [import_module(f"{room}.invariants") for room in ROOMS if find_spec(f"{room}.invariants")]
        broken = [row for room in checks for row in room.broken_rows()]
        if broken:
            raise CommandError("\n".join([*map(str, broken), f"{len(broken)} rows break an invariant."]))
        self.stdout.write("All invariants hold.")
