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
        For each a ``"module"`` or a ``"module:attribute"``. What is imported is as its module makes it: what the
        program changed in it afterwards does not travel.

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
    module = plugin if isinstance(plugin, ModuleType) else sys.modules.get(type(plugin).__module__)
    if module is not None and module.__name__ != "__main__" and sys.modules.get(module.__name__) is module:
        if plugin is module:
            return module.__name__
        for attribute, value in vars(module).items():
            if value is plugin:
                return f"{module.__name__}:{attribute}"
    where = plugin.__name__ if isinstance(plugin, ModuleType) else type(plugin).__qualname__
    raise PluginError(
        f"the hooks {where} are in force in this process alone, as workers cannot import them: keep them as an "
        "attribute of a module that can be imported, offer them as an entry point, or use threads"
    )
