"""Requests to Coda: pooled connections, time-outs, rate limits, repeats, and answers as JSON or errors."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any, NamedTuple

import requests
from codomyrmex.cloud.coda._limits import Kind, RateLimits, shared_limiter
from codomyrmex.cloud.coda.errors import (
    CodaAPIError,
    CodaCertificateError,
    CodaConnectionError,
    CodaRateLimitError,
    CodaTimeoutError,
    error_of_answer,
)
from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.rest.certificates import tls_error
from codomyrmex.cloud.rest.client import Bearer, no_answer, path_part
from codomyrmex.cloud.rest.rates import Rate
from codomyrmex.cloud.rest.retries import backoff, parse_retry_after
from requests.adapters import HTTPAdapter

ATTEMPTS = 5
"""How often a request is sent at most because of faults; refusals by 429 have the budget alone."""
_SHORTEST_PAUSE, _FIRST_PAUSE = 0.1, 0.25  # seconds
_CONNECTIONS = 32
_log = logging.getLogger(__name__)


class Request(NamedTuple):
    """One call of the API."""

    method: str
    path: tuple[str, ...]
    kind: Kind
    query: Mapping[str, str] | None = None
    body: bytes | None = None
    repeatable: bool = True
    """Whether sending it twice does what sending it once does."""


class Transport:
    """Sends requests in the name of one token. May be used by several threads at once."""

    def __init__(
        self, base_url: str, token: str, timeout: float, limits: RateLimits | None, retry_budget: float
    ) -> None:
        self._base_url, self._timeout, self._budget = base_url, timeout, retry_budget
        self._limits = limits or RateLimits()
        self._limiter = shared_limiter(base_url, token, limits) if limits else None
        self._auth = Bearer(token)
        self.session = requests.Session()
        adapter = HTTPAdapter(pool_maxsize=_CONNECTIONS)
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, adapter)

    def send(self, request: Request) -> dict[str, Any]:
        """The JSON object that Coda answers, or a `CodaAPIError`.

        What is repeatable is sent again after a fault, and everything is that certainly was not
        executed (429, no connection), as long as the waits stay within the budget. An adapter's
        `urllib3.util.Retry` would do less: its repeats take no turn at the limiter, and it decides
        by method, while here some POSTs are repeatable and some PUTs are not.
        """
        url = "/".join((self._base_url, *map(path_part, request.path)))
        waited, attempt = 0.0, 1
        while True:
            try:
                with self._limiter.turn(request.kind) if self._limiter else nullcontext():
                    return self._send_once(url, request)
            except CodaAPIError as error:
                pause = self._pause(error, request, attempt)
                if pause is None or waited + pause > self._budget:
                    raise
                _log.info("coda %s: %s; again in %.2f s", request.method, error, pause)
            time.sleep(pause)
            waited += pause
            attempt += 1

    def close(self) -> None:
        """Close the pooled connections."""
        self.session.close()

    def download(self, link: str) -> bytes:
        """What a link that Coda gave leads to. The link is its own permission: no token goes there."""
        return self._exchange("GET", link, redirects=True, auth=_nobody).content

    def _send_once(self, url: str, request: Request) -> dict[str, Any]:
        headers = {"Accept": "application/json"}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        response = self._exchange(
            request.method, url, auth=self._auth, headers=headers, params=request.query, data=request.body
        )
        answer = _json(response.content) if response.content else {}
        if isinstance(answer, dict):
            return answer
        body = _json(self._auth.redact(response.content))
        raise CodaAPIError("the answer is no JSON object", response.status_code, body)

    def _exchange(self, method: str, url: str, *, redirects: bool = False, **options: Any) -> requests.Response:
        """The answer, if it is a success."""
        try:
            response = self.session.request(method, url, timeout=self._timeout, allow_redirects=redirects, **options)
        except OSError as error:  # as all of requests' are
            raise _error_of_failure(error) from error
        if 200 <= response.status_code < 300:
            return response
        body = _json(self._auth.redact(response.content))
        raise error_of_answer(response.status_code, body, parse_retry_after(response.headers.get("Retry-After")))

    def _pause(self, error: CodaAPIError, request: Request, attempt: int) -> float | None:
        """Seconds to wait before sending this request again; None not to."""
        if isinstance(error, CodaRateLimitError):
            rate: Rate = getattr(self._limits, request.kind)
            return rate.seconds if error.retry_after is None else max(error.retry_after, _SHORTEST_PAUSE)
        if not error.retryable or attempt >= ATTEMPTS or (error.maybe_executed and not request.repeatable):
            return None
        return max(backoff(attempt, first=_FIRST_PAUSE), error.retry_after or 0.0)  # no more than the budget


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _json(content: bytes) -> Any:
    """What it holds as JSON; as text if it is none."""
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")


def _error_of_failure(error: OSError) -> CloudError:
    """What to raise for an exchange that gave no whole answer: a `CodaAPIError`, unless it is of a file over here."""
    judged = no_answer(error) if isinstance(error, requests.RequestException) else None
    if of_tls := tls_error(error, CodaCertificateError):
        return of_tls
    if judged is None:
        raise error
    failure: CodaAPIError
    if judged.timed_out:
        failure = CodaTimeoutError(judged.message)
    else:
        failure = CodaConnectionError(judged.message, retryable=not judged.permanent)
    failure.maybe_executed = judged.arrived
    return failure
