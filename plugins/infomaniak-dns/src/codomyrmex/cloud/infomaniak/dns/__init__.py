"""DNS of Infomaniak Public Cloud: OpenStack Designate."""

from codomyrmex.cloud.infomaniak.dns._client import InfomaniakDNSClient

__all__ = ["InfomaniakDNSClient"]
