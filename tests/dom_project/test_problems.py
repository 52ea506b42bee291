import pytest
from django.core.exceptions import PermissionDenied
from django.db.utils import InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions as drf
from rest_framework import serializers
from rest_framework.test import APIRequestFactory

from dom_project.lib.api_errors import BadInput, NotFound, Refused
from dom_project.lib.problems import problem_response


def told(error):
    return problem_response(error, {"request": APIRequestFactory().delete("/")})


@pytest.mark.parametrize(
    ("case", "error", "status", "code", "headers"),
    [
        ("a refusal", Refused("no_atp"), 409, "no_atp", {}),
        ("wrong input", BadInput("missing", field="sku"), 422, "missing", {}),
        ("nothing there", NotFound("unknown_sku", {"sku": "CUP"}), 404, "unknown_sku", {}),
        ("a call in flight", Refused("in_flight"), 409, "in_flight", {"Retry-After": "1"}),
        ("Django's 404", Http404("secret path"), 404, "not_found", {}),
        ("Django's 403", PermissionDenied("secret"), 403, "not_allowed", {}),
        ("no right", drf.PermissionDenied(), 403, "not_allowed", {}),
        ("a wrong verb", drf.MethodNotAllowed("DELETE"), 405, "method_not_allowed", {}),
        ("a wrong type", drf.UnsupportedMediaType("text/csv"), 415, "not_that_type", {}),
        ("no JSON", drf.ParseError(), 400, "not_json", {}),
        ("too often", drf.Throttled(wait=2.2), 429, "too_often", {"Retry-After": "3"}),
        ("a lock that does not come", OperationalError("lock timeout at 10.0.0.1"), 503, "busy", {"Retry-After": "1"}),
        ("no database", InterfaceError(), 503, "busy", {"Retry-After": "1"}),
    ],
)
def test_every_error_of_the_api_is_a_problem_document(case, error, status, code, headers):
    answer = told(error)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert {"type", "title", "status", "detail", "code"} <= set(answer.data)
    assert (answer.data["status"], answer.data["code"], answer.data["type"]) == (status, code, "about:blank")
    assert {name: answer.headers[name] for name in headers} == headers
    assert "secret" not in str(answer.data)
    assert "10.0.0.1" not in str(answer.data)


def test_who_is_not_logged_in_is_told_how():
    error = drf.NotAuthenticated()
    error.auth_header = "Bearer"
    answer = told(error)
    assert (answer.status_code, answer.data["code"], answer["WWW-Authenticate"]) == (401, "not_logged_in", "Bearer")


def test_a_serializers_errors_are_listed_flat():
    class LineIn(serializers.Serializer):
        quantity = serializers.IntegerField(min_value=1)

    class OrderIn(serializers.Serializer):
        ref = serializers.CharField(max_length=3)
        lines = LineIn(many=True)

    body = OrderIn(data={"ref": "long one", "lines": [{"quantity": 1}, {"quantity": 0}]})
    with pytest.raises(drf.ValidationError) as refused:
        body.is_valid(raise_exception=True)
    answer = told(refused.value)
    assert (answer.status_code, answer.data["code"]) == (422, "bad_input")
    assert [(error["field"], error["code"]) for error in answer.data["errors"]] == [
        ("ref", "max_length"),
        ("lines[1].quantity", "min_value"),
    ]
    assert answer.data["errors"][1]["reason"] == "Ensure this value is greater than or equal to 1."
    assert answer.data["detail"] == "ref: Ensure this field has no more than 3 characters."
    with pytest.raises(drf.ValidationError) as refused:
        OrderIn(data=[]).is_valid(raise_exception=True)
    answer = told(refused.value)
    assert answer.data["detail"] == answer.data["errors"][0]["reason"]
    assert [error["field"] for error in answer.data["errors"]] == [""]


def test_a_row_is_named():
    answer = told(BadInput("too_small", {"least": 1}, field="quantity", row=0))
    assert answer.data["errors"] == [
        {"row": 0, "field": "quantity", "code": "too_small", "reason": "must be at least 1"}
    ]


def test_a_bug_is_no_problem_document():
    assert told(KeyError("x")) is None
