"""What carries a parcel and what it costs, from the rates alone, parcel by parcel: for checks and what is held."""

from typing import NamedTuple

from routing.engine.problem import Method, Problem

MOST = 2**31 - 1  # a larger price is none
MOST_GRAMS = 10**12  # of a line
MOST_DAYS = 365  # on the road
COLLECTED = (Method.PICKUP, Method.CURBSIDE)


class Carriage(NamedTuple):
    """A parcel on its best service; −1 = none needed."""

    service: int
    arrive_day: int
    freight: int
    lateness: int


def serves_at_a_cost(problem: Problem, node: int) -> bool:
    """False where what a parcel or a unit costs there is beyond what can be: such a node serves nobody."""
    return max(abs(int(problem.fix[node])), abs(int(problem.pick[node]))) <= MOST


def carriage(problem: Problem, order: int, node: int, ship_day: int, grams: int) -> Carriage | None:
    """The cheapest service that keeps the promise, else the least of freight and lateness; None = no service."""
    slack = int(problem.slack[order])
    if problem.method[order] in COLLECTED:
        return Carriage(-1, ship_day, 0, max(ship_day - slack, 0) * late_per_day(problem))
    zone = int(problem.zone[problem.dest[order], node])
    if zone < 0:
        return None
    offers = []
    for service in range(len(problem.services)):
        freight = price(problem, service, zone, grams)
        days = int(problem.transit[service, zone])
        if freight is None or not 0 <= days <= MOST_DAYS or not int(problem.service_bits[node]) >> service & 1:
            continue
        late = max(ship_day + days - slack, 0)
        offers.append((late > 0, freight + late * late_per_day(problem), service, ship_day + days, freight))
    if not offers:
        return None
    _, cost, service, arrive_day, freight = min(offers)
    return Carriage(service, arrive_day, freight, cost - freight)


def weight_of(problem: Problem, line: int) -> int:
    """Grams of a whole line; where unknown, what is likely, else a kilogram a unit."""
    grams, likely, units = (int(column[line]) for column in (problem.grams, problem.likely_grams, problem.units))
    return min(max(grams, 0) or (max(likely, 0) or 1000 * units if units > 0 else 0), MOST_GRAMS)


def late_per_day(problem: Problem) -> int:
    """Cost of a parcel one day after its promise."""
    return min(max(problem.late_per_day, 0), MOST)


def price(problem: Problem, service: int, zone: int, grams: int) -> int | None:
    """Freight of a parcel in minor units, without lateness; None = that service has no price for it."""
    rates = problem.rate[service, zone].tolist()
    for heaviest, rate in zip(problem.band_grams.tolist(), rates, strict=True):
        if grams <= heaviest:
            return rate if 0 <= rate <= MOST else None
    each = int(problem.per_kg_above[service, zone])
    if not rates or not 0 <= rates[-1] <= MOST or not 0 <= each <= MOST:
        return None
    return int(rates[-1]) + -(-(grams - int(problem.band_grams[-1])) // 1000) * each
