"""How currencies are divided and written. Pure."""

from collections.abc import Mapping

_EXPONENTS: Mapping[str, int] = {"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3} | dict.fromkeys(
    ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0
)
# Written before the amount; a currency without one is named after it.
SYMBOLS: Mapping[str, str] = {
    "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CAD": "CA$", "AUD": "A$", "MXN": "MX$",
}  # fmt: skip


def exponent(currency: str) -> int:
    """How many decimal places an amount in major units has."""
    return _EXPONENTS.get(currency, 2)
