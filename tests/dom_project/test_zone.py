import re
from datetime import UTC, datetime

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import RequestFactory

from dom_project.accounts.models import User
from dom_project.zone import in_the_readers_zone

AT = datetime(2026, 11, 24, 2, 5, tzinfo=UTC)


def told(user: User, path: str = "/orders/") -> str:
    """The instant as a page of this person tells it, with the zone that the frame names."""

    def page(request: HttpRequest) -> HttpResponse:
        text = Template("{% load fairlead %}{{ request.zone }}: {% when at %}").render(
            Context({"at": AT, "request": request})
        )
        return HttpResponse(re.sub("<.*?>", "", text))

    request = RequestFactory().get(path)
    request.user = user
    return in_the_readers_zone(page)(request).content.decode()


def test_a_person_reads_times_in_the_zone_of_their_choice(settings):
    settings.RETAILER_TIME_ZONE = "America/Chicago"
    assert told(User(time_zone="America/Denver")) == "America/Denver: Mon 23 Nov, 19:05 MST"


@pytest.mark.parametrize("chosen", ["", "Mars/Olympus", "../etc"])
def test_without_a_choice_it_is_the_retailers_zone(settings, chosen):
    settings.RETAILER_TIME_ZONE = "America/Chicago"
    assert told(User(time_zone=chosen)) == "America/Chicago: Mon 23 Nov, 20:05 CST"


def test_where_no_zone_is_known_the_browser_has_its_own():
    assert told(User()) == ": Tue 24 Nov, 02:05 UTC"


def test_the_api_speaks_utc_whoever_asks():
    assert told(User(time_zone="America/Denver"), "/api/v1/orders/") == ": Tue 24 Nov, 02:05 UTC"
