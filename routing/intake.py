"""Orders come in: checked, promised and written, any number at once, and a repeat changes nothing."""

import secrets
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import transaction

from dom_project.lib import crypto, db
from dom_project.lib.api_errors import Refused
from routing import history, pending
from routing.drafts import Draft, draft_of, masters_of
from routing.promise import Promise, Source, promises
from routing.requests import CustomerRequest, OrderRequest

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
  postcode, latitude, longitude, time_zone, priority, customer_tier, tags
FROM jsonb_to_recordset(%(rows)s::jsonb) AS t(ref text, channel_id bigint, order_ref text, body_hash text,
  has_customer bool, method text, pickup_node_id bigint, currency text, value bigint, placed_at timestamptz,
  promise_at timestamptz, promise_source text, country text, region text, postcode text, latitude float8,
  longitude float8, time_zone text, priority smallint, customer_tier text, tags text[])
ORDER BY channel_id, order_ref
ON CONFLICT (channel_id, order_ref) DO NOTHING
RETURNING ref, id, customer_id
"""
LINES = """
INSERT INTO routing_orderline (order_id, position, line_ref, sku_id, unit_price, ordered, pending)
SELECT order_id, position, line_ref, sku_id, unit_price, units, units
FROM jsonb_to_recordset(%(rows)s::jsonb) AS t(order_id bigint, position smallint, line_ref text, sku_id bigint,
  unit_price bigint, units int)
"""
CUSTOMERS = """
INSERT INTO routing_customer (id, ref, name, email, email_hash, phone, phone_hash, street, city, region, postcode,
  country, latitude, longitude, created_at)
SELECT t.*, %(at)s FROM jsonb_to_recordset(%(rows)s::jsonb) AS t(id bigint, ref text, name text, email text,
  email_hash text, phone text, phone_hash text, street text, city text, region text, postcode text, country text,
  latitude float8, longitude float8)
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
    """A public name of an order that cannot be guessed: 60 bits of chance, without 0, 1, 8 and 9."""
    return b32encode(secrets.token_bytes(10))[:REF_LENGTH].decode().lower()


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
    if not drafts:
        return {}
    promised = _promised(drafts, at=at, old=old)
    refs = [new_ref() for _ in drafts]
    rows = _json(_order_rows(drafts, refs, promised))
    made = db.rows(ORDERS, {"rows": rows, "at": at, "day": at.astimezone(UTC).date()})
    orders = {ref: (order_id, customer_id) for ref, order_id, customer_id in made}
    granted = [
        (draft, ref, promise) for draft, ref, promise in zip(drafts, refs, promised, strict=True) if ref in orders
    ]
    if not granted:
        return {}
    lines = [row for draft, ref, _ in granted for row in _line_rows(draft, orders[ref][0])]
    db.execute(LINES, {"rows": _json(lines)})
    customers = [
        _customer_row(draft.request.customer, orders[ref][1]) for draft, ref, _ in granted if draft.request.customer
    ]
    if customers:
        db.execute(CUSTOMERS, {"rows": _json(customers), "at": at})
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


def _order_rows(drafts: Sequence[Draft], refs: Sequence[str], promised: Sequence[Promise]) -> list[dict[str, Any]]:
    return [
        {
            "ref": ref,
            "channel_id": draft.channel.id,
            "order_ref": draft.request.order_ref,
            "body_hash": draft.hash,
            "has_customer": draft.request.customer is not None,
            "method": draft.request.method,
            "pickup_node_id": draft.pickup_node or None,
            "currency": draft.channel.currency,
            "value": draft.value,
            "placed_at": draft.request.placed_at,
            "promise_at": promise.at,
            "promise_source": promise.source,
            **draft.to._asdict(),
            "priority": draft.request.priority,
            "customer_tier": draft.request.customer_tier,
            "tags": draft.request.tags,
        }
        for draft, ref, promise in zip(drafts, refs, promised, strict=True)
    ]


def _line_rows(draft: Draft, order_id: int) -> list[dict[str, Any]]:
    return [
        {
            "order_id": order_id,
            "position": place,
            "line_ref": line.line_ref or str(place),
            "sku_id": sku_id,
            "unit_price": price,
            "units": line.quantity,
        }
        for place, (line, sku_id, price) in enumerate(
            zip(draft.request.lines, draft.sku_ids, draft.prices, strict=True), start=1
        )
    ]


def _customer_row(customer: CustomerRequest, customer_id: int) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(customer),
        "id": customer_id,
        "email": _locked(customer.email),
        "phone": _locked(customer.phone),
        "street": _locked(customer.street),
        "email_hash": _hashed(email_key(customer.email)),
        "phone_hash": _hashed(phone_key(customer.phone)),
    }


def _json(rows: Sequence[dict[str, Any]]) -> str:
    # One document costs the driver nothing; twenty arrays cost it a third of the call.
    return msgspec.json.encode(rows).decode()


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
