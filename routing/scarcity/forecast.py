"""How many orders a day will bring: the mean of its weekday, scaled by what lately was more or less than that."""

from collections.abc import Sequence

LATELY = 14  # days that tell the trend
LEAST, MOST = 0.5, 2.0  # what a trend may make of the mean


def expected_orders(counts: Sequence[int], weekday: int, days: int) -> list[float]:
    """Orders on each of the `days` days from today on.

    `counts`: orders of the whole days before today, the oldest first; `weekday`: today's, 0 to 6. A weekday that was
    not seen has the mean of all days. Nothing seen: nothing is expected.
    """
    if not counts:
        return [0.0] * days
    mean = sum(counts) / len(counts)
    first = (weekday - len(counts)) % 7
    means = [_mean([count for day, count in enumerate(counts, first) if day % 7 == own], mean) for own in range(7)]
    late = list(enumerate(counts, first))[-LATELY:]
    usual = sum(means[day % 7] for day, _ in late)
    trend = min(max(sum(count for _, count in late) / usual, LEAST), MOST) if usual else 1.0
    return [means[(weekday + ahead) % 7] * trend for ahead in range(days)]


def within(expected: Sequence[float], most: float) -> list[float]:
    """The same as far as it brings at most so many orders; the day on which there are more counts in part."""
    kept: list[float] = []
    for orders in expected:
        room = most - sum(kept)
        if orders >= room:
            return [*kept, room] if room > 0 else kept
        kept.append(orders)
    return kept


def hours_of(expected: Sequence[float], kept: Sequence[float]) -> int:
    """Hours until where `within` looks, at least one."""
    if not kept:
        return 0
    last = expected[len(kept) - 1]
    share = kept[-1] / last if last else 1.0
    return max(round(24 * (len(kept) - 1 + share)), 1)


def _mean(own: Sequence[int], otherwise: float) -> float:
    return sum(own) / len(own) if own else otherwise
