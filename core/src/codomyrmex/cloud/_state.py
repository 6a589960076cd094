"""What this process has found, registered and put in force, in one object that a test can make anew."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from codomyrmex.cloud._entry_points import EntryPoint, left_out, read_entry_points

if TYPE_CHECKING:
    from codomyrmex.cloud._announcing import Observer


class Registry:
    """The state behind the functions of `codomyrmex.cloud.registry` and `codomyrmex.cloud.hooks`."""

    def __init__(self) -> None:
        self.registered: dict[str, Callable[..., Any]] = {}
        """Factories by provider, ``<provider>.<service>``, as given to `register`."""
        self.schemes: dict[str, str] = {}
        """URL scheme to provider, of the registered ones."""
        self.factories: dict[str, Callable[..., Any]] = {}
        """The registered factories, and the installed ones loaded so far."""
        self.exports: dict[str, Any] = {}
        """The exported objects loaded so far, by name."""
        self.hooks: Observer | Literal[False] | None = False
        """None when there are none; False until they are looked for."""
        self.lock = threading.RLock()
        self.installed: dict[tuple[str, ...], list[EntryPoint]] = {}
        """The entry points of our groups, by the ``sys.path`` they were last read from."""


current = Registry()
"""The registry in force. `codomyrmex.cloud.registry.isolated` replaces it, so look it up in each call."""


def entry_points(group: str, *, refresh: bool = False) -> list[EntryPoint]:
    """The entry points of one group, in the order of ``sys.path``, without those that a setting leaves out.

    ``refresh`` reads again, to find what was installed since this process started.
    """
    return [entry for entry in installed_plugins(refresh=refresh) if entry.group == group and not left_out(entry)]


def installed_plugins(*, refresh: bool = False) -> list[EntryPoint]:
    """The entry points of all groups, those that a setting leaves out too."""
    path, registry = tuple(sys.path), current
    if refresh or (entries := registry.installed.get(path)) is None:
        with registry.lock:  # importlib's own work fails in two threads at once
            importlib.invalidate_caches()  # or what was installed meanwhile could not be imported
        entries = read_entry_points()
        registry.installed = {path: entries}
    return entries
