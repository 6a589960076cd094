"""What a client written with requests needs: a token that shows itself nowhere, paths, and why there is no answer."""

from __future__ import annotations

import json
import ssl
from traceback import walk_tb
from typing import Any, AnyStr, NamedTuple
from urllib.parse import quote

import requests
from codomyrmex.cloud.rest.redaction import MASK, redact
from codomyrmex.cloud.rest.statuses import NOT_IN_TIME, NOT_REACHED
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InvalidHeader,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
)

_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
"""How OpenSSL calls an answer that is none of TLS; newer ones the latter."""

_NO_TUNNEL = "Tunnel connection failed"
"""How http.client says that a proxy refused to lead on."""


class Bearer(requests.auth.AuthBase):
    """The token, which leaves this object in one header only. Given as ``auth``, no .netrc takes its place."""

    __slots__ = ("_token",)

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the header into a request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def redact(self, text: AnyStr) -> AnyStr:
        """A text, or bytes, without the token: gateways echo headers, and services what was sent."""
        return redact(text, self._token)

    def redact_json(self, value: Any) -> Any:
        """The same of what JSON holds, however the token was written there."""
        try:
            text = json.dumps(value, ensure_ascii=False)
        except RecursionError:  # too deep for anybody to look into
            return MASK
        return json.loads(redact(text, json.dumps(self._token)[1:-1]))

    def __repr__(self) -> str:
        return f"Bearer({MASK})"


def path_part(part: str) -> str:
    """``part`` as one segment of a path, whatever it holds. TypeError or ValueError for what cannot be one."""
    if not isinstance(part, str):
        raise TypeError(f"an id or name is str, not {type(part).__name__}")
    if part in ("", ".", ".."):  # every client and gateway would take it for a step in the path
        raise ValueError(f"not an id or name: {part!r}")
    return quote(part, safe="")


def reason_of(error: requests.RequestException) -> BaseException:
    """What urllib3 said of an exchange that gave no whole answer; ``error`` itself where that is not known.

    ``error`` forgets the request, which holds the token: error reports hold causes.
    """
    error.request = error.response = None
    reason: Any = error.args[0] if error.args else error
    if isinstance(reason, MaxRetryError) and reason.reason is not None:
        reason = reason.reason
    return reason if isinstance(reason, HTTPError) else error


def never_left(reason: BaseException) -> bool:
    """Whether what urllib3 raised for a request says that nothing of it can have reached the service.

    It raises a ProxyError for a proxy that is not there, and also where the connection breaks after the request.
    """
    first = reason.original_error if isinstance(reason, ProxyError) else reason
    not_connected = isinstance(first, ConnectTimeoutError | NewConnectionError) or _NO_TUNNEL in str(first)
    return not_connected or any(_in_handshake(cause) for cause in reason.args if isinstance(cause, OSError))


class NoAnswer(NamedTuple):
    """What it means that an exchange gave no whole answer."""

    message: str
    """What to say of it, without a URL: that may be secret."""
    timed_out: bool
    """Whether the time was over; else the service was not reached, or the connection broke."""
    permanent: bool
    """Whether the same request fails again: there is no TLS that both sides accept, or it cannot be sent."""
    arrived: bool
    """Whether the service may have got the request, and done what it asks for."""


def no_answer(error: requests.RequestException) -> NoAnswer:
    """Judge an exchange that gave no whole answer. ``error`` forgets the request, as by `reason_of`.

    Whether it is a matter of certificates tells `codomyrmex.cloud.rest.certificates.tls_error`.
    """
    reason = reason_of(error)
    causes = [cause for cause in reason.args if isinstance(cause, OSError)]
    unsendable = isinstance(error, ValueError) and not isinstance(reason, InvalidHeader)  # which is of an answer
    cut = any(isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError) for cause in causes)
    without_tls = any(getattr(cause, "reason", None) in _NO_TLS for cause in causes)
    timed_out = isinstance(error, requests.Timeout) or isinstance(reason, ReadTimeoutError)
    message = NOT_IN_TIME if timed_out else f"{NOT_REACHED}: {_what_happened(reason)}"
    return NoAnswer(
        message="the server speaks no TLS there; is its URL one of http://?" if without_tls else message,
        timed_out=timed_out,
        permanent=(isinstance(error, requests.exceptions.SSLError) and not cut) or unsendable,
        arrived=not (unsendable or never_left(reason)),
    )


def _what_happened(reason: BaseException) -> str:
    """Why there was no connection, or it broke, in the system's words, and to which host. Nothing of the URL's path."""
    first = reason.original_error if isinstance(reason, ProxyError) else reason
    causes = [cause for cause in (*first.args, first.__cause__) if isinstance(cause, OSError)]
    words = next((cause.strerror or str(cause) for cause in causes), "") or type(first).__name__
    connection = getattr(first, "conn", None)
    host = getattr(connection, "host", None)
    return f"{words} ({host}:{connection.port})" if connection and host else words


def _in_handshake(error: BaseException) -> bool:
    """Whether it was raised before TLS stood, so that no request can have left."""
    return any(frame.f_code.co_name == "do_handshake" for frame, _ in walk_tb(error.__traceback__))
