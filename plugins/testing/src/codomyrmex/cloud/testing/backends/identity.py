"""The services that hand out credentials to programs in a cloud, on loopback.

aws = AwsIdentity(swift.access_key, swift.secret_key)
with IdentityServer(aws) as server:
    os.environ.update(aws.container_environment())
    ...  # the SDK finds its credentials
    assert [request.status for request in server.requests] == [200]
"""

from __future__ import annotations

import json
import os
import secrets
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, NamedTuple, Self

_CLIENT_SECONDS = 10
_CONTAINER = "/v2/credentials"
_SESSION = "/latest/api/token"
_ROLES = "/latest/meta-data/iam/security-credentials/"


class IdentityRequest(NamedTuple):
    """A request for credentials, or for what leads to them."""

    method: str
    path: str
    status: int
    """What it was answered."""


class IdentityService(ABC):
    """What one cloud's services answer."""

    endpoint_url: str
    """Of the server, once it runs."""
    response_headers: ClassVar[Mapping[str, str]] = {}
    """What each of its answers carries."""

    @abstractmethod
    def answer(self, method: str, path: str, headers: Message, body: bytes) -> tuple[int, object] | None:
        """Status and content (text, or what JSON can hold). None: it has no such path."""


class AwsIdentity(IdentityService):
    """AWS: credentials of containers (ECS, EKS) and of instances (EC2, IMDSv2 alone).

    Each request is answered with what the attributes say then, so a test may rotate and expire keys.
    """

    def __init__(
        self, access_key: str, secret_key: str, *, session_token: str = "", expires_in: float = 6 * 3600
    ) -> None:
        """:param session_token: empty for keys of a user, which need none.
        :param expires_in: seconds from each answer until the credentials expire.
        """
        self.access_key = access_key
        self.secret_key = secret_key
        self.session_token = session_token
        self.expires_in = expires_in
        self.role: str | None = "tester"
        """Of the instance; None: it has none."""
        self._container_token = secrets.token_hex(16)
        self._instance_token = secrets.token_hex(16)

    def container_environment(self, token: str | None = None) -> dict[str, str]:
        """What a container's programs find. Another token is refused with 403.

        https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
        """
        return {
            **_NOTHING_ELSE,
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": self.endpoint_url + _CONTAINER,
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": token or self._container_token,
        }

    def instance_environment(self) -> dict[str, str]:
        """What leads an instance's programs here instead of to the fixed address of EC2.

        https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html
        """
        return {
            **_NOTHING_ELSE,
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.endpoint_url,
            "AWS_EC2_METADATA_DISABLED": "false",
        }

    def answer(self, method: str, path: str, headers: Message, body: bytes) -> tuple[int, object] | None:
        """See `IdentityService`."""
        if (method, path) == ("GET", _CONTAINER):
            if headers.get("Authorization") != self._container_token:
                return 403, {"code": "AccessDenied", "message": "the authorization token is wrong"}
            return 200, self._credentials()
        if (method, path) == ("PUT", _SESSION):
            return (200, self._instance_token) if "X-aws-ec2-metadata-token-ttl-seconds" in headers else (400, "")
        if method == "GET" and path.startswith(_ROLES):
            return self._answer_instance(path.removeprefix(_ROLES), headers)
        return None

    def _answer_instance(self, role: str, headers: Message) -> tuple[int, object]:
        if headers.get("X-aws-ec2-metadata-token") != self._instance_token:
            return 401, ""  # IMDSv1 has no token
        if self.role and not role:
            return 200, self.role
        if self.role and role == self.role:
            return 200, {"Code": "Success", "Type": "AWS-HMAC", **self._credentials()}
        return 404, ""

    def _credentials(self) -> dict[str, str]:
        expires = datetime.now(UTC) + timedelta(seconds=self.expires_in)
        return {
            "AccessKeyId": self.access_key,
            "SecretAccessKey": self.secret_key,
            "Token": self.session_token,
            "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }


_NOTHING_ELSE = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""What keeps AWS's SDKs from the files of this machine's user, and from its cloud."""


class IdentityServer:
    """The services of one or several clouds on a free port of 127.0.0.1, in a thread of their own."""

    endpoint_url: str

    def __init__(self, *services: IdentityService, certificate: tuple[str, str] | None = None) -> None:
        """:param certificate: files of one and its key: it speaks HTTPS."""
        self._services = services
        self._certificate = certificate
        self._requests: list[IdentityRequest] = []

    @property
    def requests(self) -> list[IdentityRequest]:
        """Those that were answered so far."""
        return list(self._requests)

    def start(self) -> Self:
        """Listen; from now on the services know their ``endpoint_url``."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = False  # closing the server waits for them
        scheme = "http"
        if self._certificate:
            scheme = "https"
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self._certificate)
            # the handshake is left to the threads that read
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.endpoint_url = f"{scheme}://127.0.0.1:{self._server.server_port}"
        for service in self._services:
            service.endpoint_url = self.endpoint_url
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05], name="identity", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _answer(self, method: str, path: str, headers: Message, body: bytes) -> tuple[int, object, Mapping[str, str]]:
        status: int = 404
        content: object = ""
        carried: Mapping[str, str] = {}
        for service in self._services:
            if answer := service.answer(method, path.partition("?")[0], headers, body):
                (status, content), carried = answer, service.response_headers
                break
        self._requests.append(IdentityRequest(method, path, status))
        return status, content, carried

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            timeout = _CLIENT_SECONDS

            def do_GET(self) -> None:
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, content, carried = answer(self.command, self.path, self.headers, sent)
                body = (content if isinstance(content, str) else json.dumps(content)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/plain" if isinstance(content, str) else "application/json")
                self.send_header("Content-Length", str(len(body)))
                for name, value in carried.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_PUT = do_POST = do_GET  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return Handler
