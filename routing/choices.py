"""What the criteria of a rule can be chosen from: the masters by code, with their names, in one query."""

from collections.abc import Mapping
from dataclasses import dataclass

from holidays.countries import UnitedStates

from dom_project.lib import db
from dom_project.words import METHODS as METHOD_LOOKS
from dom_project.words import NODE_KINDS
from routing import rules as formats

READ = """
SELECT 'channel', code, name FROM inventory_channel
UNION ALL SELECT 'category', code, name FROM inventory_category
UNION ALL SELECT 'group', code, name FROM inventory_nodegroup
UNION ALL SELECT 'node', code, name FROM inventory_node
UNION ALL SELECT 'region', region, '' FROM (SELECT DISTINCT region FROM inventory_node WHERE region <> '') r
UNION ALL SELECT 'currency', currency, '' FROM (
  SELECT currency FROM routing_ratecard WHERE live ORDER BY id DESC LIMIT 1) c
ORDER BY 1, 3, 2
"""


@dataclass(frozen=True, slots=True)
class Choices:
    """`of` maps a field to its codes with their names; regions are those that we can name, others may be typed."""

    of: Mapping[str, Mapping[str, str]]
    currency: str

    @property
    def closed(self) -> Mapping[str, Mapping[str, str]]:
        """The fields of which only listed codes exist."""
        return {name: codes for name, codes in self.of.items() if name != "region"}


def read() -> Choices:
    """Everything that may be chosen now, and the currency in which values are compared (the live rate card's)."""
    of: dict[str, dict[str, str]] = {name: {} for name in (*formats.ORDER_FIELDS, *formats.NODE_FIELDS)}
    for name in ("value", "distance", "atp_left"):
        del of[name]
    of["method"] = {code: str(METHOD_LOOKS[code].word) for code in formats.METHODS}
    of["kind"] = {code: str(NODE_KINDS[code].word) for code in formats.KINDS}
    of["region"] = {code: name for name, code in sorted(UnitedStates.subdivisions_aliases.items())}
    currency = "USD"
    for field, code, name in db.rows(READ, []):
        if field == "currency":
            currency = code
        elif code not in of[field]:
            of[field][code] = name or code
    return Choices(of, currency)
