"""Infomaniak's Public Cloud and newsletter. Every name is imported on first use.

`InfomaniakCloud` and the errors are here; each client comes with its own distribution, and the
ImportError of one that is not installed says which ``pip install`` brings it.
"""

import os
import sys

# As in codomyrmex.cloud: the services live beside this package, installed or editable.
_folders = [os.path.join(parent, "infomaniak") for parent in sys.modules["codomyrmex.cloud"].__path__]
__path__[:] = dict.fromkeys([*(folder for folder in _folders if os.path.isdir(folder)), *__path__])

_OWN = {"InfomaniakCloud": "cloud"} | dict.fromkeys(
    (
        "InfomaniakAlreadyExistsError",
        "InfomaniakAuthError",
        "InfomaniakCloudError",
        "InfomaniakConflictError",
        "InfomaniakCertificateError",
        "InfomaniakConnectionError",
        "InfomaniakContainerNotFoundError",
        "InfomaniakForbiddenError",
        "InfomaniakIntegrityError",
        "InfomaniakNotFoundError",
        "InfomaniakObjectNotFoundError",
        "InfomaniakPreconditionFailedError",
        "InfomaniakQuotaExceededError",
        "InfomaniakRateLimitError",
        "InfomaniakServerError",
        "InfomaniakTimeoutError",
        "InfomaniakUnsupportedError",
        "InfomaniakValidationError",
    ),
    "errors",
)

__all__ = [*_OWN]  # noqa: PLE0604, RUF100  # names that are resolved below


def __getattr__(name: str) -> object:
    from importlib import import_module

    if not name.startswith("Infomaniak"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name not in _OWN:
        return import_module("codomyrmex.cloud.plugin").find_export(name)
    globals()[name] = value = getattr(import_module(f"{__name__}.{_OWN[name]}"), name)
    return value


def __dir__() -> list[str]:
    from codomyrmex.cloud.plugin import exported_names

    return sorted({*globals(), *_OWN, *(name for name in exported_names() if name.startswith("Infomaniak"))})
