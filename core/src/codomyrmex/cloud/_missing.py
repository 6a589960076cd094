"""What to say of a provider, a name or a module that is not there: what brings it, or what may have been meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from codomyrmex.cloud import _catalogue, _state
from codomyrmex.cloud._entry_points import EXPORTS, PROVIDERS, WHERE, left_out


def about_provider(name: str) -> str:
    """Why there is no provider ``<provider>.<service>``."""
    installed = {entry.name for entry in _state.entry_points(PROVIDERS)} | set(_state.current.registered)
    provider, _, service = name.partition(".")
    if service == "storage":
        name = _catalogue.SCHEMES.get(provider, name)  # s3 is a scheme of aws.storage
    known = {*installed, *_catalogue.PROVIDERS}
    providers = get_close_matches(provider, {other.partition(".")[0] for other in known}, cutoff=0.7)
    near = get_close_matches(name, [other for other in known if other.partition(".")[0] in providers], cutoff=0)
    cure = f"; {_bring(_catalogue.PROVIDERS[name])}" if name in _catalogue.PROVIDERS else ""
    cure = cure or _perhaps(near, installed, _catalogue.PROVIDERS)
    message = why_left_out(PROVIDERS, name) or f"nothing installed provides {name!r}{cure}"
    return f"{message} (installed: {', '.join(sorted(installed)) or 'none'})"


def about_export(name: str) -> str | None:
    """Why no plugin exports this name, where that can be told."""
    if message := why_left_out(EXPORTS, name):
        return message
    if name in _catalogue.EXPORTS:
        return f"{name} is not installed: {_bring(_catalogue.EXPORTS[name])}"
    installed = {entry.name for entry in _state.entry_points(EXPORTS)}
    near = get_close_matches(name, {*installed, *_catalogue.EXPORTS} - {name}, cutoff=0.8)
    return f"there is no {name!r}{_perhaps(near, installed, _catalogue.EXPORTS)}" if near else None


def check_import(name: str) -> None:
    """Raise ImportError for a module that is not there, and for a name that is imported as if it were one.

    Nothing where no cure is known: Python says what it always says.
    """
    distribution = name.replace(".", "-").replace("_", "-")
    if distribution in _catalogue.DISTRIBUTIONS:
        raise ModuleNotFoundError(f"{name} is not installed: {_bring(distribution)}", name=name)
    if reason := about_export(name.rpartition(".")[2]):
        raise ImportError(reason, name=name)


def why_left_out(group: str, name: str) -> str | None:
    """Which setting leaves out an installed plugin of this name, as a sentence; None where none does."""
    entries = [entry for entry in _state.installed_plugins() if (entry.group, entry.name) == (group, name)]
    return f"{entries[0]} is left out by {left_out(entries[0])}" if entries else None


def _perhaps(near: list[str], installed: Iterable[str], ours: Mapping[str, str]) -> str:
    hints = [name if name in installed else f"{name} (pip install {ours[name]}{WHERE})" for name in near]
    return f"; did you mean {' or '.join(hints)}?" if hints else ""


def _bring(distribution: str) -> str:
    return f"'pip install {distribution}'{WHERE} brings it"
