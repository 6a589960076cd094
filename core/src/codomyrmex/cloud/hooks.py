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
from copy import copy
from difflib import get_close_matches
from time import perf_counter
from types import ModuleType
from typing import Any, cast

import pluggy
from codomyrmex.cloud import _state
from codomyrmex.cloud._announcing import Effect, Operation, StreamInfo, inside, is_inside
from codomyrmex.cloud._entry_points import HOOKS, EntryPoint
from codomyrmex.cloud._loading import load, load_error
from codomyrmex.cloud.common.resources import CloudCredentials
from codomyrmex.cloud.errors import CloudError, OperationRefused, forget_requests

__all__ = ["Effect", "Operation", "StreamInfo", "hookimpl", "register", "registered", "unregister"]

hookimpl = pluggy.HookimplMarker("codomyrmex.cloud")
_hookspec = pluggy.HookspecMarker("codomyrmex.cloud")
_END = object()
_NOT_RUN = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)
_log = logging.getLogger(__name__)


class _Specifications:
    @_hookspec(firstresult=True)
    def cloud_credentials(self, provider: str, service: str) -> CloudCredentials | None:
        """The credentials for a client that is about to be made; the first that is not None wins.

        The client gets them as ``credentials=``. Not asked when the caller gave credentials. What it raises refuses
        the client, as an `OperationRefused`: a vault that is locked is not a vault without secrets.
        """

    @_hookspec
    def cloud_client_created(self, client: Any) -> None:
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
        self.manager = pluggy.PluginManager("codomyrmex.cloud")
        self.manager.add_hookspecs(_Specifications)

    def install(self, entry: EntryPoint) -> None:
        """Put in force what an entry point names. ProviderLoadError for what cannot be loaded or would never run."""
        with inside("hook"):
            plugin = load(entry)
            try:
                self.add(_Plugin(plugin, f"{entry.name} of {entry.distribution} {entry.version}", entry))
            except Exception as error:
                raise load_error(entry, f"has hooks that would never run: {error}") from error

    def add(self, plugin: _Plugin) -> None:
        """Put a plugin in force. pluggy.PluginValidationError for a hook that would never run."""
        if any(plugin.plugin is other for other in self.plugins()):
            raise pluggy.PluginValidationError(plugin, f"{plugin} is in force already")
        self.manager.register(plugin, None if self.manager.has_plugin(plugin.name) else plugin.name)
        try:
            _check(plugin, self.manager.get_hookcallers(plugin) or [])
        except BaseException:
            self.manager.unregister(plugin)
            raise

    def plugins(self, *, installed: bool = True) -> list[object]:
        """Those in force, without the installed ones if you like."""
        return [p.plugin for p in self.manager.get_plugins() if installed or p.entry is None]

    def credentials(self, provider: str, service: str) -> CloudCredentials | None:
        """The first credentials that ``cloud_credentials`` gives, or None. OperationRefused when one fails."""
        for hook in self._hooks("cloud_credentials"):
            what = f"the credentials of {provider}.{service} cannot be told"
            credentials: CloudCredentials | None = _ask(hook, what, provider=provider, service=service)
            if credentials is not None:
                return credentials
        return None

    def created(self, client: Any) -> None:
        """Tell ``cloud_client_created``."""
        self._observe("cloud_client_created", client=client)

    def before(self, operation: Operation) -> None:
        """Ask ``cloud_before_operation``. OperationRefused when one refuses or fails."""
        for hook in self._hooks("cloud_before_operation"):
            _ask(hook, f"{operation.name} is refused", operation=operation)

    def after(self, operation: Operation, result: Any, error: BaseException | None, seconds: float) -> None:
        """Tell ``cloud_after_operation``."""
        self._observe("cloud_after_operation", operation=operation, result=result, error=error, seconds=seconds)

    def reading(self, operation: Operation, items: Iterator[Any], started: float) -> Iterator[Any]:
        """Pass ``items`` on, and tell ``cloud_after_operation`` at their end."""
        number, failure = 0, None
        try:
            while True:
                with inside("operation"):  # as long as the listing runs, not while its reader does
                    item = next(items, _END)
                if item is _END:
                    return
                number += 1
                yield item
        except BaseException as error:
            failure = None if isinstance(error, GeneratorExit) else error  # which says that the reader stopped
            raise
        finally:
            self.after(operation, number, failure, perf_counter() - started)

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
            except (Exception, SystemExit):
                _log.exception("%s of %s failed", name, hook.plugin)

    def _hooks(self, name: str) -> list[pluggy.HookImpl]:
        """The implementations of a hook, in the order of their calls. pluggy's own call stops at one that raises."""
        return list(reversed(getattr(self.manager.hook, name).get_hookimpls()))


class _Plugin:
    """The hooks of a plugin, as pluggy has them: compared by identity, and shown by a name that holds no secret."""

    def __init__(self, plugin: object, name: str, entry: EntryPoint | None = None) -> None:
        self.plugin, self.name, self.entry = plugin, name, entry
        members = {member: getattr(plugin, member, None) for member in dir(plugin) if member[0] != "_"}
        marked = {member: value for member, value in members.items() if hasattr(value, "codomyrmex.cloud_impl")}
        hooks = {member: value for member, value in marked.items() if inspect.isroutine(value)}
        near = (m for m in members.keys() - hooks if m in marked or get_close_matches(m, vars(_Specifications), 1, 0.9))
        self.unmarked = sorted(near)
        vars(self).update(hooks)

    def __repr__(self) -> str:
        return self.name


def _check(plugin: _Plugin, callers: list[pluggy.HookCaller]) -> None:
    """Raise pluggy.PluginValidationError for what would never run, or could hide a refusal."""
    hooks = [hook for caller in callers for hook in caller.get_hookimpls() if hook.plugin is plugin]
    problems = [f"unknown hook {caller.name!r}" for caller in callers if not caller.has_spec()]
    problems += [f"{name} is no function that is marked with @hookimpl" for name in plugin.unmarked]
    for hook in hooks:
        parameters = inspect.signature(hook.function).parameters.values()
        if any(p.kind is not p.POSITIONAL_OR_KEYWORD or p.default is not p.empty for p in parameters):
            problems.append(f"{hook.function.__name__} takes what is never given: only names, without defaults, are")
        if hook.wrapper or hook.hookwrapper:
            problems.append(f"{hook.function.__name__} is a wrapper, which could hide a refusal")
        elif any(is_not_run(hook.function) for is_not_run in _NOT_RUN):
            problems.append(f"{hook.function.__name__} is async or a generator, and would not run")
    if isinstance(plugin.plugin, type):
        problems.append("hooks belong to a module or an object, not to a class")
    elif not hooks:
        problems.append("no function in it is marked with @hookimpl")
    if problems:
        raise pluggy.PluginValidationError(plugin, f"{plugin}: {'; '.join(problems)}")


def _call(hook: pluggy.HookImpl, **arguments: Any) -> Any:
    with inside("hook"):
        result = hook.function(*(arguments[name] for name in hook.argnames))
    if result is not None and not isinstance(result, CloudCredentials):
        raise TypeError(f"{hook.function.__name__} returned {type(result).__name__}")  # a coroutine, or False
    return result


def _ask(hook: pluggy.HookImpl, what: str, **arguments: Any) -> Any:
    """What a policy or vault says. OperationRefused when it refuses, as it is, and when it fails."""
    try:
        return _call(hook, **arguments)
    except OperationRefused as error:
        refusal, cause = copy(error), error.__cause__  # one that is kept and raised again tells of one operation
    except (Exception, SystemExit) as error:
        forget_requests(error)
        # of another's error the class alone: its text may hold a secret
        reason = f"{type(error).__name__}: {error}" if isinstance(error, CloudError) else type(error).__name__
        refusal, cause = OperationRefused(f"{what}, as a hook failed: {reason}"), error
    refusal.plugin, refusal.maybe_executed = refusal.plugin or str(hook.plugin), False
    raise refusal from cause


def installed() -> Hooks | None:
    """All hooks in force; those of entry points are loaded on first use. None where there are none.

    Raises:
        ProviderLoadError: One of them cannot be loaded; the next call tries again.
    """
    if is_inside("hook"):
        raise RuntimeError("hooks cannot be registered, or taken out, in a hook or while a hooks plugin is imported")
    registry = _state.current
    if registry.hooks is False:
        hooks = Hooks()
        for entry in _state.entry_points(HOOKS, refresh=True):
            hooks.install(entry)
        with registry.lock:  # of threads that load them at the same time one is the first
            if registry.hooks is False:
                registry.hooks = hooks if hooks.plugins() else None
    return cast("Hooks | None", registry.hooks)


def register(plugin: object) -> None:
    """Put the hooks of ``plugin``, a module or an object, in force for this process.

    Other processes do not know of it. Transfers take it to theirs.

    Raises:
        pluggy.PluginValidationError: A hook of it would never run: it is misspelt, takes an argument that there is
            not, or is not marked with `hookimpl`; or it is in force already.
        ProviderLoadError: An installed hooks plugin cannot be loaded.
    """
    registry, _, kind = _state.current, installed(), type(plugin)
    name = plugin.__name__ if isinstance(plugin, ModuleType) else f"{kind.__module__}.{kind.__qualname__}"
    with registry.lock:
        hooks = cast("Hooks | None", registry.hooks) or Hooks()
        hooks.add(_Plugin(plugin, name))
        registry.hooks = hooks


def unregister(plugin: object) -> None:
    """Take the hooks of ``plugin`` out of force."""
    hooks, registry = installed(), _state.current
    if hooks is not None:
        with registry.lock:
            for hook in [other for other in hooks.manager.get_plugins() if other.plugin is plugin]:
                hooks.manager.unregister(hook)
            registry.hooks = hooks if hooks.plugins() else None


def registered() -> list[object]:
    """The plugins that `register` put in force in this process; other processes find the installed ones alone."""
    hooks = cast("Hooks | None", _state.current.hooks or (None if is_inside("hook") else installed()))
    return hooks.plugins(installed=False) if hooks else []
