"""What to say of a provider, a name or a module that is not there: what brings it, or what may have been meant."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from codomyrmex.cloud import _catalogue, _state
from codomyrmex.cloud._entry_points import EXPORTS, PROVIDERS, WHERE, left_out


def about_provider(name: str) -> str:
    """Why there is no provider ``<provider>.<service>``."""
    installed = {entry.name for entry in _state.entry_points(PROVIDERS)} | set(_state.current.registered)
    known = {*installed, *_catalogue.PROVIDERS}
    provider, _, service = name.partition(".")
    meant = _catalogue.SCHEMES.get(provider, name) if service == "storage" else name  # s3 is a scheme of aws.storage
    alike = get_close_matches(provider, {other.partition(".")[0] for other in known}, cutoff=0.7)
    near = [meant] if meant in known else [other for other in known if other.partition(".")[0] in alike]
    cure = _perhaps(get_close_matches(meant, near, cutoff=0), installed, _catalogue.PROVIDERS)
    if meant in known - installed:
        name, cure = meant, f"; {_bring(_catalogue.PROVIDERS[meant])}"
    message = why_left_out(PROVIDERS, meant) or f"nothing installed provides {name!r}{cure}"
    return f"{message} (installed: {', '.join(sorted(installed)) or 'none'})"


def about_export(name: str, cores: Iterable[str]) -> str | None:
    """Why no plugin exports this name, where that can be told; ``cores`` are those of the core."""
    own = {*cores, *(entry.name for entry in _state.entry_points(EXPORTS))}
    if name in own:  # and not in the module that was asked
        return None
    if name in _catalogue.EXPORTS:
        cure = f"{name} is not installed: {_bring(_catalogue.EXPORTS[name])}"
    else:
        near = get_close_matches(name, {*own, *_catalogue.EXPORTS}, cutoff=0.8)
        cure = f"there is no {name!r}{_perhaps(near, own, _catalogue.EXPORTS)}" if near else ""
    return why_left_out(EXPORTS, name) or cure or None


def check_import(name: str, cores: Iterable[str]) -> None:
    """Raise ImportError for a module that is not there, and for a name that is imported as if it were one.

    Nothing where no cure is known: Python says what it always says.
    """
    distribution = name.replace(".", "-").replace("_", "-")
    if distribution in _catalogue.DISTRIBUTIONS:
        raise ModuleNotFoundError(f"{name} is not installed: {_bring(distribution)}", name=name)
    if reason := about_export(name.rpartition(".")[2], cores):
        raise ImportError(reason, name=name)


def why_left_out(group: str, name: str) -> str | None:
    """Which setting leaves out an installed plugin of this name, as a sentence; None where none does."""
    entries = [entry for entry in _state.installed_plugins() if (entry.group, entry.name) == (group, name)]
    return next((f"{entry} is left out by {setting}" for entry in entries if (setting := left_out(entry))), None)


def _perhaps(near: list[str], installed: Iterable[str], ours: Mapping[str, str]) -> str:
    hints = [name if name in installed else f"{name} (pip install {ours[name]}{WHERE})" for name in near]
    return f"; did you mean {' or '.join(hints)}?" if hints else ""


def _bring(distribution: str) -> str:
    return f"'pip install {distribution}'{WHERE} brings it"
