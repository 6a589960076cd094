"""One Python interface to storage, compute, documents and infrastructure.

``get_client`` and ``open_storage`` find providers; every name below, and every name that an
installed plugin exports (``S3Client``, ``CodaClient``, ...), is imported on first use.
"""

import os
import sys

# Plugins live beside the core, installed or editable; of one that is there twice the first on sys.path counts.
_folders = [os.path.join(parent, "cloud") for parent in sys.modules["codomyrmex"].__path__]
__path__[:] = dict.fromkeys([*(folder for folder in _folders if os.path.isdir(folder)), *__path__])

__version__ = "0.1.0"

_MODULES = {
    "registry": "API_VERSION ProviderInfo get_client open_storage providers register unregister",
    "errors": "CloudError",
    "common": "Capability CloudClient CloudCredentials CloudProvider CloudResource ComputeClient "
    "ObjectInfo ResourceType ServerlessClient StorageClient",
}
_SUBMODULES = {*_MODULES, "hooks", "local", "plugin"}
_OWN = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = ["__version__", *_OWN]


class _LastFinder:
    """Asked last, for a module of ours that is not there: its ImportError says what to install.

    ``from codomyrmex.cloud import S3Client`` comes here too, where `__getattr__` has no such name.
    """

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        caller = sys._getframe(1).f_back  # of importlib's own
        only_asks = caller and caller.f_globals.get("__name__") == "importlib.util"
        if name.startswith(f"{__name__}.") and "._" not in name and not only_asks:
            from ._missing import check_import

            check_import(name, __all__)


sys.meta_path.append(_LastFinder)


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _OWN:
        from ._loading import find_export

        return find_export(name, __all__)
    globals()[name] = value = getattr(import_module(f"{__name__}.{_OWN[name]}"), name)
    return value


def __dir__() -> list[str]:
    from ._loading import exported_names

    return sorted({*globals(), *_OWN, *_SUBMODULES, *exported_names()})
