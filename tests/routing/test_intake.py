from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import connection

from dom_project.lib.api_errors import BadInput, Refused
from dom_project.lib.crypto import keyed_hash
from inventory.models import Sku
from routing.intake import Accepted, accept_order, accept_orders
from routing.models import Customer, Order, OrderEvent, OrderLine, Outbox, Pending
from routing.requests import CustomerRequest, LineRequest, body_hash
from tests import make

WRITTEN = (Customer, Order, OrderLine, OrderEvent, Outbox, Pending)


def counts():
    return [model.objects.count() for model in WRITTEN]


@pytest.fixture
def shop():
    """A web channel, a rate card, mugs in Reno and pots nowhere."""
    make.channel("web")
    make.rate_card()
    make.stock(make.node("RENO"), make.sku("MUG"), 50)
    make.sku("POT")


@pytest.fixture
def take(clock):
    def take(*requests, at=clock, **more):
        return accept_orders(requests, at=at, actor="token:3", request_id="call-1", **more)

    return take


@pytest.mark.django_db
def test_an_order_is_written_with_its_lines_customer_event_and_work_to_do(shop, take, clock):
    lines = [
        LineRequest(sku="MUG", quantity=2, unit_price=1990, line_ref="a"),
        LineRequest(sku="POT", quantity=1, unit_price=500),
        LineRequest(sku="MUG", quantity=1, unit_price=1990),
    ]
    customer = CustomerRequest(
        ref="C-7", name="Ada Field", email="Ada@Example.com ", phone="+1 (916) 555-0134", street="1 Main St",
        city="Sacramento", postcode="95814-1234",
    )  # fmt: skip
    [accepted] = take(
        make.request("O-1", lines=lines, customer=customer, tags=["gift", "new"], priority=2, customer_tier="gold")
    )
    order = Order.objects.select_related("customer").get()
    assert accepted == Accepted(order.ref, "web", "O-1", order.promise_at, "default")
    assert (order.order_ref, order.day, order.value, order.currency) == ("O-1", clock.date(), 3 * 1990 + 500, "USD")
    assert (order.state, order.method, order.priority, order.customer_tier) == ("pending", "ship", 2, "gold")
    assert (order.tags, order.event_seq, order.accepted_at) == (["gift", "new"], 1, clock)
    assert (order.ship_to_region, order.ship_to_postcode, order.ship_to_time_zone) == (
        "CA", "95814-1234", "America/Los_Angeles",
    )  # fmt: skip
    assert order.first_promise_at == order.promise_at
    assert list(order.lines.order_by("position").values_list("line_ref", "sku__code", "ordered", "pending")) == [
        ("a", "MUG", 2, 2),
        ("2", "POT", 1, 1),
        ("3", "MUG", 1, 1),
    ]
    assert (order.customer.name, order.customer.email, order.customer.street) == (
        "Ada Field", "Ada@Example.com ", "1 Main St",
    )  # fmt: skip
    assert order.customer.email_hash == keyed_hash("ada@example.com")
    assert order.customer.phone_hash == keyed_hash("9165550134")
    event = OrderEvent.objects.get()
    assert (event.seq, event.kind, event.actor, event.request_id) == (1, "accepted", "token:3", "call-1")
    assert event.data == {
        "promise_at": order.promise_at.isoformat(), "promise_source": "default", "lines": 3, "units": 4,
    }  # fmt: skip
    assert Outbox.objects.get().topic == "order.accepted"
    waiting = Pending.objects.get()
    assert (waiting.order_id, waiting.priority, waiting.promise_at, waiting.since_at) == (
        order.pk, 2, order.promise_at, clock,
    )  # fmt: skip


@pytest.mark.django_db
def test_personal_data_is_not_readable_in_the_database(shop, take):
    take(make.request(customer=CustomerRequest(email="ada@example.com", phone="916", street="1 Main St")))
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM routing_customer c")
        [(text,)] = cursor.fetchall()
    assert "ada@" not in text
    assert "Main" not in text


@pytest.mark.django_db
def test_an_order_without_a_customer_has_none(shop, take):
    take(make.request(customer=None))
    assert Order.objects.get().customer is None
    assert Order.objects.get().ship_to_time_zone == "America/Chicago"  # the channel's
    assert Customer.objects.count() == 0


@pytest.mark.django_db
def test_refs_are_public_and_not_in_a_row(shop, take):
    refs = [accepted.ref for accepted in take(*(make.request() for _ in range(50)))]
    assert len(set(refs)) == 50
    assert {len(ref) for ref in refs} == {12}
    assert refs != sorted(refs)


@pytest.mark.django_db
def test_the_channels_own_promise_wins(shop, take, clock):
    own = datetime(2026, 11, 20, 17, tzinfo=timezone(timedelta(hours=-5)))
    [accepted] = take(make.request(promise_at=own))
    assert (accepted.promise_at, accepted.promise_source) == (own, "channel")
    assert accepted.promise_at.tzinfo is UTC


@pytest.mark.django_db
def test_an_old_order_is_promised_from_the_moment_of_acceptance(shop, take, clock):
    placed = datetime(2009, 12, 1, 7, 45, tzinfo=UTC)
    past = make.request(placed_at=placed, promise_at=placed + timedelta(days=3))
    ahead = make.request(placed_at=placed, promise_at=clock + timedelta(days=3))
    first, second = take(past, ahead, old=True)
    assert (first.promise_at, first.promise_source) == (datetime(2026, 11, 12, 7, 59, 59, tzinfo=UTC), "computed")
    assert (second.promise_at, second.promise_source) == (clock + timedelta(days=3), "channel")
    assert Order.objects.get(ref=first.ref).placed_at == placed


@pytest.mark.django_db
def test_pickup_goes_to_the_named_node_and_is_promised_when_it_is_ready(shop, take, clock):
    [accepted] = take(make.request(method="pickup", pickup_node="RENO"))
    order = Order.objects.get()
    assert (order.method, order.pickup_node.code, order.ship_to_region) == ("pickup", "RENO", "NV")
    assert accepted.promise_at == datetime(2026, 11, 10, 18, tzinfo=UTC)  # opens at 08:00, ready two hours later


@pytest.mark.django_db
def test_the_same_body_again_gets_the_stored_answer_and_writes_nothing(shop, take, clock):
    request = make.request()
    [first] = take(request)
    before = counts()
    [second] = take(request, at=clock + timedelta(days=2))
    assert (second.ref, second.promise_at, second.promise_source) == (
        first.ref, first.promise_at, first.promise_source,
    )  # fmt: skip
    assert (first.repeated, second.repeated) == (False, True)
    assert counts() == before


@pytest.mark.django_db
def test_another_body_under_the_same_ref_is_refused_and_the_first_stays(shop, take):
    [first] = take(make.request("O-1"))
    before = counts()
    [refused] = take(make.request("O-1", lines={"MUG": 3}))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.field, refused.row, refused.status) == ("other_body", "order_ref", 0, 422)
    assert refused.params == {"order_ref": "O-1", "ref": first.ref}
    assert counts() == before
    assert OrderLine.objects.get().ordered == 2


@pytest.mark.django_db
def test_a_ref_twice_in_one_call_is_one_order(shop, take):
    first, again, other = take(make.request("O-1"), make.request("O-1"), make.request("O-1", lines={"MUG": 9}))
    assert (first.repeated, again.repeated) == (False, True)
    assert again.ref == first.ref
    assert (other.code, other.row) == ("other_body", 2)
    assert counts() == [1] * 6


@pytest.mark.django_db
def test_the_same_ref_of_another_channel_is_another_order(shop, take):
    make.channel("app")
    web, app = take(make.request("O-1"), make.request("O-1", channel="app"))
    assert web.ref != app.ref
    assert Order.objects.count() == 2


BAD = [
    ("unknown channel", {"channel": "fax"}, "unknown_channel", "channel", {"channel": "fax"}),
    ("other currency", {"currency": "EUR"}, "other_currency", "currency", {"currency": "EUR", "wanted": "USD"}),
    ("unknown SKU", {"lines": [LineRequest(sku="MUG", quantity=1), LineRequest(sku="CUP", quantity=1)]},
     "unknown_sku", "lines[1].sku", {"sku": "CUP"}),
    ("a line ref twice", {"lines": [LineRequest(sku="MUG", quantity=1, line_ref=ref) for ref in "xyx"]},
     "line_ref_twice", "lines[2].line_ref", {"line_ref": "x"}),
    ("a line ref that is the number of another",
     {"lines": [LineRequest(sku="MUG", quantity=1, line_ref=ref) for ref in ("2", "")]},
     "line_ref_twice", "lines[1].line_ref", {"line_ref": "2"}),
    ("placed 5 minutes and a second ahead", {"placed_at": datetime(2026, 11, 10, 15, 5, 1, tzinfo=UTC)},
     "in_the_future", "placed_at", {"value": "2026-11-10T15:05:01+00:00"}),
    ("placed in the year 1", {"placed_at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))},
     "too_long_ago", "placed_at", {"value": "0001-01-01T00:00:00+14:00"}),
    ("promised before it was placed", {"promise_at": datetime(2026, 11, 10, 14, tzinfo=UTC)},
     "promise_out_of_reach", "promise_at", {"value": "2026-11-10T14:00:00+00:00"}),
    ("promised in the year 9999", {"promise_at": datetime(9999, 12, 31, tzinfo=timezone(timedelta(hours=-14)))},
     "promise_out_of_reach", "promise_at", {"value": "9999-12-31T00:00:00-14:00"}),
    ("curbside", {"method": "curbside"}, "method_not_built", "method", {"method": "curbside"}),
    ("same day", {"method": "same_day"}, "method_not_built", "method", {"method": "same_day"}),
    ("drone", {"method": "drone"}, "unknown_method", "method", {"method": "drone"}),
    ("pickup nowhere", {"method": "pickup"}, "missing", "pickup_node", {}),
    ("pickup at an unknown node", {"method": "pickup", "pickup_node": "MARS"}, "unknown_node", "pickup_node",
     {"node": "MARS"}),
    ("pickup where nothing is handed over", {"method": "pickup", "pickup_node": "DOCK"}, "not_pickup_node",
     "pickup_node", {"node": "DOCK"}),
    ("shipped with a pickup node", {"pickup_node": "RENO"}, "pickup_node_without_pickup", "pickup_node", {}),
    ("half a place", {"customer": CustomerRequest(latitude=1.0)}, "half_a_place", "customer.latitude", {}),
    ("worth more than can be counted",
     {"lines": [LineRequest(sku="MUG", quantity=10_000_000, unit_price=100_000_000) for _ in range(10)]},
     "too_large", "lines", {"most": 2**53}),
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(("case", "fields", "code", "field", "params"), BAD)
def test_bad_input_is_refused_with_field_and_reason_and_the_others_are_taken(
    shop, take, case, fields, code, field, params
):
    make.node("DOCK", abilities=["ship"])
    before, refused, after = take(make.request(), make.request(**fields), make.request())
    assert isinstance(refused, BadInput)
    assert (refused.code, refused.field, refused.row, refused.params) == (code, field, 1, params)
    assert isinstance(before, Accepted)
    assert isinstance(after, Accepted)
    assert counts() == [2] * 6


@pytest.mark.django_db
def test_placed_five_minutes_ahead_is_believed(shop, take, clock):
    [accepted] = take(make.request(placed_at=clock + timedelta(minutes=5)))
    assert isinstance(accepted, Accepted)


@pytest.mark.django_db
def test_a_single_order_raises_and_writes_nothing(shop, clock):
    with pytest.raises(BadInput) as refused:
        accept_order(make.request(lines={"CUP": 1}), at=clock, actor="user:1")
    assert (refused.value.code, refused.value.row) == ("unknown_sku", None)
    assert counts() == [0] * 6


@pytest.mark.django_db
def test_a_thousand_rows_with_bad_ones_among_them_are_taken_one_by_one(shop, take):
    requests = [make.request(lines={"CUP" if row % 10 == 3 else "MUG": 1}) for row in range(1000)]
    results = take(*requests)
    bad = [row for row, result in enumerate(results) if isinstance(result, Refused)]
    assert bad == list(range(3, 1000, 10))
    assert [result.row for result in results if isinstance(result, Refused)] == bad
    assert counts() == [900] * 6


@pytest.mark.django_db
def test_a_hundred_orders_cost_as_many_queries_as_one(shop, take, django_assert_num_queries):
    take(make.request())
    with django_assert_num_queries(15) as one:
        take(make.request())
    with django_assert_num_queries(len(one)):
        take(*(make.request() for _ in range(100)))


@pytest.mark.django_db(transaction=True)
def test_eight_callers_with_the_same_fifty_orders_make_fifty(shop, take):
    requests = [make.request() for _ in range(50)]

    def caller(number):
        try:
            return take(*(requests if number % 2 else reversed(requests)))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(caller, range(8)))
    assert counts() == [50] * 6
    refs = [sorted(accepted.ref for accepted in answer) for answer in answers]
    assert refs == [refs[0]] * 8
    assert sum(not accepted.repeated for answer in answers for accepted in answer) == 50


@pytest.mark.django_db
def test_a_line_without_a_price_takes_the_skus_own_unless_it_is_in_other_money(shop, take):
    Sku.objects.filter(code="POT").update(currency="EUR")
    lines = [LineRequest(sku="MUG", quantity=2), LineRequest(sku="POT", quantity=1)]
    take(make.request("no-price", lines=lines))
    order = Order.objects.get(order_ref="no-price")
    assert list(order.lines.order_by("position").values_list("unit_price", flat=True)) == [1990, 0]
    assert order.value == 3980


@pytest.mark.django_db
def test_a_price_of_nothing_stays_nothing(shop, take):
    take(make.request("free", lines=[LineRequest(sku="MUG", quantity=2, unit_price=0)]))
    assert Order.objects.get(order_ref="free").value == 0


def test_an_order_without_prices_that_came_before_is_known_again():
    """Prices that were left out were kept as 0: what was sent then still is the same body."""
    priced, unpriced = LineRequest(sku="MUG", quantity=2, unit_price=0), LineRequest(sku="MUG", quantity=2)
    assert body_hash(make.request("o", lines=[unpriced])) == body_hash(make.request("o", lines=[priced]))
