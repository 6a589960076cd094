"""Requests to an account of Swift, by its HTTP API (https://docs.openstack.org/api-ref/object-store/)."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from http import HTTPStatus
from typing import Any, NoReturn
from urllib.parse import urlencode

import requests
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakCloudError,
    InfomaniakContainerNotFoundError,
    InfomaniakIntegrityError,
    InfomaniakNotFoundError,
    InfomaniakObjectNotFoundError,
    InfomaniakTimeoutError,
)
from codomyrmex.cloud.infomaniak.object_storage._names import path
from codomyrmex.cloud.infomaniak.openstack import (
    SDK_ERRORS,
    from_answer,
    translate,
    was_repeated,
)
from codomyrmex.cloud.rest.retries import MAX_RETRY_AFTER, pause
from openstack.connection import Connection

ATTEMPTS = 3
"""How often a request is sent that fails, where the connection below does not repeat it."""
_FIRST_PAUSE = 0.4
_BUSY = frozenset((408, 429, 498, 500, 502, 503, 504))
_DAMAGED = HTTPStatus.UNPROCESSABLE_ENTITY


class Swift:
    """One account.

    :param endpoint_url: the account's, such as ``https://host/v1/AUTH_project``; by default the catalogue's.
    :param listed_at_once: lines of a page of a listing, unless the cluster gives fewer.
    """

    def __init__(self, connection: Connection, endpoint_url: str | None, listed_at_once: int) -> None:
        self._connection = connection
        self._endpoint_url = endpoint_url
        self._listed_at_once = listed_at_once

    @cached_property
    def url(self) -> str:
        """The account's URL; "" if the catalogue has none."""
        return (self._endpoint_url or self._connection.endpoint_for("object-store") or "").rstrip("/")

    @cached_property
    def info(self) -> dict[str, Any]:
        """What the cluster can do ("Discoverability"); nothing where it does not tell."""
        root = self.url[: self.url.rfind("/v1")]
        answer = self._send("GET", f"{root}/info", {}, None, {}, repeats=True, accept=(403, 404, 405))
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            return {}
        found: dict[str, Any] = answer.json()
        return found

    def limit(self, part: str, name: str, default: int) -> int:
        """A limit of the cluster's, by `info`, ``default`` at most."""
        told = self.info.get(part, {}).get(name, default)
        return min(int(told), default)

    def send(
        self,
        method: str,
        container: str = "",
        key: str = "",
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        stream: bool = False,
        repeats: bool = True,
        accept: Collection[int] = (),
        timeout: float | None = None,
    ) -> requests.Response:
        """The answer. An `InfomaniakCloudError` for a refusal, unless its status is in ``accept``.

        :param data: of the body; it is sent again where need be.
        :param stream: the body of the answer is not read: read and close it.
        :param timeout: seconds for the answer, if not those of the connection.
        :param repeats: send it again though it may have been done already; else only what surely was not.

        404 is an InfomaniakContainerNotFoundError or an InfomaniakObjectNotFoundError.
        """
        url = f"{self.url}/{path(container, key)}" if container else self.url
        if query:
            url += f"?{urlencode(query)}"
        options: dict[str, Any] = {"stream": stream} if timeout is None else {"stream": stream, "timeout": timeout}
        answer = self._send(method, url, headers or {}, data, options, repeats=repeats, accept=accept)
        if answer.status_code == HTTPStatus.NOT_FOUND and HTTPStatus.NOT_FOUND not in accept:
            answer.close()
            self.missing(method, container, key, answer)
        return answer

    def missing(self, method: str, container: str, key: str, answer: requests.Response | None = None) -> NoReturn:
        """Raise what a 404 was about: Swift does not tell."""
        request_id = answer.headers.get("X-Trans-Id") if answer is not None else None
        if not container:
            raise InfomaniakNotFoundError(f"there is no account at {self.url}", 404, request_id=request_id)
        if key and method != "PUT" and self.send("HEAD", container, accept=(404,)).status_code != HTTPStatus.NOT_FOUND:
            raise InfomaniakObjectNotFoundError(
                f"no object {key!r} in container {container!r}", 404, request_id=request_id
            )
        raise InfomaniakContainerNotFoundError(f"no container {container!r}", 404, request_id=request_id)

    def entries(self, container: str = "", **query: str) -> Iterator[dict[str, Any]]:
        """A listing, of the account's containers or of a container's objects, page by page.

        :param query: ``prefix``, ``marker``.
        """
        name = "container_listing_limit" if container else "account_listing_limit"
        limit = self.limit("swift", name, self._listed_at_once)
        while True:
            wanted = {name: value for name, value in query.items() if value}
            answer = self.send("GET", container, query={"format": "json", "limit": limit, **wanted})
            page = answer.json() if answer.content else []
            yield from page
            if len(page) < limit:
                return
            query["marker"] = page[-1]["name"]

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: bytes | None,
        options: Mapping[str, Any],
        *,
        repeats: bool,
        accept: Collection[int],
    ) -> requests.Response:
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS
            try:
                answer = self._connection.object_store.request(
                    url,
                    method,
                    headers={"Accept-Encoding": "identity", **headers},
                    data=data,
                    **options,
                    log=False,  # headers may be secret, and bodies are other people's
                    skip_cache=True,
                    connect_retries=0,
                )
            except SDK_ERRORS as error:
                typed = translate(error)
                again = repeats and typed is not None and typed.retryable
                again = again and not was_repeated(self._connection, method, url)
                if last or not again or isinstance(typed, InfomaniakTimeoutError):  # which would again take too long
                    raise typed or error from error
                seconds = pause(attempt, first=_FIRST_PAUSE)
            else:
                status = answer.status_code
                if status < HTTPStatus.BAD_REQUEST or status in accept or status == HTTPStatus.NOT_FOUND:
                    return answer
                refusal = _refusal(answer, damaged=status == _DAMAGED and "ETag" in headers)
                answer.close()
                again = status == HTTPStatus.TOO_MANY_REQUESTS or (
                    repeats and (status in _BUSY or isinstance(refusal, InfomaniakIntegrityError))
                )
                again = again and not was_repeated(self._connection, method, url, status)
                if last or not again or (refusal.retry_after or 0) > MAX_RETRY_AFTER:
                    raise refusal
                seconds = pause(attempt, refusal.retry_after, first=_FIRST_PAUSE)
            time.sleep(seconds)
        raise AssertionError  # the last attempt returns or raises


def _refusal(answer: requests.Response, *, damaged: bool) -> InfomaniakCloudError:
    refusal = from_answer(answer.status_code, answer)
    refusal.request_id = refusal.request_id or answer.headers.get("X-Trans-Id")
    if damaged:
        return InfomaniakIntegrityError(
            "the data arrived damaged: send it again", 422, request_id=refusal.request_id, retryable=True
        )
    return refusal
