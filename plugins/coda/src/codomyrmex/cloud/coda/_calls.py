"""The three kinds of calls that `CodaClient` is made of: it reads, it writes, and it edits content."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, TypeVar

from codomyrmex.cloud.coda import params
from codomyrmex.cloud.coda._cells import encode
from codomyrmex.cloud.coda._limits import Kind
from codomyrmex.cloud.coda._targets import Path, Target, by_ids, look_like_ids
from codomyrmex.cloud.coda._waiting import TIMEOUT, wait_for
from codomyrmex.cloud.coda.errors import (
    CodaAPIError,
    CodaOutcomeUnknownError,
    CodaTimeoutError,
    CodaUnsettledError,
)
from codomyrmex.cloud.coda.models import List, Model, MutationStatus
from codomyrmex.cloud.errors import NotFound
from codomyrmex.cloud.rest.client import path_part
from codomyrmex.cloud.rest.transport import Request, Transport

_log = logging.getLogger(__name__)

_BY_ITS_ID = "look at what has this name now, and give its id to ask again"

L = TypeVar("L", bound=List[Any])
M = TypeVar("M", bound=Model)
T = TypeVar("T")


class Calls:
    """What is asked of Coda through one `Transport`."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def get(
        self,
        model: type[M],
        *path: str,
        query: Mapping[str, str] | None = None,
        kind: Kind = "reads",
        within: float = math.inf,
    ) -> M:
        """Read something, within so many seconds."""
        return self.transport.send(Request("GET", path, model.from_json, kind, query, within=within))

    def write(self, method: str, *path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Change or delete a document as a whole. Returns Coda's answer, which is empty."""
        when_gone = dict[str, Any] if method == "DELETE" else None
        return self.transport.send(
            Request(method, path, accepted(), "writes", body=_json(body), repeatable=True, when_gone=when_gone)
        )

    def make(self, read: Callable[[Any], T], *path: str, body: dict[str, Any], unsure: str | None = None) -> T:
        """Make something, at most once where ``unsure`` says what to look at before making another."""
        return self.transport.send(
            Request("POST", path, read, "writes", body=_json(body), repeatable=unsure is None, unsure=unsure)
        )

    def edit(
        self,
        method: str,
        target: Target,
        *,
        below: Path = (),
        answers: tuple[str, ...] = ("id",),
        query: Mapping[str, str] | None = None,
        body: bytes | dict[str, Any] | None = None,
        when_gone: Callable[[], dict[str, Any]] | None = None,
        wait: bool = True,
        timeout: float = TIMEOUT,
    ) -> dict[str, Any]:
        """Change what is in a document, its pages and rows: Coda limits that most. Returns Coda's answer.

        :param below: the parts of the path below the target.
        :param answers: what the answer tells beside the ``requestId``: ids, and lists of ids.
        :param when_gone: makes the answer where a repeated deletion finds that it is done.
        """
        answer = self.transport.send(
            Request(
                method, (*target.path, *below), accepted("requestId", *answers), "content_writes", query, _json(body),
                repeatable=target.repeatable, unsure=target.unsure, confirm=target.confirm, when_gone=when_gone,
            )
        )  # fmt: skip
        if wait and "requestId" in answer:
            status = self.settle(answer["requestId"], timeout, answer.get("id"))
            if status.warning:
                answer["warning"] = status.warning
        return answer

    def delete(self, *path: str, wait: bool, timeout: float) -> dict[str, Any]:
        """Delete a page or row. Returns Coda's answer; no ``requestId`` if a repeat found that it was deleted."""
        target = self.target(*path)
        answer = {"id": target.path[-1]}
        return self.edit("DELETE", target, when_gone=answer.copy, wait=wait, timeout=timeout)

    def target(self, *path: str) -> Target:
        """What a change by this path is about, which may be sent twice. Takes a request where the path holds a name."""
        if look_like_ids(path):
            return Target(path, repeatable=True, confirm=lambda: None if self._is_by_ids(path) else _BY_ITS_ID)
        try:
            resolved = self._by_ids(path)
        except CodaAPIError as error:
            if error.retryable or error.status_code is None:
                error.maybe_executed = False  # only a question was
                raise
            return Target(path, unsure=_BY_ITS_ID)  # reads may lag behind
        is_named = path[-2] != "tables" and resolved[-1] != path[-1]
        unsure = f"it is about {resolved[-1]}, so give that id instead of the name to ask again" if is_named else None
        return Target(resolved, repeatable=True, unsure=unsure)

    def _by_ids(self, path: Path) -> Path:
        return self.transport.send(Request("GET", path, lambda answer: by_ids(path, answer), "reads"))

    def _is_by_ids(self, path: Path) -> bool:
        """Whether what looks like ids are ids; also if nothing is there, and so nothing of that name."""
        try:
            return self._by_ids(path) == path
        except NotFound:
            return True
        except CodaAPIError:
            return False

    def applied(self, request_id: str, timeout: float, changed_id: str | None = None) -> MutationStatus:
        """The status of a write once it is applied.

        :param changed_id: of what it makes or changes, for messages, where Coda has told it.
        """

        def ask(left: float) -> MutationStatus | None:
            status = self.get(MutationStatus, "mutationStatus", request_id, within=left)
            return status if status.completed else None

        try:
            return wait_for(ask, timeout, f"mutation {request_id}" + (f" of {changed_id}" if changed_id else ""))
        except CodaAPIError as error:
            error.request_id = request_id
            raise

    def settle(self, request_id: str, timeout: float, changed_id: str | None = None) -> MutationStatus:
        """Wait for a write that Coda has accepted, for so many seconds.

        What fails on the way says so: `CodaUnsettledError`, or a `CodaOutcomeUnknownError` of whatever the question
        for it was answered. Coda may have applied the write, so neither is ``retryable``.
        """
        try:
            status = self.applied(request_id, timeout, changed_id)
        except CodaAPIError as error:
            is_late = isinstance(error, CodaTimeoutError)
            message = error.message if is_late else f"whether it is applied cannot be asked: {error}"
            unknown = (CodaUnsettledError if is_late else CodaOutcomeUnknownError)(message, error.status_code)
            unknown.request_id = request_id
            unknown.add_note("Coda had accepted the write" + (f" of {changed_id}" if changed_id else ""))
            raise unknown from (error.__cause__ if is_late else error)
        if status.warning:
            _log.warning("coda mutation %s: %s", request_id, status.warning)
        return status


def accepted(*keys: str) -> Callable[[Any], dict[str, Any]]:
    """A reader of answers to writes, JSON objects that hold ids by these keys, and lists of ids by those in ``Ids``."""

    def read(answer: Any) -> dict[str, Any]:
        if not isinstance(answer, dict):
            raise ValueError("the answer is no JSON object")
        present = {key: value for key, value in answer.items() if value is not None}
        for key in {*keys, *(key for key in present if key.endswith("Ids"))}:
            ids = present.get(key) if key.endswith("Ids") else [present.get(key)]
            if not isinstance(ids, list) or not ids:
                raise ValueError(f"the answer lacks {key}")
            for identifier in ids:
                path_part(identifier)  # as which it will be used
        return present

    return read


def walk(
    list_page: Callable[..., List[T]], ids: tuple[str, ...], filters: Mapping[str, Any], known: type, limit: int = 100
) -> Iterator[T]:
    """The items of all pages, fetched as they are read; wrong arguments raise at once. Arguments as `walk_pages`."""
    return chain.from_iterable(walk_pages(list_page, ids, filters, known, limit))


def walk_pages(
    list_page: Callable[..., L], ids: tuple[str, ...], filters: Mapping[str, Any], known: type, limit: int = 100
) -> Iterator[L]:
    """All pages of a list, fetched as they are read; wrong arguments raise at once.

    :param known: the arguments that ``list_page`` takes.
    :param limit: items of a page, unless ``filters`` says it.
    """
    params.check(filters, known)
    for part in ids:
        path_part(part)
    given = filters if filters.get("page_token") else {"limit": limit, **filters}
    return _pages(list_page, ids, given)


def _pages(list_page: Callable[..., L], ids: tuple[str, ...], filters: Mapping[str, Any]) -> Iterator[L]:
    token = None
    while True:
        page = list_page(*ids, **filters)
        yield page
        if not page.next_page_token:
            return
        if page.next_page_token == token:
            raise CodaAPIError("Coda gives the same page again and again")
        token = page.next_page_token
        filters = {"page_token": token}  # alone: it carries the others


def _json(body: bytes | dict[str, Any] | None) -> bytes | None:
    return encode(body) if isinstance(body, dict) else body
