"""Azurite, Microsoft's emulator of Azure Storage: its blob service.

It checks signatures, conditions and checksums. It lacks uploads from URLs and versions, answers 500 where it
should refuse a batch of deletes or list a name that XML cannot hold, and keeps uncommitted blocks when their
blob is replaced. Some 280 requests a second.
"""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
from typing import ClassVar

from codomyrmex.cloud.testing.backends._server import Program, Server, ServerError


class Azurite(Server):
    """One storage account over HTTP, in memory. Clients come with its key, or with a SAS."""

    name = "azurite"
    requirements = ("trustme",)
    node_packages = ("azurite@>=3.37",)  # older ones do not tell what was wrong with an MD5

    account_url: str
    """Once it runs."""
    account_name = "tester"
    account_key: str
    in_memory: ClassVar[bool] = True
    """Or in its folder."""
    _scheme = "http"

    @property
    def connection_string(self) -> str:
        """What leads a client to it, with the key."""
        return (
            f"DefaultEndpointsProtocol={self._scheme};AccountName={self.account_name};"
            f"AccountKey={self.account_key};BlobEndpoint={self.account_url};"
        )

    def environment(self) -> dict[str, str]:
        """What leads a client to it."""
        return {
            "AZURE_STORAGE_ACCOUNT_URL": self.account_url,
            "AZURE_STORAGE_CONNECTION_STRING": self.connection_string,
        }

    def _programs(self, ports: list[int]) -> list[Program]:
        self._endpoint = f"{self._scheme}://127.0.0.1:{ports[0]}"
        self.account_url = f"{self._endpoint}/{self.account_name}"
        self.account_key = base64.b64encode(secrets.token_bytes(64)).decode()
        main = os.path.join(self.venv().path, "node_modules", "azurite", "dist", "src", "blob", "main.js")
        storage = ["--inMemoryPersistence"] if self.in_memory else ["--location", os.path.join(self.folder, "data")]
        listen = ["--blobHost", "127.0.0.1", "--blobPort", str(ports[0])]
        options = [*listen, *storage, *self._security(), "--skipApiVersionCheck", "--disableTelemetry"]
        accounts = {"AZURITE_ACCOUNTS": f"{self.account_name}:{self.account_key}"}
        return [Program("azurite", [self.venv().node(), main, *options], accounts)]

    def _security(self) -> list[str]:
        return []

    def _answers(self) -> bool:
        return f"successfully listens on {self._endpoint}" in self.log()  # another's server may answer there


class AzuriteOnDisk(Azurite):
    """As `Azurite`, for more data than memory holds."""

    in_memory = False


class AzuriteOAuth(Azurite):
    """As `Azurite`, over HTTPS: it takes tokens too. Clients must trust ``authority``."""

    _scheme = "https"

    certificate: tuple[str, str]
    """Files: of the server, and its key."""
    authority: str
    """File: what the certificate is trusted by."""

    def environment(self) -> dict[str, str]:
        """What leads a client to it, and makes it trust the certificate."""
        return {**super().environment(), "REQUESTS_CA_BUNDLE": self.authority, "SSL_CERT_FILE": self.authority}

    def _security(self) -> list[str]:
        command = [self.venv().python, "-I", "-m", "trustme", "--quiet", "-i", "127.0.0.1", "-d", self.folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own
        if done.returncode:
            raise ServerError(f"no certificate was made\n{done.stderr}")
        certificate, key, self.authority = (
            os.path.join(self.folder, name) for name in ("server.pem", "server.key", "client.pem")
        )
        self.certificate = certificate, key
        return ["--cert", certificate, "--key", key, "--oauth", "basic"]
