"""What endpoints of all rooms share: a POST that is safe to repeat, and lists that go on where the last page ended."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dom_project.accounts.access import Right
from dom_project.accounts.api import actor_of, method_of
from dom_project.lib.api_errors import BadInput
from inventory import idempotency, moments

PAGE, LARGEST_PAGE = 100, 500
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="A repeat with the same key gets the stored answer; nothing is done twice.",
)
AFTER = OpenApiParameter("after", str, description="`next` of the page before.")
LIMIT = OpenApiParameter("limit", int, description=f"Rows of a page: {PAGE} if left out, at most {LARGEST_PAGE}.")


class ErrorOut(serializers.Serializer[Any]):
    row = serializers.IntegerField(required=False, help_text="From 0.")
    field, code, reason = serializers.CharField(), serializers.CharField(), serializers.CharField()


class ProblemOut(serializers.Serializer[Any]):
    """RFC 9457, application/problem+json."""

    type, title, detail, code = (serializers.CharField() for _ in range(4))
    status = serializers.IntegerField()
    params = serializers.DictField(required=False)
    errors = ErrorOut(many=True, required=False)  # type: ignore[assignment]  # the metaclass takes it away


# What every call may answer that changes something by its name.
REFUSALS = dict.fromkeys((400, 404, 409, 422), ProblemOut)


class Instant(serializers.DateTimeField):
    """An instant with its offset from UTC, from 1970 to five minutes ahead of `at` in the context."""

    def to_internal_value(self, value: Any) -> datetime:
        try:
            moment = moments.instant(value)
        except moments.NoInstant as wrong:
            if wrong.code == "no_offset":
                raise serializers.ValidationError("The offset from UTC is missing.", "offset_missing") from None
            text = "An instant like 2026-11-10T09:00:00-06:00 is needed."
            raise serializers.ValidationError(text, "bad_instant") from None
        if moment < moments.FIRST:
            raise serializers.ValidationError("It is before 1970.", "too_long_ago")
        if moment > self.context["at"] + moments.AHEAD:
            raise serializers.ValidationError("It is more than 5 minutes ahead.", "in_the_future")
        return moment


class Endpoint(APIView):
    """An endpoint of ours. By method: the `rights` to call it, and what its address `takes`: more is refused (400)."""

    rights: Mapping[str, Right] = {}
    takes: Mapping[str, Collection[str]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        known = self.takes.get(method_of(request), ())
        if unknown := sorted(set(request.query_params) - set(known)):
            named = [name[:64] for name in unknown[:20]]
            params = {"unknown": named, "known": ", ".join(known)}
            code = "unknown_parameter" if known else "takes_no_parameter"
            raise BadInput(code, params, field=named[0], status=400)


def checked(shape: type[serializers.Serializer[Any]], request: Request, *, at: datetime) -> dict[str, Any]:
    """The body as the shape says. Raises ValidationError, which names field and reason, ParseError for no JSON."""
    try:
        data = request.data
    except RecursionError:  # a body of opening brackets
        raise ParseError from None
    body = shape(data=data, context={"at": at})
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def once(request: Request, verb: str, act: Callable[[], tuple[int, Any]], *, at: datetime) -> Response:
    """Act at most once under the caller's Idempotency-Key and answer; a repeat gets the stored answer."""
    raw = bytes(request._request.body)  # noqa: SLF001  DRF offers no way to the bytes once it has parsed them
    key = request.headers.get("Idempotency-Key", "")
    status, answer, again = idempotency.once(f"{verb} {actor_of(request)}", key, raw, act, at=at)
    return Response(answer, status=status, headers={"Idempotent-Replayed": "true"} if again else None)


def limit_of(request: Request) -> int:
    """How many rows are asked for. Raises BadInput."""
    text = request.query_params.get("limit", str(PAGE))
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= LARGEST_PAGE):
        raise BadInput("not_a_whole_number", {"value": text[:20], "least": 1, "most": LARGEST_PAGE}, field="limit")
    return int(text)


def text_of(request: Request, name: str, *, longest: int = 64) -> str:
    """A plain query parameter, empty if left out. Raises BadInput."""
    text = request.query_params.get(name, "").strip()
    if len(text) > longest or not text.isprintable():
        raise BadInput("bad_value", {"value": text[:20]}, field=name)
    return text


def iso(moment: date | None) -> str | None:
    """An instant or day as text. Answers are kept as JSON, and a repeat must get the same bytes."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def page(found: Iterable[Any], limit: int, cursor: Callable[[Any], str], told: Callable[[Any], Any]) -> Response:
    """A page of rows, of which one more than `limit` was read; `next` is None on the last."""
    rows = list(found)
    more = cursor(rows[limit - 1]) if len(rows) > limit else None
    return Response({"results": [told(row) for row in rows[:limit]], "next": more})
