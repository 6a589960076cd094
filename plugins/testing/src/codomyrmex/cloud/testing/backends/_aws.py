"""What the servers that speak AWS's protocols share."""

from __future__ import annotations

from typing import NamedTuple

from codomyrmex.cloud.testing.backends._server import Server


class Keys(NamedTuple):
    """What a client of AWS signs its requests with."""

    access_key: str
    secret_key: str


class AwsServer(Server):
    """A server that clients of AWS are led to by the address of its endpoint."""

    endpoint_url: str
    """Once it runs."""
    region = "us-east-1"
    access_key: str
    secret_key: str

    def environment(self) -> dict[str, str]:
        """What leads AWS's SDKs to it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": self.region,
        }
