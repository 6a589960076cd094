"""The newsletter's errors are those of `codomyrmex.cloud.infomaniak.errors`, and one of its own."""

from __future__ import annotations

from typing import Any

from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakAuthError,
    InfomaniakCloudError,
    InfomaniakForbiddenError,
    InfomaniakNotFoundError,
    InfomaniakServerError,
    InfomaniakValidationError,
    class_of_status,
)
from codomyrmex.cloud.rest.statuses import status_message


class InfomaniakOutcomeUnknownError(InfomaniakCloudError):
    """The service may have done what was asked, or not; the message says what to look at before asking again.

    Raised where doing it twice would do harm, in place of the error that lost the answer, which is
    ``__cause__``. Never ``retryable``, and neither a ConnectionError nor a TimeoutError: what
    repeats those must not repeat this.
    """


_BY_CODE: dict[str, type[InfomaniakCloudError]] = {
    "access_denied": InfomaniakForbiddenError,
    "bad_request": InfomaniakValidationError,
    "not_authorized": InfomaniakAuthError,
    "object_not_found": InfomaniakNotFoundError,
    "unexpected_error": InfomaniakServerError,
}


def error_of_answer(
    status: int, body: Any, retry_after: float | None = None, request_id: str | None = None
) -> InfomaniakCloudError:
    """The exception for an answer that is no success, by its status, or by its code where the status says 2xx.

    :param body: what its JSON holds, of any type; None where it is none, as of a gateway's page.
    """
    said = body.get("error") if isinstance(body, dict) else None
    details: dict[str, Any] = said if isinstance(said, dict) else {}
    code = details.get("code")
    kind = _BY_CODE.get(str(code), InfomaniakCloudError) if status < 300 else class_of_status(status)
    context = {"code": code if isinstance(code, str) else str(status), "request_id": request_id}
    return kind(_message(status, details), status, retry_after=retry_after, **context)


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
