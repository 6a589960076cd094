"""Every error of codomyrmex-cloud.

    CloudError
    ├── AuthenticationError            who are you? no, wrong or expired credentials
    ├── PermissionDenied               (PermissionError) known, but not allowed
    │   └── OperationRefused           a hook refused the operation before it started
    ├── NotFound                       the resource does not exist
    │   ├── BucketNotFound             (FileNotFoundError)
    │   └── ObjectNotFound             (FileNotFoundError)
    ├── AlreadyExists                  (FileExistsError)
    ├── Conflict                       the resource's state does not allow it
    │   └── PreconditionFailed         an If-Match or If-None-Match did not hold
    ├── InvalidRequest                 (ValueError) the service refuses the arguments
    ├── QuotaExceeded                  a limit of the account, or a full disk
    ├── RateLimited                    too many requests; see ``retry_after``
    ├── ServiceUnavailable             (ConnectionError) not reached, or a 5xx
    ├── CertificateError               a server's certificate is not trusted; nothing was sent to it
    ├── Timeout                        (TimeoutError)
    ├── OutcomeUnknown                 it may have been done or not; do not repeat it before you looked
    ├── IntegrityError                 size or checksum differ from what was promised
    ├── UnsupportedOperation           (NotImplementedError) this provider cannot do it
    ├── LocalFileError                 (OSError) a file of this machine
    │   └── LocalFileNotFound          (FileNotFoundError)
    └── PluginError                    what is installed, rather than a service
        ├── ProviderNotFoundError      (LookupError)
        └── ProviderLoadError          (ImportError)
            ├── DuplicateProviderError
            └── IncompatibleProviderError

Catch the leaf, its branch, or the builtin named beside it. The SDK's own exception is chained
as ``__cause__``, without the request that was sent. No message, attribute or repr holds a secret.
"""

from __future__ import annotations

import copyreg
import errno
import re
from contextlib import suppress
from typing import Any


class CloudError(Exception):
    """Something a provider, or the way to it, refused.

    The keyword arguments are kept as attributes; :func:`~codomyrmex.cloud.common.operation`
    fills in those the place of the error did not know.
    """

    provider: str | None
    """Name of the provider, such as ``"aws"``."""
    service: str | None
    """Name of the service, such as ``"storage"``."""
    operation: str | None
    """The method that failed, such as ``"upload_file"``."""
    resource: str | None
    """What it was about: a URL (``s3://bucket/key``), an id or a name."""
    code: str | None
    """The service's own error code, or the HTTP status as text."""
    request_id: str | None
    """What the service's support asks for."""
    retryable: bool
    """True when the same call may succeed later, unchanged."""
    retry_after: float | None
    """Seconds the service asks to wait, if it said so."""
    maybe_executed: bool | None = None
    """Whether the service may have done what was asked; None where the provider cannot tell."""

    _retryable = False

    def __init__(
        self,
        message: str = "",
        *,
        provider: str | None = None,
        service: str | None = None,
        operation: str | None = None,
        resource: str | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retryable: bool | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        # pickled as it says itself: tblib, which Dask brings, would add its causes, and they may hold secrets
        copyreg.dispatch_table.pop(type(self), None)
        self.message, self.code, self.request_id = message, code, request_id
        self.provider, self.service, self.operation, self.resource = provider, service, operation, resource
        self.retryable, self.retry_after = self._retryable if retryable is None else retryable, retry_after

    def __str__(self) -> str:
        details = [f"{k} {v}" for k in ("code", "request_id") if (v := getattr(self, k))]
        return self.message + (f" ({', '.join(details)})" if details else "")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"

    def __reduce__(self) -> Any:  # keyword-only arguments, and OSError has a reduce of its own
        return _rebuild, (type(self), self.message, vars(self))


def _rebuild(cls: type[CloudError], message: str, state: dict[str, Any]) -> CloudError:
    error = cls(message)
    vars(error).update(state)
    return error


class AuthenticationError(CloudError):
    """The credentials are missing, wrong or expired."""


class PermissionDenied(CloudError, PermissionError):
    """The credentials are known but may not do this."""


class OperationRefused(PermissionDenied):
    """A hook refused, or failed, before the operation started; nothing was sent. ``plugin`` names it."""

    plugin: str | None = None
    """The hooks plugin: entry point, distribution and version, or the name of what was registered."""

    def __str__(self) -> str:
        return super().__str__() + (f" (refused by {self.plugin})" if self.plugin else "")


class NotFound(CloudError):
    """The resource does not exist."""


class BucketNotFound(NotFound, FileNotFoundError):
    """The bucket or container does not exist."""


class ObjectNotFound(NotFound, FileNotFoundError):
    """The object or blob does not exist."""


class AlreadyExists(CloudError, FileExistsError):
    """The resource exists already."""


class Conflict(CloudError):
    """The resource is in a state that does not allow this, such as a bucket that is not empty."""


class PreconditionFailed(Conflict):
    """The object is not, or no longer, what ``if_match`` or ``if_none_match`` asked for."""


class InvalidRequest(CloudError, ValueError):
    """The service refuses the arguments."""


class QuotaExceeded(CloudError):
    """A quota of the account is used up, or a disk is full."""


class RateLimited(CloudError):
    """Too many requests; ``retry_after`` says how long to wait if the service did."""

    _retryable = True


class ServiceUnavailable(CloudError, ConnectionError):
    """The service was not reached, broke the connection, or answered 5xx."""

    _retryable = True


class CertificateError(CloudError):
    """A server's certificate is not trusted, so nothing was sent to it. It says whose, and the setting to trust it."""

    maybe_executed: bool | None = False


class Timeout(CloudError, TimeoutError):
    """No answer in time. Whether the operation happened is not known."""

    _retryable = True


class OutcomeUnknown(CloudError):
    """The service may have done what was asked, or not, and doing it twice would do harm.

    The message says what to look at first. Never ``retryable``; and neither a ConnectionError nor, but for the end of a
    wait, a TimeoutError, so that what repeats those does not repeat this.
    """


class IntegrityError(CloudError):
    """Size or checksum of the data differ from what the service recorded."""


class UnsupportedOperation(CloudError, NotImplementedError):
    """The provider cannot do this; ``capabilities`` says so beforehand."""


class LocalFileError(CloudError, OSError):
    """A file of this machine cannot be read or written."""


class LocalFileNotFound(LocalFileError, FileNotFoundError):
    """A file of this machine does not exist."""


class PluginError(CloudError):
    """Something is wrong with what is installed, not with a service."""


class ProviderNotFoundError(PluginError, LookupError):
    """No installed distribution offers this provider, service, scheme or name."""


class ProviderLoadError(PluginError, ImportError):
    """A plugin was found and cannot be loaded; ``entry_point`` and ``distribution`` name it."""

    entry_point: str | None = None
    distribution: str | None = None


class DuplicateProviderError(ProviderLoadError):
    """Two distributions, or a registration and a distribution, claim one name."""


class IncompatibleProviderError(ProviderLoadError):
    """The plugin was built for another major version of the plugin API."""


_BY_ERRNO = {errno.ENOSPC: QuotaExceeded, errno.EDQUOT: QuotaExceeded, errno.EROFS: PermissionDenied}
_BY_ERRNO |= dict.fromkeys((errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN), ServiceUnavailable)
_URL = r"(\w://)(?:[^\s/@]*@)?([^\s?#'\"]*)[^\s'\"]*"
"""One in a text: up to ``://``, its user and password, then host and path, then what may be a signature."""


def from_builtin(error: BaseException) -> CloudError | None:
    """The `CloudError` for a builtin exception, or None if it says nothing about a service.

    It is how a provider without a translation of its own, such as one on a file system or a
    plain socket, still raises the errors of this tree. A file is one of this machine where the system's
    own error names it; an SDK's FileNotFoundError is `ObjectNotFound`, or `NotFound` where it may be of a setting.
    """
    if not isinstance(error, OSError):
        return None
    if isinstance(reason := getattr(error, "reason", None), Exception):  # urllib wraps what happened
        return from_builtin(reason)
    if type(error).__module__.partition(".")[0] in ("socket", "ssl", "urllib", "requests", "aiohttp"):
        return certificate_error(error, "SSL_CERT_FILE (of requests: REQUESTS_CA_BUNDLE)") or _from_http(error)
    reason = error.strerror or str(error) or type(error).__name__
    message = re.sub(_URL, r"\1\2", f"{error.filename}: {reason}" if error.filename else reason)
    numbered = OSError(error.errno, "")  # of the class that Python has for this number
    for kind in (Timeout, ServiceUnavailable, PermissionDenied, AlreadyExists):
        if any(isinstance(one, kind.__bases__) for one in (error, numbered)):
            return kind(message)
    if error.errno in _BY_ERRNO:
        return _BY_ERRNO[error.errno](message)
    is_missing = any(isinstance(one, FileNotFoundError) for one in (error, numbered))
    if error.errno is None or "://" in message:  # an SDK's own words
        return (ObjectNotFound if is_missing else CloudError)(message)
    if is_missing and not error.filename:  # an SDK's too, or ssl's of a file that a setting names
        return NotFound(message)
    local = (LocalFileNotFound if is_missing else LocalFileError)(message)
    local.errno, local.filename = error.errno, error.filename
    return local


def _from_http(error: BaseException) -> CloudError | None:
    """The same of the libraries for HTTP, whose own texts may hold a signed URL; None for an argument that is none."""
    code = _attribute(error, "code") or _attribute(_attribute(error, "response"), "status_code")
    if isinstance(code, int):
        kinds = {401: AuthenticationError, 403: PermissionDenied, 404: NotFound, 429: RateLimited}
        return kinds.get(code, ServiceUnavailable if code >= 500 else CloudError)(f"HTTP {code}", code=str(code))
    name = type(error).__name__
    kind, what = (Timeout, "no answer in time") if "Timeout" in name else (ServiceUnavailable, "not reached")
    return None if isinstance(error, ValueError) else kind(f"{name}: {what}")


def certificate_error(
    error: BaseException, setting: str, server: str = "", kind: type[CertificateError] = CertificateError
) -> CertificateError | None:
    """The error to raise where a server's certificate is not trusted; None where ``error`` tells something else.

    :param error: of Python's ssl module, or of a library to which that led: urllib, urllib3, requests, an SDK. Of one
        that does not keep what led to it, and has it as ``__context__`` alone, give that.
    :param setting: what names a file of the authorities to trust, such as ``"AWS_CA_BUNDLE"``.
    :param server: whose certificate it is, such as ``"s3.example.com"``; default: as urllib3 tells it. Where the
        certificate is that of an HTTPS proxy on the way, it says so.
    :param kind: the provider's own class for it.
    """
    links = _linked(error, ("__cause__", "reason", "inner_exception"))  # not what merely happened before
    # urllib3 checks names itself for some, such as botocore, and keeps the certificate
    reasons = (_attribute(link, "verify_message") or (_attribute(link, "_peer_cert") and link) for link in links)
    why = next((str(reason).rstrip(".") for reason in reasons if reason), "")
    host = next((pool.host for link in links if why and (pool := _attribute(link, "pool"))), "the server")
    whose = "the proxy" if any(_attribute(link, "original_error") for link in links) else server or host
    message = f"the certificate of {whose} is not trusted: {why}; {setting} names a file of authorities to trust"
    return kind(message, code="CERTIFICATE_VERIFY_FAILED") if why else None


def forget_requests(error: BaseException) -> None:
    """Take from an SDK's error, and from those that led to it, the requests that were sent.

    Their headers hold tokens, and error reports and Dask's answers hold causes.
    """
    for link in _linked(error, ("__cause__", "__context__", "response", "internal_response", "inner_exception")):
        if _attribute(link, "request") is not None:
            with suppress(Exception):
                link.request = None


def _linked(error: BaseException, leads_to: tuple[str, ...]) -> list[Any]:
    """An error, and the errors and answers to which these attributes and its arguments lead, 100 or so at most."""
    links: list[Any] = [error]
    for link in links:  # which grows
        others = [_attribute(link, name) for name in leads_to]
        listed = _attribute(link, "args" if isinstance(link, Exception) else "history")
        others += listed if isinstance(listed, (list, tuple)) else ()
        links += [o for o in others if o is not None and len(links) < 100 and all(o is not link for link in links)]
    return links


def _attribute(link: Any, name: str) -> Any:
    with suppress(Exception):  # of a property, such as httpx's of a request that there is not
        return getattr(link, name, None)
