"""The newsletter's errors are those of `codomyrmex.cloud.infomaniak.errors`, and one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codomyrmex.cloud.errors import CloudError, OutcomeUnknown
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakAuthError,
    InfomaniakCertificateError,
    InfomaniakCloudError,
    InfomaniakConnectionError,
    InfomaniakForbiddenError,
    InfomaniakNotFoundError,
    InfomaniakServerError,
    InfomaniakTimeoutError,
    InfomaniakValidationError,
    class_of_status,
)
from codomyrmex.cloud.rest.statuses import status_message
from codomyrmex.cloud.rest.transport import Errors


class InfomaniakOutcomeUnknownError(InfomaniakCloudError, OutcomeUnknown):
    """The service may have done what was asked, or not; the message says what to look at before asking again.

    Raised where doing it twice would do harm, in place of the error that lost the answer, which is
    ``__cause__``. Never ``retryable``, and neither a ConnectionError nor a TimeoutError: what
    repeats those must not repeat this.
    """

    maybe_executed = True


_BY_CODE: dict[str, type[InfomaniakCloudError]] = {
    "access_denied": InfomaniakForbiddenError,
    "bad_request": InfomaniakValidationError,
    "not_authorized": InfomaniakAuthError,
    "object_not_found": InfomaniakNotFoundError,
    "unexpected_error": InfomaniakServerError,
}


def _is_success(status: int, body: Any) -> bool:
    """By both: an answer with status 200 may be ``result: error``, or ``data: false`` of what was not done."""
    return 200 <= status < 300 and not (isinstance(body, dict) and (_is_error(body) or body.get("data") is False))


def _is_error(body: dict[str, Any]) -> bool:
    return body.get("result") == "error"


def _refusal(status: int, body: Any, headers: Mapping[str, str]) -> InfomaniakCloudError:
    """By the status, or by the service's own code where the status says 2xx."""
    said = body.get("error") if isinstance(body, dict) else None
    details: dict[str, Any] = said if isinstance(said, dict) else {}
    code = details.get("code")
    kind = _BY_CODE.get(str(code), InfomaniakCloudError) if status < 300 else class_of_status(status)
    context = {"code": code if isinstance(code, str) else str(status), "request_id": headers.get("X-Request-Id")}
    if status < 300 and not _is_error(body):
        return kind("the service answered that it was not done", status, **context)
    error = kind(_message(status, details), status, **context)
    if status < 300 and isinstance(code, str) and kind is not InfomaniakServerError:
        error.maybe_executed = False
    return error


def _message(status: int, details: dict[str, Any]) -> str:
    """The service's description, and those of the arguments it refuses."""
    single = details.get("errors")
    causes = [_cause(cause) for cause in single if isinstance(cause, dict)] if isinstance(single, list) else []
    description = details.get("description")
    texts = [description] if isinstance(description, str) and description else []
    return "; ".join([*texts, *filter(None, causes)]) or status_message(status)


def _cause(cause: dict[str, Any]) -> str:
    """Such as ``email: validation.email``."""
    context = cause.get("context")
    attribute = context.get("attribute") if isinstance(context, dict) else None
    return ": ".join(str(part) for part in (attribute, cause.get("description") or cause.get("code")) if part)


def _unreadable(message: str, status: int, body: Any) -> InfomaniakCloudError:
    return InfomaniakCloudError(f"the answer cannot be read: {message}", status)


def _outcome_unknown(message: str, cause: CloudError) -> InfomaniakCloudError:
    status = getattr(cause, "status_code", None)
    return InfomaniakOutcomeUnknownError(message, status, code=cause.code, request_id=cause.request_id)


ERRORS = Errors(
    is_success=_is_success,
    refusal=_refusal,
    unreadable=_unreadable,
    connection=InfomaniakConnectionError,
    timeout=InfomaniakTimeoutError,
    certificate=InfomaniakCertificateError,
    outcome_unknown=_outcome_unknown,
)
"""For the transport."""
