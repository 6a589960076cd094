"""A Coda on loopback: `CodaServer`, what it holds, and what its tests need."""

from codomyrmex.cloud.testing.services.coda._records import Column, Doc, Page, Row, Table, View
from codomyrmex.cloud.testing.services.coda._responses import error
from codomyrmex.cloud.testing.services.coda._server import VENDOR_RATES, CodaServer, faster
from codomyrmex.cloud.testing.services.coda._service import TOKEN

__all__ = ["TOKEN", "VENDOR_RATES", "CodaServer", "Column", "Doc", "Page", "Row", "Table", "View", "error", "faster"]
