"""What two carriers that do not exist charge Juniper & Finch, in cents, shaped like American parcel tariffs."""

from datetime import datetime

from routing import rates
from routing.models import RateCard

ZONE_KM = [240, 480, 965, 1600, 2250, 2900]  # seven zones
BANDS = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000)
SERVICES = {
    # (carrier, service): first 500 g to zone 0, more per zone, per kg, further kg, days by zone
    ("northway", "ground"): (740, 62, 58, 70, (1, 2, 2, 3, 4, 4, 5)),
    ("northway", "priority"): (920, 84, 74, 90, (1, 1, 2, 2, 3, 3, 3)),
    ("pelican", "saver"): (640, 48, 50, 64, (2, 3, 4, 5, 6, 7, 7)),
}


def publish_rates(*, at: datetime, currency: str = "USD") -> RateCard:
    rows = [
        rates.RateRow(
            carrier=carrier,
            service=service,
            zone=zone,
            up_to_grams=grams,
            price=first + zone * by_zone + (grams - 500) * (per_kg + 6 * zone) // 1000,
            transit_days=days[zone],
            further_kg_price=further + 8 * zone,
        )
        for (carrier, service), (first, by_zone, per_kg, further, days) in SERVICES.items()
        for zone in range(len(ZONE_KM) + 1)
        for grams in BANDS
    ]
    return rates.save_card(
        "parcels", rows, name="Parcels 2026", currency=currency, zone_km=ZONE_KM, late_cost_per_day=900, at=at
    )
