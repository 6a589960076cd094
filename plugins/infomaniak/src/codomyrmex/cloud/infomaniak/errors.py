"""Every error of the Infomaniak clients, each beside the error of the common tree it also is.

InfomaniakCloudError                     (CloudError) whatever a service answered, or why it did not
├── InfomaniakAuthError                  401, or no credentials (AuthenticationError)
├── InfomaniakForbiddenError             403 (PermissionDenied)
├── InfomaniakNotFoundError              404 (NotFound)
│   ├── InfomaniakContainerNotFoundError (BucketNotFound)
│   └── InfomaniakObjectNotFoundError    (ObjectNotFound)
├── InfomaniakConflictError              409: not in this state, or a name that means several (Conflict)
│   ├── InfomaniakAlreadyExistsError     409: it is there already (AlreadyExists)
│   └── InfomaniakPreconditionFailedError 412: a condition of the request did not hold (PreconditionFailed)
├── InfomaniakQuotaExceededError         402, 507; 403, 409 or 413, by the service (QuotaExceeded)
├── InfomaniakRateLimitError             429 (RateLimited)
├── InfomaniakValidationError            400, 413, 415, 422 (InvalidRequest)
├── InfomaniakIntegrityError             data that are not what was sent or kept (IntegrityError)
├── InfomaniakUnsupportedError           no such service here, or it cannot do this (UnsupportedOperation)
├── InfomaniakServerError                5xx (ServiceUnavailable)
├── InfomaniakConnectionError            no answer (ServiceUnavailable)
├── InfomaniakCertificateError           a server's certificate is not trusted (CertificateError)
└── InfomaniakTimeoutError               no answer, or not done, in time (Timeout)
"""

from __future__ import annotations

from typing import Any

from codomyrmex.cloud.errors import (
    AlreadyExists,
    AuthenticationError,
    BucketNotFound,
    CertificateError,
    CloudError,
    Conflict,
    IntegrityError,
    InvalidRequest,
    NotFound,
    ObjectNotFound,
    PermissionDenied,
    PreconditionFailed,
    QuotaExceeded,
    RateLimited,
    ServiceUnavailable,
    Timeout,
    UnsupportedOperation,
)
from codomyrmex.cloud.rest.statuses import branch_class


class InfomaniakCloudError(CloudError):
    """A service refused, failed, or was not reached.

    :param status_code: the HTTP status; None where there was no answer.
    """

    status_code: int | None

    def __init__(self, message: str = "", status_code: int | None = None, **context: Any) -> None:
        if status_code is not None:
            context.setdefault("code", str(status_code))
        super().__init__(message, **{"provider": "infomaniak", **context})
        self.status_code = status_code


class InfomaniakAuthError(InfomaniakCloudError, AuthenticationError):
    """The credentials are missing, wrong, expired or deleted."""


class InfomaniakForbiddenError(InfomaniakCloudError, PermissionDenied):
    """The credentials are known but may not do this: a role is missing."""


class InfomaniakNotFoundError(InfomaniakCloudError, NotFound):
    """There is no such resource in this project and region."""


class InfomaniakContainerNotFoundError(InfomaniakNotFoundError, BucketNotFound):
    """There is no such container of objects."""


class InfomaniakObjectNotFoundError(InfomaniakNotFoundError, ObjectNotFound):
    """The container holds no such object."""


class InfomaniakConflictError(InfomaniakCloudError, Conflict):
    """The state of the resource does not allow this, or a name means more than one."""


class InfomaniakAlreadyExistsError(InfomaniakConflictError, AlreadyExists):
    """There is one of this name, or this very one, already."""


class InfomaniakPreconditionFailedError(InfomaniakConflictError, PreconditionFailed):
    """The object is there already, or no longer the one that was asked for."""


class InfomaniakQuotaExceededError(InfomaniakCloudError, QuotaExceeded):
    """A quota of the project is used up."""


class InfomaniakRateLimitError(InfomaniakCloudError, RateLimited):
    """Too many requests; ``retry_after`` says how long to wait if the service did."""


class InfomaniakValidationError(InfomaniakCloudError, InvalidRequest):
    """The service does not accept the arguments."""


class InfomaniakIntegrityError(InfomaniakCloudError, IntegrityError):
    """The data that arrived are not those that were sent, or that the service keeps."""


class InfomaniakUnsupportedError(InfomaniakCloudError, UnsupportedOperation):
    """The catalogue offers no such service in this region, or the service cannot do this."""


class InfomaniakServerError(InfomaniakCloudError, ServiceUnavailable):
    """The service, or a gateway before it, failed."""


class InfomaniakConnectionError(InfomaniakCloudError, ServiceUnavailable):
    """No connection, or one that broke before the whole answer was there."""


class InfomaniakCertificateError(InfomaniakCloudError, CertificateError):
    """The certificate of a server is not trusted: nothing was sent to it."""


class InfomaniakTimeoutError(InfomaniakCloudError, Timeout):
    """No answer in time, or what was waited for did not come in time."""


_BRANCH: dict[type[CloudError], type[InfomaniakCloudError]] = {
    AuthenticationError: InfomaniakAuthError,
    Conflict: InfomaniakConflictError,
    InvalidRequest: InfomaniakValidationError,
    NotFound: InfomaniakNotFoundError,
    PermissionDenied: InfomaniakForbiddenError,
    PreconditionFailed: InfomaniakPreconditionFailedError,
    QuotaExceeded: InfomaniakQuotaExceededError,
    RateLimited: InfomaniakRateLimitError,
    ServiceUnavailable: InfomaniakServerError,
    Timeout: InfomaniakTimeoutError,
    UnsupportedOperation: InfomaniakUnsupportedError,
}


def class_of_status(status: int) -> type[InfomaniakCloudError]:
    """The class for a HTTP status that is no success, by the table that all providers share.

    Returns:
        InfomaniakServerError for other statuses from 500 on, InfomaniakCloudError for other ones below.
    """
    return branch_class(status, _BRANCH, InfomaniakCloudError)
