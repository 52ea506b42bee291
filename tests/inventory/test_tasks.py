"""Rung twice, or with arguments of a newer version, they do the same."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from inventory import idempotency, tasks
from inventory.models import IdempotentCall, ImportRun, NodeDay, PublishedAtp, SafetyRule
from tests import make
from tests.filing import bring

__all__ = ["bring"]

pytestmark = pytest.mark.django_db


def test_published_figures_are_folded():
    level = make.level(10)
    for _ring in range(2):
        tasks.publish_atp(newer="argument")
        assert PublishedAtp.objects.get(sku=level.sku).atp == 10


def test_open_pages_hear_of_new_figures_and_of_nothing_else(monkeypatch):
    told = []
    monkeypatch.setattr(tasks.bell, "publish", told.append)
    make.level(10)
    for _ring in range(2):
        tasks.publish_atp()
    assert told == ["stock"]


def test_node_days_are_opened(clock):
    make.node()
    with time_machine.travel(clock, tick=False):
        for _ring in range(2):
            tasks.open_node_days(newer="argument")
            assert NodeDay.objects.count() == 15


def test_safety_rules_that_came_past_the_verbs_are_resolved(clock):
    level = make.level(10)
    SafetyRule.objects.create(units=3, created_at=clock, created_by="user:1")
    for _ring in range(2):
        tasks.resolve_safety(newer="argument")
        level.refresh_from_db()
        assert (level.safety_stock, level.atp) == (3, 7)


def test_files_of_long_ago_are_forgotten(settings, bring, clock):
    bring("skus", "sku\nMUG\n")
    young = bring("skus", "sku\nCUP\n")
    with time_machine.travel(clock + settings.KEEP_UPLOADS + timedelta(hours=1), tick=False):
        ImportRun.objects.filter(pk=young.pk).update(created_at=timezone.now() - timedelta(days=1))
        for _ring in range(2):
            tasks.forget_files(newer="argument")
            assert ImportRun.objects.get() == young


def test_expired_answers_are_forgotten():
    for key, at in (("old", timezone.now() - timedelta(days=8)), ("new", timezone.now())):
        idempotency.begin("scope", key, "hash", at=at)
    for _ring in range(2):
        tasks.forget_calls(newer="argument")
        assert list(IdempotentCall.objects.values_list("key", flat=True)) == ["new"]
