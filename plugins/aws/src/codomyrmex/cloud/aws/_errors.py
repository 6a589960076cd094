"""What the SDK raises, as errors of ``codomyrmex.cloud.errors``.

The codes are those of the "Error responses" page of the Amazon S3 API reference; a code that is not
listed here is judged by its HTTP status.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error
from botocore import exceptions as sdk
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from codomyrmex.cloud.errors import (
    AlreadyExists,
    AuthenticationError,
    BucketNotFound,
    CloudError,
    Conflict,
    IntegrityError,
    InvalidRequest,
    LocalFileError,
    ObjectNotFound,
    PermissionDenied,
    PreconditionFailed,
    QuotaExceeded,
    RateLimited,
    ServiceUnavailable,
    Timeout,
    UnsupportedOperation,
    certificate_error,
)
from codomyrmex.cloud.rest.certificates import authorities_error
from codomyrmex.cloud.rest.credentials import missing
from codomyrmex.cloud.rest.retries import parse_retry_after
from codomyrmex.cloud.rest.statuses import error_class, status_message

_BY_CODE: dict[str, type[CloudError]] = {
    code: error
    for error, codes in {
        AuthenticationError: (
            "AuthorizationHeaderMalformed AuthFailure ExpiredToken ExpiredTokenException IncompleteSignature "
            "InvalidAccessKeyId InvalidClientTokenId InvalidSecurity InvalidToken MissingAuthenticationToken "
            "MissingSecurityHeader NotSignedUp RequestExpired RequestTimeTooSkewed SignatureDoesNotMatch "
            "TokenRefreshRequired UnrecognizedClientException"
        ),
        PermissionDenied: "AccessDenied",
        BucketNotFound: "NoSuchBucket",
        ObjectNotFound: "NoSuchKey NoSuchVersion",
        AlreadyExists: "BucketAlreadyExists BucketAlreadyOwnedByYou",
        Conflict: "BucketNotEmpty InvalidObjectState",
        PreconditionFailed: "ConditionalRequestConflict PreconditionFailed",
        IntegrityError: "BadDigest IncompleteBody XAmzContentChecksumMismatch XAmzContentSHA256Mismatch",
        QuotaExceeded: "InsufficientCapacity QuotaExceeded ServiceQuotaExceeded TooManyBuckets",
        RateLimited: (
            "BandwidthLimitExceeded RequestLimitExceeded RequestThrottled RequestThrottledException SlowDown "
            "Throttling ThrottledException ThrottlingException TooManyRequests TooManyRequestsException"
        ),
        ServiceUnavailable: "InternalError ServiceUnavailable",
        Timeout: "RequestTimeout RequestTimeoutException",
        UnsupportedOperation: "MethodNotAllowed NotImplemented",
    }.items()
    for code in codes.split()
}

_BY_TYPE: tuple[tuple[type[CloudError], tuple[type[Exception], ...]], ...] = (
    (Timeout, (sdk.ConnectTimeoutError, sdk.ReadTimeoutError)),
    (
        AuthenticationError,
        (
            sdk.CredentialRetrievalError,
            getattr(sdk, "LoginError", sdk.SSOError),  # boto3 1.41
            sdk.MetadataRetrievalError,
            sdk.NoAuthTokenError,
            sdk.NoCredentialsError,
            sdk.PartialCredentialsError,
            sdk.ProfileNotFound,
            sdk.RefreshWithMFAUnsupportedError,
            sdk.SSOError,
            sdk.TokenRetrievalError,
            sdk.UnknownCredentialError,
        ),
    ),
    (IntegrityError, (sdk.ChecksumError, sdk.FlexibleChecksumError)),
    (ServiceUnavailable, (sdk.ConnectionError, sdk.HTTPClientError, sdk.IncompleteReadError)),
)

_CA_SETTINGS = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")
"""Environment variables by which botocore finds the authorities to trust; between them comes ca_bundle of a profile."""
_UNREADABLE = ("[Errno 2]", "[X509: ")
"""What ssl says of a file of authorities that is missing, or none."""

_WRITES = ("PutObject", "CompleteMultipartUpload")

NO_CREDENTIALS = missing(
    "AWS credentials", ["AWS_PROFILE, or AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"], "run `aws configure`"
)
_UNSIGNED = 'for public buckets give config={"signature_version": botocore.UNSIGNED}'

_CURES: dict[type[BotoCoreError], str] = {
    sdk.ProfileNotFound: "name one that `aws configure list-profiles` shows",
    sdk.EndpointConnectionError: "check endpoint_url, the region and the network",
}


def translate(error: Exception) -> CloudError | None:
    """The `CloudError` for what botocore or boto3 raised; None for anything else."""
    if isinstance(error, ClientError):
        if error.response["Error"].get("Code") == "NoSuchKey" and error.operation_name in _WRITES:
            return from_response(error.response, PreconditionFailed)  # if_match, and there is no object
        return from_response(error.response)
    if isinstance(error, Boto3Error):  # S3UploadFailedError and its like keep the cause as text alone
        cause = error.__cause__ or error.__context__
        inner = translate(cause) if isinstance(cause, Exception) else None
        return inner or ServiceUnavailable(str(error))
    if isinstance(error, ResponseParserError):
        return ServiceUnavailable("the answer is not one of S3; check endpoint_url", code="ResponseParserError")
    if isinstance(error, BotoCoreError):
        return _from_botocore(error)
    if isinstance(error, RuntimeError) and "refreshed credentials" in str(error):  # botocore raises it bare
        return AuthenticationError(str(error), code="ExpiredCredentials")
    return None


def from_response(response: Mapping[str, Any], kind: type[CloudError] | None = None) -> CloudError:
    """The `CloudError` for an error answer as botocore parses it, or for an entry of ``Errors``.

    :param kind: where it is not that of the code.
    """
    answer = response.get("Error", response)
    about = response.get("ResponseMetadata", {})
    code, status = str(answer.get("Code") or ""), about.get("HTTPStatusCode", 0)
    if not status and code.isdigit():
        status = int(code)  # an answer to HEAD has no body, and botocore puts the status there
    kind = kind or _BY_CODE.get(code) or error_class(status)
    named = code if code != str(status) else ""
    message = str(answer.get("Message") or named or status_message(status))
    if 300 < status < 304 or status in (307, 308):
        message += "; check endpoint_url and region_name"
    if kind is PreconditionFailed and about.get("RetryAttempts"):
        message += "; it was sent again after no answer came, so what stands in its way may be this very write"
    return kind(
        message,
        code=code or str(status),
        request_id=about.get("RequestId"),
        retryable=True if kind is IntegrityError or code == "OperationAborted" else None,
        retry_after=parse_retry_after(about.get("HTTPHeaders", {}).get("retry-after")),
    )


def tls_error(error: Exception) -> CloudError | None:
    """The error for TLS that fails for good by a certificate, or by the file of those to trust; None for others."""
    if not isinstance(error, sdk.SSLError | sdk.ProxyConnectionError):
        return None
    server = urlsplit(str(error.kwargs.get("endpoint_url", ""))).hostname or ""
    reason = error.kwargs["error"]
    if untrusted := certificate_error(reason, _CA_SETTINGS[0], server):
        return untrusted
    used = next((name for name in _CA_SETTINGS if os.environ.get(name)), None)
    if used and (unreadable := authorities_error(os.environ[used], used)):
        return unreadable
    if any(sign in str(reason) for sign in _UNREADABLE):
        return LocalFileError(f"the file that ca_bundle of the profile names cannot be read: {reason}")
    return None


def _from_botocore(error: BotoCoreError) -> CloudError:
    if of_tls := tls_error(error):
        return of_tls
    cure = next((f"; {text}" for kind, text in _CURES.items() if isinstance(error, kind)), "")
    if any(isinstance(cause, TimeoutError) for cause in getattr(error.kwargs.get("error"), "args", ())):
        return Timeout(f"{error}{cure}", code=type(error).__name__)  # while sending; called a closed connection
    if isinstance(error, sdk.NoCredentialsError):
        return AuthenticationError(f"{NO_CREDENTIALS}; {_UNSIGNED}", code=type(error).__name__)
    for kind, families in _BY_TYPE:
        if isinstance(error, families):
            return kind(f"{error}{cure}", code=type(error).__name__)
    if isinstance(error, sdk.ParamValidationError) and "SSECustomerKey" in str(error):  # it repeats the values
        return InvalidRequest("a parameter is wrong, beside SSECustomerKey or it itself", code="ParamValidationError")
    return InvalidRequest(str(error), code=type(error).__name__)
