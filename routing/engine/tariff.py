"""What a parcel costs and which service carries it."""

import numpy as np
from numpy.typing import NDArray

from routing.engine.gaps import LARGEST, MOST_DAYS
from routing.engine.problem import Int64, Problem

Costs = NDArray[np.float64]  # whole minor units, exact to 2**53; +inf = may not be
Index = NDArray[np.intp]
CANNOT = np.inf
ENDLESS = 2**62  # grams: no parcel is too heavy


class Tariff:
    """Freight with lateness per (services of a node, days left, zone, band), the best service already chosen.

    The cheapest service that arrives by the promise carries the parcel; if none does, the one with the least freight
    and lateness together. Row 0 of the days is "one day too late before it even leaves"; what is later than that adds
    the same for every service.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.late = min(max(problem.late_per_day, 0), LARGEST)
        services, zones, bands = problem.rate.shape
        self.zones, self.bands = zones, max(bands, 1)
        self.transit = np.where(problem.transit > MOST_DAYS, -1, problem.transit).astype(np.int64)
        self.rate: Int64 = np.where(problem.rate > LARGEST, -1, problem.rate)
        self.per_kg_above: Int64 = np.where(problem.per_kg_above > LARGEST, -1, problem.per_kg_above)
        rate = self.rate if bands else np.full((services, zones, 1), -1, np.int64)
        self.top = int(problem.band_grams[-1]) if bands else -1
        self.carried = self._carried()
        self.longest = int(self.transit.max(initial=0))
        self.soonest = int(self.transit[self.transit >= 0].min(initial=self.longest))
        kinds, self.kind_of_node = np.unique(problem.service_bits, return_inverse=True)
        self.kinds = kinds
        self.days = self.longest + 2
        self._bit = (kinds[:, None] >> np.arange(services)) & 1 == 1  # [kind, service]
        cost, service = self._chosen(rate.transpose(2, 0, 1)[:, None], np.arange(-1, self.longest + 1)[None, :])
        # [band, day, kind, zone] → [kind, day, zone, band]
        self.free_at = cost.size
        self.none_at = cost.size + self.bands
        flat = (2, 1, 3, 0)
        self.cost: Costs = np.concatenate(
            [cost.transpose(flat).ravel(), np.zeros(self.bands), np.full(self.bands, CANNOT)]
        )
        self.service = np.concatenate([service.transpose(flat).ravel(), np.full(2 * self.bands, -1)]).astype(np.int8)

    def _chosen(self, rate: Int64, left: Int64) -> tuple[Costs, Int64]:
        """(cost, service) per [case, day, kind, zone] for rate[case, 1, service, zone] and days left [1, day]."""
        usable = (rate >= 0) & (self.transit >= 0)
        arrives_late = np.maximum(self.transit - left[..., None, None], 0)  # [1, day, service, zone]
        price = np.where(usable, rate + arrives_late * self.late, CANNOT)
        on_time = np.where(arrives_late == 0, price, CANNOT)
        if not price.shape[2]:
            shape = (price.shape[0], price.shape[1], len(self.kinds), self.zones)
            return np.full(shape, CANNOT), np.full(shape, -1)
        offered = self._bit[:, :, None]  # [kind, service, 1]
        by_kind = np.where(offered, price[:, :, None], CANNOT)  # [case, day, kind, service, zone]
        timely = np.where(offered, on_time[:, :, None], CANNOT)
        best = timely.min(3)
        in_time = np.isfinite(best)
        cost = np.where(in_time, best, by_kind.min(3))
        service = np.where(in_time, timely.argmin(3), by_kind.argmin(3))
        return cost, np.where(np.isfinite(cost), service, -1)

    def rows(
        self, slack: Int64, ship_day: Int64, dest: Int64, collected: NDArray[np.bool_], node: Int64 | None = None
    ) -> tuple[Index, Costs]:
        """(place of band 0 in the tables, lateness beyond them) per [order, node]; `node`: which, if not each once.

        slack[order], ship_day[node] or [order, node], dest[order]; collected[order]: the customer fetches it, so
        there is no freight, and the ship day is the day it is ready.
        """
        kind, zone = self.kind_of_node, self.problem.zone[dest]
        if node is not None:
            kind, zone = kind[node], zone[:, node]
        left = slack[:, None] - ship_day
        day = np.clip(left, -1, self.longest) + 1
        place = ((kind * self.days + day) * self.zones + zone) * self.bands
        place = np.where(zone < 0, self.none_at, place).astype(np.intp)
        beyond = np.maximum(-1 - left, 0) * float(self.late)
        if collected.any():
            place[collected] = self.free_at
            beyond[collected] = np.maximum(-left[collected], 0) * float(self.late)
        return place, beyond

    def at(
        self, slack: Int64, ship_day: Int64, node: Int64, zone: Int64, collected: NDArray[np.bool_]
    ) -> tuple[Index, Costs]:
        """The same per parcel: every argument [parcel]."""
        left = slack - ship_day
        day = np.clip(left, -1, self.longest) + 1
        place = ((self.kind_of_node[node] * self.days + day) * self.zones + zone) * self.bands
        place = np.where(zone < 0, self.none_at, place)
        place = np.where(collected, self.free_at, place).astype(np.intp)
        late = np.where(collected, -left, -1 - left)
        return place, np.maximum(late, 0) * float(self.late)

    def parcel(self, place: Index, grams: Int64) -> Costs:
        """Cost of parcels of these weights; place[order, node], grams[order, …] → [order, …, node]."""
        band = np.searchsorted(self.problem.band_grams, grams)
        spread = place.reshape(len(place), *(1,) * (grams.ndim - 1), place.shape[1])
        heavy = grams > self.top
        cost: Costs = self.cost.take(spread + np.minimum(band, self.bands - 1)[..., None])
        if heavy.any():
            which = np.nonzero(heavy)
            cost[which] = self._heavy(place[which[0]], grams[which][:, None])[0]
        return cost

    def parcel_at(self, place: Index, grams: Int64) -> tuple[Costs, NDArray[np.int8]]:
        """(cost, service) of single parcels: place[parcel], grams[parcel]; service −1 = none carries it."""
        band = np.minimum(np.searchsorted(self.problem.band_grams, grams), self.bands - 1)
        cost, service = self.cost.take(place + band), self.service.take(place + band)
        heavy = np.flatnonzero(grams > self.top)
        if len(heavy):
            cost[heavy], service[heavy] = self._heavy(place[heavy], grams[heavy])
        return cost, service

    def heaviest(self, place: Index) -> Int64:
        """Grams of the heaviest parcel that has a price at these places, −1 = none has."""
        bands = self.cost.take(place[..., None] + np.arange(self.bands))
        last = self.bands - 1 - np.isfinite(bands)[..., ::-1].argmax(-1)
        grams = self.problem.band_grams[last] if self.top >= 0 else np.zeros(place.shape, np.int64)
        endless = np.isfinite(self._heavy(place, np.full(place.shape, max(self.top, 0) + 1))[0])
        known = np.isfinite(bands).any(-1)
        heaviest: Int64 = np.where(endless, ENDLESS, np.where(known, grams, -1))
        return heaviest

    def _carried(self) -> int:
        """Grams that every service which runs at all carries, whatever its zone: no order below is too heavy."""
        runs = (self.rate >= 0).any(2) & (self.transit >= 0) if self.rate.size else np.zeros((0, 0), np.bool_)
        if not runs.any():
            return ENDLESS
        endless = (self.rate[:, :, -1] >= 0) & (self.per_kg_above >= 0)
        last = self.bands - 1 - (self.rate >= 0)[:, :, ::-1].argmax(2)
        return int(np.where(endless, ENDLESS, self.problem.band_grams[last])[runs].min())

    def freight(self, service: NDArray[np.int8], zone: Int64, grams: Int64) -> Int64:
        """Price of each parcel on its service, without lateness; 0 where none is needed."""
        if not self.rate.size:
            return np.zeros(len(service), np.int64)
        band = np.minimum(np.searchsorted(self.problem.band_grams, grams), self.bands - 1)
        above = -(-np.maximum(grams - self.top, 0) // 1000) * self.per_kg_above[service, zone]
        return np.where(service >= 0, self.rate[service, zone, band] + above, 0)

    def arrives(self, service: NDArray[np.int8], zone: Int64, ship_day: Int64) -> Int64:
        """Day each parcel arrives; collected goods are there on the day they are ready."""
        if not self.problem.transit.size:
            return ship_day
        return np.where(service >= 0, ship_day + self.transit[service, zone], ship_day)

    def heavy(self, place: Index, grams: Int64) -> Costs:
        """Cost of parcels above the last band; grams has the shape of place."""
        return self._heavy(place, grams)[0]

    def _heavy(self, place: Index, grams: Int64) -> tuple[Costs, NDArray[np.int8]]:
        """(cost, service) of parcels above the last band; grams has the shape of place or spreads over it."""
        best = np.where(place == self.free_at, 0.0, CANNOT)
        chosen = np.full(place.shape, -1, np.int8)
        found_on_time = np.zeros(place.shape, np.bool_)
        if not self.rate.size:
            return best, chosen
        cell = np.where(place < self.free_at, place, 0) // self.bands
        zone, cell = cell % self.zones, cell // self.zones
        left, kind = cell % self.days - 1, cell // self.days
        started = -(-(grams - self.top) // 1000)
        for service in range(len(self.rate)):
            rate, each = self.rate[service, zone, -1], self.per_kg_above[service, zone]
            transit = self.transit[service, zone]
            late = np.maximum(transit - left, 0)
            may = (place < self.free_at) & (rate >= 0) & (each >= 0) & (transit >= 0) & self._bit[kind, service]
            cost = np.where(may, rate + started * each + late * self.late, CANNOT)
            on_time = may & (late == 0)
            better = np.where(on_time == found_on_time, cost < best, on_time)
            best, chosen = np.where(better, cost, best), np.where(better, service, chosen).astype(np.int8)
            found_on_time |= on_time
        return best, chosen
