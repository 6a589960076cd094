"""Real servers on loopback, to test storages against: ``with Swift() as server: ... server.endpoint_url``.

`Swift`, `Moto`, `Azurite` and `FakeGCS` are servers in processes of their own. `FaultProxy` stands between a
client and a server, and does what networks and busy services do: `Status`, `Reset`, `Stall`, `Truncate`,
`Corrupt`, `CorruptRequest`, `Slow`. `IdentityServer` answers for the services that hand out credentials:
`AwsIdentity`, `AzureIdentity`, `GoogleIdentity`.

``python -m codomyrmex.cloud.testing.backends install`` installs the servers, each into a virtual
environment of its own; ``list`` says what is there.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codomyrmex.cloud.testing.backends._server import BackendMissing as BackendMissing
    from codomyrmex.cloud.testing.backends._server import Server as Server
    from codomyrmex.cloud.testing.backends._server import ServerError as ServerError
    from codomyrmex.cloud.testing.backends.azure_identity import AzureIdentity as AzureIdentity
    from codomyrmex.cloud.testing.backends.azurite import Azurite as Azurite
    from codomyrmex.cloud.testing.backends.azurite import AzuriteOAuth as AzuriteOAuth
    from codomyrmex.cloud.testing.backends.azurite import AzuriteOnDisk as AzuriteOnDisk
    from codomyrmex.cloud.testing.backends.faults import Corrupt as Corrupt
    from codomyrmex.cloud.testing.backends.faults import CorruptRequest as CorruptRequest
    from codomyrmex.cloud.testing.backends.faults import FaultProxy as FaultProxy
    from codomyrmex.cloud.testing.backends.faults import Reset as Reset
    from codomyrmex.cloud.testing.backends.faults import Slow as Slow
    from codomyrmex.cloud.testing.backends.faults import Stall as Stall
    from codomyrmex.cloud.testing.backends.faults import Status as Status
    from codomyrmex.cloud.testing.backends.faults import Truncate as Truncate
    from codomyrmex.cloud.testing.backends.gcs import FakeGCS as FakeGCS
    from codomyrmex.cloud.testing.backends.google_identity import GoogleIdentity as GoogleIdentity
    from codomyrmex.cloud.testing.backends.identity import AwsIdentity as AwsIdentity
    from codomyrmex.cloud.testing.backends.identity import IdentityServer as IdentityServer
    from codomyrmex.cloud.testing.backends.moto import Moto as Moto
    from codomyrmex.cloud.testing.backends.swift import Swift as Swift
    from codomyrmex.cloud.testing.backends.untrusted import UntrustedServer as UntrustedServer

_MODULES = {
    "AwsIdentity": "identity",
    "AzureIdentity": "azure_identity",
    "Azurite": "azurite",
    "AzuriteOAuth": "azurite",
    "AzuriteOnDisk": "azurite",
    "BackendMissing": "_server",
    "Corrupt": "faults",
    "CorruptRequest": "faults",
    "FakeGCS": "gcs",
    "FaultProxy": "faults",
    "GoogleIdentity": "google_identity",
    "IdentityServer": "identity",
    "Moto": "moto",
    "Reset": "faults",
    "Server": "_server",
    "ServerError": "_server",
    "Slow": "faults",
    "Stall": "faults",
    "Status": "faults",
    "Swift": "swift",
    "Truncate": "faults",
    "UntrustedServer": "untrusted",
}

BACKENDS = {"swift": "Swift", "moto": "Moto", "azurite": "Azurite", "fake-gcs": "FakeGCS"}
"""What can be installed and started by name, to the class (a `Server`) that does it."""

__all__ = ["BACKENDS", *_MODULES]  # noqa: PLE0604, RUF100  # names that are resolved below


def __getattr__(name: str) -> object:
    # this package is imported in every run of pytest, and used in few
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value: object = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
