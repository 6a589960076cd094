"""What this process has found, registered and put in force, in one object that a test can make anew."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from codomyrmex.cloud._index import EntryPoint
    from codomyrmex.cloud.hooks import Hooks


class Registry:
    """The state behind the functions of `codomyrmex.cloud.registry` and `codomyrmex.cloud.hooks`."""

    def __init__(self) -> None:
        self.index: dict[tuple[str, ...], list[EntryPoint]] = {}
        """The installed entry points of our groups, by the ``sys.path`` they were read from."""
        self.registered: dict[str, Callable[..., Any]] = {}
        """Factories by provider, ``<provider>.<service>``, as given to `register`."""
        self.schemes: dict[str, str] = {}
        """URL scheme to provider, of the registered ones."""
        self.factories: dict[str, Callable[..., Any]] = {}
        """The registered factories, and the installed ones loaded so far."""
        self.exports: dict[str, Any] = {}
        """The exported objects loaded so far, by name."""
        self.hooks: Hooks | Literal[False] | None = False
        """None when there are none; False until they are looked for."""
        self.hooks_lock = threading.Lock()


current = Registry()
"""The registry in force. `codomyrmex.cloud.registry.isolated` replaces it, so look it up in each call."""
