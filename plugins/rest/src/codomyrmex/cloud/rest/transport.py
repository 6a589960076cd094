"""Requests to a service that speaks JSON, in the name of one token: turns, repeats, and answers or errors.

A provider says which requests may be sent twice and what an answer must hold; `Transport.send` does the rest, so that
nothing is done twice, and nothing counts as done that was not::

    class AcmeError(CloudError): ...
    class AcmeUnavailable(AcmeError, ServiceUnavailable): ...
    class AcmeTimeout(AcmeError, Timeout): ...
    class AcmeCertificateError(AcmeError, CertificateError): ...
    class AcmeOutcomeUnknown(AcmeError, OutcomeUnknown): ...

    ERRORS = Errors(
        is_success=lambda status, body: 200 <= status < 300,
        refusal=lambda status, body, headers: AcmeError(status_message(status), code=str(status)),
        unreadable=lambda message, status, body: AcmeError(message),
        connection=AcmeUnavailable,
        timeout=AcmeTimeout,
        certificate=AcmeCertificateError,
        outcome_unknown=lambda message, cause: AcmeOutcomeUnknown(message, code=cause.code),
    )
    transport = Transport(
        "https://api.acme.example", token, timeout=30, retry_budget=60, errors=ERRORS, rates={"": Rate(60, 60)}
    )
    name = transport.send(Request("GET", ("things", "7"), read=lambda answer: answer["name"]))
    make = Request("POST", ("things",), read=lambda answer: answer["id"], body=b'{"name": "x"}', unsure="look for x")
    key = transport.send(make)  # once: AcmeOutcomeUnknown where the answer is lost

It is no adapter's `urllib3.util.Retry`, whose repeats would take no turn at the rate limit, and which decides by the
method alone.
"""

from __future__ import annotations

import json
import logging
import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Generic, NamedTuple, TypeVar

import requests
from codomyrmex.cloud.errors import (
    CertificateError,
    CloudError,
    Conflict,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    Timeout,
)
from codomyrmex.cloud.rest.certificates import tls_error
from codomyrmex.cloud.rest.client import Bearer, no_answer, path_part
from codomyrmex.cloud.rest.polling import check_timeout
from codomyrmex.cloud.rest.rates import Rate, Rates, shared
from codomyrmex.cloud.rest.retries import backoff, parse_retry_after
from codomyrmex.cloud.rest.statuses import error_class
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

T = TypeVar("T")

ATTEMPTS = 5
"""How often a request is sent at most because of faults; refusals by 429 have the budget alone."""
_AFTER_FAULT, _AFTER_429 = 0.25, 0.5
"""Seconds of the first pause, at most; it doubles each time. The second is for a 429 that asks for less."""
_SHORTEST_TIMEOUT = 1.0
"""Seconds that a request may take where its caller has hardly any time left."""
_CONNECTIONS = 32
_IDEMPOTENT = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")
_FRAMING = ("Content-Length", "Transfer-Encoding")
"""Headers of which every answer has one that tells its end; without them it may have been cut anywhere."""
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)
"""What reading an answer of another shape than promised raises."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request(Generic[T]):
    """One request, and what its answer means."""

    method: str
    path: tuple[str, ...]
    """The parts below the base URL."""
    read: Callable[[Any], T]
    """Makes the result of the answer's JSON, which is None where the answer is empty. It raises a ValueError (KeyError,
    TypeError, AttributeError) for an answer that lacks what the service promises: then the request counts as one whose
    answer was lost."""
    kind: str = ""
    """The class of requests that the service counts it in."""
    query: Mapping[str, Any] | None = None
    body: bytes | None = None
    """JSON."""
    repeatable: bool | None = None
    """Whether sending it twice does what sending it once does; default: as the method promises, which POST and PATCH do
    not (https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2)."""
    unsure: str | None = None
    """What to look at before asking again where nobody knows whether it was done. None: the same call may simply be
    made again, if it is repeatable."""
    confirm: Callable[[], str | None] | None = None
    """Asked, once, before it is sent again after it may have been done: gives None, or what to look at, as ``unsure``,
    where it turns out that it must not be sent again."""
    when_gone: Callable[[], T] | None = None
    """Of a deletion: makes the result where a repeat finds nothing to delete, as the attempt before deleted it."""
    doubtful: tuple[int, ...] = ()
    """Statuses of refusals that may follow its execution all the same, as a gateway may have given it to two servers:
    such as 429, by which it would else be sent again, and 409."""
    just_before: Callable[[], None] | None = None
    """Called each time before it leaves, after its turn at the rate limit. What it raises ends the request."""
    within: float = math.inf
    """Seconds in which the caller needs the answer: less than the client's own if it waits for something."""

    @property
    def is_repeatable(self) -> bool:
        """``repeatable``, or its default."""
        return self.method in _IDEMPOTENT if self.repeatable is None else self.repeatable


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
    outcome_unknown: Callable[[str, CloudError], CloudError]
    """Makes the error where nobody knows: of a message, and the error that lost the answer."""


class Transport:
    """Sends requests in the name of one token. May be used by several threads at once, and after a fork.

    Args:
        base_url: what all paths are below.
        token: goes into the header Authorization, to no other host and after no redirect. One that a header can hold,
            such as `codomyrmex.cloud.rest.credentials.checked_token` gives.
        timeout: seconds that connecting, and each wait for data, may take.
        retry_budget: seconds that one request may wait in all between its repeats.
        errors: what it raises.
        rates: what the service allows, by `Request.kind`. A kind that is not among them is not limited.
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
        check_timeout(timeout)
        if not retry_budget >= 0:  # nor is NaN
            raise ValueError(f"retry_budget is 0 seconds or more, not {retry_budget}")
        self._base_url, self._timeout, self._budget = base_url.rstrip("/"), timeout, retry_budget
        self._errors, self._rates = errors, rates
        self._limiter = shared(Rates, tuple(rates.items()), base_url, token) if keep_rates else None
        self._auth = Bearer(token)
        self._session, self._process = _pooled_session(), os.getpid()

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

    def download(self, link: str, read: Callable[[bytes], T]) -> T:
        """What a link that the service gave leads to. The link is its own permission: no token goes there.

        Args:
            link: a URL, which may be secret, so no error tells it.
            read: makes the result of the data, as `Request.read`.
        """
        request = Request("GET", (), read, kind="download")
        headers = {"Accept-Encoding": "identity"}  # of what is packed nobody sees that it was cut

        def attempt() -> T:
            with requests.Session() as session:  # which follows redirects
                response = self._exchange(session, link, request, auth=_nobody, headers=headers)
            if not self._errors.is_success(response.status_code, None):
                raise self._refusal(response, request)
            if not any(name in response.headers for name in _FRAMING):
                raise self._unreadable(response, "it does not tell where it ends")
            return self._read(response, request, response.content)

        return self._until_done(request, attempt)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _until_done(self, request: Request[T], attempt: Callable[[], T]) -> T:
        """The result of the first attempt that succeeds."""
        course = _Course(request, self._budget, self._rates.get(request.kind))
        while True:
            try:
                with self._turn(request.kind):
                    if request.just_before:
                        request.just_before()
                    return attempt()
            except KeyboardInterrupt as interrupt:
                if course.unsure:
                    interrupt.add_note(f"it may have been done all the same: {course.unsure}")
                raise
            except CloudError as error:
                if course.maybe_executed and request.when_gone and _finds_nothing(error):
                    return request.when_gone()
                pause = course.pause_after(error)
                if pause is None:
                    raise self._verdict(error, course.unsure)  # noqa: B904 - it has its cause
                _log.info("%s: %s; again in %.2f s", request.method, error, pause)
            time.sleep(pause)

    def _turn(self, kind: str) -> AbstractContextManager[None]:
        return self._limiter.turn(kind) if self._limiter and kind in self._rates else nullcontext()

    def _verdict(self, error: CloudError, unsure: str | None) -> CloudError:
        """What to raise for the last attempt."""
        if isinstance(error, OutcomeUnknown) or not (error.maybe_executed and unsure):
            return error
        unknown = self._errors.outcome_unknown(
            f"{error.message}, and it may have been done all the same: {unsure}", error
        )
        unknown.maybe_executed, unknown.retryable, unknown.__cause__ = True, False, error
        return unknown

    def _answer(self, url: str, request: Request[T]) -> T:
        """The result of one attempt."""
        headers = {"Accept": "application/json"}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        with self._connection(request) as session:
            response = self._exchange(
                session, url, request,
                auth=self._auth, params=request.query, data=request.body, headers=headers,
            )  # fmt: skip
        body = _json(response.content)
        if not self._errors.is_success(response.status_code, body):
            raise self._refusal(response, request)
        return self._read(response, request, body)

    def _read(self, response: requests.Response, request: Request[T], body: Any) -> T:
        try:
            return request.read(body)
        except _UNREADABLE as error:
            why = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
            raise self._unreadable(response, why) from error

    def _connection(self, request: Request[Any]) -> AbstractContextManager[requests.Session]:
        """The pooled ones, or a new one for what must not be done twice.

        The service may close a connection that idled just when the request leaves, and then nobody would know whether
        it arrived.
        """
        return nullcontext(self._pool()) if request.is_repeatable else _Session()

    def _pool(self) -> requests.Session:
        """The pooled connections of this process: those of the one it was forked from would mix up the answers."""
        if self._process != os.getpid():
            self._session, self._process = _pooled_session(), os.getpid()
        return self._session

    def _exchange(
        self, session: requests.Session, url: str, request: Request[Any], **options: Any
    ) -> requests.Response:
        """The whole answer to one request. CloudError with ``maybe_executed`` where there is none."""
        seconds = min(self._timeout, max(request.within, _SHORTEST_TIMEOUT))
        timeout = seconds if seconds < threading.TIMEOUT_MAX else None
        try:
            return _whole(session.request(request.method, url, timeout=timeout, stream=True, **options))
        except OSError as error:  # as all of requests' are
            failure, cause = self._failure(error), error if request.path else None  # a link may be secret
        except (ValueError, HTTPError) as error:  # what requests does not catch of an answer that is none of HTTP
            failure = self._errors.connection(f"the answer is none of HTTP: {type(error).__name__}")
            failure.maybe_executed, cause = True, None
        raise failure from cause

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

    def _refusal(self, response: requests.Response, request: Request[Any]) -> CloudError:
        """What to raise for an answer that is no success."""
        status, body = response.status_code, self._auth.redact_json(_json(response.content))
        error = self._errors.refusal(status, body, response.headers)
        error.retry_after = parse_retry_after(response.headers.get("Retry-After"))
        if error.maybe_executed is None:
            error.maybe_executed = status in request.doubtful or not _is_refusal(status)
        return error

    def _unreadable(self, response: requests.Response, why: str) -> CloudError:
        """What to raise for a success that lacks what the service promises."""
        body = self._auth.redact_json(_json(response.content))
        error = self._errors.unreadable(self._auth.redact(why), response.status_code, body)
        error.maybe_executed = error.retryable = True
        return error


class _Course:
    """How far a request is: what may have been done, and whether and when it is sent again."""

    def __init__(self, request: Request[Any], budget: float, rate: Rate | None) -> None:
        self._request, self._left, self._rate = request, budget, rate
        self._started, self._sent, self._faults = time.monotonic(), 0, 0
        self._repeatable = request.is_repeatable
        self.maybe_executed = False
        self.unsure = request.unsure
        if self.unsure is None and not self._repeatable:
            self.unsure = "look whether it was before asking again"

    def pause_after(self, error: CloudError) -> float | None:
        """Seconds to wait before it is sent again after this error; None not to. The error tells what may be done."""
        if error.maybe_executed and not self.maybe_executed:
            self.maybe_executed = True
            if error.retryable and self._request.confirm and (doubt := self._request.confirm()):
                self._repeatable, self.unsure = False, doubt
        error.maybe_executed = self.maybe_executed
        self._sent += 1
        pause = self._after_429(error) if isinstance(error, RateLimited) else self._after_fault(error)
        if pause is None or pause > self._left or time.monotonic() - self._started + pause > self._request.within:
            return None
        self._left -= pause
        return pause

    def _after_429(self, error: CloudError) -> float | None:
        if self.maybe_executed and not self._repeatable:
            return None
        window = self._rate.seconds if self._rate else 0.0
        return max(window if error.retry_after is None else error.retry_after, backoff(self._sent, first=_AFTER_429))

    def _after_fault(self, error: CloudError) -> float | None:
        self._faults += 1
        if not error.retryable or self._faults >= ATTEMPTS or (self.maybe_executed and not self._repeatable):
            return None
        return max(backoff(self._faults, first=_AFTER_FAULT), error.retry_after or 0.0)  # no more than the budget


def _is_refusal(status: int) -> bool:
    """Whether it says that nothing was done. 408 does not; nor do those that gateways made up, such as 444 and 499."""
    return status in set(HTTPStatus) and 400 <= status < 500 and error_class(status) is not Timeout


def _finds_nothing(error: CloudError) -> bool:
    """Whether a repeated deletion found nothing to delete; 409 is said of what is being deleted."""
    return isinstance(error, NotFound | Conflict) or getattr(error, "status_code", None) == HTTPStatus.CONFLICT


class _Session(requests.Session):
    """One that never looks where a redirect leads: no token goes there, and it may lead nowhere."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None, as if it were no redirect."""

    def close(self) -> None:
        """Close the connections, which urllib3 would leave open for as long as an error refers to an answer."""
        for adapter in self.adapters.values():
            if isinstance(adapter, HTTPAdapter):
                for manager in (adapter.poolmanager, *adapter.proxy_manager.values()):
                    for key in manager.pools.keys():  # noqa: SIM118 - it refuses to be iterated
                        manager.pools[key].close()
        super().close()


def _whole(response: requests.Response) -> requests.Response:
    """An answer with its data; its connection is closed if they cannot be read."""
    try:
        response.content  # noqa: B018 - this reads them
    except BaseException:
        response.close()
        raise
    return response


def _pooled_session() -> requests.Session:
    session = _Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS))
    return session


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _json(content: bytes) -> Any:
    """What it holds as JSON; as text if it is none, and None if it is empty."""
    if not content.strip():
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content.decode(errors="replace")
