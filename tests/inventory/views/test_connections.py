import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dom_project.accounts.models import Role
from inventory import feed_limits
from inventory.models import Connection, FeedCase, FeedRun, FeedStage, RejectedRow
from tests import make

pytestmark = pytest.mark.django_db

SETTINGS = {
    "ref": "erp",
    "name": "Head office",
    "system": "json_http",
    "address": "http://127.0.0.1:9009",
    "token": "",
    "schedule_seconds": "30",
    "snapshot_seconds": "900",
    "overlap_seconds": "120",
    "booking_delay_seconds": "",
    "mapping": "",
    "active": "on",
}


@pytest.fixture(autouse=True)
def _may_call(settings):
    settings.OUTBOUND_ALLOWED = ["127.0.0.1:9009", "127.0.0.1:9010"]


@pytest.fixture
def planner(client):
    client.force_login(make.user(Role.OPERATIONS_MANAGER))
    return client


@pytest.fixture
def connection() -> Connection:
    return Connection.objects.create(
        ref="erp",
        name="Head office",
        address="http://127.0.0.1:9009",
        token="secret-token",
        last_success_at=timezone.now() - timedelta(seconds=10),
    )


def case_of(connection) -> FeedCase:
    run = FeedRun.objects.create(
        connection=connection,
        kind="snapshot",
        state="asked",
        seq=1,
        started_at=timezone.now(),
        observed_at=timezone.now(),
    )
    FeedStage.objects.create(run=run, node=make.node(), sku_id=1, on_hand=0)
    biggest = [{"node": "RENO", "sku": "MUG", "before": 10, "after": 0}]
    params = {"nodes": ["RENO"], "biggest": biggest}
    return FeedCase.objects.create(run=run, reason="all_zero", params=params, raised_at=timezone.now())


PAGES = ("connections", "connection", "connection_new", "connection_edit")


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.ADMINISTRATOR, (200, 200, 200, 200)),
        (Role.OPERATIONS_MANAGER, (200, 200, 200, 200)),
        (Role.EXECUTIVE, (200, 200, 403, 403)),
        (Role.STORE_ASSOCIATE, (403, 403, 403, 403)),
        (Role.CUSTOMER_SERVICE, (403, 403, 403, 403)),
    ],
)
def test_who_sees_and_who_changes_connections(client, connection, role, seen):
    client.force_login(make.user(role))
    asked = [reverse(name, args=["erp"] if name in ("connection", "connection_edit") else []) for name in PAGES]
    assert tuple(client.get(url).status_code for url in asked) == seen


@pytest.mark.parametrize("name", ["connection_check", "connection_pull", "connection_case", "connection_edit"])
def test_an_executive_changes_nothing(client, connection, name):
    client.force_login(make.user(Role.EXECUTIVE))
    assert client.post(reverse(name, args=["erp"]), SETTINGS | {"name": "Mine"}).status_code == 403
    assert Connection.objects.get().name == "Head office"


def test_an_unknown_connection_is_not_found(planner):
    assert planner.get(reverse("connection", args=["nope"])).status_code == 404


def test_the_list_says_the_state_in_words(planner, connection):
    assert "Fresh" in planner.get(reverse("connections")).text
    Connection.objects.update(last_success_at=timezone.now() - timedelta(seconds=150))
    assert "Stale" in planner.get(reverse("connections")).text
    Connection.objects.update(active=False)
    assert "Paused" in planner.get(reverse("connections")).text


def test_an_empty_list_says_the_next_step(planner):
    assert "Connect a system" in planner.get(reverse("connections")).text


def test_the_token_is_never_shown(planner, connection):
    for name in ("connection", "connection_edit"):
        assert "secret-token" not in planner.get(reverse(name, args=["erp"])).text


def test_a_new_connection_is_saved_and_due(planner):
    answer = planner.post(reverse("connection_new"), SETTINGS | {"token": "abc", "mapping": '{"rows": "items"}'})
    assert answer["Location"] == reverse("connection", args=["erp"])
    saved = Connection.objects.get()
    assert (saved.token, saved.mapping, saved.next_at) == ("abc", {"rows": "items"}, None)


@pytest.mark.parametrize(
    ("case", "field", "value", "said"),
    [
        ("no name", "name", "", "required"),
        ("an inner address", "address", "http://169.254.169.254/latest", "may not call"),
        ("no address", "address", "gopher", "may not call"),
        ("a mapping that is no JSON", "mapping", "{", "This is not JSON."),
        ("a mapping that is no object", "mapping", "[]", "can&#x27;t be used"),
        ("a mapping with an unknown key", "mapping", '{"colour": "x"}', "colour"),
        ("asked too often", "schedule_seconds", "1", "Please give a whole number from 5 to 86,400."),
        ("asked never", "schedule_seconds", "NaN", "Please give a whole number from 5 to 86,400."),
    ],
)
def test_bad_settings_come_back_with_the_field(planner, case, field, value, said):
    answer = planner.post(reverse("connection_new"), SETTINGS | {field: value})
    assert answer.status_code == 422, case
    assert said in answer.text
    assert Connection.objects.count() == 0


def test_a_code_that_is_taken_is_refused(planner, connection):
    answer = planner.post(reverse("connection_new"), SETTINGS)
    assert (answer.status_code, Connection.objects.count()) == (422, 1)
    assert "Another connection has this code." in answer.text


def test_an_empty_token_stays_as_it_is(planner, connection):
    planner.post(reverse("connection_edit", args=["erp"]), SETTINGS | {"name": "ERP"})
    connection.refresh_from_db()
    assert (connection.name, connection.token) == ("ERP", "secret-token")


def test_a_token_does_not_follow_to_another_host(planner, connection):
    moved = SETTINGS | {"address": "http://127.0.0.1:9010"}
    answer = planner.post(reverse("connection_edit", args=["erp"]), moved)
    connection.refresh_from_db()
    assert (answer.status_code, connection.address) == (422, "http://127.0.0.1:9009")
    assert planner.post(reverse("connection_edit", args=["erp"]), moved | {"token": "new"}).status_code == 302
    connection.refresh_from_db()
    assert (connection.address, connection.token) == ("http://127.0.0.1:9010", "new")


def test_a_new_mapping_reads_everything_anew(planner, connection):
    Connection.objects.update(cursor={"since": "2026-11-10T15:00:00+00:00"}, last_snapshot_at=timezone.now())
    planner.post(reverse("connection_edit", args=["erp"]), SETTINGS | {"mapping": json.dumps({"rows": "items"})})
    connection.refresh_from_db()
    assert (connection.cursor, connection.last_snapshot_at) == ({}, None)


def test_a_stopped_read_shows_why_and_what_it_would_change(planner, connection):
    case_of(connection)
    page = planner.get(reverse("connection", args=["erp"])).text
    assert "Every stocked SKU of a node would turn 0 (RENO)." in page
    assert "Let it count once" in page


@pytest.mark.parametrize(
    ("verdict", "closed", "state"), [("accept", "accepted", "staged"), ("discard", "discarded", "discarded")]
)
def test_a_stopped_read_is_decided_once(planner, connection, verdict, closed, state):
    case = case_of(connection)
    url, form = reverse("connection_case", args=["erp"]), {"run": case.run_id, "verdict": verdict}
    assert planner.post(url, form).status_code == 302
    case.refresh_from_db()
    assert (case.verdict, case.run.state) == (closed, state)
    again = planner.post(url, form, headers={"HX-Request": "true"})
    assert "Somebody has decided this already." in again["HX-Trigger"]


@pytest.mark.parametrize(("run", "verdict"), [("0", "accept"), ("x", "accept"), ("9" * 30, "accept")])
def test_a_case_that_is_none_is_not_found(planner, connection, run, verdict):
    case_of(connection)
    answer = planner.post(reverse("connection_case", args=["erp"]), {"run": run, "verdict": verdict})
    assert (answer.status_code, FeedCase.objects.filter(closed_at=None).count()) == (404, 1)


def test_failures_and_rejected_rows_are_said_in_words(planner, connection):
    error = {"code": "unauthorised", "params": {"status": 401}}
    Connection.objects.update(last_error=error, failures=3)
    FeedRun.objects.create(
        connection=connection, kind="delta", state="failed", seq=1, started_at=timezone.now(), error=error
    )
    now = timezone.now()
    RejectedRow.objects.create(
        connection=connection, entity="stock", source_id="reno|mug", field="on_hand", reason="not_whole", value="1.5",
        first_seen_at=now, last_seen_at=now,
    )  # fmt: skip
    page = planner.get(reverse("connection", args=["erp"])).text
    assert page.count("The source refused the token (401). Enter a new one.") == 2
    assert "is not a whole number" in page


def test_rejected_rows_are_paged(planner, connection):
    now = timezone.now()
    seen = {"first_seen_at": now, "last_seen_at": now}
    RejectedRow.objects.bulk_create(
        RejectedRow(connection=connection, entity="stock", source_id=f"n|s{n:03}", reason="missing", **seen)
        for n in range(60)
    )
    url = reverse("connection", args=["erp"])
    first = planner.get(url)
    second = planner.get(f"{url}?after={first.context['older']}")
    third = planner.get(f"{url}?after={second.context['older']}")
    assert [len(page.context["rejected"]) for page in (first, second, third)] == [25, 25, 10]
    back = planner.get(f"{url}?before={third.context['newer']}")
    assert back.context["rejected"] == second.context["rejected"]


def test_the_test_button_asks_and_applies_nothing(planner, connection, monkeypatch):
    answer = planner.post(reverse("connection_check", args=["erp"]), headers={"HX-Request": "true"})
    assert "The test failed." in answer.text
    assert FeedRun.objects.count() == 0


def test_a_page_takes_few_queries(planner, connection, django_assert_max_num_queries):
    case_of(connection)
    for url in (reverse("connections"), reverse("connection", args=["erp"])):
        with django_assert_max_num_queries(12):
            planner.get(url)


WIDER = {"zeroed": "60", "fallen": "40", "jumped": "20", "rejected": "5", "rows": "70"}


def in_days(days):
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def test_limits_are_widened_for_a_time_and_taken_back(planner, connection):
    url = reverse("connection_limits", args=["erp"])
    assert planner.post(url, WIDER | {"until": in_days(7)})["Location"] == reverse("connection", args=["erp"])
    connection.refresh_from_db()
    assert feed_limits.limits_of(connection, timezone.now()) == feed_limits.Limits(zeroed=60)
    assert feed_limits.limits_of(connection, timezone.now() + timedelta(days=9)) == feed_limits.USUAL
    assert "at wider limits until" in planner.get(reverse("connection", args=["erp"])).text
    assert in_days(7) in planner.get(url).text
    planner.post(url, {"act": "usual"})
    connection.refresh_from_db()
    assert connection.limits == {}
    assert "at the usual limits" in planner.get(reverse("connection", args=["erp"])).text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("zeroed", "19", "Please give a whole number from 20 to 90."),
        ("zeroed", "91", "Please give a whole number from 20 to 90."),
        ("rows", "71", "to 70."),
        ("rejected", "", "Please give a whole number from "),
        ("jumped", "x", "whole number"),
        ("until", "", "This field is required."),
        ("until", "yesterday", "Choose a day within the next 90 days."),
        ("until", "in 90 days", "Choose a day within the next 90 days."),
        ("until", "9999-12-31", "Choose a day within the next 90 days."),
    ],
)
def test_limits_that_would_switch_the_guard_off_are_refused(planner, connection, field, value, said):
    value = {"yesterday": in_days(-1), "in 90 days": in_days(90)}.get(value, value)
    answer = planner.post(reverse("connection_limits", args=["erp"]), WIDER | {"until": in_days(7)} | {field: value})
    connection.refresh_from_db()
    assert (answer.status_code, connection.limits) == (422, {})
    assert said in answer.text


def test_only_who_connects_systems_widens_limits(client, connection):
    client.force_login(make.user(Role.EXECUTIVE))
    url = reverse("connection_limits", args=["erp"])
    assert client.get(url).status_code == 403
    assert client.post(url, WIDER | {"until": in_days(7)}).status_code == 403
    connection.refresh_from_db()
    assert connection.limits == {}
