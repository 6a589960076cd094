"""A Coda on loopback: `CodaServer`."""

from codomyrmex.cloud.testing.services.coda._server import CodaServer

__all__ = ["CodaServer"]
