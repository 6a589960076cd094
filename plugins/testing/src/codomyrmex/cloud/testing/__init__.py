"""The conformance suite every storage runs, and real back ends to run it against."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codomyrmex.cloud.testing.conformance import ODD_KEYS as ODD_KEYS
    from codomyrmex.cloud.testing.conformance import Proxied as Proxied
    from codomyrmex.cloud.testing.conformance import Response as Response
    from codomyrmex.cloud.testing.conformance import StorageConformance as StorageConformance
    from codomyrmex.cloud.testing.conformance import Topic as Topic
    from codomyrmex.cloud.testing.conformance import Untrusted as Untrusted
    from codomyrmex.cloud.testing.conformance import not_applicable as not_applicable

__all__ = ["ODD_KEYS", "Proxied", "Response", "StorageConformance", "Topic", "Untrusted", "not_applicable"]


def __getattr__(name: str) -> object:
    # this package is imported in every run of pytest, and used in few
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from codomyrmex.cloud.testing import conformance

    return getattr(conformance, name)
