"""The kinds of calls that the client is made of: it reads one thing, walks a list, makes, changes and does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError
from codomyrmex.cloud.infomaniak.newsletter._http import Request, Transport
from codomyrmex.cloud.infomaniak.newsletter._values import number

PER_PAGE = 100
SUBSCRIBERS_PER_PAGE = 1000
BY_ID = {"order_by": "id"}
"""So that no item moves from page to page while a long list is read."""
IS_IT_THERE = "look whether there is one now before making another"
"""For what would be there twice."""


class Calls:
    """What is asked of one newsletter through one `Transport`."""

    def __init__(self, transport: Transport, newsletter_id: int) -> None:
        self.transport = transport
        self._prefix = ("newsletters", str(newsletter_id))

    def request(self, method: str, path: str, *ids: int, **options: Any) -> Request:
        """A call, of a path such as ``campaigns/{}`` with these ids in it."""
        filled = path.format(*(number(found, "an id") for found in ids))
        return Request(method, (*self._prefix, *filter(None, filled.split("/"))), **options)

    def get(self, path: str, *ids: int, extra: str | None = None) -> dict[str, Any]:
        """Read one thing, with what it has only if asked for ``extra``, a list with commas."""
        query = {"with": extra} if extra else None
        return _record(self.transport.send(self.request("GET", path, *ids, query=query)))

    def task(self, task_id: str) -> dict[str, Any]:
        """A task, which is outside of newsletters."""
        return _record(self.transport.send(Request("GET", ("async", "tasks", task_id))))

    def write(
        self, method: str, path: str, *ids: int, body: Mapping[str, Any] | None = None, unsure: str | None = None
    ) -> dict[str, Any]:
        """Make or change something. Returns what the service says of it now."""
        return _record(self.transport.send(self.request(method, path, *ids, body=body, unsure=unsure)))

    def do(
        self, method: str, path: str, *ids: int, body: Mapping[str, Any] | None = None, unsure: str | None = None
    ) -> bool:
        """Have something done that answers no more than that it is."""
        return self.done(self.request(method, path, *ids, body=body, unsure=unsure))

    def done(self, request: Request) -> bool:
        """True once the service accepted it, whatever it says beside: 204 and ``data: null`` are successes too."""
        if self.transport.send(request).get("data") is False:
            raise InfomaniakCloudError("the service answered that it was not done")
        return True

    def start(self, method: str, path: str, *ids: int, body: Mapping[str, Any]) -> dict[str, Any]:
        """Have something begun. Returns the ``task_id`` by which to ask for it, if the service gives one."""
        data = self.transport.send(self.request(method, path, *ids, body=body)).get("data")
        return {"task_id": data if isinstance(data, str) else None}

    def walk(
        self,
        path: str,
        *ids: int,
        method: str = "GET",
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
        per_page: int = PER_PAGE,
    ) -> Iterator[dict[str, Any]]:
        """The items of all pages of a list, fetched as they are read.

        How many pages there are, the answer says; where it does not, the last one is not full.
        """
        before: Any = None
        page = 1
        while True:
            paged = {**(query or {}), "page": page, "per_page": per_page}
            answer = self.transport.send(self.request(method, path, *ids, query=paged, body=body))
            items, pages = answer.get("data") or [], answer.get("pages")
            if not isinstance(items, list):
                raise InfomaniakCloudError("the answer holds no list")
            if not isinstance(pages, int):
                if items and items == before:
                    raise InfomaniakCloudError("the service gives the same page again and again")
                pages = page if len(items) < per_page else page + 1
            yield from items
            if page >= pages:
                return
            before = items
            page += 1


def _record(envelope: dict[str, Any]) -> dict[str, Any]:
    """What an answer tells, as a dict: empty where it tells nothing, ``{"data": ...}`` where it is no object."""
    data = envelope.get("data")
    if data is None:
        return {}
    return data if isinstance(data, dict) else {"data": data}


def search_for(text: str | None) -> dict[str, Any]:
    """The query by which the service searches."""
    return {} if text is None else {"filter[search]": text}
