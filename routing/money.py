"""Amounts of several currencies, said in one."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


class Money:
    """Amounts in minor units, said in one currency by stored rates."""

    def __init__(self, currency: str, exchange: Mapping[str, float]) -> None:
        self.currency, self.exchange = currency, exchange

    def rate(self, currency: str) -> float | None:
        """What one unit of `currency` is in ours, None when no rate is stored."""
        if currency == self.currency:
            return 1.0
        if (rate := self.exchange.get(currency + self.currency)) is not None:
            return rate
        inverse = self.exchange.get(self.currency + currency)
        return 1 / inverse if inverse else None

    def one(self, amount: int, currency: str) -> int:
        """The amount in our currency; as it is when no rate is stored."""
        rate = self.rate(currency)
        return amount if rate is None or rate == 1 else round(amount * rate)

    def many(self, amounts: Sequence[int], currencies: Sequence[str]) -> NDArray[np.int64]:
        """The amounts in our currency, −1 where no rate is stored."""
        own = {currency: self.rate(currency) for currency in set(currencies)}
        pairs = zip(amounts, (own[currency] for currency in currencies), strict=True)
        return np.array([-1 if rate is None else round(amount * rate) for amount, rate in pairs], np.int64)
