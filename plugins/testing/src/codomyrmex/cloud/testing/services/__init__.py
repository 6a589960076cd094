"""Services with an HTTP API of their own, kept in this process: what an application's tests run against, offline.

`CodaServer` is a Coda, `NewsletterServer` a newsletter of Infomaniak's. Each keeps state, answers in pages, limits
rates, and fails where a test orders it (`ApiServer.fail`, with a `Response`).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codomyrmex.cloud.testing.services._api_server import ApiServer as ApiServer
    from codomyrmex.cloud.testing.services._http import ReceivedRequest as ReceivedRequest
    from codomyrmex.cloud.testing.services._http import Response as Response
    from codomyrmex.cloud.testing.services.coda import CodaServer as CodaServer
    from codomyrmex.cloud.testing.services.newsletter import NewsletterServer as NewsletterServer

_MODULES = {
    "ApiServer": "_api_server",
    "CodaServer": "coda",
    "NewsletterServer": "newsletter",
    "ReceivedRequest": "_http",
    "Response": "_http",
}

__all__ = [*_MODULES]  # noqa: PLE0604, RUF100  # names that are resolved below


def __getattr__(name: str) -> object:
    # this package is imported in every run of pytest, and used in few
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value: object = getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
