"""Infomaniak's usage, quotas and rating of a project."""

from codomyrmex.cloud.infomaniak.metering._client import InfomaniakMeteringClient

__all__ = ["InfomaniakMeteringClient"]
