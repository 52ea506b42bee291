from datetime import UTC, datetime

import pytest

from dom_project.accounts import tokens
from dom_project.accounts.models import ApiToken
from dom_project.accounts.people import names_of
from tests import make

AT = datetime(2026, 11, 10, 15, tzinfo=UTC)


@pytest.mark.django_db
def test_everybody_who_acts_has_a_name(django_assert_num_queries):
    ada = make.user(username="ada", first_name="Ada", last_name="Moreau")
    bo = make.user(username="bo")
    tokens.make(bo, name="Web shop", at=AT)
    shop = f"token:{ApiToken.objects.get().pk}"
    with django_assert_num_queries(2):
        assert names_of([ada.actor, bo.actor, shop, "engine", "feed:erp", ""]) == {
            ada.actor: "Ada Moreau",
            bo.actor: "bo",
            shop: "Web shop",
            "engine": "Fairlead",
            "feed:erp": "erp",
        }


def test_a_code_that_nobody_stands_behind_shows_itself():
    assert names_of(["user:x", "user:99999999999999999999", "robot"]) == {
        "user:x": "user:x",
        "user:99999999999999999999": "user:99999999999999999999",
        "robot": "robot",
    }
