import hmac
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from dom_project.lib import db
from inventory import ledger
from routing import history, outbox
from routing.history import Kind
from routing.models import Order, Outbox, Subscriber
from routing.outbox import kept, sending, teller
from tests import make
from tests.dom_project.listening import listening

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 10, 15, tzinfo=UTC)


@pytest.fixture
def booked(monkeypatch):
    """What the ledger is told to be booked."""
    told = []
    monkeypatch.setattr(ledger, "mark_booked", lambda keys, *, booked_at: told.append((list(keys), booked_at)))
    return told


@pytest.fixture
def subscriber(settings, booked):
    """A system that answers as its `answers` say (200 without any) and shows what it was sent."""

    class System:
        answers = []

    def reply(asked):
        return System.answers.pop(0) if System.answers else (200, b"{}")

    with listening(reply) as server:
        settings.OUTBOUND_ALLOWED = [f"127.0.0.1:{server.port}"]
        System.row = Subscriber.objects.create(ref="erp", name="ERP", url=f"{server.url}/events", secret="s3cret")
        System.asked = server.asked
        yield System


def told(*orders, kind=Kind.PACKED, times=1, **data):
    for _ in range(times):
        history.record(kind, [(order.id, data) for order in orders], actor="demo", at=AT)


def due_now():
    Outbox.objects.update(next_at=AT)


def seqs(asked):
    return [json.loads(one.body)["seq"] for one in asked]


def test_without_a_subscriber_everything_waits():
    told(make.order())
    assert outbox.drain(at=AT) == outbox.Drained()
    assert outbox.backlog() == (1, AT, 0)


def test_an_event_is_told_once_with_a_signature(subscriber):
    order = make.order()
    told(order, kind=Kind.PACKED, shipment="S1")
    assert outbox.drain(at=AT) == outbox.Drained(sent=1)
    assert outbox.drain(at=AT) == outbox.Drained()
    [asked] = subscriber.asked
    message = Outbox.objects.get()
    body = json.loads(asked.body)
    assert (asked.method, asked.path) == ("POST", "/events")
    assert (
        body["id"] == asked.headers["fairlead-delivery"] == asked.headers["idempotency-key"] == str(message.event_id)
    )
    assert (body["topic"], body["order"], body["seq"]) == ("order.packed", order.ref, 1)
    assert (body["channel"], body["order_ref"], body["data"]) == ("web", order.order_ref, {"shipment": "S1"})
    t, v1 = (part.split("=")[1] for part in asked.headers["fairlead-signature"].split(","))
    assert int(t) == int(AT.timestamp())
    assert v1 == hmac.new(b"s3cret", f"{t}.".encode() + asked.body, sha256).hexdigest()
    assert message.sent_at == AT
    subscriber.row.refresh_from_db()
    assert (subscriber.row.last_success_at, subscriber.row.failures, subscriber.row.last_error) == (AT, 0, None)


def test_the_events_of_one_order_arrive_in_their_order(subscriber):
    one, other = make.order(), make.order()
    told(one, other, times=6)
    assert outbox.drain(at=AT).sent == 12
    for order in (one, other):
        own = [asked for asked in subscriber.asked if json.loads(asked.body)["order"] == order.ref]
        assert seqs(own) == [1, 2, 3, 4, 5, 6]


def test_an_event_that_is_refused_holds_up_its_own_order_only(subscriber):
    one, other = make.order(), make.order()
    told(one, times=3)
    subscriber.answers = [(200, b""), (500, b"oh")]
    assert outbox.drain(at=AT) == outbox.Drained(sent=1, failed=1)
    told(other)
    assert outbox.drain(at=AT) == outbox.Drained(sent=1)
    waiting = Outbox.objects.filter(sent_at=None).order_by("seq")
    assert list(waiting.values_list("aggregate", "seq", "attempts")) == [(one.id, 2, 1), (one.id, 3, 0)]
    assert waiting[0].last_error == {"code": "answered", "params": {"status": 500}}
    Outbox.objects.update(next_at=AT)
    assert outbox.drain(at=AT) == outbox.Drained(sent=2)
    assert seqs(subscriber.asked) == [1, 2, 1, 2, 3]


def test_each_try_waits_longer_than_the_last(subscriber):
    told(make.order())
    waits = []
    for _ in sending.DELAYS:
        subscriber.answers = [(503, b"")]
        due_now()
        assert outbox.drain(at=AT) == outbox.Drained(failed=1)
        waits.append(db.value("SELECT extract(epoch FROM next_at - now()) FROM routing_outbox"))
    for wait, delay in zip(waits, sending.DELAYS, strict=True):
        assert 0.79 * delay <= wait <= 1.21 * delay
    assert 20 * 3600 < sum(sending.DELAYS) < 24 * 3600


def test_the_tenth_refusal_makes_a_dead_letter_that_can_be_replayed(subscriber):
    order = make.order()
    told(order, times=2)
    Outbox.objects.filter(seq=1).update(attempts=9)
    subscriber.answers = [(422, b"")]
    assert outbox.drain(at=AT) == outbox.Drained(sent=1, dead=1)  # what follows a dead letter goes on
    [letter] = outbox.dead_letters()
    assert (letter.topic, letter.order_ref, letter.attempts) == ("order.packed", order.ref, 10)
    assert letter.error == {"code": "answered", "params": {"status": 422}}
    assert outbox.backlog() == (0, None, 1)
    assert outbox.replay([letter.id], at=AT) == 1
    assert outbox.replay([letter.id], at=AT) == 0
    assert outbox.drain(at=AT) == outbox.Drained(sent=1)
    assert seqs(subscriber.asked) == [1, 2, 1]
    assert outbox.dead_letters() == []


def test_the_answer_says_when_it_was_booked(subscriber, booked):
    told(make.order(), kind=Kind.SHIPPED, movements=[{"key": "ship:1"}, {"key": "ship:2"}])
    subscriber.answers = [(200, b'{"booked_at": "2026-11-10T15:00:07+00:00"}')]
    outbox.drain(at=AT)
    assert booked == [(["ship:1", "ship:2"], AT + timedelta(seconds=7))]


@pytest.mark.parametrize(
    ("case", "moment", "believed"),
    [
        ("a clock a little ahead", "2026-11-10T15:05:00+00:00", AT + timedelta(minutes=5)),
        ("a clock far ahead", "2026-11-10T15:05:01+00:00", AT),
        ("the year 9999", "9999-12-31T23:59:59Z", AT),
        ("the last moment of all", "9999-12-31T23:59:59-10:00", None),
        ("the first year that we take", "1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC)),
        ("before any of our systems", "1969-12-31T23:59:59Z", None),
        ("the year 1", "0001-01-01T00:00:00+10:00", None),
    ],
)
def test_only_a_moment_that_can_be_is_believed(subscriber, booked, case, moment, believed):
    told(make.order(), kind=Kind.SHIPPED, movements=[{"key": "ship:1"}])
    subscriber.answers = [(200, json.dumps({"booked_at": moment}).encode())]
    assert outbox.drain(at=AT) == outbox.Drained(sent=1), case
    assert booked == ([(["ship:1"], believed)] if believed else []), case


@pytest.mark.parametrize(
    "answer",
    [b"", b"OK", b"[]", b'{"booked_at": null}', b'{"booked_at": "noon"}', b'{"booked_at": "2026-11-10T15:00"}'],
)
def test_an_answer_without_a_moment_is_accepted_all_the_same(subscriber, booked, answer):
    told(make.order(), kind=Kind.SHIPPED, movements=[{"key": "ship:1"}])
    subscriber.answers = [(200, answer)]
    assert outbox.drain(at=AT) == outbox.Drained(sent=1)
    assert booked == []


def test_who_does_not_answer_is_left_alone_and_probed(subscriber, settings):
    orders = [make.order() for _ in range(12)]
    told(*orders)
    settings.OUTBOUND_ALLOWED = []
    first = outbox.drain(at=AT)
    assert teller.PATIENCE <= first.failed <= teller.PATIENCE + teller.AT_ONCE
    subscriber.row.refresh_from_db()
    assert subscriber.row.failures == first.failed
    assert subscriber.row.last_error["code"] == "forbidden_address"
    assert outbox.drain(at=AT + timedelta(seconds=1)) == outbox.Drained()
    assert outbox.drain(at=AT + timedelta(seconds=16)) == outbox.Drained(failed=1)
    assert subscriber.asked == []
    settings.OUTBOUND_ALLOWED = [subscriber.row.url.removeprefix("http://").removesuffix("/events")]
    due_now()
    assert outbox.drain(at=AT + timedelta(seconds=32)) == outbox.Drained(sent=12)


def test_who_was_not_asked_keeps_what_is_known_of_him(subscriber, monkeypatch):
    error = {"code": "timed_out", "params": {}, "at": AT.isoformat()}
    Subscriber.objects.update(failures=2, last_error=error)
    told(make.order())
    monkeypatch.setattr(sending.Teller, "tell", lambda *_: [])
    assert outbox.drain(at=AT) == outbox.Drained()
    subscriber.row.refresh_from_db()
    assert (subscriber.row.failures, subscriber.row.last_error) == (2, error)


def test_each_subscriber_has_his_own_failures(subscriber, settings):
    told(make.order())
    with listening(lambda _asked: (500, b"")) as second, listening(lambda _asked: (200, b"{}")) as third:
        settings.OUTBOUND_ALLOWED += [f"127.0.0.1:{second.port}", f"127.0.0.1:{third.port}"]
        Subscriber.objects.create(ref="crm", name="CRM", url=second.url, secret="s")
        before = {"code": "unreachable", "params": {}, "at": AT.isoformat()}
        Subscriber.objects.create(ref="wms", name="WMS", url=third.url, secret="s", failures=1, last_error=before)
        assert outbox.drain(at=AT) == outbox.Drained(failed=1)
        assert third.asked == []
    refused = {"code": "answered", "params": {"status": 500}, "at": AT.isoformat()}
    assert list(Subscriber.objects.order_by("id").values_list("ref", "failures", "last_error", "last_success_at")) == [
        ("erp", 0, None, AT),
        ("crm", 0, refused, None),
        ("wms", 1, before, None),
    ]


def test_nobody_else_sends_what_is_leased(subscriber):
    told(make.order(), times=2)
    Outbox.objects.filter(seq=1).update(lease_until=datetime(2999, 1, 1, tzinfo=UTC))
    assert outbox.drain(at=AT) == outbox.Drained()
    Outbox.objects.filter(seq=1).update(lease_until=AT)
    assert outbox.drain(at=AT) == outbox.Drained(sent=2)


def test_a_subscriber_who_starts_from_now_hears_nothing_old(subscriber):
    order = make.order()
    told(order, times=3)
    assert outbox.count_as_told(at=AT) == 3
    told(order)
    assert outbox.drain(at=AT) == outbox.Drained(sent=1)
    assert seqs(subscriber.asked) == [4]
    assert Order.objects.get().event_seq == 4


def ages(*days, sent=True):
    """Events that were written so many days ago, and sent a minute later."""
    for age in days:
        told(make.order())
        written = AT - timedelta(days=age)
        told_at = written + timedelta(minutes=1) if sent else None
        Outbox.objects.filter(pk=Outbox.objects.latest("id").pk).update(created_at=written, sent_at=told_at)


def left():
    return [(AT - created).days for created in Outbox.objects.order_by("id").values_list("created_at", flat=True)]


def test_events_sent_long_ago_are_forgotten_and_younger_ones_kept():
    ages(40, 31, 29, 0)
    assert outbox.forget_sent(before=AT - timedelta(days=30)) == 2
    assert left() == [29, 0]
    assert outbox.forget_sent(before=AT - timedelta(days=30)) == 0


def test_what_waits_or_is_dead_is_kept_however_old_it_is():
    ages(50, sent=False)
    ages(45, sent=False)
    Outbox.objects.filter(created_at=AT - timedelta(days=45)).update(dead_at=AT)
    ages(40)
    assert outbox.forget_sent(before=AT - timedelta(days=30)) == 1
    assert left() == [50, 45]


def test_an_old_event_that_was_sent_lately_is_kept():
    ages(40)
    Outbox.objects.update(sent_at=AT)
    assert outbox.forget_sent(before=AT - timedelta(days=30)) == 0
    assert left() == [40]


def test_old_events_are_forgotten_page_by_page_and_so_many_a_run(monkeypatch):
    monkeypatch.setattr(kept, "PAGE_ROWS", 2)
    monkeypatch.setattr(kept, "PAGES", 2)
    ages(45, 44, 43, 42, 41, 40, 1)
    before = AT - timedelta(days=30)
    assert [outbox.forget_sent(before=before) for _run in range(3)] == [4, 2, 0]
    assert left() == [1]
