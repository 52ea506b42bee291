"""Maya Lind, who runs the network, and ten mugs at a node."""

import pytest
from django.test import Client

from dom_project.accounts.models import Role
from inventory.models import StockLevel
from tests import make


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make.user(Role.OPERATIONS_MANAGER, first_name="Maya", last_name="Lind"))
    return client


@pytest.fixture
def level(db: None) -> StockLevel:
    return make.stock(make.node("RENO", name="Reno DC"), make.sku("MUG", name="Mug"), 10)
