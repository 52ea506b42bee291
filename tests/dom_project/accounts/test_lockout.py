"""Wrong passwords: how many are looked at, whom they lock out, and when that ends."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client, RequestFactory

from dom_project.accounts import lockout
from dom_project.accounts.login import address_of
from dom_project.accounts.models import LoginFailure, User
from tests.races import run_at_once

AT = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WINDOW = 15 * MINUTE
HERE, THERE = "198.51.100.7", "203.0.113.9"


def fails(times: int, username: str = "maya", address: str = HERE, *, at: datetime = AT) -> list[datetime | None]:
    return [lockout.begin(username, address, at=at) for _ in range(times)]


@pytest.mark.django_db
def test_the_fifth_wrong_password_is_the_last_that_is_looked_at():
    assert fails(7) == [None] * 5 + [AT + WINDOW] * 2
    assert lockout.begin("MAYA", HERE, at=AT + WINDOW - MINUTE) == AT + WINDOW


@pytest.mark.django_db
@pytest.mark.parametrize(("username", "address"), [("maya", THERE), ("omar", HERE)])
def test_another_address_and_another_person_are_not_locked_out(username, address):
    fails(6)
    assert lockout.begin(username, address, at=AT) is None


@pytest.mark.django_db
def test_a_lock_out_ends_by_itself_and_trying_does_not_prolong_it():
    fails(4)
    assert fails(1, at=AT + 10 * MINUTE) == [None]
    assert fails(2, at=AT + 20 * MINUTE) == [AT + 25 * MINUTE] * 2
    assert fails(6, at=AT + 25 * MINUTE) == [None] * 5 + [AT + 40 * MINUTE]


@pytest.mark.django_db
def test_a_right_password_starts_the_count_anew():
    fails(5)
    lockout.succeeded("maya", HERE)
    assert fails(6) == [None] * 5 + [AT + WINDOW]


@pytest.mark.django_db
def test_many_addresses_at_one_account_lock_it_for_all():
    assert {lockout.begin("maya", f"198.51.100.{n}", at=AT) for n in range(50)} == {None}
    assert lockout.begin("maya", THERE, at=AT) == AT + WINDOW
    assert lockout.begin("omar", THERE, at=AT) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "near", [lambda n: HERE, lambda n: f"2001:db8:1:2::{n:x}"], ids=["one address", "one house's half of IPv6"]
)
def test_many_accounts_from_one_address_lock_it_and_right_passwords_do_not_count(near):
    for n in range(60):
        assert lockout.begin(f"right-{n}", near(n), at=AT) is None
        lockout.succeeded(f"right-{n}", near(n))
    assert {lockout.begin(f"wrong-{n}", near(n), at=AT) for n in range(50)} == {None}
    assert lockout.begin("maya", near(99), at=AT) == AT + WINDOW
    assert lockout.begin("maya", THERE, at=AT) is None


@pytest.mark.django_db
def test_what_has_ended_is_forgotten_and_no_name_is_kept():
    fails(1)
    fails(1, "omar", THERE, at=AT + WINDOW)
    assert LoginFailure.objects.count() == 3
    assert not any("omar" in failure.key for failure in LoginFailure.objects.all())


@pytest.mark.django_db(transaction=True)
def test_rivals_at_the_same_instant_get_no_more_looks():
    looks = run_at_once(12, lambda number: lockout.begin("maya", HERE, at=AT))
    assert sorted(looks, key=str).count(None) == 5


@pytest.fixture
def maya(db) -> User:
    return User.objects.create_user("maya", password="right one")


def log_in(client: Client, password: str, username: str = "maya"):
    return client.post("/login/", {"username": username, "password": password})


def test_a_right_password_inside_the_lock_out_is_refused_in_words_and_taken_after_it(maya):
    client = Client()
    with time_machine.travel(AT, tick=False) as clock:
        assert [log_in(client, "wrong").status_code for _ in range(5)] == [200] * 5
        refused = log_in(client, "right one")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
        assert "Too many wrong passwords" in refused.content.decode()
        assert "for 15 min" in refused.content.decode()
        assert "_auth_user_id" not in client.session
        clock.move_to(AT + WINDOW)
        assert log_in(client, "right one").status_code == 302


def test_somebody_who_does_not_exist_is_locked_out_in_the_same_words(maya):
    with time_machine.travel(AT, tick=False):
        for username in ("maya", "nobody"):
            for _ in range(5):
                log_in(Client(), "wrong", username)
        known, unknown = (log_in(Client(), "wrong", username) for username in ("maya", "nobody"))
    assert (unknown.status_code, unknown.headers["Retry-After"]) == (429, "900")
    assert known.context["form"].errors == unknown.context["form"].errors


def test_logging_in_rightly_again_and_again_locks_nobody_out(maya):
    assert {log_in(Client(), "right one").status_code for _ in range(8)} == {302}


def test_what_the_page_offers_with_its_password_is_never_locked(maya, settings):
    settings.DEMO_LOGINS = [{"username": "maya", "password": "right one", "role": "Manager", "code": ""}]
    assert {log_in(Client(), "wrong").status_code for _ in range(60)} == {200}
    assert log_in(Client(), "right one").status_code == 302
    assert not LoginFailure.objects.exists()


@pytest.mark.parametrize(
    ("proxies", "forwarded", "whose"),
    [
        (0, "6.6.6.6", HERE),
        (1, f"6.6.6.6, {THERE}", THERE),
        (2, f"6.6.6.6, {THERE}, 10.0.0.1", THERE),
        (2, THERE, THERE),
        (1, "", HERE),
    ],
)
def test_an_address_is_the_one_that_our_own_proxies_saw(settings, proxies, forwarded, whose):
    settings.PROXIES = proxies
    request = RequestFactory().post("/login/", REMOTE_ADDR=HERE, headers={"x-forwarded-for": forwarded})
    assert address_of(request) == whose
