"""What hands out Google's tokens: to service accounts, to machines (GCE), to workloads of other clouds.

google = GoogleIdentity()
with IdentityServer(google) as server:
key_file.write_text(json.dumps(google.key_file()))
os.environ["GOOGLE_APPLICATION_CREDENTIALS"] = str(key_file)
...  # the SDK finds its credentials
assert google.principal(token) == google.email
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from email.message import Message
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import parse_qs

from codomyrmex.cloud.testing.backends.identity import IdentityService


class GoogleIdentity(IdentityService):
    """The token endpoint for keys of service accounts, the Security Token Service, and a machine's metadata server.

    It needs the package cryptography, which google-auth brings.
    """

    response_headers: ClassVar[Mapping[str, str]] = {"Metadata-Flavor": "Google"}

    _TOKEN = "/token"  # noqa: S105  # a path
    _EXCHANGE = "/v1/token"
    _METADATA = "/computeMetadata/v1/"
    _ACCOUNT = "instance/service-accounts/"

    def __init__(self, project: str = "ants-project", *, expires_in: float = 3600) -> None:
        """:param expires_in: seconds that a token is valid for, as it is told."""
        self.project = project
        self.email = f"worker@{project}.iam.gserviceaccount.com"
        """Of the service account."""
        self.expires_in = expires_in
        self.refuses = False
        """Whether no more tokens are handed out, as after a key was deleted."""
        self.subject_token = secrets.token_hex(16)
        """By which another cloud vouches for a workload."""
        self._principals: dict[str, str] = {}

    def principal(self, token: str) -> str | None:
        """Whom the token was handed out to; None: it was not."""
        return self._principals.get(token)

    def token(self, principal: str = "") -> str:
        """A new token, of the service account unless told otherwise."""
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self._principals[token] = principal or self.email
        return token

    def key_file(self) -> dict[str, str]:
        """The content of a service account's key file."""
        return {
            "type": "service_account",
            "project_id": self.project,
            "private_key_id": "1",
            "private_key": self.private_key,
            "client_email": self.email,
            "client_id": "1",
            "token_uri": self.endpoint_url + self._TOKEN,
        }

    def workload_file(self, subject_token_path: str) -> dict[str, Any]:
        """The content of a credential configuration for workload identity federation.

        https://cloud.google.com/iam/docs/workload-identity-federation
        """
        return {
            "type": "external_account",
            "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/q",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": self.endpoint_url + self._EXCHANGE,
            "credential_source": {"file": subject_token_path},
        }

    def machine_environment(self) -> dict[str, str]:
        """What leads a machine's programs here instead of to the fixed address of Google's metadata server."""
        host = self.endpoint_url.removeprefix("http://")
        return {**NO_GOOGLE, "NO_GCE_CHECK": "false", "GCE_METADATA_HOST": host, "GCE_METADATA_IP": host}

    @cached_property
    def private_key(self) -> str:
        """Of the service account, in PEM."""
        from cryptography.hazmat.primitives import serialization as form

        pem: bytes = self._key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
        return pem.decode()

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether the service account signed the data (RSA, SHA-256)."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import padding
        from cryptography.hazmat.primitives.hashes import SHA256

        try:
            self._key.public_key().verify(signature, data, padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True

    def answer(self, method: str, path: str, headers: Message, body: bytes) -> tuple[int, object] | None:
        """See `IdentityService`."""
        if (method, path) == ("POST", self._TOKEN):
            return self._answer_token({name: values[0] for name, values in parse_qs(body.decode()).items()})
        if (method, path) == ("POST", self._EXCHANGE):
            return self._answer_exchange({name: values[0] for name, values in parse_qs(body.decode()).items()})
        if method == "GET" and f"{path}/".startswith(("//", self._METADATA)):
            return self._answer_metadata(path.removeprefix(self._METADATA), headers)
        return None

    def _answer_token(self, form: Mapping[str, str]) -> tuple[int, object]:
        parts = form.get("assertion", "").split(".")
        if self.refuses or len(parts) != 3 or not self.verify(_decoded(parts[2]), ".".join(parts[:2]).encode()):
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        return 200, self._told(self.token(json.loads(_decoded(parts[1]))["iss"]))

    def _answer_exchange(self, form: Mapping[str, str]) -> tuple[int, object]:
        if self.refuses or form.get("subject_token") != self.subject_token:
            return 400, {"error": "invalid_grant", "error_description": "The subject token is not one of the provider."}
        told = self._told(self.token("principal://iam.googleapis.com/workload"))
        return 200, {**told, "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"}

    def _answer_metadata(self, path: str, headers: Message) -> tuple[int, object]:
        if headers.get("Metadata-Flavor") != "Google":
            return 403, "Missing required header: Metadata-Flavor"
        if path.startswith(self._ACCOUNT):
            if path.endswith("/token"):
                return (404, "no service account") if self.refuses else (200, self._told(self.token()))
            return 200, {"email": self.email, "scopes": ["https://www.googleapis.com/auth/cloud-platform"]}
        texts = {"project/project-id": self.project, "universe/universe-domain": "googleapis.com", "/": "", "": ""}
        return (200, texts[path]) if path in texts else (404, "")

    def _told(self, token: str) -> dict[str, object]:
        return {"access_token": token, "expires_in": int(self.expires_in), "token_type": "Bearer"}

    @cached_property
    def _key(self) -> Any:
        from cryptography.hazmat.primitives.asymmetric import rsa

        return rsa.generate_private_key(public_exponent=65537, key_size=2048)


NO_GOOGLE = {
    "CLOUDSDK_CONFIG": os.path.join(os.devnull, "none"),
    "NO_GCE_CHECK": "true",
}
"""What keeps Google's SDKs from the files of this machine's user, and from its cloud."""


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
