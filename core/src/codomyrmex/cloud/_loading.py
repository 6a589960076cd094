"""What entry points name: found and imported, or an error that says what to do."""

from collections.abc import Iterable
from typing import Any

from codomyrmex.cloud import _state
from codomyrmex.cloud._entry_points import EXPORTS, HOOKS, PROVIDERS, WHERE, EntryPoint
from codomyrmex.cloud.errors import DuplicateProviderError, IncompatibleProviderError, ProviderLoadError

API_VERSION = 1
"""The plugin API spoken here. A plugin's class may say for which it was built, by an attribute of
this name; one for another version is refused."""


def find(group: str, name: str, loaded: dict[str, Any]) -> Any:
    """What the entry point of this name names, imported unless it is in the table ``loaded``; None where none is.

    Raises:
        ProviderLoadError: It cannot be imported, is there twice, or is built for another `API_VERSION`.
    """
    if name not in loaded and (entry := find_entry(group, name)):
        loaded[name] = load(entry)
    return loaded.get(name)


def load(entry: EntryPoint) -> Any:
    """The object that an entry point names.

    Raises:
        ProviderLoadError: It cannot be imported; the cause is chained, and the message says how to be rid of it.
        IncompatibleProviderError: It is built for another `API_VERSION`.
    """
    from codomyrmex.cloud._drivers import Chosen  # it imports stevedore, so only where something is loaded

    if entry.metadata is None:
        raise load_error(entry, "has hooks, and metadata that is damaged")
    try:
        loaded = Chosen(entry).driver
        built_for = getattr(loaded, "API_VERSION", API_VERSION)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin that exits, say, is broken and no end of the program
        raise load_error(entry, f"cannot be imported: {type(error).__name__}: {error}") from error
    check_version(entry, built_for)
    if entry.group == PROVIDERS and not callable(loaded):
        raise load_error(entry, "names no class and no function")
    return loaded


def load_error(entry: EntryPoint, reason: str) -> ProviderLoadError:
    """The error that tells why a plugin is of no use, and what to do."""
    name = entry.distribution
    cure = f"'pip install -U {name}'{WHERE} may mend it, 'pip uninstall {name}'{WHERE} removes it"
    return _about(entry, ProviderLoadError, f"{entry} {' '.join(reason.split())}; {cure}")


def find_entry(group: str, name: str) -> EntryPoint | None:
    """The entry point of this name in this group, or None. What is installed is read again.

    Raises:
        DuplicateProviderError: Several distributions offer the name.
    """
    entries = [entry for entry in _state.entry_points(group, refresh=True) if entry.name == name]
    if len(entries) > 1:
        message = f"{name!r} is offered by {' and by '.join(map(str, entries))}; uninstall all but one{WHERE}"
        raise _about(entries[0], DuplicateProviderError, message)
    return entries[0] if entries else None


def exported_names() -> set[str]:
    """The names that plugins export, as in ``from codomyrmex.cloud import S3Client``. Imports no plugin."""
    return {entry.name for entry in _state.entry_points(EXPORTS, refresh=True)}


def find_export(name: str, cores: Iterable[str] = ()) -> Any:
    """The object that a plugin exports under this name. ``cores`` are names of the core that may have been meant.

    Raises:
        AttributeError: No plugin exports it (PEP 562). The message says what to install, where that is known.
    """
    if (exported := find(EXPORTS, name, _state.current.exports)) is not None:
        return exported
    from codomyrmex.cloud._missing import about_export

    unknown = f"module 'codomyrmex.cloud' has no attribute {name!r}, and no installed plugin exports it"
    raise AttributeError(about_export(name, cores) or unknown, name=name)


def check_version(what: object, built_for: Any) -> None:
    """Raise IncompatibleProviderError for what is built for another `API_VERSION`."""
    if built_for != API_VERSION:
        older = "codomyrmex-cloud" if isinstance(built_for, int) and built_for > API_VERSION else "the plugin"
        versions = f"plugin API {built_for}, and this codomyrmex-cloud speaks {API_VERSION}"
        raise _about(what, IncompatibleProviderError, f"{what} is built for {versions}; upgrade {older}")


def _about(what: object, kind: type[ProviderLoadError], message: str) -> ProviderLoadError:
    if isinstance(what, EntryPoint) and what.group == HOOKS:
        message += f"; nothing runs without these hooks, unless CLOUD_IGNORE_PLUGINS={what.distribution} is set"
    error = kind(message)
    if isinstance(what, EntryPoint):
        error.entry_point, error.distribution = what.name, what.distribution
    return error
