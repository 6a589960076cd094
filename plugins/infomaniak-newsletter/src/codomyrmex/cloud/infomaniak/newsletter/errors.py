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


_SUCCESSES = ("success", "asynchronous")


def _is_success(status: int, body: Any) -> bool:
    """By both: an answer with status 200 may be ``result: error``, or ``data: false`` of what was not done."""
    if not 200 <= status < 300:
        return False
    if not isinstance(body, dict) or not isinstance(body.get("result"), str):
        return True  # as far as it goes: reading it fails
    return body["result"] in _SUCCESSES and not body.get("error") and body.get("data") is not False


def _refusal(status: int, body: Any, headers: Mapping[str, str]) -> InfomaniakCloudError:
    """By the status, or by the service's own code where the status says 2xx.

    With such a status only a code that is known tells that nothing was done; an unexpected error never does.
    """
    envelope: dict[str, Any] = body if isinstance(body, dict) else {}
    details: dict[str, Any] = envelope["error"] if isinstance(envelope.get("error"), dict) else {}
    code = details.get("code")
    by_code = _BY_CODE.get(str(code), InfomaniakCloudError)
    kind = by_code if status < 300 else class_of_status(status)
    is_error = status >= 300 or envelope.get("result") == "error"
    message = _message(status, details) if is_error else _no_success(envelope)
    context = {"code": code if isinstance(code, str) else str(status), "request_id": headers.get("X-Request-Id")}
    error = kind(message, status, **context)
    if by_code is InfomaniakServerError:
        error.maybe_executed = True
    elif status < 300 and is_error and by_code is not InfomaniakCloudError:
        error.maybe_executed = False
    return error


def _no_success(envelope: dict[str, Any]) -> str:
    """What is wrong with an answer that is neither an error nor a success."""
    if envelope.get("data") is False:
        return "the service answered that it was not done"
    return f"the service answered {envelope.get('result')!r}" + " and an error" * bool(envelope.get("error"))


def _message(status: int, details: dict[str, Any]) -> str:
    """The service's description, and those of the arguments it refuses."""
    causes = details["errors"] if isinstance(details.get("errors"), list) else []
    description = details.get("description")
    texts = [description] if isinstance(description, str) and description else []
    texts += [_cause(cause) for cause in causes if isinstance(cause, dict)]
    return "; ".join(filter(None, texts)) or status_message(status)


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
