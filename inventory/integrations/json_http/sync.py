"""A read as pages, to its end mark. Nothing here knows a model."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from dom_project.lib import http
from inventory.integrations.connector import Page, ReadFailed, Source

from . import client, translate

MOST_PAGES = 10_000


def pull(source: Source, since: datetime | None, now: Callable[[], datetime]) -> Iterator[Page]:
    """Yield the pages of everything (`since` None) or of what changed from `since` on.

    Raises ReadFailed when the read can't be trusted as a whole: a cursor that repeats, no end mark, another number
    of rows than announced.
    """
    mapping = translate.mapping_of(source.mapping)
    cursor, seen, rows = "", set[str](), 0
    with client.opened() as caller:
        for _number in range(MOST_PAGES):
            page = _page(caller, source, mapping, since, cursor, mapping.limit, now)
            rows += len(page.facts) + len(page.faults)
            if page.next is None and not page.complete:
                raise ReadFailed("no_end_mark", rows=rows)
            if page.next is None and page.announced is not None and page.announced != rows:
                raise ReadFailed("wrong_count", announced=page.announced, rows=rows)
            yield page
            if page.next is None:
                return
            if page.next in seen:
                raise ReadFailed("looping_pages", cursor=page.next[:80])
            seen.add(page.next)
            cursor = page.next
    raise ReadFailed("too_many_pages", pages=MOST_PAGES)


def check(source: Source, now: Callable[[], datetime]) -> Page:
    """Read a handful of rows, for the test button. Raises ReadFailed."""
    mapping = translate.mapping_of(source.mapping)
    with client.opened() as caller:
        return _page(caller, source, mapping, None, "", 5, now)


def check_mapping(mapping: object) -> None:
    """Raise ReadFailed("mapping_wrong") naming the key if the mapping can't be used."""
    if not isinstance(mapping, dict):
        raise ReadFailed("mapping_wrong", key="")
    translate.mapping_of(mapping)


def _page(
    caller: http.Caller,
    source: Source,
    mapping: translate.SourceMap,
    since: datetime | None,
    cursor: str,
    limit: int,
    now: Callable[[], datetime],
) -> Page:
    names = mapping.params
    params = {names["limit"]: str(limit)}
    if since is not None:
        params[names["since"]] = since.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if cursor:
        params[names["cursor"]] = cursor
    url = f"{source.address.rstrip('/')}/{mapping.path.lstrip('/')}".rstrip("/")
    answer = client.get(caller, url, token=source.token, params=params, now=now)
    page = translate.page_of(answer.body, mapping, received_at=answer.received_at)
    return page._replace(skew=answer.skew)
