"""`InfomaniakNetworkClient`: all that spec 4.4 names, and what its users need besides."""

from __future__ import annotations

from typing import ClassVar

from codomyrmex.cloud.infomaniak.network._addresses import FloatingIPs
from codomyrmex.cloud.infomaniak.network._balancing import Balancing
from codomyrmex.cloud.infomaniak.network._networks import Networks
from codomyrmex.cloud.infomaniak.network._routers import Routers
from codomyrmex.cloud.infomaniak.network._security import SecurityGroups


class InfomaniakNetworkClient(Networks, Routers, SecurityGroups, FloatingIPs, Balancing):
    """Networks, routers, security groups, floating IPs and load balancers (spec 4.4).

    It is made as every client of Infomaniak's OpenStack: by ``from_env()``, ``from_credentials()``, or
    from an ``openstack.connection.Connection``. Methods return False, [] or None on failure (spec 8), and
    ``last_error`` says why; with ``strict`` they raise the `InfomaniakCloudError` instead.

    Where an argument is called ``..._id``, a name does as well; a name that several have is an
    `InfomaniakConflictError`. What is still in use is not deleted: an `InfomaniakConflictError` with the
    service's reason. Deleting what does not exist is a failure.
    """

    service: ClassVar[str] = "network"
    service_type: ClassVar[str | None] = "network"
