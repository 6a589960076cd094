"""Infomaniak's block storage: OpenStack Cinder, with the servers of Nova that volumes are attached to."""

from codomyrmex.cloud.infomaniak.volume._client import InfomaniakVolumeClient

__all__ = ["InfomaniakVolumeClient"]
