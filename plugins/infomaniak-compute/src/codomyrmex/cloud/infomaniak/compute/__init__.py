"""Infomaniak's servers: OpenStack Nova, with the images of Glance that they start from."""

from codomyrmex.cloud.infomaniak.compute._client import InfomaniakComputeClient

__all__ = ["InfomaniakComputeClient"]
