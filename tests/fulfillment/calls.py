"""What a system sends to the API of the floor."""

from typing import Any

from django.http import HttpResponse
from rest_framework.test import APIClient

STEPS = ("pick", "short", "pack", "ship", "ready", "hand-over", "deliver")


def post(client: APIClient, path: str, body: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
    """The answer to a body sent as JSON; `path` is below the version."""
    answer: HttpResponse = client.post(f"/api/v1/{path}", body or {}, format="json", **headers)
    return answer
