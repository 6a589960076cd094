"""Infomaniak's orchestration: stacks of resources made from templates, by OpenStack Heat."""

from codomyrmex.cloud.infomaniak.heat._client import InfomaniakHeatClient

__all__ = ["InfomaniakHeatClient"]
