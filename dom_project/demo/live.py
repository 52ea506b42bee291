"""The demo while it runs: a web shop that posts orders, and people and carriers who work on what is there."""

import logging
import os
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
from django.db import InterfaceError, OperationalError, close_old_connections

from . import floor
from .demand import Market, one_order

log = logging.getLogger(__name__)
logging.getLogger("httpx").setLevel(logging.WARNING)  # a line per order is too many
FLOOR_SECONDS = 5
LATEST_ORDER = timedelta(seconds=1)


def trade(*, now: Callable[[], datetime], orders_per_minute: float) -> None:
    """Until it is stopped: post orders by the API at this rate, let the floor work every few seconds."""
    market, luck = Market.load(), random.Random()
    worked_at = 0.0
    headers = {"Authorization": f"Bearer {os.environ['DEMO_API_TOKEN']}"}
    with httpx.Client(base_url=os.environ["DEMO_URL"], headers=headers, timeout=20, trust_env=False) as shop:
        while True:
            pause = luck.expovariate(orders_per_minute / 60) if orders_per_minute else FLOOR_SECONDS
            time.sleep(min(pause, FLOOR_SECONDS))
            if orders_per_minute and pause <= FLOOR_SECONDS:
                _post(shop, market, luck, now())
            if time.monotonic() - worked_at > FLOOR_SECONDS:
                worked_at = time.monotonic()
                _work(now())


def _post(shop: httpx.Client, market: Market, luck: random.Random, at: datetime) -> None:
    body = one_order(market, luck, at - LATEST_ORDER, f"{at:%y%m%d}-{luck.randrange(36**5):05d}")
    try:
        answer = shop.post("/api/v1/orders/", json=body, headers={"Idempotency-Key": body["order_ref"]})
        if answer.status_code not in (200, 201):
            log.warning("The shop's order was answered %s: %s", answer.status_code, answer.text[:300])
    except httpx.HTTPError as error:
        log.warning("The shop can't reach Fairlead: %s", error)


def _work(at: datetime) -> None:
    close_old_connections()
    try:
        done = floor.play(at=at)
    except (OperationalError, InterfaceError) as error:
        log.warning("The floor waits for the database: %s", error)
        return
    if str(done):
        log.info("The floor: %s", done)
