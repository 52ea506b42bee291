from datetime import timedelta

import pytest
from django.apps import apps

from inventory.models import Sku
from routing import exceptions, in_hand, odds, rates, refusals, strategies
from routing.exceptions import Raised
from routing.models import (
    OrderException,
    Outbox,
    Reoptimisation,
    Rule,
    ScarcityPrice,
    ScarcityRun,
    ScarcitySlot,
    ShortfallCase,
    StrategyActivation,
    StrategyVersion,
    Subscriber,
)
from routing.refusals import NodeRefusal
from tests import admin_site, make

HOOK = {"ref": "shop", "name": "Shop", "url": "http://127.0.0.1:9/hook", "secret": "s3cret", "active": "on"}


@pytest.fixture
def routed(network, route, clock, settings):
    """One order routed and told, one that waits for a person."""
    settings.OUTBOUND_ALLOWED = ["127.0.0.1:9"]
    Subscriber.objects.create(ref="erp", name="ERP", url="http://127.0.0.1:9/", secret="kept")
    make.order()
    route()
    stuck = make.order()
    exceptions.raise_many([Raised(stuck.id, "no_rule", {})], at=clock)
    exceptions.take(OrderException.objects.get().pk, at=clock, actor="user:1")
    refusals.refuse_many([NodeRefusal(stuck.lines.get().id, network["RENO"].id, "missing")], at=clock)
    ShortfallCase.objects.create(params={"units": 3}, raised_at=clock)
    odds.learn([], {"USD": {}}, at=clock)
    in_hand.switch(False, at=clock, actor="user:1")
    Reoptimisation.objects.create(at=clock, problem_ref="7-anew", considered=1, moved=0, refused=0)
    run = ScarcityRun.objects.create(asked_at=clock, asked_by="engine", state="done", at=clock)
    ScarcityPrice.objects.create(run=run, sku=Sku.objects.get(code="MUG"), node=network["RENO"], price=300)
    ScarcitySlot.objects.create(run=run, node=network["RENO"], price=25)
    assert Outbox.objects.exists()


def test_what_routing_decided_is_shown_to_the_administrator_alone(routed):
    admin_site.opens_for_the_administrator_alone("routing")


def test_what_routing_decided_is_not_touched(routed):
    admin_site.refuses_to_touch_records("routing", but={"RateCard"})


def test_the_trail_of_an_exception_names_who_took_it(routed):
    trail = apps.get_model("routing", "OrderExceptionEvent")
    assert "user:1" in admin_site.logged_in().get(admin_site.url(trail, "changelist")).content.decode()


def test_no_strategy_is_made_live_and_no_rule_changed_here(network, clock):
    live = strategies.live_version()
    draft = strategies.save_version([make.rule("Other")], strategy="main", author="user:1", reason="Try", at=clock)
    administrator, rule = admin_site.logged_in(), live.rules.get()
    wish = {
        "version": draft.pk,
        "activated_at_0": "2026-11-10",
        "activated_at_1": "15:00:00",
        "activated_by": "user:1",
    }
    assert administrator.post(admin_site.url(StrategyActivation, "add"), wish).status_code == 403
    for model, row in ((StrategyVersion, live), (Rule, rule)):
        assert administrator.post(admin_site.url(model, "change", row.pk), {"name": "Mine"}).status_code == 403
    assert strategies.live_version() == live
    assert StrategyActivation.objects.count() == 1
    assert Rule.objects.get(pk=rule.pk).name == "Everything"


def test_other_terms_publish_a_rate_card_anew_and_leave_the_old_one_as_it_was(network):
    old = make.rate_card()
    before = rates.rows_of(old)
    terms = {"name": "Dearer delays", "late_cost_per_day": "900", "dimensional_divisor": "5000"}
    saved = admin_site.logged_in().post(admin_site.url(type(old), "change", old.pk), terms)
    assert saved.status_code == 302
    new = type(old).objects.get(code=old.code, live=True)
    assert (new.version, new.name, new.late_cost_per_day) == (old.version + 1, "Dearer delays", 900)
    assert (old.dimensional_divisor, new.dimensional_divisor) == (0, 5000)
    assert rates.rows_of(new) == before == rates.rows_of(old)
    old.refresh_from_db()
    assert (old.name, old.late_cost_per_day, old.live) == ("Standard", 400, False)


def test_a_divisor_that_no_carrier_has_is_refused_at_its_field(network):
    card = make.rate_card()
    before = admin_site.everything("routing")
    terms = {"name": "Feathers", "late_cost_per_day": "900", "dimensional_divisor": "1000001"}
    refused = admin_site.logged_in().post(admin_site.url(type(card), "change", card.pk), terms)
    assert refused.status_code == 200
    assert list(refused.context["adminform"].form.errors) == ["dimensional_divisor"]
    assert admin_site.everything("routing") == before


def test_a_card_that_was_replaced_changes_no_more(network, clock):
    old = make.rate_card()
    make.rate_card(at=clock + timedelta(days=1))
    before = admin_site.everything("routing")
    administrator = admin_site.logged_in()
    terms = {"name": "Back", "late_cost_per_day": "1"}
    assert administrator.post(admin_site.url(type(old), "change", old.pk), terms).status_code == 403
    assert administrator.get(admin_site.url(type(old), "change", old.pk)).status_code == 200
    assert administrator.post(admin_site.url(type(old), "add"), terms).status_code == 403
    assert administrator.post(admin_site.url(type(old), "delete", old.pk), {"post": "yes"}).status_code == 403
    assert admin_site.everything("routing") == before


def test_a_subscribers_secret_is_written_and_never_shown(db, settings):
    settings.OUTBOUND_ALLOWED = ["127.0.0.1:9"]
    administrator = admin_site.logged_in()
    assert administrator.post(admin_site.url(Subscriber, "add"), HOOK).status_code == 302
    shop = Subscriber.objects.get()
    assert shop.secret == "s3cret"
    page = admin_site.url(Subscriber, "change", shop.pk)
    assert b"s3cret" not in administrator.get(page).content
    assert administrator.post(page, HOOK | {"name": "Web shop", "secret": ""}).status_code == 302
    shop.refresh_from_db()
    assert (shop.name, shop.secret) == ("Web shop", "s3cret")


@pytest.mark.parametrize(
    ("field", "value"), [("url", "http://127.0.0.1:10/"), ("url", "nonsense"), ("secret", ""), ("ref", "a b")]
)
def test_a_subscriber_that_cannot_be_told_is_refused_at_its_field(db, settings, field, value):
    settings.OUTBOUND_ALLOWED = ["127.0.0.1:9"]
    refused = admin_site.logged_in().post(admin_site.url(Subscriber, "add"), HOOK | {field: value})
    assert refused.status_code == 200
    assert list(refused.context["adminform"].form.errors) == [field]
    assert not Subscriber.objects.exists()
