"""Whose nodes are whose. One function returns the node and the right to it; other people's nodes do not exist."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from dom_project.accounts.models import Role
from dom_project.lib.api_errors import NotFound

from .models import Node


class NoSuchNode(NotFound, Http404):
    """A page answers 404, the API a problem document."""


def nodes_of(user: Any) -> QuerySet[Node]:
    """The nodes that a person or an integration may see and work.

    Associates: those they were given. Integrations: those they were given, all if none. Everybody else: all.
    """
    return Node.objects.filter(access__user=user) if is_bound(user) else Node.objects.all()


def node_for(user: Any, code: str) -> Node:
    """The node with that code, if it is one of the user's. Raises NoSuchNode otherwise."""
    # An address may hold a NUL, which the database takes in no text.
    if code.isprintable() and (node := nodes_of(user).filter(code=code).first()):
        return node
    raise NoSuchNode("unknown_node", {"node": code}, field="node")


def seen_by(user: Any) -> list[int] | None:
    """The ids of the nodes that the user may see, None if it is all of them."""
    return list(nodes_of(user).values_list("pk", flat=True)) if is_bound(user) else None


def is_bound(user: Any) -> bool:
    """Whether the user sees some nodes only."""
    if user.role == Role.INTEGRATION:
        return bool(user.node_access.exists())
    return user.role == Role.STORE_ASSOCIATE and not user.is_superuser
