"""The three kinds of calls that `CodaClient` is made of: it reads, it writes, and it edits content."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from codomyrmex.cloud.coda import params
from codomyrmex.cloud.coda._http import Request, Transport
from codomyrmex.cloud.coda._limits import Kind
from codomyrmex.cloud.coda._rows import encode
from codomyrmex.cloud.coda._waiting import TIMEOUT, wait_for
from codomyrmex.cloud.coda.errors import CodaAPIError, CodaTimeoutError
from codomyrmex.cloud.coda.models import List, Model, MutationStatus
from codomyrmex.cloud.rest.client import path_part

_log = logging.getLogger(__name__)

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class Calls:
    """What is asked of Coda through one `Transport`."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def get(self, model: type[M], *path: str, query: Mapping[str, str] | None = None, kind: Kind = "reads") -> M:
        """Read something."""
        return read(model, self.transport.send(Request("GET", path, kind, query)))

    def write(
        self,
        method: str,
        *path: str,
        query: Mapping[str, str] | None = None,
        body: bytes | dict[str, Any] | None = None,
        kind: Kind = "writes",
        repeatable: bool = True,
        wait: bool = False,
        timeout: float = TIMEOUT,
    ) -> dict[str, Any]:
        """Change something. Returns Coda's answer; where it has a ``requestId``, that can be waited for."""
        data = encode(body) if isinstance(body, dict) else body
        answer = self.transport.send(Request(method, path, kind, query, data, repeatable))
        if wait and answer.get("requestId"):
            self.settle(answer["requestId"], timeout, answer.get("id"))
        return answer

    def edit(self, method: str, *path: str, **options: Any) -> dict[str, Any]:
        """Change what is in a document, its pages and rows: Coda limits that most."""
        return self.write(method, *path, kind="content_writes", **options)

    def mutation(self, request_id: str) -> MutationStatus:
        """Whether a write was applied."""
        return self.get(MutationStatus, "mutationStatus", request_id)

    def applied(self, request_id: str, timeout: float, changed_id: str | None = None) -> MutationStatus:
        """The status of a write once it is applied.

        :param changed_id: of what it makes or changes, for messages, where Coda has told it.
        """

        def ask() -> MutationStatus | None:
            status = self.mutation(request_id)
            return status if status.completed else None

        return wait_for(ask, timeout, f"mutation {request_id}" + (f" of {changed_id}" if changed_id else ""))

    def settle(self, request_id: str, timeout: float, changed_id: str | None = None) -> None:
        """Wait for a write that Coda has accepted, for so many seconds.

        What fails on the way says so: `CodaTimeoutError`, or a `CodaAPIError` of whatever the question for it was
        answered. Coda may have applied the write, so neither is ``retryable``.
        """
        try:
            status = self.applied(request_id, timeout, changed_id)
        except CodaAPIError as error:
            unknown = error
            if not isinstance(error, CodaTimeoutError):
                unknown = CodaAPIError(f"whether it is applied cannot be asked: {error}", error.status_code)
                unknown.__cause__ = error
            unknown.maybe_executed, unknown.retryable, unknown.request_id = True, False, request_id
            unknown.add_note("Coda had accepted the write" + (f" of {changed_id}" if changed_id else ""))
            raise unknown from unknown.__cause__
        if status.warning:
            _log.warning("coda mutation %s: %s", request_id, status.warning)


def read(model: type[M], answer: Any) -> M:
    """The model of an answer's JSON; `CodaAPIError` if that has another shape."""
    try:
        return model.from_json(answer)
    except (TypeError, ValueError) as error:
        message = f"the answer cannot be read: {error}"
        raise CodaAPIError(message, response_body=answer) from error


def walk(
    list_page: Callable[..., List[T]], ids: tuple[str, ...], filters: Mapping[str, Any], known: type, limit: int = 100
) -> Iterator[T]:
    """The items of all pages, fetched as they are read; wrong arguments raise at once.

    :param known: the arguments that ``list_page`` takes.
    :param limit: items of a page, unless ``filters`` says it.
    """
    params.check(filters, known)
    for part in ids:
        path_part(part)
    given = filters if filters.get("page_token") else {"limit": limit, **filters}
    return _items(list_page, ids, given)


def _items(list_page: Callable[..., List[T]], ids: tuple[str, ...], filters: Mapping[str, Any]) -> Iterator[T]:
    token = None
    while True:
        page = list_page(*ids, **filters)
        yield from page.items
        if not page.next_page_token:
            return
        if page.next_page_token == token:
            raise CodaAPIError("Coda gives the same page again and again")
        token = page.next_page_token
        filters = {"page_token": token}  # alone: it carries the others
