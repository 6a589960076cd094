"""One authenticated session for the clients of several services."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, Unpack

from codomyrmex.cloud.plugin import find_export

if TYPE_CHECKING:
    from codomyrmex.cloud.infomaniak.compute import InfomaniakComputeClient
    from codomyrmex.cloud.infomaniak.dns import InfomaniakDNSClient
    from codomyrmex.cloud.infomaniak.heat import InfomaniakHeatClient
    from codomyrmex.cloud.infomaniak.identity import InfomaniakIdentityClient
    from codomyrmex.cloud.infomaniak.metering import InfomaniakMeteringClient
    from codomyrmex.cloud.infomaniak.network import InfomaniakNetworkClient
    from codomyrmex.cloud.infomaniak.object_storage import InfomaniakObjectStorageClient
    from codomyrmex.cloud.infomaniak.openstack import ClientOptions, ProjectOptions
    from codomyrmex.cloud.infomaniak.volume import InfomaniakVolumeClient
    from openstack.connection import Connection


class InfomaniakCloud:
    """The clients of all services, made on first use, over one connection: one token for all.

    Parameters are those of each client; ``strict`` is passed on. A service that is not installed is an
    ImportError that says which ``pip install`` brings it.
    """

    def __init__(
        self, connection: Connection | None = None, *, strict: bool = False, **options: Unpack[ClientOptions]
    ) -> None:
        try:
            from codomyrmex.cloud.infomaniak.openstack import OpenStackClient
        except ModuleNotFoundError as error:
            brings = "'pip install codomyrmex-cloud-infomaniak[openstack]' brings it"
            raise ImportError(f"{error.name} is not installed: {brings}") from error
        self._base = OpenStackClient(connection, strict=strict, **options)
        self.strict = strict

    @classmethod
    def from_env(cls, *, strict: bool = False, **options: Unpack[ClientOptions]) -> Self:
        """By the environment alone: INFOMANIAK_APP_CREDENTIAL_ID, INFOMANIAK_APP_CREDENTIAL_SECRET and so on."""
        return cls(strict=strict, **options)

    @classmethod
    def from_credentials(
        cls,
        application_credential_id: str,
        application_credential_secret: str,
        auth_url: str | None = None,
        region: str = "dc3-a",
        *,
        strict: bool = False,
        **options: Unpack[ProjectOptions],
    ) -> Self:
        """By this application credential."""
        from codomyrmex.cloud.common import CloudCredentials

        given = CloudCredentials("infomaniak", application_credential_id, application_credential_secret)
        return cls(credentials=given, auth_url=auth_url, region=region, strict=strict, **options)

    @property
    def connection(self) -> Connection:
        """The openstack connection that the clients share."""
        return self._base.connection

    def validate_connection(self) -> bool:
        """Get a new token: whether the credentials hold now."""
        return self._base.validate_connection()

    def close(self) -> None:
        """Close the connection, if it was made here, and with it all clients. Safe to call twice."""
        self._base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"InfomaniakCloud(auth_url={self._base.auth_url!r}, region={self._base.region!r})"

    def _client(self, name: str) -> Any:
        return find_export(name)(self.connection, strict=self.strict)

    @cached_property
    def compute(self) -> InfomaniakComputeClient:
        """The client of servers, images and key pairs."""
        client: InfomaniakComputeClient = self._client("InfomaniakComputeClient")
        return client

    @cached_property
    def volume(self) -> InfomaniakVolumeClient:
        """The client of volumes, snapshots and backups."""
        client: InfomaniakVolumeClient = self._client("InfomaniakVolumeClient")
        return client

    @cached_property
    def network(self) -> InfomaniakNetworkClient:
        """The client of networks, security groups, floating IPs and load balancers."""
        client: InfomaniakNetworkClient = self._client("InfomaniakNetworkClient")
        return client

    @cached_property
    def object_storage(self) -> InfomaniakObjectStorageClient:
        """The client of containers and objects, by Swift; `InfomaniakS3Client` has keys of its own."""
        client: InfomaniakObjectStorageClient = self._client("InfomaniakObjectStorageClient")
        return client

    @cached_property
    def identity(self) -> InfomaniakIdentityClient:
        """The client of users, projects and credentials."""
        client: InfomaniakIdentityClient = self._client("InfomaniakIdentityClient")
        return client

    @cached_property
    def dns(self) -> InfomaniakDNSClient:
        """The client of zones, record sets and reverse DNS."""
        client: InfomaniakDNSClient = self._client("InfomaniakDNSClient")
        return client

    @cached_property
    def heat(self) -> InfomaniakHeatClient:
        """The client of stacks."""
        client: InfomaniakHeatClient = self._client("InfomaniakHeatClient")
        return client

    @cached_property
    def metering(self) -> InfomaniakMeteringClient:
        """The client of usage and quotas."""
        client: InfomaniakMeteringClient = self._client("InfomaniakMeteringClient")
        return client
