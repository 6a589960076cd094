"""One class for each protocol, made when it is first asked for: ``protocols.acme`` is that of ``cloud+acme``.

So an entry point of group ``fsspec.specs`` may name the class of any provider::

    "cloud+acme" = "codomyrmex.cloud.fsspec.protocols:acme"
"""

from __future__ import annotations

import threading

from codomyrmex.cloud import providers
from codomyrmex.cloud.fsspec._filesystem import CloudFileSystem
from fsspec import register_implementation

_made: dict[str, type[CloudFileSystem]] = {}
_lock = threading.Lock()


def filesystem_class(name: str) -> type[CloudFileSystem]:
    """The file system over the provider, or the URL scheme, of this name, whether or not it is installed."""
    with _lock:  # two classes of one protocol would not be equal
        if name not in _made:
            members = {"protocol": f"cloud+{name}", "__module__": __name__, "__doc__": CloudFileSystem.__doc__}
            _made[name] = type(name, (CloudFileSystem,), members)
        return _made[name]


def register_protocols() -> None:
    """Make fsspec know the protocols of all storages installed, or registered, by now."""
    for info in providers():
        if info.service == "storage":
            for name in {info.provider, *info.schemes}:
                register_implementation(f"cloud+{name}", filesystem_class(name))


def __getattr__(name: str) -> type[CloudFileSystem]:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return filesystem_class(name)
