"""Before a cancel the question with its scope, after it what came of each line."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfillment import orders as verbs
from fulfillment.dossier import CancelScope, Line
from routing.models import Order


def question(found: Order, lines: Sequence[Line], scopes: Mapping[str, CancelScope]) -> str:
    """Empty when nothing of the order can be cancelled."""
    if not scopes:
        return ""
    total = CancelScope(
        sum(scope.at_once for scope in scopes.values()),
        sum(scope.put_back for scope in scopes.values()),
        sum(line.shipped for line in lines),
    )
    text = ngettext(
        "Cancel order %(order)s with its %(lines)s open line?",
        "Cancel order %(order)s with its %(lines)s open lines?",
        len(scopes),
    )
    return _in_words(total, text % {"order": found.order_ref, "lines": len(scopes)})


def why_not(lines: Sequence[Line], scopes: Mapping[str, CancelScope]) -> str:
    """Why there is nothing to cancel where goods are with the customer or on the way; else empty."""
    if scopes or sum(line.shipped - line.returned for line in lines) <= 0:
        return ""
    return _("It has left; take it back as a return.")


def line_question(line: Line, scopes: Mapping[str, CancelScope]) -> str:
    """Empty when nothing of the line can be cancelled."""
    scope = scopes.get(line.line_ref)
    if scope is None:
        return ""
    text = _("Cancel %(name)s, all that is open of this line?") % {"name": line.name}
    return _in_words(scope, text)


def outcome_of(line: verbs.LineOutcome) -> str:
    """What became of the units of one line."""
    said = [_("%(units)s of %(ordered)s cancelled") % {"units": line.cancelled, "ordered": line.ordered}]
    if line.put_back:
        said.append(_("%(units)s cancelled once they are back on the shelf") % {"units": line.put_back})
    if line.shipped:
        said.append(_("%(units)s have left and stay as they are") % {"units": line.shipped})
    return ", ".join(said)


def _in_words(scope: CancelScope, whole: str) -> str:
    """The question before a cancel: what, how much of it, and what will not be cancelled."""
    said = [whole]
    if scope.at_once:
        text = ngettext("%(units)s unit is free at once.", "%(units)s units are free at once.", scope.at_once)
        said.append(text % {"units": scope.at_once})
    if scope.put_back:
        text = ngettext(
            "%(units)s unit is packed: it is cancelled once somebody has put it back.",
            "%(units)s units are packed: they are cancelled once somebody has put them back.",
            scope.put_back,
        )
        said.append(text % {"units": scope.put_back})
    if scope.left:
        text = ngettext(
            "%(units)s unit has left: it keeps going to the customer.",
            "%(units)s units have left: they keep going to the customer.",
            scope.left,
        )
        said.append(text % {"units": scope.left})
    return " ".join(said)
