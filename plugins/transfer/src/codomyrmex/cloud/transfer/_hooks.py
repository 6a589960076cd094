"""Hooks that an application registered, in the worker processes of an executor."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from types import ModuleType

from codomyrmex.cloud.errors import PluginError
from codomyrmex.cloud.plugin import hooks_in_force


def names_for(executor: Executor | None) -> list[str]:
    """The names by which the workers of ``executor`` import what `hooks.register` put in force here.

    Installed hooks are not among them, as each process finds them, and threads need none.

    Returns:
        For each a ``"module"`` or a ``"module:attribute"``.

    Raises:
        PluginError: One of them is no module, and no attribute of the module of its class.
    """
    if executor is None or isinstance(executor, ThreadPoolExecutor) or hooks_in_force() is None:
        return []
    from codomyrmex.cloud.hooks import registered  # it imports pluggy

    return [_name_of(plugin) for plugin in registered()]


def put_in_force(names: Iterable[str]) -> None:
    """Import the hooks of these names, and register those that are not in force. They stay so in this process.

    Raises:
        PluginError: One cannot be imported.
    """
    from codomyrmex.cloud.hooks import register, registered

    for name in names:
        try:
            plugin = pkgutil.resolve_name(name)
        except (ImportError, AttributeError, ValueError) as error:
            raise PluginError(f"a worker cannot import the hooks {name}: {type(error).__name__}: {error}") from error
        if all(plugin is not other for other in registered()):
            register(plugin)


def _name_of(plugin: object) -> str:
    if isinstance(plugin, ModuleType):
        module, name = plugin.__name__, plugin.__name__
    else:
        module = type(plugin).__module__
        attributes = vars(sys.modules[module]).items()
        name = next((f"{module}:{attribute}" for attribute, value in attributes if value is plugin), "")
    if not name or module == "__main__":
        raise PluginError(
            f"the hooks {type(plugin).__qualname__} of {module} are in force in this process alone, as workers cannot "
            "import them: keep them as an attribute of a module, offer them as an entry point, or use threads"
        )
    return name
