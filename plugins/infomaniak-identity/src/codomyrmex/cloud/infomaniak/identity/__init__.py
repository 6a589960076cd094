"""Infomaniak's identity service: user, projects and credentials, as `InfomaniakIdentityClient`."""

from codomyrmex.cloud.infomaniak.identity._client import InfomaniakIdentityClient

__all__ = ["InfomaniakIdentityClient"]
