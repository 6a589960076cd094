"""The kinds of calls that the client is made of: it reads one thing, walks a list, makes, changes and does."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError
from codomyrmex.cloud.infomaniak.newsletter._values import number
from codomyrmex.cloud.rest.transport import Request, Transport

T = TypeVar("T")

PER_PAGE = 100
SUBSCRIBERS_PER_PAGE = 1000
BY_ID = {"order_by": "id"}
"""So that no item moves from page to page while a long list is read."""
IS_IT_THERE = "look whether there is one now before making another"
"""For what would be there twice."""
_PROMISED = {
    "": ("id",),
    "campaigns": ("id", "status"),
    "groups": ("id", "name"),
    "subscribers": ("id", "email", "status"),
    "segments": ("id", "name"),
    "fields": ("id", "key", "name"),
    "templates": ("id", "name"),
    "activity": (),
    "async": ("uuid", "status"),
}
"""What makes a thing what it is, by the first part of its path, of a list by the last. The service's reference requires
more of some, but is wrong about others."""


class Page(NamedTuple):
    """One page of a list."""

    items: list[dict[str, Any]]
    pages: int | None
    """How many there are; None where the service does not tell."""


class Calls:
    """What is asked of one newsletter through one `Transport`."""

    def __init__(self, transport: Transport, newsletter_id: int) -> None:
        self.transport = transport
        self._prefix = ("newsletters", str(newsletter_id))

    def request(
        self,
        method: str,
        path: str,
        *ids: int,
        read: Callable[[Any], T],
        body: Mapping[str, Any] | None = None,
        unsure: str | None = None,
        **options: Any,
    ) -> Request[T]:
        """A call, of a path such as ``campaigns/{}`` with these ids in it.

        :param read: makes the result of the answer's envelope, a JSON object.
        :param unsure: what to look at if the answer is lost; None: to send it twice does what sending it once does.
        """
        filled = path.format(*(number(thing_id, "an id") for thing_id in ids))
        data = json.dumps(body).encode() if body is not None else None
        if data is None and method != "GET":  # all others are JSON, says the reference; of a GET it refuses the query
            data = b""
        return Request(
            method, (*self._prefix, *filter(None, filled.split("/"))), lambda content: read(_as_envelope(content)),
            body=data, repeatable=unsure is None, unsure=unsure, **options,
        )  # fmt: skip

    def get(self, path: str, *ids: int, extra: str | None = None, within: float = math.inf) -> dict[str, Any]:
        """Read one thing, within so many seconds, with what it has only if asked for ``extra``, a list with commas."""
        query = {"with": extra} if extra else None
        return self.transport.send(self.request("GET", path, *ids, query=query, read=_thing(path), within=within))

    def data(self, path: str, *ids: int, kinds: tuple[type[T], ...]) -> T:
        """Read what is no thing with an id, but of one of these types."""

        def read(envelope: dict[str, Any]) -> T:
            data = _data(envelope)
            if not isinstance(data, kinds) or data == {}:
                raise ValueError(f"the data of the answer is {type(data).__name__}")
            return data

        return self.transport.send(self.request("GET", path, *ids, read=read))

    def task(self, task_id: str, within: float = math.inf) -> dict[str, Any]:
        """A task, which is outside of newsletters; asked for within so many seconds."""
        read = _thing("async")
        return self.transport.send(
            Request("GET", ("async", "tasks", task_id), lambda content: read(_as_envelope(content)), within=within)
        )

    def write(
        self, method: str, path: str, *ids: int, body: Mapping[str, Any] | None = None, unsure: str | None = None
    ) -> dict[str, Any]:
        """Make or change something. Returns what the service says of it now; of a change it may say nothing."""
        read = _thing(path, if_told=method == "PUT")
        return self.transport.send(self.request(method, path, *ids, body=body, unsure=unsure, read=read))

    def do(self, method: str, path: str, *ids: int, **options: Any) -> bool:
        """Have something done that answers no more than that it is; options as those of `request`."""
        when_gone = _gone if method == "DELETE" else None
        return self.transport.send(self.request(method, path, *ids, read=_done, when_gone=when_gone, **options))

    def start(
        self, method: str, path: str, *ids: int, body: Mapping[str, Any], if_told: bool = False
    ) -> dict[str, Any]:
        """Have something begun. Returns the ``task_id`` to ask for it by; with ``if_told`` None where there is none."""
        read = functools.partial(_task, if_told)
        return self.transport.send(self.request(method, path, *ids, body=body, read=read))

    def upload(self, content: str) -> int:
        """Upload a CSV text, which does nothing yet. Returns the id to import it by."""
        body = {"content": content}
        return self.transport.send(self.request("POST", "subscribers/import/upload", body=body, read=_upload_id))

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

        How many pages there are, the answer says; where it does not, an empty one follows the last.
        """
        kind = path.rpartition("/")[2]
        promised = _PROMISED["subscribers" if kind == "filter" else kind]
        before: list[dict[str, Any]] = []
        number_of_page = 1
        while True:
            paged = {**(query or {}), "page": number_of_page, "per_page": per_page}
            read = functools.partial(_page, number_of_page, promised)
            page = self.transport.send(self.request(method, path, *ids, query=paged, body=body, read=read))
            if page.pages is None and page.items and page.items == before:
                raise InfomaniakCloudError("the service gives the same page again and again")
            yield from page.items
            if number_of_page >= page.pages if page.pages is not None else not page.items:
                return
            before = page.items
            number_of_page += 1


def _as_envelope(content: Any) -> dict[str, Any]:
    """The JSON object that every answer is. ValueError for one that is not, such as one that was cut."""
    if not isinstance(content, dict) or not isinstance(content.get("result"), str):
        raise ValueError("the answer is not the JSON object that the service promises")
    return content


def _data(envelope: dict[str, Any]) -> Any:
    if envelope.get("data") is None:
        raise ValueError("the answer holds no data")
    return envelope["data"]


def _thing(path: str, *, if_told: bool = False) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A reader of the thing that an answer to this path holds; with ``if_told`` of nothing where it holds none."""
    promised = _PROMISED[path.partition("/")[0]]

    def read(envelope: dict[str, Any]) -> dict[str, Any]:
        if if_told and envelope.get("data") is None:
            return {}
        return _checked(_data(envelope), promised)

    return read


def _checked(thing: Any, promised: tuple[str, ...]) -> dict[str, Any]:
    """A thing that has what is promised of it. ValueError for one that has not."""
    missing = [key for key in promised if thing.get(key) is None] if isinstance(thing, dict) else promised
    if missing:
        raise ValueError(f"the answer lacks {', '.join(missing)}")
    if not isinstance(thing, dict):
        raise ValueError("the answer holds no object")
    return thing


def _done(envelope: dict[str, Any]) -> bool:
    data = envelope.get("data")
    if data is not None and (not data or str(data).strip().lower() in ("", "0", "false")):
        raise ValueError(f"the data of the answer is {data!r}, as of what was not done")
    return True


def _gone() -> bool:
    return True


def _task(if_told: bool, envelope: dict[str, Any]) -> dict[str, Any]:
    _done(envelope)
    data = envelope.get("data") if if_told else _data(envelope)
    if not isinstance(data, str) and not if_told:
        raise ValueError(f"the data of the answer is {type(data).__name__}, and no id of a task")
    return {"task_id": data if isinstance(data, str) else None}


def _page(number_of_page: int, promised: tuple[str, ...], envelope: dict[str, Any]) -> Page:
    """A page whose items have what is promised of them. ValueError for one that has not, or lacks items."""
    items, pages = envelope.get("data"), envelope.get("pages")
    if not isinstance(items, list):
        raise ValueError("the answer holds no list")
    if pages is not None and type(pages) is not int:
        raise ValueError(f"pages is {pages!r}")
    if pages is not None and number_of_page < pages and not items:
        raise ValueError(f"page {number_of_page} of {pages} is empty")
    return Page([_checked(item, promised) for item in items], pages)


def _upload_id(envelope: dict[str, Any]) -> int:
    """The id of an upload: the service's reference says no more than that there is text in the answer."""
    data = envelope.get("data")
    if isinstance(data, list) and data:
        data = data[0]
    if isinstance(data, dict):
        data = data.get("upload_id", data.get("id"))
    if not isinstance(data, int) and not (isinstance(data, str) and data.isdecimal()):
        raise ValueError("the service accepted the upload, and gave no upload_id that it can be imported by")
    return int(data)


def filters(**values: str | Iterable[str] | Iterable[int] | None) -> dict[str, Any]:
    """The query by which the service filters a list, by the names of its filters; None filters nothing."""
    query: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, str):
            query[f"filter[{name}]"] = value
        elif value is not None:
            query[f"filter[{name}][]"] = list(value)
    return query
