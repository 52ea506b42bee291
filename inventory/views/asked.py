"""What an address or a form asks for, made harmless: text that the database takes, numbers that are ids."""

from django.http import QueryDict


def text(given: QueryDict, name: str, longest: int = 100) -> str:
    """The field without NUL, which PostgreSQL refuses, cut to its longest; empty where there is none."""
    return given.get(name, "").replace("\0", "")[:longest]


def page(given: QueryDict) -> int:
    """The page of a list that the pager's links name by its number, from 0 on; 0 for everything that can't be one."""
    told = given.get("after", "") or given.get("before", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 5 else 0


def number(given: QueryDict, name: str) -> int | None:
    """The field as an id or a place in a list; None for everything that can't be one."""
    told = given.get(name, "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 19 else None
