"""Counts of stock over HTTP: rows checked one by one, good ones counted, bad ones named."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from dom_project.accounts.access import Right
from dom_project.accounts.api import actor_of
from dom_project.lib import db, problems
from dom_project.lib.api_errors import Refused
from inventory import access, api_calls, ledger
from inventory.api_calls import KEY, Instant, ProblemOut
from inventory.ledger.count import Counted
from inventory.models import FeedRun, Sku
from inventory.movements import Count

MOST_COUNTS, LARGEST = 1000, 10_000_000


class CountIn(serializers.Serializer[Any]):
    node = serializers.CharField(max_length=64)
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(
        min_value=-LARGEST, max_value=LARGEST, help_text="Units on hand; below 0 counts as 0, and `notes` says so."
    )
    external = serializers.IntegerField(
        min_value=0, max_value=LARGEST, default=0, help_text="Units of these that others have reserved."
    )
    observed_at = Instant(help_text="When it was true, with offset.")


class CountsIn(serializers.Serializer[Any]):
    counts = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=MOST_COUNTS)


class CountsShape(serializers.Serializer[Any]):
    """The shape for the API's document; each row is read by itself, so that a bad one stops no other."""

    counts = serializers.ListField(child=CountIn(), min_length=1, max_length=MOST_COUNTS)


class CountsOut(serializers.Serializer[Any]):
    taken, refused, changed, stale, drift = (serializers.IntegerField() for _ in range(5))
    errors = api_calls.ErrorOut(many=True)  # type: ignore[assignment]  # the metaclass takes it away
    notes = api_calls.ErrorOut(many=True, help_text="Rows that were taken, but not as they were given.")


class StockCounts(api_calls.Endpoint):
    """Counts of up to 1,000 levels, each as of its own moment. Bad rows are named, good ones count."""

    rights = {"POST": Right.COUNT_STOCK}

    @extend_schema(
        operation_id="count_stock",
        parameters=[KEY],
        request=CountsShape,
        responses=dict.fromkeys((400, 404, 409, 422), ProblemOut) | {200: CountsOut},
    )
    @db.retry_on_conflict
    def post(self, request: Request) -> Response:
        at, actor = timezone.now(), actor_of(request)

        def count() -> tuple[int, Any]:
            rows = api_calls.checked(CountsIn, request, at=at)["counts"]
            good, errors = _read_counts(rows, request.user, at=at)
            return 200, _count(good, errors, at=at, actor=actor)

        return api_calls.once(request, "count_stock", count, at=at)


def _read_counts(rows: list[dict[str, Any]], user: Any, *, at: datetime) -> tuple[list[dict[str, Any]], list[Any]]:
    """The rows that can be believed, with node and SKU ids, and what is wrong with the others."""
    good: list[dict[str, Any]] = []
    errors: list[Any] = []
    nodes = dict(access.nodes_of(user).filter(active=True).values_list("code", "id"))
    told = []
    for place, row in enumerate(rows):
        read = CountIn(data=row, context={"at": at})
        if read.is_valid():
            told.append((place, dict(read.validated_data)))
        else:
            errors += [{"row": place, **error} for error in problems.validation_errors(read.errors)]
    skus = dict(Sku.objects.filter(code__in={count["sku"] for _, count in told}).values_list("code", "id"))
    for place, count in told:
        for field, known in (("node", nodes), ("sku", skus)):
            if count[field] not in known:
                unknown = Refused(f"unknown_{field}", {field: count[field]}, field=field, row=place)
                errors.append(problems.error_of(unknown))
                break
        else:
            good.append({**count, "row": place, "node_id": nodes[count["node"]], "sku_id": skus[count["sku"]]})
    return good, sorted(errors, key=lambda error: int(error["row"]))


@transaction.atomic
def _count(good: list[dict[str, Any]], errors: list[Any], *, at: datetime, actor: str) -> dict[str, Any]:
    counted = Counted()
    if good:
        ids = ledger.open_levels_many([(count["node_id"], count["sku_id"]) for count in good])
        run = FeedRun.objects.create(
            kind=FeedRun.Kind.CALL,
            state=FeedRun.State.APPLIED,
            seq=int(at.timestamp()),
            observed_at=max(count["observed_at"] for count in good),
            started_at=at,
            finished_at=at,
            rows_read=len(good) + len(errors),
            rejected=len(errors),
        )
        counts = [
            Count(ids[count["node_id"], count["sku_id"]], count["quantity"], count["external"], count["observed_at"])
            for count in good
        ]
        counted = ledger.count_levels(counts, run=run, part=0, at=at, actor=actor)
        FeedRun.objects.filter(pk=run.pk).update(changed=counted.changed, stale=counted.stale, drift=counted.drift)
    return {
        "taken": len(good),
        "refused": len({error["row"] for error in errors}),
        "changed": counted.changed,
        "stale": counted.stale,
        "drift": counted.drift,
        "errors": errors,
        "notes": [
            problems.error_of(Refused("counted_as_nothing", field="quantity", row=count["row"]))
            for count in good
            if count["quantity"] < 0
        ],
    }
