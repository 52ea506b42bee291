"""Where Juniper & Finch is: 4 DCs, 60 stores, 4 dark stores in real places of the United States."""

from dataclasses import dataclass
from datetime import date, time

import holidays

from inventory.models import Channel, LegalEntity, Node, NodeGroup
from routing import places

from . import RETAILER_TIME_ZONE

GROUPS = {"west": "West", "central": "Central", "south": "South", "east": "East"}

_DCS = [
    # city, postcode, group, parcels a day
    ("Reno", "89502", "west", 900),
    ("Dallas", "75212", "south", 900),
    ("Columbus", "43217", "central", 1_000),
    ("Allentown", "18109", "east", 1_000),
]
_DARK_STORES = [
    ("Brooklyn", "11201", "east", 180),
    ("Wicker Park", "60622", "central", 160),
    ("Arts District", "90021", "west", 170),
    ("Georgetown Seattle", "98108", "west", 120),
]
_STORES = {
    "west": """Seattle 98101;Portland 97205;Spokane 99201;Boise 83702;San Francisco 94103;Oakland 94612;San Jose 95113;
        Sacramento 95814;Fresno 93721;Los Angeles 90015;Santa Monica 90401;Irvine 92618;San Diego 92101;
        Las Vegas 89109;Phoenix 85004;Tucson 85701;Albuquerque 87102;
        Salt Lake City 84101;Denver 80202;Colorado Springs 80903""",
    "central": """Omaha 68102;Kansas City 64106;St. Louis 63101;Minneapolis 55403;Milwaukee 53202;Madison 53703;
        Chicago 60611;Naperville 60540;Indianapolis 46204;Detroit 48226;Grand Rapids 49503;Cleveland 44114;
        Cincinnati 45202;Louisville 40202""",
    "south": """Nashville 37203;Memphis 38103;New Orleans 70130;Houston 77002;Austin 78701;San Antonio 78205;
        Fort Worth 76102;Tulsa 74103;Atlanta 30308;Birmingham 35203;Charlotte 28202;Raleigh 27601;Charleston 29401;
        Jacksonville 32202;Orlando 32801;Tampa 33602;Miami 33131""",
    "east": """Pittsburgh 15222;Washington 20001;Baltimore 21202;Philadelphia 19103;New York 10012;Boston 02116;
        Providence 02903;Buffalo 14202;Richmond 23219""",
}


@dataclass(frozen=True)
class _Terms:
    """What one kind of node can do and what it costs, in cents."""

    hours: dict[str, list[str]]
    cut_off: time
    abilities: list[str]
    handling_classes: list[str]
    shipment_cost: int
    unit_cost: int


def _every_day(opens: str, closes: str) -> dict[str, list[str]]:
    return {str(weekday): [opens, closes] for weekday in range(7)}


_STORE_HOURS = _every_day("09:00", "21:00") | {"6": ["10:00", "19:00"]}
_TERMS = {
    Node.Kind.DC: _Terms(
        _every_day("00:00", "23:59"), time(17), ["ship"], ["fragile", "battery", "liquid", "oversize"], 120, 35
    ),
    Node.Kind.STORE: _Terms(_STORE_HOURS, time(15), ["ship", "pickup"], ["fragile", "battery", "liquid"], 260, 90),
    Node.Kind.DARK_STORE: _Terms(
        _every_day("06:00", "23:00"), time(19), ["ship", "pickup"], ["fragile", "battery", "liquid"], 190, 60
    ),
}


def closed_days(years: tuple[int, ...]) -> list[date]:
    """New Year, Thanksgiving and Christmas: the days on which everybody stays at home."""
    kept = ("New Year", "Thanksgiving", "Christmas")
    return sorted(day for day, name in holidays.country_holidays("US", years=years).items() if name.startswith(kept))


def _node(
    code: str,
    name: str,
    kind: Node.Kind,
    postcode: str,
    group: NodeGroup,
    capacity: int,
    entity: LegalEntity,
    closed: list[date],
) -> Node:
    place, terms = places.place_of(postcode), _TERMS[kind]
    assert place is not None, postcode
    return Node(
        code=code,
        name=name,
        kind=kind,
        group=group,
        legal_entity=entity,
        city=place.city,
        region=place.region,
        postcode=postcode,
        country="US",
        latitude=place.latitude,
        longitude=place.longitude,
        time_zone=place.time_zone,
        hours=terms.hours,
        holidays=closed,
        cut_off=terms.cut_off,
        daily_capacity=capacity,
        abilities=terms.abilities,
        handling_classes=terms.handling_classes,
        shipment_cost=terms.shipment_cost,
        unit_cost=terms.unit_cost,
        pickup_ready_minutes=120 if kind == Node.Kind.STORE else 60,
    )


def make_channels() -> list[Channel]:
    entity = LegalEntity.objects.get_or_create(
        code="juniper", defaults={"name": "Juniper & Finch Inc.", "country": "US"}
    )[0]
    wanted = [
        ("web", "Web shop", 6),
        ("app", "App", 6),
        ("marketplace", "Marketplace", 8),
        ("stores", "Store counter", 7),
    ]
    return [
        Channel.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "time_zone": RETAILER_TIME_ZONE,
                "currency": "USD",
                "legal_entity": entity,
                "default_promise_days": days,
            },
        )[0]
        for code, name, days in wanted
    ]


def make_nodes(years: tuple[int, ...]) -> list[Node]:
    """The whole network, saved, by code: DCs first, then dark stores, then stores."""
    entity = LegalEntity.objects.get(code="juniper")
    groups = {
        code: NodeGroup.objects.get_or_create(code=code, defaults={"name": name})[0] for code, name in GROUPS.items()
    }
    closed = closed_days(years)
    nodes = [
        _node(f"{city.upper()}-DC", f"{city} DC", Node.Kind.DC, postcode, groups[group], capacity, entity, closed)
        for city, postcode, group, capacity in _DCS
    ]
    nodes += [
        _node(
            f"DARK-{i}",
            f"{quarter} dark store",
            Node.Kind.DARK_STORE,
            postcode,
            groups[group],
            capacity,
            entity,
            closed,
        )
        for i, (quarter, postcode, group, capacity) in enumerate(_DARK_STORES, 1)
    ]
    for group, listed in _STORES.items():
        for entry in listed.split(";"):
            city, postcode = entry.strip().rsplit(" ", 1)
            code = city.upper().replace(".", "").replace(" ", "-")
            nodes.append(
                _node(
                    code,
                    f"{city} store",
                    Node.Kind.STORE,
                    postcode,
                    groups[group],
                    24 + len(city) % 4 * 6,
                    entity,
                    closed,
                )
            )
    return Node.objects.bulk_create(nodes)
