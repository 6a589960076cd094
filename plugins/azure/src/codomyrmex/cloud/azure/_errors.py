"""What the SDK raises, as errors of ``codomyrmex.cloud.errors``.

The codes are those of "Status and error codes" and "Blob Storage error codes" of the REST reference; a code
that is not listed here is judged by its HTTP status.
"""

from __future__ import annotations

import re
from typing import Any

from azure.core import exceptions as sdk
from codomyrmex.cloud.errors import (
    AlreadyExists,
    AuthenticationError,
    BucketNotFound,
    CertificateError,
    CloudError,
    Conflict,
    IntegrityError,
    ObjectNotFound,
    PermissionDenied,
    PreconditionFailed,
    RateLimited,
    ServiceUnavailable,
    Timeout,
    UnsupportedOperation,
)
from codomyrmex.cloud.rest.certificates import tls_error
from codomyrmex.cloud.rest.redaction import redact_parameters
from codomyrmex.cloud.rest.retries import parse_retry_after
from codomyrmex.cloud.rest.statuses import error_class, status_message

_BY_CODE: dict[str, type[CloudError]] = {
    code: error
    for error, codes in {
        AuthenticationError: "AuthenticationFailed InvalidAuthenticationInfo NoAuthenticationInformation",
        PermissionDenied: (
            "AccountIsDisabled AuthorizationFailure AuthorizationPermissionMismatch AuthorizationProtocolMismatch "
            "AuthorizationResourceTypeMismatch AuthorizationServiceMismatch AuthorizationSourceIPMismatch "
            "BlobImmutableDueToPolicy InsufficientAccountPermissions PublicAccessNotPermitted"
        ),
        BucketNotFound: "ContainerNotFound",
        ObjectNotFound: "BlobNotFound CannotVerifyCopySource",
        AlreadyExists: "ContainerAlreadyExists",
        # the whole blob was replaced by others while its blocks came
        Conflict: "InvalidBlockList LeaseIdMissing LeaseIdMismatchWithBlobOperation LeaseLost",
        PreconditionFailed: "BlobAlreadyExists ConditionNotMet SourceConditionNotMet TargetConditionNotMet",
        IntegrityError: "Crc64Mismatch Md5Mismatch",
        RateLimited: "ServerBusy TooManyRequests",
        Timeout: "OperationTimedOut",
        UnsupportedOperation: "FeatureNotSupported UnsupportedHttpVerb",
    }.items()
    for code in codes.split()
}

_RETRYABLE = {"ContainerBeingDeleted", "ContainerBeingCreated", "Crc64Mismatch", "InvalidBlockList", "Md5Mismatch"}

_CURES = {
    "SnapshotsPresent": 'delete_snapshots="include" deletes them too',
    "ContainerBeingDeleted": "Azure takes half a minute and more for it; then it can be made anew",
    "InvalidBlockList": "another writer replaced the blob while this one sent its blocks",
}

_UNTRUSTED = re.compile("the certificate of .* names a file of authorities to trust")

_SIGNATURE = "sig"  # of a SAS: https://learn.microsoft.com/rest/api/storageservices/create-service-sas


def translate(error: Exception) -> CloudError | None:
    """The `CloudError` for what the SDK raised; None for anything else.

    A SAS that the SDK's error shows, as part of a URL, is taken out of it.
    """
    if isinstance(error, TypeError):
        error = _refusal_behind(error)
    if not isinstance(error, sdk.AzureError | OSError):
        return None
    of_tls = _of_tls(error)
    if not isinstance(error, sdk.AzureError):  # requests tells so of a file of authorities that is missing
        return of_tls
    hide_signature(error)
    if of_tls:
        return of_tls
    response = getattr(error, "response", None)
    if response is not None and (response.status_code >= 300 or "x-ms-error-code" in response.headers):
        return from_response(response, error.message)
    if isinstance(error, sdk.ClientAuthenticationError):
        return AuthenticationError(" ".join(error.message.split()), code=type(error).__name__)
    reason = error.inner_exception if type(error) is sdk.HttpResponseError else error  # it wraps broken bodies
    timed_out = isinstance(reason, (sdk.ServiceRequestTimeoutError, sdk.ServiceResponseTimeoutError))
    kind = Timeout if timed_out else ServiceUnavailable
    return kind(_first_line(error.message), code=type(reason).__name__)


def _of_tls(error: Exception) -> CloudError | None:
    """As `tls_error`. A chain of credentials keeps no more than the texts of what led to its error."""
    if not isinstance(error, sdk.ClientAuthenticationError):
        return tls_error(error)
    if told := _UNTRUSTED.search(error.message):
        return CertificateError(told[0], code="CERTIFICATE_VERIFY_FAILED")
    return tls_error(error, server="the server that credentials come from")


def from_response(response: Any, message: str = "") -> CloudError:
    """The `CloudError` for an error answer.

    :param message: what the SDK made of it.
    """
    headers, status = response.headers, response.status_code
    code = str(headers.get("x-ms-error-code") or _code_in(message) or status)
    kind = _BY_CODE.get(code) or error_class(status)
    text = _first_line(message) or (code if code != str(status) else status_message(status))
    if text.startswith("Server failed to authenticate"):
        kind = AuthenticationError
    if kind is PreconditionFailed and getattr(response.request, "sent_again", False):
        text += "; it was sent again after no answer came, so what stands in its way may be this very write"
    return kind(
        f"{text}; {_CURES[code]}" if code in _CURES else text,
        code=code,
        request_id=headers.get("x-ms-request-id"),
        retryable=True if code in _RETRYABLE else None,
        retry_after=parse_retry_after(headers.get("retry-after")),
    )


def _refusal_behind(error: Exception) -> Exception:
    """The SDK trips over error answers without a message: this is what it was about to tell."""
    behind: BaseException | None = error
    while behind is not None:
        if isinstance(behind, sdk.HttpResponseError):
            return behind
        behind = behind.__context__
    return error


def hide_signature(error: sdk.AzureError) -> None:
    """Take the signature of a SAS out of the error, and cut it from causes that show one too."""
    shown = f"{error.args} {error.inner_exception!r} {error.__cause__!r} {error.__context__!r}"
    if redact_parameters(shown, _SIGNATURE) == shown:
        return
    error.message = redact_parameters(error.message, _SIGNATURE)
    error.exc_msg = error.message
    error.args = (error.message,)
    error.inner_exception = error.exc_value = error.exc_traceback = None
    error.__cause__ = error.__context__ = None


def _code_in(message: str) -> str | None:
    found = re.search(r"^ErrorCode:(\w+)$", message, re.MULTILINE)
    return found[1] if found and found[1] != "None" else None


def _first_line(message: str) -> str:
    """Without the ids and times that follow, and what the SDK writes around the answer to a HEAD."""
    first = message.strip().partition("\n")[0]
    if quoted := re.fullmatch(r"Operation returned an invalid status '(.*)'", first):
        return quoted[1]
    return first
