"""Requests to the service: connections, time-outs, repeats where they do no harm, and answers or errors."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import requests
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakCertificateError,
    InfomaniakCloudError,
    InfomaniakConnectionError,
    InfomaniakNotFoundError,
    InfomaniakRateLimitError,
    InfomaniakServerError,
    InfomaniakTimeoutError,
)
from codomyrmex.cloud.infomaniak.newsletter._limits import shared_limiter
from codomyrmex.cloud.infomaniak.newsletter.errors import InfomaniakOutcomeUnknownError, error_of_answer
from codomyrmex.cloud.rest.certificates import tls_error
from codomyrmex.cloud.rest.client import Bearer, no_answer, path_part
from codomyrmex.cloud.rest.retries import backoff, parse_retry_after

ATTEMPTS = 5
"""How often a request is sent at most because of faults; refusals by 429 have the budget alone."""
_SHORTEST_PAUSE, _FIRST_PAUSE = 0.1, 0.25  # seconds
_WINDOW = 60.0  # seconds, of the service's rate limit
_GATEWAYS_GAVE_UP = (408, 499)  # 4xx that say nothing of what the service did
_log = logging.getLogger(__name__)


class Request(NamedTuple):
    """One call of the API."""

    method: str
    path: tuple[str, ...]
    """The parts below ``/1``."""
    query: Mapping[str, Any] | None = None
    body: Mapping[str, Any] | None = None
    unsure: str | None = None
    """What to look at if the answer is lost; None: to send it twice does what sending it once does."""
    after_429: bool = True
    """Whether it may be sent again after the service refused it for its rate."""


class _Failed(NamedTuple):
    """An attempt that gave no success."""

    error: InfomaniakCloudError
    maybe_done: bool
    """Whether the service may have done what was asked. False where it refused, or was never reached."""


class Transport:
    """Sends requests in the name of one token. May be used by several threads at once.

    No redirect is followed, and no request repeated, but by `send`: urllib3 repeats nothing, as
    requests configures it.
    """

    def __init__(
        self, base_url: str, token: str, timeout: float, requests_per_minute: int | None, retry_budget: float
    ) -> None:
        self._base_url, self._timeout, self._budget = f"{base_url}/1", timeout, retry_budget
        self._limiter = shared_limiter(base_url, token, requests_per_minute) if requests_per_minute else None
        self._auth = Bearer(token)
        self._session = requests.Session()

    def send(self, request: Request) -> dict[str, Any]:
        """The envelope of the answer, which is empty where the answer is.

        What may be done twice is sent again after a fault. Everything else is sent again only
        where it was certainly not done: there was no connection, or the service refused it for its
        rate. All waits together stay within the budget.

        Raises InfomaniakOutcomeUnknownError for what must not be done twice, and may have been
        done; else the InfomaniakCloudError that says what happened.
        """
        url = "/".join((self._base_url, *map(path_part, request.path)))
        waited, attempt, maybe_done = 0.0, 1, False
        while True:
            outcome = self._attempt(url, request)
            if not isinstance(outcome, _Failed):
                return outcome
            if maybe_done and request.method == "DELETE" and isinstance(outcome.error, InfomaniakNotFoundError):
                return {}  # the attempt before deleted it
            maybe_done |= outcome.maybe_done
            pause = self._pause(outcome, request, attempt)
            if pause is None or waited + pause > self._budget:
                raise _verdict(outcome, request)
            _log.info("%s: %s; again in %.2f s", request.method, outcome.error, pause)
            time.sleep(pause)
            waited += pause
            attempt += 1

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _attempt(self, url: str, request: Request) -> dict[str, Any] | _Failed:
        headers = {"Accept": "application/json"}
        if request.method != "GET":  # a GET that declares a body may not have a query
            headers["Content-Type"] = "application/json"
        body = None if request.body is None else json.dumps(request.body)
        try:
            with self._limiter.turn() if self._limiter else nullcontext(), self._connection(request) as session:
                response = session.request(
                    request.method, url, params=request.query, data=body, headers=headers, auth=self._auth,
                    timeout=self._timeout, allow_redirects=False,
                )  # fmt: skip
        except OSError as error:  # as all of requests' are
            return _failure(error)
        return _answer(response, self._auth)

    def _connection(self, request: Request) -> AbstractContextManager[requests.Session]:
        """The pooled ones, or a new one for what must not be done twice.

        The service may close a connection that idled just when the request leaves, and then nobody
        would know whether it arrived.
        """
        return requests.Session() if request.unsure else nullcontext(self._session)

    def _pause(self, failed: _Failed, request: Request, attempt: int) -> float | None:
        """Seconds to wait before sending this request again; None not to."""
        error = failed.error
        if isinstance(error, InfomaniakRateLimitError):
            pause = _WINDOW if error.retry_after is None else max(error.retry_after, _SHORTEST_PAUSE)
            return pause if request.after_429 else None
        if not error.retryable or attempt >= ATTEMPTS or (failed.maybe_done and request.unsure):
            return None
        return max(backoff(attempt, first=_FIRST_PAUSE), error.retry_after or 0.0)  # no more than the budget


def _answer(response: requests.Response, auth: Bearer) -> dict[str, Any] | _Failed:
    """The envelope of a success; what an answer of any other kind means."""
    status, content = response.status_code, auth.redact(response.content).strip()
    envelope = _json(content)
    success = 200 <= status < 300
    if success and (not content or isinstance(envelope, dict)) and (envelope or {}).get("result") != "error":
        return envelope or {}
    if success and not isinstance(envelope, dict):
        return _Failed(InfomaniakCloudError("the answer is no JSON object", status), maybe_done=True)
    headers = response.headers
    error = error_of_answer(
        status, envelope, parse_retry_after(headers.get("Retry-After")), headers.get("X-Request-Id")
    )
    refused = 400 <= status < 500 and status not in _GATEWAYS_GAVE_UP
    if success:  # and yet result: error
        refused = not isinstance(error, InfomaniakServerError)
    return _Failed(error, maybe_done=not refused)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def _failure(error: OSError) -> _Failed:
    """What an exchange that gave no whole answer means. Raises what is of a file over here."""
    judged = no_answer(error) if isinstance(error, requests.RequestException) else None
    of_tls = tls_error(error, InfomaniakCertificateError)
    if isinstance(of_tls, InfomaniakCertificateError):
        of_tls.__cause__ = error
        return _Failed(of_tls, maybe_done=False)
    if of_tls:
        raise of_tls from error
    if judged is None:
        raise error
    failure: InfomaniakCloudError
    if judged.timed_out:
        failure = InfomaniakTimeoutError(judged.message)
    else:
        failure = InfomaniakConnectionError(judged.message, retryable=not judged.permanent)
    failure.__cause__ = error
    return _Failed(failure, maybe_done=judged.arrived)


def _verdict(failed: _Failed, request: Request) -> InfomaniakCloudError:
    """What to raise for the last attempt."""
    error = failed.error
    if not (failed.maybe_done and request.unsure):
        return error
    message = f"{error.message}, and it may have been done all the same: {request.unsure}"
    unknown = InfomaniakOutcomeUnknownError(message, error.status_code, code=error.code, request_id=error.request_id)
    unknown.__cause__ = error
    return unknown
