"""Safety rules in words, those that are gone too."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dom_project.lib import db

from .audit import Change

NAMES = """
SELECT 'sku_id', id, name FROM inventory_sku WHERE id = ANY(%(sku_id)s)
UNION ALL SELECT 'category_id', id, name FROM inventory_category WHERE id = ANY(%(category_id)s)
UNION ALL SELECT 'node_id', id, name FROM inventory_node WHERE id = ANY(%(node_id)s)
UNION ALL SELECT 'group_id', id, name FROM inventory_nodegroup WHERE id = ANY(%(group_id)s)"""
SCOPES = ("sku_id", "category_id", "node_id", "group_id")


def of_changes(changes: Sequence[Change]) -> list[str]:
    """What happened to a rule, one sentence for each change; one query."""
    if not changes:
        return []
    asked = {scope: [change.values[scope] for change in changes if change.values[scope]] for scope in SCOPES}
    names = {(scope, pk): name for scope, pk, name in db.rows(NAMES, asked)}
    return [_said(change, names) for change in changes]


def _said(change: Change, names: dict[tuple[str, int], str]) -> str:
    values = change.values
    what, where = (
        " ".join(names.get((scope, values[scope]), "?") for scope in pair if values[scope])
        for pair in (SCOPES[:2], SCOPES[2:])
    )
    kept = ngettext(
        "%(number)s unit of %(what)s at %(where)s", "%(number)s units of %(what)s at %(where)s", values["units"]
    )
    rule = kept % {
        "number": values["units"],
        "what": what or _("every SKU"),
        "where": where or _("each node"),
    }
    if change.what == "update":
        switched = _("Switched on: %(rule)s") if values["active"] else _("Switched off: %(rule)s")
        return switched % {"rule": rule}
    return (_("Added: %(rule)s") if change.what == "insert" else _("Removed: %(rule)s")) % {"rule": rule}
