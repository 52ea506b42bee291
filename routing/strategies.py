"""Versions of a strategy: saved once, never changed, made live by an activation."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import transaction

from dom_project.lib.api_errors import BadInput, NotFound, Refused
from inventory.models import Category, Channel, Node, NodeGroup
from routing import rules as formats
from routing.models import Rule, Strategy, StrategyActivation, StrategyVersion
from routing.weighing import Weighing

FIELDS = ("ref", "name", "enabled", *formats.PARTS, "rank", "max_parcels", "split_lines", "if_part", "if_none")
MASTERS: Mapping[str, Any] = {"channel": Channel, "category": Category, "group": NodeGroup, "node": Node}


def save_version(
    rules: Sequence[Mapping[str, Any]],
    *,
    strategy: Strategy | str | None,
    author: str,
    reason: str,
    at: datetime,
    based_on: StrategyVersion | None = None,
    newest: int | None = None,
    weighing: Weighing | None = None,
) -> StrategyVersion:
    """Save the rules as the strategy's next version; a rule without a ref gets one. It is not live yet.

    It weighs what is said, else what the version that it is based on does.

    `strategy` None: the retailer has none yet, and the first one is made with its first version.
    `newest`: the number that the editor saw as the newest. Refused as `saved_meanwhile` when somebody else has saved
    since. Raises BadInput with the field (`rules[2].max_parcels`) and the reason. Then nothing is written.
    """
    reason = reason.strip()
    if not reason or len(reason) > 300:
        raise BadInput("bad_text", {"longest": 300}, field="reason")
    with transaction.atomic():
        owner = _locked(strategy or _first())
        last = StrategyVersion.objects.filter(strategy=owner).order_by("-number").first()
        if newest is not None and last and last.number != newest:
            raise Refused("saved_meanwhile", {"number": last.number, "author": last.author})
        read = parse(_with_refs(rules, owner))
        base = based_on or last
        weighed = weighing or (base.weighing if base else Weighing())
        version = StrategyVersion.objects.create(
            strategy=owner,
            number=last.number + 1 if last else 1,
            based_on=base,
            **weighed._asdict(),
            author=author,
            reason=reason,
            created_at=at,
        )
        Rule.objects.bulk_create(
            Rule(version=version, position=position, **formats.rule_data(rule)) for position, rule in enumerate(read)
        )
    return version


def parse(rules: object) -> tuple[formats.Rule, ...]:
    """The rules read and checked against the masters. Raises BadInput: unknown codes are named."""
    try:
        read = formats.parse_rules(rules)
    except formats.RuleRefused as refused:
        raise BadInput("bad_rule", {"reason": refused.reason}, field=refused.field) from None
    if len(read) > formats.MOST_RULES:
        raise BadInput("too_many_rules", {"most": formats.MOST_RULES}, field="rules")
    for place, rule in enumerate(read):
        for field, longest in (("name", 120), ("ref", 24)):
            if len(getattr(rule, field)) > longest:
                raise BadInput("bad_text", {"longest": longest}, field=f"rules[{place}].{field}")
    _check_codes(read)
    return read


def activate(version: StrategyVersion, *, at: datetime, actor: str, reason: str = "") -> StrategyActivation:
    """Make a version live, old ones too. It takes effect with the next batch: gather reads the live version."""
    with transaction.atomic():
        _locked(version.strategy)
        return StrategyActivation.objects.create(version=version, activated_at=at, activated_by=actor, reason=reason)


def live_version(strategy: str = "") -> StrategyVersion | None:
    """The version that was made live last, of one strategy if its code is given. None before the first."""
    newest = live_activation(strategy)
    return newest.version if newest else None


def live_activation(strategy: str = "") -> StrategyActivation | None:
    """The activation that says what is live, with version and strategy. None before the first."""
    found = StrategyActivation.objects.select_related("version__strategy")
    if strategy:
        found = found.filter(version__strategy__code=strategy)
    return found.order_by("-id").first()


def current() -> tuple[Strategy | None, StrategyActivation | None]:
    """The strategy that people edit (the live one, else the one that was made first), and what of it is live."""
    live = live_activation()
    return (live.version.strategy if live else Strategy.objects.order_by("id").first()), live


class LivePeriod(NamedTuple):
    """From an activation until the next one; `until` None: still live."""

    activation: StrategyActivation
    until: datetime | None


def live_periods(strategy: Strategy) -> list[LivePeriod]:
    """When which version was live, the newest period first."""
    found = StrategyActivation.objects.filter(version__strategy=strategy).order_by("-id")
    ends: list[datetime | None] = [None, *(each.activated_at for each in found)]
    return [LivePeriod(each, until) for each, until in zip(found, ends, strict=False)]


def history(strategy: Strategy, *, before: int | None = None, limit: int | None = None) -> list[StrategyVersion]:
    """The versions with a number below `before`, the newest first, each with activations and rules prefetched."""
    versions = StrategyVersion.objects.filter(strategy=strategy).select_related("strategy", "based_on")
    if before is not None:
        versions = versions.filter(number__lt=before)
    return list(versions.prefetch_related("activations", "rules").order_by("-number")[:limit])


def newest_version(strategy: Strategy | None) -> StrategyVersion | None:
    """The version of a strategy that was saved last, None before the first."""
    found = StrategyVersion.objects.filter(strategy=strategy).select_related("strategy")
    return found.order_by("-number").first()


def version_before(version: StrategyVersion) -> StrategyVersion | None:
    """The version of the same strategy with the next lower number."""
    found = StrategyVersion.objects.filter(strategy_id=version.strategy_id, number__lt=version.number)
    return found.order_by("-number").first()


def rules_of(version: StrategyVersion | int) -> list[dict[str, Any]]:
    """The rules of a version in their order as plain data, a copy for each caller.

    Without a query where `history` has read the version.
    """
    if isinstance(version, StrategyVersion) and "rules" in getattr(version, "_prefetched_objects_cache", {}):
        ordered = sorted(version.rules.all(), key=lambda rule: rule.position)
        return [{name: getattr(rule, name) for name in FIELDS} for rule in ordered]
    return [{**formats.rule_data(rule), "split_lines": rule.split_lines} for rule in parsed_rules(version)]


def parsed_rules(version: StrategyVersion | int) -> tuple[formats.Rule, ...]:
    """The rules of a version as the engine takes them; read once per process, since a version never changes."""
    return _parsed(version if isinstance(version, int) else version.pk)


@lru_cache(maxsize=64)
def _parsed(version_id: int) -> tuple[formats.Rule, ...]:
    return formats.parse_rules(list(Rule.objects.filter(version_id=version_id).order_by("position").values(*FIELDS)))


def _locked(strategy: Strategy | str) -> Strategy:
    """The strategy's row, locked: two who save at once get two numbers."""
    code = strategy if isinstance(strategy, str) else strategy.code
    found = Strategy.objects.select_for_update(no_key=True).filter(code=code).first()
    if found is None:
        raise NotFound("unknown_strategy", {"strategy": code}, field="strategy")
    return found


def _first() -> Strategy:
    """A retailer's first strategy; of two people who save it at once, both get the same."""
    return Strategy.objects.get_or_create(code="main", defaults={"name": "Main"})[0]


def _with_refs(rules: Sequence[Mapping[str, Any]], strategy: Strategy) -> list[Any]:
    """New rules get the next r<number> that no version of this strategy has used."""
    if not isinstance(rules, list | tuple) or not all(isinstance(rule, Mapping) for rule in rules):
        return list(rules)
    used = Rule.objects.filter(version__strategy=strategy, ref__regex=r"^r[0-9]{1,9}$").values_list("ref", flat=True)
    given = [str(rule.get("ref") or "") for rule in rules]
    numbers = [int(ref[1:]) for ref in {*used, *given} if ref[:1] == "r" and ref[1:].isdecimal()]
    last = max(numbers, default=0)
    named = []
    for rule in rules:
        if not rule.get("ref"):
            last += 1
            rule = {**rule, "ref": f"r{last}"}
        named.append(rule)
    return named


def _check_codes(rules: Sequence[formats.Rule]) -> None:
    wanted: dict[str, dict[str, str]] = {}
    for place, rule in enumerate(rules):
        for part in formats.PARTS:
            for number, criterion in enumerate(getattr(rule, part)):
                if criterion.field in MASTERS:
                    for code in criterion.values:
                        wanted.setdefault(criterion.field, {})[code] = f"rules[{place}].{part}[{number}].values"
    for field, codes in wanted.items():
        known = set(MASTERS[field].objects.filter(code__in=codes).values_list("code", flat=True))
        for code in codes:
            if code not in known:
                raise BadInput(f"unknown_{field}", {field: code}, field=codes[code])
