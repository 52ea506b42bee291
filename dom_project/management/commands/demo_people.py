import os

from django.core.management.base import BaseCommand
from django.utils import timezone

from dom_project.demo import live


class Command(BaseCommand):
    help = "The demo's customers, associates and carriers, until stopped. DEMO_ORDERS_PER_MINUTE sets the pace."

    def handle(self, *args: object, **options: object) -> None:
        live.trade(now=timezone.now, orders_per_minute=float(os.environ.get("DEMO_ORDERS_PER_MINUTE", "2")))
