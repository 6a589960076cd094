"""Watch and refuse operations, and bring credentials: the hooks, on pluggy.

A distribution offers hooks as an entry point of group ``codomyrmex.cloud.hooks`` that names a
module or an object; an application calls `register`. Each hook is a function of that object,
marked with `hookimpl`, that takes any of the arguments named below::

    from codomyrmex.cloud.hooks import hookimpl

    @hookimpl
    def cloud_before_operation(operation):
        if operation.name == "delete_bucket":
            raise OperationRefused("buckets are kept for seven years")

Hooks run in the calling thread, the last registered first. Operations that a hook itself calls,
and those that an operation is made of, are not announced.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator
from itertools import chain, count
from time import perf_counter
from types import ModuleType
from typing import Any, cast

import pluggy
from codomyrmex.cloud import _state
from codomyrmex.cloud._announcing import Client, Effect, Operation, StreamInfo, inside, is_inside
from codomyrmex.cloud._entry_points import HOOKS, EntryPoint
from codomyrmex.cloud._loading import load, load_error
from codomyrmex.cloud.common.resources import CloudCredentials
from codomyrmex.cloud.errors import OperationRefused

__all__ = ["Effect", "Operation", "StreamInfo", "hookimpl", "register", "registered", "unregister"]

hookimpl = pluggy.HookimplMarker("codomyrmex.cloud")
_hookspec = pluggy.HookspecMarker("codomyrmex.cloud")
_END = object()
_log = logging.getLogger(__name__)


class _Specifications:
    @_hookspec(firstresult=True)
    def cloud_credentials(self, provider: str, service: str) -> CloudCredentials | None:
        """The credentials for a client that is about to be made; the first that is not None wins.

        The client gets them as ``credentials=``. Not asked when the caller gave credentials. What it raises refuses
        the client, as an `OperationRefused`: a vault that is locked is not a vault without secrets.
        """

    @_hookspec
    def cloud_client_created(self, client: Client) -> None:
        """`get_client` or `open_storage` made this client."""

    @_hookspec
    def cloud_before_operation(self, operation: Operation) -> None:
        """An operation is about to start. Raise `OperationRefused`, with the reason, to refuse it.

        Any other exception refuses it too, as the cause of an `OperationRefused`: a policy that fails is no
        permission, and an error of what it calls itself is not one of the operation.
        """

    @_hookspec
    def cloud_after_operation(
        self, operation: Operation, result: Any, error: BaseException | None, seconds: float
    ) -> None:
        """An operation ended, with ``result`` or with ``error``, after ``seconds`` of wall time.

        A listing ends when its last object was read or its reader stopped; its ``result`` is the
        number of objects read.
        """

    @_hookspec
    def cloud_transfer_event(self, operation: Operation, transferred: int) -> None:
        """``transferred`` more bytes of `upload_path`, `upload_stream` or `download_path` have moved."""


class Hooks:
    """The plugins in force.

    Policies and vaults fail closed: one that raises refuses. Observers are isolated: one that raises is logged, and
    nothing else.
    """

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager("codomyrmex.cloud")
        self._manager.add_hookspecs(_Specifications)
        self.registered: list[object] = []
        """Those that `register` put in force, rather than an entry point."""

    def install(self, entry: EntryPoint) -> None:
        """Put in force what an entry point names. ProviderLoadError for what cannot be loaded or would never run."""
        plugin = load(entry)
        if not self._manager.is_registered(plugin):
            try:
                self._add(plugin, f"{entry.name} of {entry.distribution} {entry.version}")
            except pluggy.PluginValidationError as error:
                raise load_error(entry, f"has hooks that would never run: {error}") from error

    def register(self, plugin: object) -> None:
        """Put a plugin in force. pluggy.PluginValidationError for a hook that would never run."""
        self._add(plugin, _name(plugin))
        self.registered.append(plugin)

    def unregister(self, plugin: object) -> None:
        """Take a plugin out of force, where it is in force."""
        if self._manager.is_registered(plugin):
            self._manager.unregister(plugin)
            self.registered = [other for other in self.registered if other is not plugin]

    @property
    def is_empty(self) -> bool:
        """Whether no plugin is in force."""
        return not self._manager.get_plugins()

    def _add(self, plugin: object, name: str) -> None:
        names = chain([name], (f"{name} ({number})" for number in count(2)))
        self._manager.register(plugin, next(name for name in names if not self._manager.has_plugin(name)))
        try:
            self._manager.check_pending()
            _check(plugin, self._manager.get_hookcallers(plugin) or [])
        except pluggy.PluginValidationError:
            self._manager.unregister(plugin)
            raise

    def credentials(self, provider: str, service: str) -> CloudCredentials | None:
        """The first credentials that ``cloud_credentials`` gives, or None. OperationRefused when one fails."""
        for hook in self._hooks("cloud_credentials"):
            try:
                credentials: CloudCredentials | None = _call(hook, provider=provider, service=service)
            except Exception as error:
                raise _refusal(error, hook, f"the credentials of {provider}.{service} cannot be told") from error
            if credentials is not None:
                return credentials
        return None

    def created(self, client: Client) -> None:
        """Tell ``cloud_client_created``."""
        self._observe("cloud_client_created", client=client)

    def before(self, operation: Operation) -> None:
        """Ask ``cloud_before_operation``. OperationRefused when one refuses or fails."""
        for hook in self._hooks("cloud_before_operation"):
            try:
                _call(hook, operation=operation)
            except OperationRefused as refusal:
                refusal.plugin = refusal.plugin or hook.plugin_name
                raise
            except Exception as error:
                raise _refusal(error, hook, f"{operation.name} is refused") from error

    def after(self, operation: Operation, result: Any, error: BaseException | None, seconds: float) -> None:
        """Tell ``cloud_after_operation``."""
        self._observe("cloud_after_operation", operation=operation, result=result, error=error, seconds=seconds)

    def reading(self, operation: Operation, items: Iterator[Any], started: float) -> Iterator[Any]:
        """Pass ``items`` on, and tell ``cloud_after_operation`` at their end."""
        count: int = 0
        failure: BaseException | None = None
        try:
            while True:
                with inside("operation"):  # as long as the listing runs, not while its reader does
                    item = next(items, _END)
                if item is _END:
                    return
                count += 1
                yield item
        except GeneratorExit:
            raise
        except BaseException as error:
            failure = error
            raise
        finally:
            self.after(operation, count, failure, perf_counter() - started)

    def progress(self, operation: Operation, progress: Callable[[int], None] | None) -> Callable[[int], None] | None:
        """``progress`` itself, telling ``cloud_transfer_event`` too where anyone listens."""
        if not self._hooks("cloud_transfer_event"):
            return progress

        def report(transferred: int) -> None:
            self._observe("cloud_transfer_event", operation=operation, transferred=transferred)
            if progress is not None:
                progress(transferred)

        return report

    def _observe(self, name: str, **arguments: Any) -> None:
        for hook in self._hooks(name):
            try:
                _call(hook, **arguments)
            except Exception:
                _log.exception("%s of %s failed", name, hook.plugin_name)

    def _hooks(self, name: str) -> list[pluggy.HookImpl]:
        """The implementations of a hook, in the order of their calls. pluggy's own call stops at one that raises."""
        caller: pluggy.HookCaller = getattr(self._manager.hook, name)
        return caller.get_hookimpls()[::-1]


def _check(plugin: object, callers: list[pluggy.HookCaller]) -> None:
    """Raise pluggy.PluginValidationError for what would never run, or could hide a refusal."""
    if isinstance(plugin, type):
        raise pluggy.PluginValidationError(plugin, "hooks belong to a module or an object, not to a class")
    for name in filter(lambda name: name.startswith("cloud_"), vars(_Specifications)):
        if callable(getattr(plugin, name, None)) and all(caller.name != name for caller in callers):
            raise pluggy.PluginValidationError(plugin, f"{name} is not marked with @hookimpl")
    if not callers:
        raise pluggy.PluginValidationError(plugin, "no function in it is marked with @hookimpl")
    for hook in (hook for caller in callers for hook in caller.get_hookimpls() if hook.plugin is plugin):
        if hook.wrapper or hook.hookwrapper:
            raise pluggy.PluginValidationError(plugin, f"{hook.function!r} is a wrapper, which could hide a refusal")
        if inspect.iscoroutinefunction(hook.function) or inspect.isgeneratorfunction(hook.function):
            raise pluggy.PluginValidationError(plugin, f"{hook.function!r} is async or a generator: it would not run")


def _call(hook: pluggy.HookImpl, **arguments: Any) -> Any:
    with inside("hook"):
        return hook.function(*(arguments[name] for name in hook.argnames))


def _refusal(error: Exception, hook: pluggy.HookImpl, what: str) -> OperationRefused:
    """The refusal by a hook that failed."""
    refusal = OperationRefused(f"{what}, as a hook failed: {error!r}")
    refusal.plugin = hook.plugin_name
    return refusal


def _name(plugin: object) -> str:
    """The name of a plugin of an application. Not its repr, which may hold secrets."""
    kind = type(plugin)
    return plugin.__name__ if isinstance(plugin, ModuleType) else f"{kind.__module__}.{kind.__qualname__}"


def installed() -> Hooks | None:
    """All hooks in force; those of entry points are loaded on first use. None where there are none.

    Raises:
        ProviderLoadError: One of them cannot be loaded; the next call tries again.
    """
    if is_inside("hook"):
        raise RuntimeError("hooks cannot be registered while a hooks plugin is imported; its entry point does that")
    registry = _state.current
    with registry.hooks_lock:  # no operation slips through while another thread loads a policy
        if registry.hooks is False:
            hooks = Hooks()
            with inside("hook"):
                for entry in registry.entry_points(HOOKS):
                    hooks.install(entry)
            registry.hooks = None if hooks.is_empty else hooks
        return cast("Hooks | None", registry.hooks)


def register(plugin: object) -> None:
    """Put the hooks of ``plugin``, a module or an object, in force for this process.

    Other processes do not know of it. Transfers take it to theirs.

    Raises:
        pluggy.PluginValidationError: A hook of it would never run: it is misspelt, takes an argument that there is
            not, or is not marked with `hookimpl`.
        ProviderLoadError: An installed hooks plugin cannot be loaded.
    """
    hooks = installed() or Hooks()
    hooks.register(plugin)
    _state.current.hooks = hooks


def unregister(plugin: object) -> None:
    """Take the hooks of ``plugin`` out of force."""
    if hooks := installed():
        hooks.unregister(plugin)
        _state.current.hooks = None if hooks.is_empty else hooks


def registered() -> list[object]:
    """The plugins that `register` put in force in this process; other processes find the installed ones alone."""
    hooks = None if _state.current.hooks is None else installed()
    return list(hooks.registered) if hooks else []
