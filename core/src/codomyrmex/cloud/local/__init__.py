"""Object storage in a folder of this machine: ``get_client(CloudProvider.LOCAL)``, ``local://bucket/key``."""

from codomyrmex.cloud.local._storage import LocalStorage

__all__ = ["LocalStorage"]
