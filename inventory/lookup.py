"""Find a SKU or a node by what a person types into the search box."""

from typing import NamedTuple

from dom_project.lib import db

SHOWN = 5
FIND = """
(SELECT 'node', code, name FROM inventory_node WHERE code ILIKE %(like)s OR name ILIKE %(like)s OR city ILIKE %(like)s
 ORDER BY name, code LIMIT %(limit)s)
UNION ALL
(SELECT 'sku', s.code, s.name FROM inventory_sku s WHERE s.code ILIKE %(like)s OR s.name ILIKE %(like)s
   OR s.id IN (SELECT sku_id FROM inventory_barcode WHERE code = %(text)s)
 ORDER BY s.code <> upper(%(text)s), s.name, s.code LIMIT %(limit)s)"""


class Found(NamedTuple):
    kind: str  # node or sku
    code: str
    name: str


def find(text: str, *, limit: int = SHOWN) -> list[Found]:
    """Nodes by part of code, name or city, then SKUs by part of code or name or by a whole barcode: `limit` of each.

    Fewer than two characters find nothing.
    """
    text = text.strip()
    if len(text) < 2:
        return []
    like = "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return [Found(*row) for row in db.rows(FIND, {"like": like, "text": text, "limit": limit})]
