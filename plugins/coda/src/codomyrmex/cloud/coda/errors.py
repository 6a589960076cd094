"""Every error of `CodaClient` (spec 3.5), each beside the error of the common tree it also is.

CodaAPIError                      (CloudError) whatever Coda answered, or why it did not
├── CodaValidationError           400, 413, 415, 422 (InvalidRequest)
├── CodaAuthenticationError       401 (AuthenticationError)
├── CodaForbiddenError            403 (PermissionDenied)
├── CodaNotFoundError             404 (NotFound)
├── CodaGoneError                 410 (NotFound)
├── CodaRateLimitError            429 (RateLimited)
├── CodaServerError               5xx (ServiceUnavailable)
├── CodaConnectionError           no answer (ServiceUnavailable)
├── CodaCertificateError          its certificate is not trusted (CertificateError)
├── CodaTimeoutError              408, 499, or no answer in time (Timeout)
└── CodaOutcomeUnknownError       it may have been done or not (OutcomeUnknown)
    └── CodaUnsettledError        accepted, and not known to be applied in time (CodaTimeoutError)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from codomyrmex.cloud.coda.models import InsertRowsResult
from codomyrmex.cloud.errors import (
    AuthenticationError,
    CertificateError,
    CloudError,
    InvalidRequest,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    ServiceUnavailable,
    Timeout,
)
from codomyrmex.cloud.rest.statuses import branch_class, status_message
from codomyrmex.cloud.rest.transport import Errors


@dataclass(kw_only=True)
class PartialWrite:
    """How far a call of several requests came before it failed; ``error.partial`` holds it."""

    accepted: int
    """So many rows were accepted, for certain: the first ones, but for those that are too large."""
    unsure: int
    """Of so many rows after those it is not known: no answer came."""
    unsettled: list[str]
    """The ids of the accepted requests that are not known to be applied, for `CodaClient.wait_for_mutation`."""
    remaining: Iterator[Any] | None = field(repr=False)
    """What was not accepted, in order, unsure ones included, to be read once: rows, or the ids of rows to delete. None
    in another process."""

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "remaining": None}  # rows that are still to be made do not pickle


@dataclass(kw_only=True)
class PartialInsert(PartialWrite):
    """How far `CodaClient.insert_rows` came.

    ``client.insert_rows(doc, table, error.partial.remaining, key_columns)`` goes on from there. With ``key_columns``
    sending unsure rows again makes no duplicates.
    """

    result: InsertRowsResult
    """Of the accepted rows."""
    too_large: list[int]
    """The positions, from 0 on, of the rows that Coda does not take for their size; they are in ``remaining``."""


class CodaAPIError(CloudError):
    """Coda refused, or was not reached.

    :param status_code: the HTTP status; None where there was no answer.
    :param response_body: the answer's body: what its JSON holds, or its text where it is none.
    """

    status_code: int | None
    response_body: Any
    maybe_executed: bool | None = False
    """Whether Coda may have done what was asked. False where it refused, or was never reached. Of a read, whether it
    may have been asked."""
    partial: PartialInsert | PartialWrite | None = None
    """From `CodaClient.insert_rows`, a `PartialInsert`, and `CodaClient.delete_rows`: what is done, and what is not."""

    def __init__(
        self, message: str = "", status_code: int | None = None, response_body: Any = None, **context: Any
    ) -> None:
        if status_code is not None:
            context.setdefault("code", str(status_code))
        super().__init__(message, **context)
        self.status_code = status_code
        self.response_body = response_body


class CodaValidationError(CodaAPIError, InvalidRequest):
    """400, 413, 415, 422: Coda does not accept the arguments; also a body or a row that is too large."""


class CodaAuthenticationError(CodaAPIError, AuthenticationError):
    """401: the API token is missing, wrong or revoked."""


class CodaForbiddenError(CodaAPIError, PermissionDenied):
    """403: the token may not do this."""


class CodaNotFoundError(CodaAPIError, NotFound):
    """404: no such document, page, table, column or row."""


class CodaGoneError(CodaAPIError, NotFound):
    """410: it existed, and was deleted."""


class CodaRateLimitError(CodaAPIError, RateLimited):
    """429: too many requests, also after waiting as long as the client may."""


class CodaServerError(CodaAPIError, ServiceUnavailable):
    """5xx: Coda, or a gateway before it, failed."""


class CodaConnectionError(CodaAPIError, ServiceUnavailable):
    """No connection, or one that broke before the whole answer was there."""


class CodaCertificateError(CodaAPIError, CertificateError):
    """The certificate of Coda, or of what stands in its place, is not trusted: nothing was sent."""


class CodaTimeoutError(CodaAPIError, Timeout):
    """No answer in time, or a gateway that got none (408, 499), or a mutation that did not complete in time."""


class CodaOutcomeUnknownError(CodaAPIError, OutcomeUnknown):
    """Coda may have done what was asked, or not; the message says what to look at before asking again.

    Raised where doing it twice would do harm, in place of the error that lost the answer, which is ``__cause__``; and
    where Coda accepted a write, and cannot be asked whether it is applied: then ``request_id`` is that of the write.
    """

    maybe_executed = True


class CodaUnsettledError(CodaOutcomeUnknownError, CodaTimeoutError):
    """Coda accepted a write, ``request_id``, which was not known to be applied when the time of its wait was over."""

    _retryable = False


_BRANCH: dict[type[CloudError], type[CodaAPIError]] = {
    AuthenticationError: CodaAuthenticationError,
    InvalidRequest: CodaValidationError,
    NotFound: CodaNotFoundError,
    PermissionDenied: CodaForbiddenError,
    RateLimited: CodaRateLimitError,
    ServiceUnavailable: CodaServerError,
    Timeout: CodaTimeoutError,
}


def _refusal(status: int, body: Any, headers: Mapping[str, str]) -> CodaAPIError:
    kind = CodaGoneError if status == HTTPStatus.GONE else branch_class(status, _BRANCH, CodaAPIError)
    error = kind(_message(status, body), status, body)
    error.maybe_executed = None  # its status tells
    return error


def _unreadable(message: str, status: int, body: Any) -> CodaAPIError:
    return CodaAPIError(f"the answer cannot be read: {message}", status, body)


def _outcome_unknown(message: str, cause: CloudError) -> CodaAPIError:
    status, body = getattr(cause, "status_code", None), getattr(cause, "response_body", None)
    return CodaOutcomeUnknownError(message, status, body, code=cause.code)


def _message(status: int, body: Any) -> str:
    if isinstance(body, dict):
        for key in ("message", "statusMessage"):
            if isinstance(text := body.get(key), str) and text:
                return text
    return status_message(status)


ERRORS = Errors(
    is_success=lambda status, _: 200 <= status < 300,
    refusal=_refusal,
    unreadable=_unreadable,
    connection=CodaConnectionError,
    timeout=CodaTimeoutError,
    certificate=CodaCertificateError,
    outcome_unknown=_outcome_unknown,
)
"""For the transport."""
