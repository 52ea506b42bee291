"""What customers order in an hour: more in the evening and at weekends, some SKUs far more than others."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from inventory.models import Node, Sku, StockLevel

from . import chance
from .customers import somebody

CLOCK = ZoneInfo("America/Chicago")
BY_HOUR = (3, 2, 1, 1, 1, 2, 4, 7, 10, 12, 13, 14, 15, 14, 13, 13, 14, 16, 19, 22, 23, 20, 13, 7)
BY_WEEKDAY = (0.95, 0.9, 0.92, 0.96, 1.05, 1.15, 1.2)
CHANNELS = (("web", 55), ("app", 27), ("marketplace", 18))


@dataclass(frozen=True)
class Market:
    """What can be ordered and where people live, loaded once."""

    skus: tuple[tuple[str, int], ...]  # code, price in cents
    popularity: tuple[float, ...]  # running sum
    shops: tuple[tuple[str, str], ...]  # code and postcode of nodes with pickup
    shelves: dict[str, tuple[int, ...]]  # shop → places in `skus` of what it carries
    towns: list[str]

    @classmethod
    def load(cls) -> "Market":
        skus = tuple(Sku.objects.filter(active=True).order_by("code").values_list("code", "price"))
        ranks = list(range(len(skus)))
        chance.of("popularity").shuffle(ranks)
        shops = tuple(
            Node.objects.filter(active=True, abilities__contains=["pickup"])
            .order_by("code")
            .values_list("code", "postcode")
        )
        towns = list(Node.objects.exclude(kind=Node.Kind.DC).order_by("code").values_list("postcode", flat=True))
        place = {code: i for i, (code, _price) in enumerate(skus)}
        shelves: dict[str, list[int]] = {code: [] for code, _postcode in shops}
        carried = StockLevel.objects.filter(node__code__in=shelves, sku__active=True, on_hand__gte=3).order_by(
            "sku__code"
        )
        for shop, sku in carried.values_list("node__code", "sku__code"):
            shelves[shop].append(place[sku])
        return cls(
            skus,
            tuple(accumulate(1 / (rank + 8) ** 0.8 for rank in ranks)),
            shops,
            {shop: tuple(places) for shop, places in shelves.items()},
            towns,
        )

    def weight(self, place: int) -> float:
        return self.popularity[place] - (self.popularity[place - 1] if place else 0)


def expected(at: datetime, per_day: float) -> float:
    """Orders in the hour that begins at `at`, on average."""
    local = at.astimezone(CLOCK)
    return per_day * BY_WEEKDAY[local.weekday()] * BY_HOUR[local.hour] / sum(BY_HOUR)


def orders_of_hour(market: Market, at: datetime, *, per_day: float) -> list[dict[str, Any]]:
    """The orders of one hour, as bodies for intake, earliest first. The same hour always brings the same ones."""
    luck = chance.of("orders", at.astimezone(UTC).isoformat())
    mean = expected(at, per_day)
    number = max(0, round(luck.gauss(mean, mean**0.5)))
    moments = sorted(at + timedelta(seconds=luck.randrange(3600)) for _ in range(number))
    return [one_order(market, luck, moment, f"{moment:%y%m%d%H}-{place:03d}") for place, moment in enumerate(moments)]


def one_order(market: Market, luck: random.Random, placed_at: datetime, number: str) -> dict[str, Any]:
    channel = luck.choices([code for code, _ in CHANNELS], [weight for _, weight in CHANNELS])[0]
    pickup = channel != "marketplace" and luck.random() < 0.16
    body: dict[str, Any] = {
        "channel": channel,
        "order_ref": f"{channel[0].upper()}{number}",
        "placed_at": placed_at.isoformat(),
        "currency": "USD",
        "method": "pickup" if pickup else "ship",
        "customer": somebody(luck, market.towns),
    }
    if pickup:
        code, postcode = luck.choice(market.shops)
        body |= {"pickup_node": code}
        body["customer"]["postcode"] = postcode
    body["lines"] = _basket(market, luck, market.shelves[code] if pickup else ())
    return body


def _basket(market: Market, luck: random.Random, shelf: Sequence[int]) -> list[dict[str, Any]]:
    """A few lines; who picks up orders what the shop carries."""
    size = luck.choices((1, 2, 3, 4, 5, 7, 12), (54, 22, 12, 7, 3, 1.4, 0.6))[0]
    chosen: Sequence[tuple[str, int]]
    if shelf:
        chosen = [market.skus[i] for i in luck.choices(shelf, [market.weight(i) for i in shelf], k=min(size, 3))]
    else:
        chosen = luck.choices(market.skus, cum_weights=market.popularity, k=size)
    return [
        {
            "line_ref": str(place),
            "sku": code,
            "quantity": luck.choices((1, 2, 3), (88, 9, 3))[0],
            "unit_price": price,
        }
        for place, (code, price) in enumerate(dict.fromkeys(chosen), 1)
    ]
