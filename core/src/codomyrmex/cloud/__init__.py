"""One Python interface to storage, compute, documents and infrastructure.

``get_client`` and ``open_storage`` find providers; every name below, and every name that an
installed plugin exports (``S3Client``, ``CodaClient``, ...), is imported on first use.
"""

import os
import sys

# Plugins live beside the core, installed or editable: what pkgutil.extend_path does, without 8 ms of imports.
_folders = [os.path.join(parent, "cloud") for parent in sys.modules["codomyrmex"].__path__]
__path__ += [folder for folder in _folders if folder not in __path__ and os.path.isdir(folder)]

__version__ = "0.1.0"

_MODULES = {
    "registry": "API_VERSION ProviderInfo get_client open_storage providers register unregister",
    "errors": "CloudError",
    "common": "Capability CloudClient CloudCredentials CloudProvider CloudResource ComputeClient "
    "ObjectInfo ResourceType ServerlessClient StorageClient",
}
_OWN = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = ["__version__", *_OWN]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in _OWN:
        return import_module(f"{__name__}._loading").find_export(name)
    globals()[name] = value = getattr(import_module(f"{__name__}.{_OWN[name]}"), name)
    return value


def __dir__() -> list[str]:
    from ._loading import exported_names

    return sorted({*globals(), *_OWN, *exported_names()})
