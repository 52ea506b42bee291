import pytest
from django.http import Http404

from dom_project.accounts.models import Role
from inventory import access
from inventory.access import NoSuchNode
from tests import make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("role", "bound", "sees_other"),
    [
        (Role.STORE_ASSOCIATE, True, False),
        (Role.STORE_ASSOCIATE, False, False),
        (Role.INTEGRATION, True, False),
        (Role.INTEGRATION, False, True),
        (Role.OPERATIONS_MANAGER, False, True),
        (Role.EXECUTIVE, False, True),
        (Role.ADMINISTRATOR, False, True),
        (Role.CUSTOMER_SERVICE, False, True),
    ],
)
def test_a_role_sees_its_own_nodes(role, bound, sees_other):
    own, other = make.node("own"), make.node("other")
    user = make.user(role, nodes=(own,) if bound else ())
    assert set(access.nodes_of(user)) == ({own} if bound else set()) | ({own, other} if sees_other else set())
    if sees_other:
        assert access.node_for(user, "other") == other
    else:
        with pytest.raises(NoSuchNode):
            access.node_for(user, "other")


def test_a_node_of_others_answers_like_one_that_does_not_exist():
    make.node("other")
    refusals = []
    for code in ("other", "nowhere"):
        with pytest.raises(Http404) as refusal:
            access.node_for(make.user(Role.STORE_ASSOCIATE), code)
        refusals.append((refusal.value.code, refusal.value.status, refusal.value.params))
    assert refusals == [
        ("unknown_node", 404, {"node": "other"}),
        ("unknown_node", 404, {"node": "nowhere"}),
    ]
