"""Reno's store, its associate at work, customer service, and a system that calls."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from dom_project.accounts.models import Role, User
from inventory.models import Node
from tests import make

from .sold import stock


@pytest.fixture
def reno(db: None) -> Node:
    node = make.node("RENO", name="Reno store")
    stock(node, MUG=60, TRAY=60)
    return node


@pytest.fixture
def picker(reno: Node) -> User:
    return make.user(Role.STORE_ASSOCIATE, nodes=(reno,), first_name="Robin", last_name="Hale")


@pytest.fixture
def floor(client: Client, picker: User) -> Client:
    client.force_login(picker)
    return client


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.user(Role.CUSTOMER_SERVICE))
    return client


@pytest.fixture
def caller(db: None) -> APIClient:
    client = APIClient()
    client.force_authenticate(make.user(Role.INTEGRATION))
    return client
