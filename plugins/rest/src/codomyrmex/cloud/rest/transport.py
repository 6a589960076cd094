"""Requests to a service that speaks JSON, in the name of one token: turns, repeats, and answers or errors.

A provider says which requests may be sent twice and what an answer must hold; `Transport.send` does the rest, so that
nothing is done twice, and nothing counts as done that was not::

    transport = Transport(
        "https://api.acme.example", token, timeout=30, retry_budget=60, errors=ERRORS, rates={"": Rate(60, 60)}
    )
    name = transport.send(Request("GET", ("things", "7"), read=lambda answer: answer["name"]))

It is no adapter's `urllib3.util.Retry`, whose repeats would take no turn at the rate limit, and which decides by the
method alone.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, NamedTuple, TypeVar

import requests
from codomyrmex.cloud.errors import CertificateError, CloudError, Conflict, NotFound, RateLimited, Timeout
from codomyrmex.cloud.rest.certificates import tls_error
from codomyrmex.cloud.rest.client import Bearer, no_answer, path_part
from codomyrmex.cloud.rest.rates import Rate, Rates, shared
from codomyrmex.cloud.rest.retries import backoff, parse_retry_after
from codomyrmex.cloud.rest.statuses import error_class
from requests.adapters import HTTPAdapter

T = TypeVar("T")

ATTEMPTS = 5
"""How often a request is sent at most because of faults; refusals by 429 have the budget alone."""
_AFTER_FAULT, _AFTER_429 = 0.25, 0.5
"""Seconds of the first pause, at most; it doubles each time. The second is for a 429 that asks for less."""
_SHORTEST_TIMEOUT = 1.0
"""Seconds that a request may take where its caller has hardly any time left."""
_CONNECTIONS = 32
_FRAMING = ("Content-Length", "Transfer-Encoding")
"""Headers of which every answer has one that tells its end; without them it may have been cut in its headers."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """One request, and what its answer means."""

    method: str
    path: tuple[str, ...]
    """The parts below the base URL."""
    read: Callable[[Any], T]
    """Makes the result of the answer's JSON, which is None where the answer is empty. It raises ValueError for an
    answer that lacks what the service promises: then the request counts as one whose answer was lost."""
    kind: str = ""
    """The class of requests that the service counts it in."""
    query: Mapping[str, Any] | None = None
    body: bytes | None = None
    """JSON."""
    repeatable: bool = True
    """Whether sending it twice does what sending it once does."""
    unsure: str | None = None
    """What to look at before asking again where nobody knows whether it was done. None: the same call may simply be
    made again."""
    confirm: Callable[[], str | None] | None = None
    """Asked, once, before it is sent again after it may have been done: gives None, or what to look at, as ``unsure``,
    where it turns out that it must not be sent again."""
    when_gone: Callable[[], T] | None = None
    """Of a deletion: makes the result where a repeat finds nothing to delete, as the attempt before deleted it."""
    after_429: bool = True
    """Whether a 429 says for certain that it was not done, so that it may be sent again."""
    within: float = math.inf
    """Seconds in which the caller needs the answer: less than the client's own if it waits for something."""


class Errors(NamedTuple):
    """How a provider reads answers, and the errors it raises."""

    is_success: Callable[[int, Any], bool]
    """Of a status, and what the answer's JSON holds, or its text where it is none; None where it is empty."""
    refusal: Callable[[int, Any, Mapping[str, str]], CloudError]
    """Makes the error of an answer that is no success, of the same and the answer's headers. It may set
    ``maybe_executed`` for what the status does not tell, such as an error with status 200."""
    unreadable: Callable[[str, int, Any], CloudError]
    """Makes the error of a success that lacks what the service promises: of a message, and the same."""
    connection: type[CloudError]
    timeout: type[CloudError]
    certificate: type[CertificateError]
    outcome_unknown: Callable[..., CloudError]
    """A class that takes a message, a status, and the keyword arguments of CloudError."""


class Transport:
    """Sends requests in the name of one token. May be used by several threads at once.

    Args:
        base_url: what all paths are below, without a slash at its end.
        token: goes into the header Authorization, to no other host and after no redirect.
        timeout: seconds that connecting, and each wait for data, may take.
        retry_budget: seconds that one request may wait in all between its repeats.
        errors: what it raises.
        rates: what the service allows, by `Request.kind`.
        keep_rates: whether requests wait for their turn at these rates, together with all clients of this process that
            have the same token.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: float,
        retry_budget: float,
        errors: Errors,
        rates: Mapping[str, Rate],
        keep_rates: bool = True,
    ) -> None:
        if not retry_budget >= 0:  # nor is NaN
            raise ValueError(f"retry_budget is 0 seconds or more, not {retry_budget}")
        self._base_url, self._timeout, self._budget = base_url, timeout, retry_budget
        self._errors, self._rates = errors, rates
        self._limiter = shared(Rates, tuple(rates.items()), base_url, token) if keep_rates else None
        self._auth = Bearer(token)
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS))

    def send(self, request: Request[T]) -> T:
        """The result of a request.

        What may be done twice is sent again after a fault. Everything else is sent again only where it was certainly
        not done: there was no connection, or the service refused it for its rate. All pauses together stay within the
        budget.

        Raises:
            CloudError: one of `Errors`, with ``maybe_executed``. Where nobody knows whether it was done, and the same
                call must not simply be made again, it is ``outcome_unknown``.
        """
        url = "/".join((self._base_url, *map(path_part, request.path)))
        return self._until_done(request, lambda: self._answer(url, request))

    def download(self, link: str) -> bytes:
        """What a link that the service gave leads to. The link is its own permission: no token goes there."""
        request = Request("GET", (), read=bytes)

        def attempt() -> bytes:
            response, _ = self._exchange(self._session, link, request, auth=_nobody, allow_redirects=True)
            if not response.content and not any(name in response.headers for name in _FRAMING):
                raise self._unreadable(response, "it ended before its data")
            return response.content

        return self._until_done(request, attempt)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _until_done(self, request: Request[T], attempt: Callable[[], T]) -> T:
        """The result of the first attempt that succeeds."""
        started, waited, sent, faults = time.monotonic(), 0.0, 0, 0
        maybe_executed, repeatable, unsure = False, request.repeatable, request.unsure
        while True:
            try:
                with self._limiter.turn(request.kind) if self._limiter else nullcontext():
                    return attempt()
            except CloudError as error:
                if maybe_executed and request.when_gone and _finds_nothing(error):
                    return request.when_gone()
                is_first_loss = error.maybe_executed and not maybe_executed
                if is_first_loss and error.retryable and request.confirm and (doubt := request.confirm()):
                    repeatable, unsure = False, doubt
                error.maybe_executed = maybe_executed = bool(maybe_executed or error.maybe_executed)
                sent += 1
                faults += not isinstance(error, RateLimited)
                pause = self._pause(error, request, sent, faults, repeatable=repeatable)
                if waited + pause > self._budget or time.monotonic() - started + pause > request.within:
                    raise self._verdict(error, unsure)  # noqa: B904 - it has its cause
                _log.info("%s: %s; again in %.2f s", request.method, error, pause)
            time.sleep(pause)
            waited += pause

    def _pause(self, error: CloudError, request: Request[Any], sent: int, faults: int, *, repeatable: bool) -> float:
        """Seconds to wait before this request is sent again; infinite where it is not."""
        if isinstance(error, RateLimited):
            if not request.after_429:
                return math.inf
            asked = self._rates[request.kind].seconds if error.retry_after is None else error.retry_after
            return max(asked, backoff(sent, first=_AFTER_429))
        if not error.retryable or faults >= ATTEMPTS or (error.maybe_executed and not repeatable):
            return math.inf
        return max(backoff(faults, first=_AFTER_FAULT), error.retry_after or 0.0)  # no more than the budget

    def _verdict(self, error: CloudError, unsure: str | None) -> CloudError:
        """What to raise for the last attempt."""
        if not (error.maybe_executed and unsure):
            return error
        message = f"{error.message}, and it may have been done all the same: {unsure}"
        status = getattr(error, "status_code", None)
        unknown = self._errors.outcome_unknown(message, status, code=error.code, request_id=error.request_id)
        unknown.maybe_executed, unknown.__cause__ = True, error
        return unknown

    def _answer(self, url: str, request: Request[T]) -> T:
        """The result of one attempt."""
        headers = {"Accept": "application/json"}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        with self._connection(request) as session:
            response, body = self._exchange(
                session, url, request,
                auth=self._auth, params=request.query, data=request.body, headers=headers, allow_redirects=False,
            )  # fmt: skip
        try:
            return request.read(body)
        except ValueError as error:
            raise self._unreadable(response, str(error)) from error

    def _unreadable(self, response: requests.Response, why: str) -> CloudError:
        error = self._errors.unreadable(why, response.status_code, _json(self._auth.redact(response.content)))
        error.maybe_executed = True
        return error

    def _connection(self, request: Request[Any]) -> AbstractContextManager[requests.Session]:
        """The pooled ones, or a new one for what must not be done twice.

        The service may close a connection that idled just when the request leaves, and then nobody would know whether
        it arrived.
        """
        return nullcontext(self._session) if request.repeatable else requests.Session()

    def _exchange(
        self, session: requests.Session, url: str, request: Request[Any], **options: Any
    ) -> tuple[requests.Response, Any]:
        """An answer that is a success, and its body. Else CloudError with ``maybe_executed``."""
        seconds = min(self._timeout, max(request.within, _SHORTEST_TIMEOUT))
        try:
            timeout = seconds if math.isfinite(seconds) else None
            response = session.request(request.method, url, timeout=timeout, **options)
        except OSError as error:  # as all of requests' are
            raise self._failure(error) from error
        status, body = response.status_code, _json(response.content)
        if self._errors.is_success(status, body):
            return response, body
        refusal = self._errors.refusal(status, _json(self._auth.redact(response.content)), response.headers)
        refusal.retry_after = parse_retry_after(response.headers.get("Retry-After"))
        if refusal.maybe_executed is None:
            refused = 400 <= status < 500 and error_class(status) is not Timeout  # which a gateway says
            refusal.maybe_executed = not refused or (isinstance(refusal, RateLimited) and not request.after_429)
        raise refusal

    def _failure(self, error: OSError) -> CloudError:
        """What to raise for an exchange that gave no whole answer."""
        judged = no_answer(error) if isinstance(error, requests.RequestException) else None
        if of_tls := tls_error(error, self._errors.certificate):
            of_tls.maybe_executed = False
            return of_tls
        if judged is None:
            raise error
        kind = self._errors.timeout if judged.timed_out else self._errors.connection
        failure = kind(judged.message, retryable=not judged.permanent)
        failure.maybe_executed = judged.arrived
        return failure


def _finds_nothing(error: CloudError) -> bool:
    """Whether a repeated deletion found nothing to delete; 409 is said of what is being deleted."""
    return isinstance(error, NotFound | Conflict) or getattr(error, "status_code", None) == HTTPStatus.CONFLICT


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _json(content: bytes) -> Any:
    """What it holds as JSON; as text if it is none, and None if it is empty."""
    if not content.strip():
        return None
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")
