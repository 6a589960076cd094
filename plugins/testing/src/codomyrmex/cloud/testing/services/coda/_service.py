"""The state of the service: documents, writes on their way, tokens that were handed out; and one `Call` of it."""

from __future__ import annotations

import copy
import hashlib
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import Any, ClassVar, NamedTuple, TypeVar

from codomyrmex.cloud.testing.services._api_server import ApiServer
from codomyrmex.cloud.testing.services._http import ReceivedRequest
from codomyrmex.cloud.testing.services.coda._ledger import Ledger
from codomyrmex.cloud.testing.services.coda._records import Doc
from codomyrmex.cloud.testing.services.coda._responses import Json, api_link, refusal

TOKEN = "0f3c9d1e-5a7b-4c2d-8e6f-a1b2c3d4e5f6"  # noqa: S105 - of no service but this
"""The token that a server takes, unless its ``token`` is set to another."""
T = TypeVar("T")


def token_of(meaning: object) -> str:
    """A token that stands for something, the same for the same."""
    return hashlib.sha256(repr(meaning).encode(errors="surrogatepass")).hexdigest()[:32]


class Write(NamedTuple):
    """A change that is carried out later."""

    operation: str
    target: Any
    """What it changes, as `ApiServer.effects` tells it."""
    change: Callable[[], Any]
    """Returns False where there was nothing to change."""


class Mutation(NamedTuple):
    """A request to write that was accepted. Times of `time.monotonic`."""

    known_at: float
    """Before, nothing is known of it."""
    applied_at: float


@dataclass
class Export:
    """An export of a page's content."""

    doc_id: str
    page_id: str
    format: str
    """``html`` or ``markdown``."""
    polls_left: int = 1
    """How often it is still in progress when it is asked for."""
    content: str = ""
    """What can be downloaded once it is complete."""


@dataclass(frozen=True)
class Cursor:
    """Where a list goes on: a page token stands for all of it, and beside it nothing counts."""

    path: str
    query: Mapping[str, str]
    after: Any = None
    """The place in the order of the last item that was shown; None at the beginning."""
    revision: int = 0
    """Of what is listed, when the list began."""


class Service(ApiServer):
    """What `CodaServer` is made of, for the chapters of the API."""

    root: ClassVar[str] = "/apis/v1"

    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.token = TOKEN
        """The API token that is taken; any other is a 401."""
        self.docs: dict[str, Doc] = {}
        """By id."""
        self.page_size = 25
        """Items of a page of a list, where a request says no ``limit``."""
        self.largest_page = 500
        """Items of a page at most; a larger ``limit`` is lowered, without a word."""
        self.delay = 0.0
        """Seconds until a write is applied."""
        self.replication = 0.0
        """Seconds for which the status of a write is 404."""
        self.reads_lag = 0.0
        """Seconds by which reads are behind: they show what was there so long ago."""
        self.warning: str | None = None
        """What the status of every write warns of."""
        self.pushed: list[tuple[str, str]] = []
        """The buttons that were pushed: the ids of row and column."""
        self.downloads: list[dict[str, str]] = []
        """The headers of each download of an export."""
        self.mutations: dict[str, Mutation] = {}
        """The writes that were accepted, by the ids of their requests."""
        self.pending: deque[tuple[float, list[Write]]] = deque()
        """The writes that were accepted and are not applied yet, with when they will be."""
        self.exports: dict[str, Export] = {}
        """By id."""
        self.ledger = Ledger(self.lock)
        self.cursors: dict[str, Cursor] = {}
        """The page tokens that were handed out."""
        self.sync_tokens: dict[str, tuple[str, str, int]] = {}
        """The sync tokens that were handed out: document, table, and its revision."""
        self._history: deque[tuple[float, dict[str, Doc]]] = deque()
        """Until when the documents were like this, while reads lag."""

    @property
    def clock(self) -> Callable[[], datetime]:
        """What time it is for documents, pages, tables and rows: a function that returns a time with its zone.

        Default: the time it is. Set another for times that a test knows; also then a later write has a later time, of a
        millisecond at least.
        """
        return self.ledger.clock

    @clock.setter
    def clock(self, clock: Callable[[], datetime]) -> None:
        self.ledger.clock = clock

    def read_docs(self) -> dict[str, Doc]:
        """The documents as reads show them."""
        shown = time.monotonic() - self.reads_lag
        return next((docs for until, docs in self._history if until > shown), self.docs)

    def write(self, operation: str, target: Any, change: Callable[[], Any]) -> None:
        """Carry out a `Write` now. It has an effect only if ``change`` does not return False."""
        self._apply(Write(operation, target, change))

    def accept(self, *writes: Write) -> str:
        """Accept writes, which are applied after ``delay``. Returns the id of the request."""
        now = time.monotonic()
        request_id = self.ledger.new_id("mutate", separator=":")
        self.mutations[request_id] = Mutation(now + self.replication, now + self.delay)
        self.pending.append((now + self.delay, list(writes)))
        self.apply_due()
        return request_id

    def apply_due(self) -> None:
        """Apply the writes that are due, in their order."""
        while self.pending and self.pending[0][0] <= time.monotonic():
            self._apply(*self.pending.popleft()[1])

    def apply_all(self) -> None:
        """Apply all writes that were accepted, also those that are not due."""
        while self.pending:
            self._apply(*self.pending.popleft()[1])

    def _apply(self, *writes: Write) -> None:
        """Carry out the writes of one request, at once for whoever reads."""
        if self.reads_lag:
            now = time.monotonic()
            while self._history and self._history[0][0] <= now - self.reads_lag:
                self._history.popleft()  # no read shows it any more
            self._history.append((now, copy.deepcopy(self.docs)))
        for operation, target, change in writes:
            if change() is not False:
                self.effects.append((operation, target))


@dataclass
class Call:
    """One request of an operation, as its handler gets it."""

    service: Service
    request: ReceivedRequest
    docs: dict[str, Doc]
    """What the request sees: for a GET it may lag behind."""
    query: Mapping[str, str]
    body: Json = field(default_factory=dict)

    def doc(self, doc_id: str) -> Doc:
        """The document of this id, or 404."""
        if doc_id not in self.docs:
            raise refusal(404, f"no document {doc_id!r}")
        return self.docs[doc_id]

    def link(self, *path: str) -> str:
        """The link of the API to what has these ids."""
        return api_link(self.service.url, *path)

    def cursor(self, *path: str, revision: int = 0) -> Cursor:
        """Where the list of this path begins: by the request's ``pageToken``, or by its query.

        Args:
            path: of the list, by ids.
            revision: of what is listed.
        """
        link = self.link(*path)
        if not (token := self.query.get("pageToken")):
            return Cursor(link, self.query, revision=revision)
        cursor = self.service.cursors.get(token)
        if cursor is None or cursor.path != link:
            raise refusal(400, f"no page token of this list: {token!r}")
        return cursor

    def page(
        self, cursor: Cursor, entries: Iterable[tuple[Any, T]], show: Callable[[T], Json], largest: int | None = None
    ) -> Json:
        """The page of a list that a cursor leads to.

        It begins behind the last item that was shown, so what is deleted meanwhile hides no other item.

        Args:
            cursor: where the page begins.
            entries: all items, each with its place in the order, which no two share.
            show: the item in the response.
            largest: items of a page at most.
        """
        ordered = sorted(entries, key=itemgetter(0))
        start = 0 if cursor.after is None else bisect_right(ordered, cursor.after, key=itemgetter(0))
        size = min(int(cursor.query.get("limit", self.service.page_size)), largest or self.service.largest_page)
        shown = ordered[start : start + size]
        page: Json = {"items": [show(item) for _, item in shown], "href": cursor.path}
        if start + size < len(ordered):
            following = replace(cursor, after=shown[-1][0])
            token = token_of(following)
            self.service.cursors[token] = following
            page |= {"nextPageToken": token, "nextPageLink": f"{cursor.path}?pageToken={token}"}
        return page
