"""An openstack Connection by application credential, with time-outs, repeats and a name for the logs over there."""

from __future__ import annotations

from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import requests
from codomyrmex.cloud import __version__
from codomyrmex.cloud.infomaniak._errors import translate
from codomyrmex.cloud.infomaniak.credentials import Settings
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakAuthError,
    InfomaniakCertificateError,
    InfomaniakCloudError,
    InfomaniakConnectionError,
)
from codomyrmex.cloud.rest.certificates import tls_error
from codomyrmex.cloud.rest.client import never_left
from codomyrmex.cloud.rest.retries import MAX_RETRY_AFTER, parse_retry_after
from keystoneauth1.access.access import AccessInfoV3
from keystoneauth1.exceptions import InvalidResponse, NotFound
from keystoneauth1.identity.v3 import ApplicationCredential
from keystoneauth1.session import Session, TCPKeepAliveAdapter
from openstack.connection import Connection
from urllib3.exceptions import MaxRetryError, ReadTimeoutError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry

CONNECT_TIMEOUT = 10.0
"""Seconds for a connection, if the time-out for an answer is not shorter."""
_CONNECTIONS = 32
_READS = ("GET", "HEAD", "OPTIONS")
_BUSY = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)


def connect(settings: Settings, timeout: float) -> tuple[Connection, requests.Session]:
    """The connection, and the HTTP session under it, which whoever made it closes. Sends nothing yet.

    :param timeout: seconds for each answer.
    """
    http = requests.Session()
    for scheme in ("https://", "http://"):
        http.mount(scheme, _Adapter(_READS))
    # a second token does no harm: asking for one is repeated as reads are
    http.mount(f"{settings.auth_url}/auth/tokens", _Adapter((*_READS, "POST")))
    session = Session(
        auth=_ApplicationCredential(settings),
        session=http,
        timeout=timeout,
        app_name="codomyrmex-cloud",
        app_version=__version__,
    )
    return Connection(session=session, region_name=settings.region), http


def was_repeated(connection: Connection, method: str, url: str, status: int | None = None) -> bool:
    """Whether the connection itself has sent this again, as those of `connect` do and one from elsewhere may not.

    :param status: of the answer; None where none came.
    """
    if not isinstance(connection.session.session.get_adapter(url), _Adapter):
        return False
    return status == HTTPStatus.TOO_MANY_REQUESTS or (method in _READS and (status is None or status in _BUSY))


class _ApplicationCredential(ApplicationCredential):
    """Keystone's token by application credential. One belongs to one project, so a wrong one is told here."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(
            settings.auth_url,
            application_credential_id=settings.id,
            application_credential_secret=settings.secret,
        )
        self._project_id = settings.project_id

    def get_auth_ref(self, session: Session) -> AccessInfoV3:
        try:
            access = super().get_auth_ref(session)
        except (NotFound, InvalidResponse) as error:
            raise self._not_known(error) from error
        if self._project_id not in (None, access.project_id):
            raise InfomaniakAuthError(
                f"the application credential belongs to project {access.project_id}, not to {self._project_id}: "
                "make one in that project, or leave out INFOMANIAK_PROJECT_ID"
            )
        return access

    def _not_known(self, error: NotFound | InvalidResponse) -> InfomaniakCloudError:
        """Keystone does not know the credential; what is no Keystone does not know the path."""
        answer = translate(error)
        if answer is not None and "application credential" in answer.message.lower():
            return InfomaniakAuthError(f"{answer.message} It is mistyped or deleted", 404, request_id=answer.request_id)
        return InfomaniakConnectionError(
            f"there is no Keystone at {self.auth_url}; check INFOMANIAK_AUTH_URL", retryable=False
        )


class _Adapter(TCPKeepAliveAdapter):
    """Pooled connections for several threads, with repeats.

    keystoneauth's own repeats wait as long as the service asks, for hours if need be, and cannot tell a
    connection that never was from one that broke after the request was sent.
    """

    def __init__(self, repeatable: tuple[str, ...]) -> None:
        super().__init__(max_retries=_Repeats(allowed_methods=repeatable), pool_maxsize=_CONNECTIONS)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        seconds = kwargs.get("timeout")
        if isinstance(seconds, int | float):
            kwargs["timeout"] = (min(CONNECT_TIMEOUT, seconds), seconds)
        try:
            return super().send(request, *args, **kwargs)
        except OSError as error:  # told here, as the SDK's discovery goes on after errors of keystoneauth's
            if of_tls := tls_error(error, InfomaniakCertificateError):
                raise of_tls from error
            raise


class _Repeats(Retry):
    """What is sent again: reads, when the service was busy or the connection broke; anything that was not executed
    (429, no connection). A read that took too long is not: it would again. Nor is anything that the service wants to
    have sent only after more than `MAX_RETRY_AFTER` seconds: the caller is told.
    """

    def __init__(self, **options: Any) -> None:
        defaults = {
            "total": 4,
            "connect": 2,
            "status_forcelist": _BUSY,
            "backoff_factor": 0.2,
            "backoff_jitter": 0.1,
            "raise_on_status": False,
            "redirect": False,
        }
        super().__init__(**{**defaults, **options})

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        if status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return True
        return self._is_method_retryable(method) and status_code in _BUSY

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        if isinstance(error, ReadTimeoutError):
            raise error
        if error is not None and tls_error(error):
            raise MaxRetryError(_pool, url or "", error)
        if error is not None and not (method and self._is_method_retryable(method)) and not never_left(error):
            raise error
        if response is not None and (self.get_retry_after(response) or 0) > MAX_RETRY_AFTER:
            raise MaxRetryError(_pool, url or "")  # gives the caller the answer as it is
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        return parse_retry_after(response.headers.get("Retry-After"))
