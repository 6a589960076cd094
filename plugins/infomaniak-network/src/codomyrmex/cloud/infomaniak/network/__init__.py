"""Networks of Infomaniak Public Cloud: OpenStack Neutron, and Octavia for load balancers."""

from codomyrmex.cloud.infomaniak.network._client import InfomaniakNetworkClient

__all__ = ["InfomaniakNetworkClient"]
