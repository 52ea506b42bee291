"""Rate cards: what a parcel costs and how long it travels, as arrays; a published card never changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from django.db import transaction
from numpy.typing import NDArray

from dom_project.lib import db
from dom_project.lib.api_errors import BadInput
from routing.models import RateBand, RateCard, Service, ServiceZone

EARTH_KM = 6371.0088
NAMED = 20  # problems named in one refusal
MOST_SERVICES = 16  # a node's services are bits of 16
LARGEST_PRICE = 10_000_000  # minor units
LARGEST_DIVISOR = 1_000_000  # cm³ billed as a kilogram
LARGEST_BAND = 2_000_000_000  # grams


class RateRow(NamedTuple):
    """One cell of a card: the price of a parcel up to `up_to_grams` to a zone. Money in minor units of the card."""

    carrier: str
    service: str
    zone: int
    up_to_grams: int
    price: int
    transit_days: int
    further_kg_price: int | None  # None: no parcel above the last band is carried
    name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class RateTables:
    """A card as read-only arrays. −1 marks a service that does not go to a zone. Money in minor units."""

    card_id: int
    code: str
    version: int
    currency: str
    late_per_day: int
    zone_km: NDArray[np.int32]  # [zone − 1] upper distance, ascending; the last zone is open-ended
    services: tuple[str, ...]  # "carrier/code", sorted
    service_ids: tuple[int, ...]
    band_grams: NDArray[np.int64]  # [band] ascending
    rate: NDArray[np.int64]  # [service, zone, band]
    per_kg_above: NDArray[np.int64]  # [service, zone] each further started kg above the last band, −1 = not carried
    transit: NDArray[np.int16]  # [service, zone] days
    dimensional_divisor: int = 0  # cm³ billed as a kilogram, which is mm³ as a gram; 0 = by weight alone

    @property
    def zones(self) -> int:
        return len(self.zone_km) + 1


def save_card(
    code: str,
    rows: Sequence[RateRow],
    *,
    name: str,
    currency: str,
    zone_km: Sequence[int],
    at: datetime,
    late_cost_per_day: int = 400,
    dimensional_divisor: int = 0,
) -> RateCard:
    """Publish a card as the next version of `code` and make it live. Raises BadInput; then nothing is written.

    Every service must have the same weight bands in every zone that it serves, and every zone a service.
    """
    _check(rows, currency, zone_km)
    if not 0 <= dimensional_divisor <= LARGEST_DIVISOR:
        params = {"value": str(dimensional_divisor)[:40], "least": 0, "most": LARGEST_DIVISOR}
        raise BadInput("not_a_whole_number", params, field="dimensional_divisor")
    with transaction.atomic():
        db.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"rate card {code}"])
        number = db.value("SELECT coalesce(max(version), 0) + 1 FROM routing_ratecard WHERE code = %s", [code])
        RateCard.objects.filter(code=code, live=True).update(live=False)
        card = RateCard.objects.create(
            code=code,
            version=number,
            name=name,
            currency=currency,
            zone_km=list(zone_km),
            late_cost_per_day=late_cost_per_day,
            dimensional_divisor=dimensional_divisor,
            published_at=at,
        )
        names = {(row.carrier, row.service): row.name or row.service for row in rows}
        services = {
            (service.carrier, service.code): service
            for service in Service.objects.bulk_create(
                Service(card=card, carrier=carrier, code=service, name=names[carrier, service])
                for carrier, service in sorted(names)
            )
        }
        roads = {(row.carrier, row.service, row.zone): row for row in rows}
        ServiceZone.objects.bulk_create(
            ServiceZone(
                service=services[carrier, service],
                zone=zone,
                transit_days=row.transit_days,
                further_kg_price=row.further_kg_price,
            )
            for (carrier, service, zone), row in roads.items()
        )
        RateBand.objects.bulk_create(
            RateBand(
                service=services[row.carrier, row.service],
                zone=row.zone,
                up_to_grams=row.up_to_grams,
                price=row.price,
            )
            for row in rows
        )
    return card


def rows_of(card: RateCard) -> list[RateRow]:
    """The card as `save_card` takes it."""
    return [
        RateRow(carrier, service, zone, grams, price, days, further, name)
        for carrier, service, name, zone, days, further, grams, price in db.rows(ROWS, [card.pk])
    ]


def change_terms(
    card: RateCard, *, name: str, late_cost_per_day: int, dimensional_divisor: int, at: datetime
) -> RateCard:
    """Publish the live card's prices again under other terms, as its next version. Returns the new card."""
    return save_card(
        card.code,
        rows_of(card),
        name=name,
        currency=card.currency,
        zone_km=card.zone_km,
        at=at,
        late_cost_per_day=late_cost_per_day,
        dimensional_divisor=dimensional_divisor,
    )


def live_card_id(currency: str = "") -> int | None:
    """The newest live card, one in this currency first. None when no card was ever saved."""
    found: int | None = db.value(
        "SELECT id FROM routing_ratecard WHERE live ORDER BY currency = %s DESC, id DESC LIMIT 1", [currency]
    )
    return found


def tables(card: RateCard | int) -> RateTables:
    """The arrays of a card; read once per process, since a card never changes. Raises RateCard.DoesNotExist."""
    return _tables(card if isinstance(card, int) else card.pk)


ROWS = """
SELECT s.carrier, s.code, s.name, z.zone, z.transit_days, z.further_kg_price, b.up_to_grams, b.price
FROM routing_service s JOIN routing_servicezone z ON z.service_id = s.id
JOIN routing_rateband b ON b.service_id = s.id AND b.zone = z.zone
WHERE s.card_id = %s ORDER BY s.carrier, s.code, z.zone, b.up_to_grams
"""
CARD = """
SELECT c.code, c.version, c.currency, c.late_cost_per_day, c.zone_km, c.dimensional_divisor, s.id,
  s.carrier || '/' || s.code, z.zone, z.transit_days, z.further_kg_price, b.up_to_grams, b.price
FROM routing_ratecard c LEFT JOIN routing_service s ON s.card_id = c.id
LEFT JOIN routing_servicezone z ON z.service_id = s.id
LEFT JOIN routing_rateband b ON b.service_id = s.id AND b.zone = z.zone
WHERE c.id = %s ORDER BY s.carrier, s.code
"""


@lru_cache(maxsize=16)
def _tables(card_id: int) -> RateTables:
    cells = db.rows(CARD, [card_id])
    if not cells:
        raise RateCard.DoesNotExist(f"There is no rate card {card_id}.")
    code, version, currency, late_per_day, upper_km, divisor = cells[0][:6]
    names = {service_id: name for service_id, name in (cell[6:8] for cell in cells) if service_id}
    place = {service_id: i for i, service_id in enumerate(names)}
    priced = [cell[6:] for cell in cells if cell[11] is not None]
    band_grams = np.unique(np.array([cell[5] for cell in priced], dtype=np.int64))
    shape = (len(names), len(upper_km) + 1)
    transit = np.full(shape, -1, np.int16)
    per_kg_above = np.full(shape, -1, np.int64)
    rate = np.full((*shape, len(band_grams)), -1, np.int64)
    for service_id, _, zone, days, further, grams, price in priced:
        transit[place[service_id], zone] = days
        per_kg_above[place[service_id], zone] = -1 if further is None else further
        rate[place[service_id], zone, np.searchsorted(band_grams, grams)] = price
    zone_km = np.array(upper_km, dtype=np.int32)
    for array in (transit, per_kg_above, rate, band_grams, zone_km):
        array.setflags(write=False)
    return RateTables(
        card_id=card_id,
        code=code,
        version=version,
        currency=currency,
        late_per_day=late_per_day,
        zone_km=zone_km,
        services=tuple(names.values()),
        service_ids=tuple(place),
        band_grams=band_grams,
        rate=rate,
        per_kg_above=per_kg_above,
        transit=transit,
        dimensional_divisor=divisor,
    )


def distances(
    latitudes: Sequence[float | None] | NDArray[Any],
    longitudes: Sequence[float | None] | NDArray[Any],
    node_latitudes: Sequence[float | None] | NDArray[Any],
    node_longitudes: Sequence[float | None] | NDArray[Any],
) -> NDArray[np.int32]:
    """[destination, node] great-circle distance in whole km, −1 where either lies nowhere (None or NaN)."""
    lat, lon, node_lat, node_lon = (
        np.radians(np.asarray(values, dtype=np.float64))
        for values in (latitudes, longitudes, node_latitudes, node_longitudes)
    )
    half_lat = np.sin((lat[:, None] - node_lat[None, :]) / 2) ** 2
    half_lon = np.sin((lon[:, None] - node_lon[None, :]) / 2) ** 2
    chord = half_lat + np.cos(lat)[:, None] * np.cos(node_lat)[None, :] * half_lon
    km = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(chord, 0, 1)))
    return np.where(np.isnan(km), -1, np.rint(np.nan_to_num(km))).astype(np.int32)


def zones_of(km: NDArray[np.int32], zone_km: Sequence[int] | NDArray[np.int32]) -> NDArray[np.int8]:
    """The zone of each distance: the first whose upper distance is not below it, −1 for an unknown distance."""
    return np.where(km < 0, -1, np.searchsorted(np.asarray(zone_km), km, side="left")).astype(np.int8)


def _check(rows: Sequence[RateRow], currency: str, zone_km: Sequence[int]) -> None:
    if len(currency) != 3 or not (currency.isascii() and currency.isupper()):
        raise BadInput("bad_currency", {"value": currency}, field="currency")
    if any(km <= 0 for km in zone_km) or list(zone_km) != sorted(set(zone_km)) or len(zone_km) > 100:
        raise BadInput("zones_not_ascending", {"value": ", ".join(map(str, zone_km))}, field="zone_km")
    if not rows:
        raise BadInput("card_empty", field="rows")
    _check_rows(rows, zones=len(zone_km) + 1)
    if len({(row.carrier, row.service) for row in rows}) > MOST_SERVICES:
        raise BadInput("too_many_services", {"most": MOST_SERVICES}, field="service")
    prices = {(row.carrier, row.service, row.zone, row.up_to_grams): row.price for row in rows}
    bands = sorted({row.up_to_grams for row in rows})
    roads = sorted({(row.carrier, row.service, row.zone) for row in rows})
    missing = [
        {"carrier": carrier, "service": service, "zone": zone, "up_to_grams": grams}
        for carrier, service, zone in roads
        for grams in bands
        if (carrier, service, zone, grams) not in prices
    ]
    served = {zone for _, _, zone in roads}
    missing += [{"zone": zone} for zone in range(len(zone_km) + 1) if zone not in served]
    if missing:
        raise BadInput("card_cells_missing", {"count": len(missing), "cells": missing[:NAMED]}, field="rows")
    falling = [
        {"carrier": carrier, "service": service, "zone": zone, "up_to_grams": heavy}
        for carrier, service, zone in roads
        for light, heavy in zip(bands, bands[1:], strict=False)
        if prices[carrier, service, zone, heavy] < prices[carrier, service, zone, light]
    ]
    if falling:
        raise BadInput("card_prices_fall", {"count": len(falling), "cells": falling[:NAMED]}, field="price")


def _check_rows(rows: Sequence[RateRow], zones: int) -> None:
    cells: set[tuple[str, str, int, int]] = set()
    roads: dict[tuple[str, str, int], tuple[int, int | None]] = {}
    for place, row in enumerate(rows):
        for field, value, least, most in (
            ("zone", row.zone, 0, zones - 1),
            ("up_to_grams", row.up_to_grams, 1, LARGEST_BAND),
            ("price", row.price, 0, LARGEST_PRICE),
            ("transit_days", row.transit_days, 0, 365),
            ("further_kg_price", 0 if row.further_kg_price is None else row.further_kg_price, 0, LARGEST_PRICE),
        ):
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                raise BadInput(
                    "not_a_whole_number",
                    {"value": str(value)[:40], "least": least, "most": most},
                    field=field,
                    row=place,
                )
        for field, text, longest in (("carrier", row.carrier, 40), ("service", row.service, 24)):
            if not text.strip() or len(text) > longest:
                raise BadInput("bad_text", {"longest": longest}, field=field, row=place)
        cell = (row.carrier, row.service, row.zone, row.up_to_grams)
        if cell in cells:
            raise BadInput("rate_twice", {"zone": row.zone, "up_to_grams": row.up_to_grams}, field="price", row=place)
        cells.add(cell)
        road = (row.transit_days, row.further_kg_price)
        if roads.setdefault(cell[:3], road) != road:
            raise BadInput("rate_rows_differ", {"zone": row.zone}, field="transit_days", row=place)
