"""What customers thought: one answer per order, from 1 to 5."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from dom_project.lib import db
from dom_project.lib.api_errors import BadInput, NotFound, Refused
from routing import demand, history
from routing.history import Kind

MAX_COMMENT = 1000


class Opinion(NamedTuple):
    order_ref: str
    score: int
    comment: str = ""


FIND = """
SELECT u.order_ref, o.id FROM unnest(%s::text[]) AS u(order_ref) JOIN routing_order o ON o.ref = u.order_ref
"""
GIVEN = "SELECT order_id, score, comment FROM fulfillment_feedback WHERE order_id = ANY(%s::bigint[])"
LEFT_US = """
SELECT order_id FROM routing_orderline WHERE order_id = ANY(%s::bigint[]) GROUP BY order_id HAVING sum(shipped) > 0
"""
STORE = """
INSERT INTO fulfillment_feedback (order_id, score, comment, given_at)
SELECT u.*, %s FROM unnest(%s::bigint[], %s::smallint[], %s::text[]) AS u
"""


def give(order_ref: str, score: int, comment: str = "", *, at: datetime, actor: str) -> bool:
    """Keep a customer's answer. False when the same answer was kept before. See `give_many`; errors name no row."""
    try:
        return bool(give_many([Opinion(order_ref, score, comment)], at=at, actor=actor))
    except Refused as refused:
        refused.row = None
        raise


@db.retry_on_conflict
@transaction.atomic
def give_many(opinions: Sequence[Opinion], *, at: datetime, actor: str) -> int:
    """Keep answers of customers, one per order. Returns how many are new; the same answer again is none.

    Raises for the whole batch, naming the row: NotFound(unknown_order), BadInput(score_out_of_range, too_long),
    Refused(nothing_shipped, already_given).
    """
    for row, opinion in enumerate(opinions):
        if not 1 <= opinion.score <= 5:
            raise BadInput("score_out_of_range", {"value": opinion.score}, field="score", row=row)
        if len(opinion.comment) > MAX_COMMENT:
            raise BadInput("too_long", {"longest": MAX_COMMENT}, field="comment", row=row)
    ids = dict(db.rows(FIND, [[opinion.order_ref for opinion in opinions]]))
    for row, opinion in enumerate(opinions):
        if opinion.order_ref not in ids:
            raise NotFound("unknown_order", {"order": opinion.order_ref[:64]}, row=row)
    orders = sorted(ids.values())
    demand.lock_orders(orders)
    given = {order_id: (score, comment) for order_id, score, comment in db.rows(GIVEN, [orders])}
    left_us = {order_id for (order_id,) in db.rows(LEFT_US, [orders])}
    new: list[tuple[int, int, str]] = []
    for row, opinion in enumerate(opinions):
        order_id, answer = ids[opinion.order_ref], (opinion.score, opinion.comment)
        if order_id not in left_us:
            raise Refused("nothing_shipped", {"order": opinion.order_ref}, row=row)
        if order_id not in given:
            new.append((order_id, *answer))
        if given.setdefault(order_id, answer) != answer:
            raise Refused("already_given", {"order": opinion.order_ref}, row=row)
    if new:
        db.execute(STORE, [at, *map(list, zip(*new, strict=True))])
        history.record(Kind.FEEDBACK, [(order_id, {"score": s}) for order_id, s, _ in new], actor=actor, at=at)
    return len(new)
