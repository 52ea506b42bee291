"""Queues without a browser: who may see whose, what lies in them, and what starting and putting back do."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dom_project.accounts.models import Role
from fulfillment import orders, shipments
from fulfillment.models import Shipment, Task
from fulfillment.states import State
from inventory.models import Node
from tests import make

from .answers import HTMX, said, state_of, text_of, url
from .sold import AT, allocate, everything, figures, on_the_floor, packed, picked, shipped, sound, stock

pytestmark = pytest.mark.django_db


def test_an_associate_of_one_node_lands_on_its_queue(floor, reno):
    assert floor.get("/store/").url == "/store/RENO/"


def test_an_associate_of_two_nodes_chooses_and_sees_no_others(client, reno):
    make.node("ELKO", name="Elko store"), make.node("DENVER", name="Denver store")
    elko = Node.objects.get(code="ELKO")
    client.force_login(make.user(Role.STORE_ASSOCIATE, nodes=(reno, elko)))
    on_the_floor(reno)
    page = text_of(client.get("/store/"))
    assert "/store/RENO/" in page
    assert "/store/ELKO/" in page
    assert "Denver" not in page


def test_an_associate_without_a_node_is_told_who_gives_one(client):
    client.force_login(make.user(Role.STORE_ASSOCIATE))
    assert "No store is yours yet" in text_of(client.get("/store/"))


def test_a_manager_sees_every_node_with_its_counts(client, reno, django_assert_max_num_queries):
    packed(reno), on_the_floor(reno), picked(reno)
    make.node("ELKO", name="Elko store")
    client.force_login(make.user(Role.OPERATIONS_MANAGER))
    with django_assert_max_num_queries(12):
        page = text_of(client.get("/store/"))
    assert "<b>1</b> to pick" in page
    assert "<b>1</b> to pack" in page
    assert "<b>1</b> waiting" in page
    assert "Elko store" in page
    assert "1 node with nothing to do" in page


@pytest.mark.parametrize("role", [Role.EXECUTIVE, Role.CUSTOMER_SERVICE])
def test_who_does_not_work_the_floor_is_told_so(client, reno, role):
    shipment = on_the_floor(reno)
    client.force_login(make.user(role))
    for path in ("/store/", "/store/RENO/", url("pick", shipment)):
        assert client.get(path).status_code == 403
    assert client.post(url("pick_start", shipment)).status_code == 403
    assert state_of(shipment) == State.TO_PICK


def test_somebody_who_has_not_logged_in_is_asked_to(client, reno):
    assert client.get("/store/RENO/").url == "/login/?next=/store/RENO/"


POSTS = ["start", "scan", "units", "short", "lay_back", "pack", "ready", "ship", "hand_over"]


def test_other_peoples_work_is_not_there(client, reno):
    shipment, boxed = on_the_floor(reno), packed(reno)
    orders.cancel(boxed.order.ref, at=AT, actor="user:3")
    task = Task.objects.get()
    elko = make.node("ELKO")
    client.force_login(make.user(Role.STORE_ASSOCIATE, nodes=(elko,)))
    before = everything()
    assert client.get("/store/RENO/").status_code == 404
    assert client.post("/store/RENO/next/").status_code == 404
    for code in ("RENO", "ELKO"):
        assert client.get(f"/store/{code}/{shipment.ref}/").status_code == 404
        assert client.post(f"/store/{code}/put-back/{task.pk}/").status_code == 404
        for action in POSTS:
            answer = client.post(reverse(f"pick_{action}", args=[code, shipment.ref]), {"code": "MUG"})
            assert answer.status_code == 404
    assert client.get("/store/ELKO/NOPE/").status_code == 404
    assert client.post("/store/ELKO/put-back/99999999999999999999/").status_code == 404
    assert everything() == before


def test_a_manager_may_do_every_nodes_work(client, reno):
    shipment = on_the_floor(reno)
    client.force_login(make.user(Role.OPERATIONS_MANAGER))
    client.post(url("pick_start", shipment))
    assert state_of(shipment) == State.PICKING


def test_actions_are_posts_only(floor, reno):
    shipment = on_the_floor(reno)
    for action in POSTS:
        assert floor.get(url(f"pick_{action}", shipment)).status_code == 405


# ── the queue ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("count", [1, 50])
def test_the_queue_asks_no_more_for_fifty_than_for_one(floor, reno, count, django_assert_max_num_queries):
    stock(reno, CUP=200)
    make_many = [make.order(lines={"CUP": 1}) for _ in range(count)]
    for order in make_many:
        allocate(order, reno)
    shipments.dispatch_due(at=AT, actor="engine")
    ids = list(Shipment.objects.values_list("id", flat=True))
    with django_assert_max_num_queries(12):
        assert text_of(floor.get("/store/RENO/")).count('<li class="card pick-card') == count
    shipments.start_picking_many(ids, at=AT, actor="user:7")
    with django_assert_max_num_queries(12):
        assert text_of(floor.get("/store/RENO/?tab=picking")).count('<li class="card pick-card') == count
    with django_assert_max_num_queries(12):
        floor.get(f"/store/RENO/{Shipment.objects.first().ref}/")


def test_the_most_urgent_comes_first_and_says_why_and_until_when(floor, reno):
    later, sooner = on_the_floor(reno), on_the_floor(reno)
    now = timezone.now()
    Shipment.objects.filter(pk=later.pk).update(cut_off_at=now + timedelta(hours=5, minutes=1))
    Shipment.objects.filter(pk=sooner.pk).update(cut_off_at=now + timedelta(minutes=40, seconds=30))
    page = text_of(floor.get("/store/RENO/"))
    assert page.index(sooner.ref) < page.index(later.ref)
    assert "40 min left" in page
    assert "5 h " in page
    assert "Best place for this order, 180 km from the customer." in page
    assert f"Start picking next: {sooner.ref[-4:]}" in page


def test_a_fragment_is_the_rows_alone(floor, reno):
    shipment = on_the_floor(reno)
    part = floor.get("/store/RENO/", headers=HTMX)
    assert shipment.ref in text_of(part)
    assert "<html" not in text_of(part)
    assert "HX-Request" in part["Vary"]


@pytest.mark.parametrize(
    ("tab", "words"),
    [
        ("to_pick", "Nothing to pick"),
        ("picking", "Nobody is picking"),
        ("to_pack", "Nothing to pack"),
        ("ready", "Nothing waits"),
        ("done", "Nothing has left yet today"),
        ("put_back", "Nothing to put back"),
        ("no-such-tab", "Nothing to pick"),
    ],
)
def test_an_empty_tab_says_what_would_be_there(floor, tab, words):
    assert words in text_of(floor.get(f"/store/RENO/?tab={tab}"))


def test_starting_the_next_takes_the_most_urgent(floor, reno, picker):
    later, sooner = on_the_floor(reno), on_the_floor(reno)
    Shipment.objects.filter(pk=sooner.pk).update(cut_off_at=AT - timedelta(days=1))
    answer = floor.post("/store/RENO/next/", {"seen": sooner.ref})
    assert answer.url == f"/store/RENO/{sooner.ref}/"
    assert said(answer) == []
    sooner.refresh_from_db()
    assert (sooner.state, sooner.picker, state_of(later)) == (State.PICKING, f"user:{picker.pk}", State.TO_PICK)


def test_who_comes_second_is_told_who_was_faster_and_gets_the_next(floor, reno):
    wanted, other = on_the_floor(reno), on_the_floor(reno)
    rival = make.user(Role.STORE_ASSOCIATE, nodes=(reno,), first_name="Sam", last_name="Lee")
    shipments.start_picking_many([wanted.pk], at=AT, actor=f"user:{rival.pk}")
    answer = floor.post("/store/RENO/next/", {"seen": wanted.ref})
    assert answer.url == f"/store/RENO/{other.ref}/"
    assert said(answer) == [f"Sam Lee was faster with {wanted.ref[-4:]}. This is the next one."]
    answer = floor.post("/store/RENO/next/", {"seen": wanted.ref})
    assert (answer.url, said(answer)[-1]) == ("/store/RENO/", f"Sam Lee was faster with {wanted.ref[-4:]}.")
    assert Shipment.objects.get(pk=wanted.pk).picker == f"user:{rival.pk}"


def test_goods_are_put_back_once(floor, reno):
    boxed = packed(reno)
    orders.cancel(boxed.order.ref, at=AT, actor="user:3")
    task = Task.objects.get()
    assert figures(reno) == (60, 2, 0)
    assert "Back on the shelf" in text_of(floor.get("/store/RENO/?tab=put_back"))
    path = f"/store/RENO/put-back/{task.pk}/"
    first = floor.post(path)
    assert first.url == "/store/RENO/?tab=put_back"
    assert figures(reno) == (60, 0, 0)
    before = everything()
    second = floor.post(path)
    assert said(second)[-1] == "These goods are back on the shelf already."
    assert everything() == before
    assert sound()


def test_what_left_today_is_listed_with_its_number(floor, reno):
    shipment = shipped(reno, "1Z77")
    Shipment.objects.filter(pk=shipment.pk).update(closed_at=timezone.now(), shipped_at=timezone.now())
    assert "1Z77" in text_of(floor.get("/store/RENO/?tab=done"))
