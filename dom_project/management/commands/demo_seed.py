import sys
import time
from collections import Counter
from datetime import datetime, timedelta

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from dom_project.demo import RETAILER, history, retailer
from dom_project.lib import db
from fulfillment import answered
from inventory.models import Node
from kpis import snapshots
from routing.scarcity.replay import replay
from routing.scarcity.runs import ask


class Command(BaseCommand):
    help = "Make the demo's retailer and its thirty days, or play the hours that were missed since the last stop."

    def handle(self, *args: object, **options: object) -> None:
        now = timezone.now()
        # What a dying machine takes with it is played again: nothing here was promised to anybody.
        db.execute("SET synchronous_commit = off")
        if retailer.is_connected():
            self._catch_up(now)
        else:
            self._begin(now)
        retailer.connect(at=now)

    def _begin(self, now: datetime) -> None:
        """Open the shop and play its thirty days; where that broke off, go on from there."""
        began = time.monotonic()
        start = (now - timedelta(days=history.DAYS)).replace(minute=0, second=0, microsecond=0)
        if Node.objects.exists():
            start = history.last_moment() or start
            self.stdout.write(f"The history ends with {start:%d %b, %H:%M} UTC: going on from there …")
        else:
            self.stdout.write(f"Opening {RETAILER}: 68 nodes, 600 SKUs …")
            with transaction.atomic():
                retailer.open_shop(at=start, years=(start.year, start.year + 1))
            self.stdout.write(f"Playing {history.DAYS} days of orders …")

        def learn_prices(moment: datetime) -> None:
            ask(at=moment, actor="demo")
            replay(at=moment, actor="demo")

        def review_rules(morning: datetime) -> None:
            if morning >= now - history.NEW_RULES:
                retailer.change_rules(at=morning)
            if morning >= now - history.NEW_PRICES:
                learn_prices(morning)
                retailer.price_scarcity(at=morning)

        total = history.play(start, now, per_day=history.ORDERS_PER_DAY, tell=self._tell, each_morning=review_rules)
        history.close_the_books(at=now)
        snapshots.rebuild(at=now)
        answered.learn_odds(at=now)
        learn_prices(now)
        self.stdout.write(f"{total['orders']:,} orders in {time.monotonic() - began:.0f} s.")

    def _catch_up(self, now: datetime) -> None:
        last = history.last_moment() or now
        start = max(last, now - history.LONGEST)
        if now - last > history.LONGEST:
            self.stdout.write(f"The demo was off for {(now - last).days} days: only the last 72 hours are played.")
            snapshots.leave_empty(last, start)
        if now - start >= history.STEP:
            self.stdout.write(f"Playing the {(now - start) // timedelta(hours=1)} hours that were missed …")
            total = history.play(start, now, per_day=history.ORDERS_PER_DAY, tell=self._tell)
            self.stdout.write(f"{total['orders']:,} orders caught up.")

    def _tell(self, at: datetime, total: Counter[str]) -> None:
        end = "\r" if sys.stdout.isatty() else "\n"
        self.stdout.write(
            f"  {at:%d %b}: {total['orders']:,} orders, {total['shipped']:,} parcels shipped", ending=end
        )
        self.stdout.flush()
