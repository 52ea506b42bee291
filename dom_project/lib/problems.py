"""Refusals and errors of the API as problem documents (RFC 9457)."""

import logging
import math
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db.utils import InterfaceError, OperationalError
from django.http import Http404
from django.http.request import UnreadablePostError
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.settings import api_settings as drf_settings
from rest_framework.views import set_rollback

from .api_errors import BadInput, Refused
from .sentences import sentence

log = logging.getLogger(__name__)
NON_FIELD_ERRORS = drf_settings.NON_FIELD_ERRORS_KEY


def problem(refused: Refused) -> dict[str, Any]:
    """A refusal as a problem document; `errors` names row (counted from 0), field and reason."""
    reason = sentence(refused.code, refused.params)
    told = f"{refused.field}: {reason}" if refused.field else reason
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(refused.status).phrase,
        "status": refused.status,
        "detail": told if refused.row is None else f"{refused.row}: {told}",
        "code": refused.code,
    }
    if refused.params:
        document["params"] = refused.params
    if refused.field or refused.row is not None:
        document["errors"] = [error_of(refused)]
    return document


def error_of(refused: Refused) -> dict[str, Any]:
    """One entry of `errors`: row, field, code and the reason in words."""
    where = {"row": refused.row} if refused.row is not None else {}
    reason = sentence(refused.code, refused.params)
    return {**where, "field": refused.field, "code": refused.code, "reason": reason}


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler: every error of the API as application/problem+json. None: a bug, told as 500."""
    refused, headers, errors = _told(error, context)
    if refused is None:
        return None
    set_rollback()
    document = problem(refused)
    if errors:
        document["detail"] = ": ".join(filter(None, (errors[0]["field"], errors[0]["reason"])))
        document["errors"] = errors
    return Response(document, status=refused.status, headers=headers, content_type="application/problem+json")


def _told(error: Exception, context: Mapping[str, Any]) -> tuple[Refused | None, dict[str, str], list[dict[str, Any]]]:
    headers: dict[str, str] = {}
    if isinstance(error, Refused):
        if error.code == "in_flight":
            headers["Retry-After"] = "1"
        return error, headers, []
    if isinstance(error, drf.ValidationError):
        errors = list(validation_errors(error.detail))
        return BadInput("bad_input", field=errors[0]["field"] if errors else ""), headers, errors
    if isinstance(error, drf.Throttled):
        seconds = math.ceil(getattr(error, "wait", None) or 1)
        return Refused("too_often", {"seconds": seconds}, status=429), {"Retry-After": str(seconds)}, []
    if isinstance(error, drf.NotAuthenticated | drf.AuthenticationFailed):
        # DRF has made it a 403 where no authentication names a header.
        if header := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = header
        code = "bad_token" if isinstance(error, drf.AuthenticationFailed) else "not_logged_in"
        return Refused(code, status=error.status_code), headers, []
    if isinstance(error, drf.MethodNotAllowed):
        return Refused("method_not_allowed", {"method": context["request"].method}, status=405), headers, []
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("The database could not do it: %s", error)
        return Refused("busy", status=503), {"Retry-After": "1"}, []
    for kinds, code, status in PLAIN:
        if isinstance(error, kinds):
            params = {"most": settings.DATA_UPLOAD_MAX_MEMORY_SIZE} if code == "body_too_big" else {}
            return Refused(code, params, status=status), headers, []
    if isinstance(error, drf.APIException):
        return Refused(str(error.default_code), status=error.status_code), headers, []
    return None, headers, []


def validation_errors(detail: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """A serializer's errors, flat: lines[2].quantity and why."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            if name == NON_FIELD_ERRORS:
                yield from validation_errors(inner, path)
                continue
            inside = f"{path}[{name}]" if isinstance(name, int) else f"{path}.{name}" if path else str(name)
            yield from validation_errors(inner, inside)
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from validation_errors(inner, f"{path}[{place}]" if nested else path)
    else:
        yield {"field": path, "code": getattr(detail, "code", "bad_value"), "reason": str(detail)}


# kind of error → code, status
PLAIN: tuple[tuple[tuple[type[Exception], ...], str, int], ...] = (
    ((Http404, drf.NotFound), "not_found", 404),
    ((PermissionDenied, drf.PermissionDenied), "not_allowed", 403),
    ((drf.UnsupportedMediaType,), "not_that_type", 415),
    ((drf.NotAcceptable,), "not_acceptable", 406),
    ((drf.ParseError,), "not_json", 400),
    ((RequestDataTooBig,), "body_too_big", 413),
    ((UnreadablePostError,), "body_broken_off", 400),
)
