"""What the buttons of the strategy's form do to an edit. Nothing here is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest
from django.utils.translation import gettext as _

from routing import weighing
from routing.choices import Choices
from routing.models import Strategy, StrategyActivation, StrategyVersion
from routing.rules import MOST_RULES, PARTS
from routing.words import sentence as words_of
from routing.working_copy import Data, WorkingCopy, faults_of

Posted = Callable[[str], str]  # a field of the form


@dataclass
class Edit:
    """One person's edit: where it began, the unsaved rules, what the page has to tell about it."""

    strategy: Strategy | None
    base: StrategyVersion | None
    base_rules: Sequence[Data]
    live: StrategyActivation | None
    newest: int  # the newest version that this person knows of
    copy: WorkingCopy
    selected: str
    choices: Choices
    reason: str = ""
    order: str = ""
    quiet: frozenset[str] = frozenset()
    error: str = ""
    reason_error: str = ""
    told: str = ""
    newer: Any = None
    test: Any = None
    status: int = 200
    focus: str = ""  # id of what the person goes on with

    def select(self, ref: str) -> None:
        self.selected = ref if self.copy.rule(ref) else self.copy.rules[0]["ref"] if self.copy.rules else ""


def _apply(edit: Edit, posted: Posted, *_what: str) -> None:
    rule = edit.copy.rule(edit.selected)
    if rule and faults_of(rule, edit.choices.closed):
        edit.status = 422


def _select(edit: Edit, posted: Posted, ref: str = "", *_rest: str) -> None:
    edit.select(ref)
    edit.focus = "rule"


def _up(edit: Edit, posted: Posted, ref: str = "", *_rest: str) -> None:
    _move(edit, ref, -1)


def _down(edit: Edit, posted: Posted, ref: str = "", *_rest: str) -> None:
    _move(edit, ref, 1)


def _move(edit: Edit, ref: str, by: int) -> None:
    edit.copy = edit.copy.moved(ref, by)
    if rule := edit.copy.rule(ref):
        place = edit.copy.rules.index(rule) + 1
        edit.told = _("“%(rule)s” is now at place %(place)s.") % {"rule": rule["name"], "place": place}
        up = place > 1 and (by < 0 or place == len(edit.copy.rules))  # a button that can't be pressed loses the focus
        edit.focus = f"{'up' if up else 'down'}-{ref}"


def _toggle(edit: Edit, posted: Posted, ref: str = "", *_rest: str) -> None:
    if rule := edit.copy.rule(ref):
        edit.copy = edit.copy.with_rule(ref, enabled=not rule["enabled"])
        said = _("“%(rule)s” is switched off.") if rule["enabled"] else _("“%(rule)s” is switched on.")
        edit.told = said % {"rule": rule["name"]}


def _delete(edit: Edit, posted: Posted, ref: str = "", *_rest: str) -> None:
    if rule := edit.copy.rule(ref):
        place = edit.copy.rules.index(rule)
        edit.copy = edit.copy.without(ref)
        edit.told = _("“%(rule)s” is removed.") % {"rule": rule["name"]}
        if edit.selected == ref and edit.copy.rules:
            edit.select(edit.copy.rules[min(place, len(edit.copy.rules) - 1)]["ref"])
        edit.focus = f"restore-{ref}" if any(each["ref"] == ref for each in edit.base_rules) else "rules"


def _restore(edit: Edit, posted: Posted, ref: str = "", *_rest: str) -> None:
    edit.copy = edit.copy.restored(ref, edit.base_rules)
    edit.select(ref)
    edit.focus = f"select-{ref}"


def _add(edit: Edit, posted: Posted, *_what: str) -> None:
    if len(edit.copy.rules) >= MOST_RULES:
        edit.error, edit.status = words_of("too_many_rules", {"most": MOST_RULES}), 422
        return
    edit.copy, ref = edit.copy.with_new(_("New rule"))
    edit.select(ref)
    edit.told = _("A rule was added. Please say for which orders it is.")
    edit.focus = "name"


def _criterion(edit: Edit, posted: Posted, part: str = "", *_rest: str) -> None:
    before = edit.copy.rule(edit.selected)
    edit.copy = edit.copy.with_criterion(edit.selected, _part(part), posted(f"add-{part}"))
    if before:
        place = len(before[part])
        edit.quiet = frozenset({f"{part}[{place}]"})
        edit.focus = f"{part}-{place}-value"


def _drop(edit: Edit, posted: Posted, part: str = "", place: str = "", *_rest: str) -> None:
    edit.copy = edit.copy.without_criterion(edit.selected, _part(part), _place(place))
    edit.focus = f"criterion-{part}"


def _unvalue(edit: Edit, posted: Posted, part: str = "", place: str = "", value: str = "") -> None:
    edit.copy = edit.copy.without_value(edit.selected, _part(part), _place(place), value)
    edit.quiet = frozenset({f"{part}[{place}]"})
    edit.focus = f"{part}-{place}-value"


def _weigh(edit: Edit, posted: Posted, part: str = "", *_rest: str) -> None:
    if part not in weighing.PARTS:
        raise BadRequest("No such part.")
    edit.copy = edit.copy.weighed(part)
    said = _("“%(part)s” is switched on.") if part in edit.copy.weighing.on else _("“%(part)s” is switched off.")
    edit.told = said % {"part": words_of(part)}
    edit.focus = f"weigh-{part}"


def _part(part: str) -> str:
    if part not in PARTS:
        raise BadRequest("No such part.")
    return part


def _place(place: str) -> int:
    if not (place.isascii() and place.isdecimal() and len(place) < 4):
        raise BadRequest("No such place.")
    return int(place)


STEPS: dict[str, Callable[..., None]] = {
    "apply": _apply,
    "select": _select,
    "up": _up,
    "down": _down,
    "toggle": _toggle,
    "delete": _delete,
    "restore": _restore,
    "add": _add,
    "criterion": _criterion,
    "drop": _drop,
    "unvalue": _unvalue,
    "weigh": _weigh,
}
