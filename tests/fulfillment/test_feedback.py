import pytest

from dom_project.lib.api_errors import BadInput, NotFound, Refused
from fulfillment import feedback
from fulfillment.feedback import Opinion
from fulfillment.models import Feedback
from routing.models import OrderEvent

from .sold import AT, everything, packed, shipped

pytestmark = pytest.mark.django_db


def test_a_customer_answers_once(reno):
    order = shipped(reno).order
    assert feedback.give(order.ref, 4, "Fine", at=AT, actor="token:1")
    kept = Feedback.objects.get()
    assert (kept.order, kept.score, kept.comment, kept.given_at) == (order, 4, "Fine", AT)
    event = OrderEvent.objects.latest("seq")
    assert (event.kind, event.data) == ("feedback", {"score": 4})
    before = everything()
    assert not feedback.give(order.ref, 4, "Fine", at=AT, actor="token:1")
    with pytest.raises(Refused, match="already_given"):
        feedback.give(order.ref, 1, "Fine", at=AT, actor="token:1")
    assert everything() == before


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_score_is_one_to_five(reno, score):
    order = shipped(reno).order
    before = everything()
    with pytest.raises(BadInput) as refused:
        feedback.give_many([Opinion(order.ref, 5), Opinion(order.ref, score)], at=AT, actor="token:1")
    assert (refused.value.code, refused.value.field, refused.value.row) == ("score_out_of_range", "score", 1)
    assert everything() == before


def test_only_who_was_sent_something_is_asked(reno):
    order = packed(reno).order
    with pytest.raises(Refused, match="nothing_shipped"):
        feedback.give(order.ref, 5, at=AT, actor="token:1")
    with pytest.raises(NotFound, match="unknown_order"):
        feedback.give("NOPE", 5, at=AT, actor="token:1")
    with pytest.raises(BadInput, match="too_long"):
        feedback.give(order.ref, 5, "x" * 1001, at=AT, actor="token:1")
    assert not Feedback.objects.exists()
