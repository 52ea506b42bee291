"""From picked goods to truck or customer, without a browser."""

import pytest

from fulfillment.models import Shipment
from fulfillment.states import State
from routing.models import Customer

from .answers import HTMX, said, text_of, url
from .sold import AT, everything, figures, on_the_floor, packed, picked, sound

pytestmark = pytest.mark.django_db


def test_a_parcel_is_packed_and_shipped_each_once(floor, reno):
    shipment = picked(reno)
    assert "Pack 2 units" in text_of(floor.get(url("pick", shipment)))
    for words in ("Packed.", "It is packed already."):
        assert said(floor.post(url("pick_pack", shipment)))[-1] == words
    page = text_of(floor.get(f"{url('pick', shipment)}?number=own"))
    assert f'value="FL-{shipment.ref[1:]}"' in page
    sent = {"tracking_number": "1Z99"}
    first = floor.post(url("pick_ship", shipment), sent)
    assert (first.url, said(first)[-1]) == ("/store/RENO/?tab=ready", "On its way with 1Z99.")
    before = everything()
    second = floor.post(url("pick_ship", shipment), {"tracking_number": "OTHER"})
    assert said(second)[-1] == "It has left already."
    assert everything() == before
    assert (figures(reno), Shipment.objects.get().tracking_number) == ((58, 0, 0), "1Z99")
    assert "1Z99" in text_of(floor.get(url("pick", shipment)))
    assert sound()


def test_a_parcel_does_not_leave_without_its_number(floor, reno):
    shipment = packed(reno)
    before = everything()
    for number in ("", "   ", "x" * 65):
        answer = floor.post(url("pick_ship", shipment), {"tracking_number": number}, headers=HTMX)
        assert answer.status_code == 422
        assert "field-errors" in text_of(answer)
    assert everything() == before


def test_half_a_pick_is_not_packed(floor, reno):
    shipment = on_the_floor(reno)
    floor.post(url("pick_scan", shipment), {"code": "MUG", "key": "k"})
    before = everything()
    answer = floor.post(url("pick_pack", shipment))
    assert answer.status_code == 422
    assert "is not fully picked" in text_of(answer)
    assert everything() == before


def test_a_pickup_is_made_ready_and_handed_over_to_who_gave_the_name(floor, reno):
    ada = Customer.objects.create(name="Ada Field", created_at=AT)
    shipment = packed(reno, method="pickup", pickup_node=reno, customer=ada)
    for words in ("Ready: the customer may come.", "It is ready already."):
        assert said(floor.post(url("pick_ready", shipment)))[-1] == words
    assert "Ada Field" in text_of(floor.get(url("pick", shipment)))
    before = everything()
    answer = floor.post(url("pick_hand_over", shipment))
    assert answer.status_code == 422
    assert "Ask for the name first." in text_of(answer)
    assert everything() == before
    for words in ("Handed over.", "It was handed over already."):
        assert said(floor.post(url("pick_hand_over", shipment), {"checked": "on"}))[-1] == words
    assert Shipment.objects.get().state == State.HANDED_OVER
    assert sound()


def test_the_wrong_way_out_is_refused_in_words(floor, reno):
    parcel, bag = packed(reno), packed(reno, method="pickup", pickup_node=reno)
    before = everything()
    for name, shipment, words in [
        ("pick_ready", parcel, "goes with a carrier: ship it."),
        ("pick_ship", bag, "is collected by the customer: hand it over."),
    ]:
        answer = floor.post(url(name, shipment), {"tracking_number": "1Z99"})
        assert answer.status_code == 422
        assert words in text_of(answer)
    late = floor.post(url("pick_hand_over", bag), {"checked": "on"})
    assert said(late)[-1] == f"Shipment {bag.ref} is Packed and can't become Handed over."
    assert everything() == before
