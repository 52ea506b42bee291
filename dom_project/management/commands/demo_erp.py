import json
import os
import sys
from pathlib import Path

from django.core.management.base import BaseCommand

from dom_project.demo import erp
from inventory.models import StockLevel


class Command(BaseCommand):
    help = "The demo's ERP and tills. At its first start it takes over the stock with which the history ends."

    def handle(self, *args: object, **options: object) -> None:
        folder = Path(os.environ["DEMO_ERP_FOLDER"])
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "erp.sqlite").exists():
            levels = StockLevel.objects.order_by("node__code", "sku__code")
            rows = levels.values_list("node__code", "sku__code", "on_hand", "node__kind")
            opening = [[node, sku, on_hand, int(kind == "store")] for node, sku, on_hand, kind in rows]
            (folder / "opening.json").write_text(json.dumps(opening))
        # A system of its own: from here on a process that has nothing of Fairlead in it.
        os.execv(sys.executable, [sys.executable, erp.__file__])
