"""Orders come in: checked, promised and written, any number at once, and a repeat changes nothing."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from dom_project.lib import crypto, db
from dom_project.lib.api_errors import Refused
from routing import history, pending
from routing.drafts import Destination, Draft, draft_of, masters_of
from routing.promise import Promise, Source, promises
from routing.requests import CustomerRequest, OrderRequest

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is taken for another when read aloud
REF_LENGTH = 12

STORED = """
SELECT o.channel_id, o.order_ref, o.body_hash, o.ref, o.first_promise_at, o.promise_source
FROM routing_order o JOIN unnest(%s::bigint[], %s::text[]) AS k(channel_id, order_ref) USING (channel_id, order_ref)
"""
ORDERS = """
INSERT INTO routing_order (ref, channel_id, order_ref, body_hash, day, customer_id, method, pickup_node_id, currency,
  value, placed_at, accepted_at, first_promise_at, promise_at, promise_source, ship_to_country, ship_to_region,
  ship_to_postcode, ship_to_latitude, ship_to_longitude, ship_to_time_zone, priority, customer_tier, tags)
SELECT ref, channel_id, order_ref, body_hash, %(day)s,
  CASE WHEN has_customer THEN nextval(pg_get_serial_sequence('routing_customer', 'id')) END,
  method, pickup_node_id, currency, value, placed_at, %(at)s, promise_at, promise_at, promise_source, country, region,
  postcode, latitude, longitude, time_zone, priority, customer_tier, string_to_array(tags, chr(31))
FROM unnest(%(ref)s::text[], %(channel_id)s::bigint[], %(order_ref)s::text[], %(body_hash)s::text[],
  %(has_customer)s::bool[], %(method)s::text[], %(pickup_node_id)s::bigint[], %(currency)s::text[],
  %(value)s::bigint[], %(placed_at)s::timestamptz[], %(promise_at)s::timestamptz[], %(promise_source)s::text[],
  %(country)s::text[], %(region)s::text[], %(postcode)s::text[], %(latitude)s::float8[], %(longitude)s::float8[],
  %(time_zone)s::text[], %(priority)s::smallint[], %(customer_tier)s::text[], %(tags)s::text[])
  AS t(ref, channel_id, order_ref, body_hash, has_customer, method, pickup_node_id, currency, value, placed_at,
  promise_at, promise_source, country, region, postcode, latitude, longitude, time_zone, priority, customer_tier, tags)
ORDER BY channel_id, order_ref
ON CONFLICT (channel_id, order_ref) DO NOTHING
RETURNING ref, id, customer_id
"""
LINES = """
INSERT INTO routing_orderline (order_id, position, line_ref, sku_id, unit_price, ordered, pending)
SELECT order_id, position, line_ref, sku_id, unit_price, units, units
FROM unnest(%(order_id)s::bigint[], %(position)s::smallint[], %(line_ref)s::text[], %(sku_id)s::bigint[],
  %(unit_price)s::bigint[], %(units)s::int[]) AS t(order_id, position, line_ref, sku_id, unit_price, units)
"""
CUSTOMERS = """
INSERT INTO routing_customer (id, ref, name, email, email_hash, phone, phone_hash, street, city, region, postcode,
  country, latitude, longitude, created_at)
SELECT *, %(at)s FROM unnest(%(id)s::bigint[], %(ref)s::text[], %(name)s::text[], %(email)s::text[],
  %(email_hash)s::text[], %(phone)s::text[], %(phone_hash)s::text[], %(street)s::text[], %(city)s::text[],
  %(region)s::text[], %(postcode)s::text[], %(country)s::text[], %(latitude)s::float8[], %(longitude)s::float8[])
"""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An order that we have. `repeated`: it was here before, and nothing was written."""

    ref: str
    channel: str
    order_ref: str
    promise_at: datetime
    promise_source: str
    repeated: bool = False


@db.retry_on_conflict
def accept_orders(
    requests: Sequence[OrderRequest | Refused],
    *,
    at: datetime,
    actor: str,
    request_id: str = "",
    old: bool = False,
) -> list[Accepted | Refused]:
    """Take orders in, each by itself: per request what we have of it now, or why it is refused, with its place as row.

    What is Refused already passes through. The same (channel, order ref) with the same body is answered from the
    stored order, with another body refused as `other_body`. `old` marks orders of the past: their own promise
    counts only if it is still ahead.
    """
    results: dict[int, Accepted | Refused] = {}
    drafts: dict[int, Draft] = {}
    masters = masters_of([request for request in requests if isinstance(request, OrderRequest)])
    for place, request in enumerate(requests):
        try:
            if isinstance(request, Refused):
                raise request
            drafts[place] = draft_of(request, masters, at=at)
        except Refused as refused:
            refused.row = place
            results[place] = refused
    with transaction.atomic():
        stored = _stored(list(drafts.values()))
        fresh: dict[tuple[int, str], Draft] = {}
        for draft in drafts.values():
            if draft.key not in stored:
                fresh.setdefault(draft.key, draft)
        written = _write(list(fresh.values()), at=at, actor=actor, request_id=request_id, old=old)
        # Somebody else was faster with these: their order is committed now, and visible to a new statement.
        stored |= _stored([draft for key, draft in fresh.items() if key not in written])
    first = set(written)
    for place, draft in drafts.items():
        digest, accepted = written.get(draft.key) or stored[draft.key]
        if digest != draft.hash:
            results[place] = Refused(
                "other_body",
                {"order_ref": draft.request.order_ref, "ref": accepted.ref},
                field="order_ref",
                row=place,
                status=422,
            )
        else:
            results[place] = replace(accepted, repeated=draft.key not in first)
            first.discard(draft.key)
    return [results[place] for place in range(len(requests))]


def accept_order(request: OrderRequest, *, at: datetime, actor: str, request_id: str = "") -> Accepted:
    """Take one order in. Raises Refused; then nothing is written."""
    [result] = accept_orders([request], at=at, actor=actor, request_id=request_id)
    if isinstance(result, Refused):
        result.row = None
        raise result
    return result


def new_ref() -> str:
    """A public name of an order that cannot be guessed: 59 bits of chance."""
    return "".join(secrets.choice(LETTERS) for _ in range(REF_LENGTH))


def _stored(drafts: Sequence[Draft]) -> dict[tuple[int, str], tuple[str, Accepted]]:
    """(channel id, order ref) → the hash of the body that came first, and the answer that it got."""
    if not drafts:
        return {}
    codes = {draft.channel.id: draft.channel.code for draft in drafts}
    found = db.rows(STORED, [[draft.channel.id for draft in drafts], [draft.request.order_ref for draft in drafts]])
    return {
        (channel_id, order_ref): (digest, Accepted(ref, codes[channel_id], order_ref, promise_at, source))
        for channel_id, order_ref, digest, ref, promise_at, source in found
    }


def _write(
    drafts: Sequence[Draft], *, at: datetime, actor: str, request_id: str, old: bool
) -> dict[tuple[int, str], tuple[str, Accepted]]:
    """Write what nobody has written before; returned like `_stored`, without those that somebody else wrote."""
    promised = _promised(drafts, at=at, old=old)
    refs = [new_ref() for _ in drafts]
    orders = {
        ref: (order_id, customer_id)
        for ref, order_id, customer_id in (
            db.rows(ORDERS, _order_columns(drafts, refs, promised, at)) if drafts else ()
        )
    }
    granted = [
        (draft, ref, promise) for draft, ref, promise in zip(drafts, refs, promised, strict=True) if ref in orders
    ]
    if not granted:
        return {}
    db.execute(LINES, _line_columns([(draft, orders[ref][0]) for draft, ref, _ in granted]))
    customers = [(draft, orders[ref][1]) for draft, ref, _ in granted if orders[ref][1]]
    if customers:
        db.execute(CUSTOMERS, _customer_columns(customers) | {"at": at})
    pending.add([orders[ref][0] for _, ref, _ in granted], at=at)
    history.record(
        history.Kind.ACCEPTED,
        [(orders[ref][0], _told(draft, promise)) for draft, ref, promise in granted],
        actor=actor,
        at=at,
        request_id=request_id,
    )
    return {
        draft.key: (draft.hash, Accepted(ref, draft.channel.code, draft.request.order_ref, *promise))
        for draft, ref, promise in granted
    }


def _promised(drafts: Sequence[Draft], *, at: datetime, old: bool) -> list[Promise]:
    """The channel's own promise where it gave one that counts, else a computed one."""
    own = [draft.request.promise_at if not old or (draft.request.promise_at or at) > at else None for draft in drafts]
    computed: dict[str, list[int]] = {}
    for place, draft in enumerate(drafts):
        if own[place] is None:
            computed.setdefault(draft.channel.currency, []).append(place)
    found = {
        place: promise
        for currency, places in computed.items()
        for place, promise in zip(
            places, promises([drafts[place].wish() for place in places], at=at, currency=currency), strict=True
        )
    }
    return [
        found[place] if promise_at is None else Promise(promise_at.astimezone(UTC), Source.CHANNEL)
        for place, promise_at in enumerate(own)
    ]


def _told(draft: Draft, promise: Promise) -> dict[str, Any]:
    return {
        "promise_at": promise.at.isoformat(),
        "promise_source": str(promise.source),
        "lines": len(draft.request.lines),
        "units": sum(line.quantity for line in draft.request.lines),
    }


def _order_columns(
    drafts: Sequence[Draft], refs: Sequence[str], promised: Sequence[Promise], at: datetime
) -> dict[str, Any]:
    requests = [draft.request for draft in drafts]
    return {
        "at": at,
        "day": at.astimezone(UTC).date(),
        "ref": list(refs),
        "channel_id": [draft.channel.id for draft in drafts],
        "order_ref": [request.order_ref for request in requests],
        "body_hash": [draft.hash for draft in drafts],
        "has_customer": [request.customer is not None for request in requests],
        "method": [request.method for request in requests],
        "pickup_node_id": [draft.pickup_node or None for draft in drafts],
        "currency": [draft.channel.currency for draft in drafts],
        "value": [sum(line.quantity * line.unit_price for line in request.lines) for request in requests],
        "placed_at": [request.placed_at for request in requests],
        "promise_at": [promise.at for promise in promised],
        "promise_source": [str(promise.source) for promise in promised],
        **{field: [getattr(draft.to, field) for draft in drafts] for field in Destination._fields},
        "priority": [request.priority for request in requests],
        "customer_tier": [request.customer_tier for request in requests],
        "tags": ["\x1f".join(request.tags) for request in requests],
    }


def _line_columns(orders: Sequence[tuple[Draft, int]]) -> dict[str, list[Any]]:
    rows = [
        (order_id, place + 1, line.line_ref or str(place + 1), sku_id, line.unit_price, line.quantity)
        for draft, order_id in orders
        for place, (line, sku_id) in enumerate(zip(draft.request.lines, draft.sku_ids, strict=True))
    ]
    names = ("order_id", "position", "line_ref", "sku_id", "unit_price", "units")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _customer_columns(customers: Sequence[tuple[Draft, int]]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {"id": [customer_id for _, customer_id in customers]}
    given = [draft.request.customer or CustomerRequest() for draft, _ in customers]
    for field in ("ref", "name", "city", "region", "postcode", "country", "latitude", "longitude"):
        columns[field] = [getattr(customer, field) for customer in given]
    for field in ("email", "phone", "street"):
        columns[field] = [_locked(getattr(customer, field)) for customer in given]
    columns["email_hash"] = [_hashed(email_key(customer.email)) for customer in given]
    columns["phone_hash"] = [_hashed(phone_key(customer.phone)) for customer in given]
    return columns


def email_key(email: str) -> str:
    """An address as it is hashed and searched for: trimmed, lower case."""
    return email.strip().casefold()


def phone_key(phone: str) -> str:
    """A number as it is hashed and searched for: its digits, without the 1 of the US."""
    digits = "".join(letter for letter in phone if letter.isdigit())
    return digits[1:] if len(digits) == 11 and digits[0] == "1" else digits


def _locked(text: str) -> str:
    return crypto.encrypt(text) if text else ""


def _hashed(text: str) -> str:
    return crypto.keyed_hash(text) if text else ""
