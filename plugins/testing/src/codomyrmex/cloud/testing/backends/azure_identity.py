"""What hands out tokens in Azure, on loopback: managed identities, and Microsoft Entra ID."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from email.message import Message
from urllib.parse import parse_qs

from codomyrmex.cloud.testing.backends.identity import IdentityService

_TENANT = "00000000-0000-0000-0000-000000000000"
_CLIENT = "11111111-1111-1111-1111-111111111111"


class AzureIdentity(IdentityService):
    """Tokens that `AzuriteOAuth` takes, for who has the right header, secret or assertion.

    A managed identity is asked over HTTP; Entra ID is spoken to over HTTPS alone.
    """

    _MANAGED = "/msi/token"

    def __init__(self) -> None:
        self.client_secret = secrets.token_hex(16)
        self.assertion = _token("https://kubernetes.default.svc")
        """What a workload is known by."""
        self.audience = "https://storage.azure.com"
        """For whom the tokens are."""
        self._header = secrets.token_hex(16)

    def managed_environment(self, header: str | None = None) -> dict[str, str]:
        """What a program in App Service finds. Another header is refused with 401.

        https://learn.microsoft.com/azure/app-service/overview-managed-identity (REST endpoint reference)
        """
        return {"IDENTITY_ENDPOINT": self.endpoint_url + self._MANAGED, "IDENTITY_HEADER": header or self._header}

    def secret_environment(self, client_secret: str | None = None) -> dict[str, str]:
        """What `EnvironmentCredential` looks for. Another secret is refused with 401."""
        return {**self._application(), "AZURE_CLIENT_SECRET": client_secret or self.client_secret}

    def workload_environment(self, token_file: str) -> dict[str, str]:
        """What a pod finds in Kubernetes.

        :param token_file: that holds ``assertion``.
        """
        return {**self._application(), "AZURE_FEDERATED_TOKEN_FILE": token_file}

    def answer(self, method: str, path: str, headers: Message, body: bytes) -> tuple[int, object] | None:
        """See `IdentityService`."""
        if path == self._MANAGED:
            return self._managed(headers)
        if path == f"/{_TENANT}/v2.0/.well-known/openid-configuration":
            return 200, self._configuration()
        if (method, path) == ("POST", f"/{_TENANT}/oauth2/v2.0/token"):
            return self._application_token({name: values[0] for name, values in parse_qs(body.decode()).items()})
        return None

    def _application(self) -> dict[str, str]:
        return {
            "AZURE_AUTHORITY_HOST": self.endpoint_url,
            "AZURE_TENANT_ID": _TENANT,
            "AZURE_CLIENT_ID": _CLIENT,
        }

    def _configuration(self) -> dict[str, str]:
        base = f"{self.endpoint_url}/{_TENANT}"
        return {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "issuer": f"{base}/v2.0",
        }

    def _managed(self, headers: Message) -> tuple[int, object]:
        if headers.get("X-IDENTITY-HEADER") != self._header:
            return 401, {"statusCode": 401, "message": "the identity header is wrong"}
        expires = str(int(time.time()) + 3600)
        return 200, {"access_token": _token(self.audience), "expires_on": expires, "token_type": "Bearer"}

    def _application_token(self, form: Mapping[str, str]) -> tuple[int, object]:
        known = form.get("client_secret") == self.client_secret or form.get("client_assertion") == self.assertion
        if not known:
            return 401, {
                "error": "invalid_client",
                "error_description": "AADSTS7000215: Invalid client secret provided.",
            }
        return 200, {"access_token": _token(self.audience), "expires_in": 3600, "token_type": "Bearer"}


def _token(audience: str) -> str:
    """A JWT that nobody signed."""
    now = int(time.time())
    claims = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{_TENANT}/",
        "iat": now,
        "nbf": now - 5,
        "exp": now + 3600,
        "appid": _CLIENT,
        "oid": _CLIENT,
        "tid": _TENANT,
        "ver": "1.0",
    }
    parts = (json.dumps(part).encode() for part in ({"typ": "JWT", "alg": "none"}, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*parts, b"none"))
