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

import logging
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import pluggy
from codomyrmex.cloud import _state
from codomyrmex.cloud._index import HOOKS, entry_points
from codomyrmex.cloud.common.client import CloudClient, Operation, hooks_in_force, inside
from codomyrmex.cloud.common.resources import CloudCredentials
from codomyrmex.cloud.errors import CloudError, OperationRefused
from codomyrmex.cloud.registry import load

__all__ = ["Hooks", "Operation", "hookimpl", "register", "unregister"]

hookimpl = pluggy.HookimplMarker("codomyrmex.cloud")
_hookspec = pluggy.HookspecMarker("codomyrmex.cloud")
_END = object()
_OBSERVERS = ("cloud_client_created", "cloud_after_operation", "cloud_transfer_event")
_log = logging.getLogger(__name__)


class _Specifications:
    @_hookspec(firstresult=True)
    def cloud_credentials(self, provider: str, service: str) -> CloudCredentials | None:
        """The credentials for a client that is about to be made; the first that is not None wins.

        The client gets them as ``credentials=``. Not asked when the caller gave credentials.
        What it raises stops the look-up: a vault that is locked is not a vault without secrets.
        """

    @_hookspec
    def cloud_client_created(self, client: CloudClient) -> None:
        """`get_client` or `open_storage` made this client."""

    @_hookspec
    def cloud_before_operation(self, operation: Operation) -> None:
        """An operation is about to start. Raise to refuse it: `OperationRefused`, with the reason.

        Any other exception refuses it too: a policy that fails is no permission.
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
    """The plugins in force. Observers are isolated: one that raises is logged, nothing else."""

    def __init__(self) -> None:
        self.manager = pluggy.PluginManager("codomyrmex.cloud")
        self.manager.add_hookspecs(_Specifications)
        for entry in entry_points(HOOKS):
            try:
                self.add(load(entry), str(entry))
            except (Exception, SystemExit) as error:
                _log.error("hooks %s cannot be loaded and do not run: %r", entry, error)

    def add(self, plugin: object, name: str | None = None) -> None:
        """Put a plugin in force. pluggy.PluginValidationError for a hook that would never be called."""
        self.manager.register(plugin, name)
        try:
            self.manager.check_pending()
            for observer in (getattr(self.manager.hook, name) for name in _OBSERVERS):
                if any(i.wrapper or i.hookwrapper for i in observer.get_hookimpls()):
                    raise pluggy.PluginValidationError(plugin, f"{observer.name} only watches: it takes no wrapper")
        except pluggy.PluginValidationError:
            self.manager.unregister(plugin)
            raise

    def credentials(self, provider: str, service: str) -> CloudCredentials | None:
        """What ``cloud_credentials`` found, or None."""
        with inside("hook"):
            found: CloudCredentials | None = self.manager.hook.cloud_credentials(provider=provider, service=service)
        return found

    def created(self, client: CloudClient) -> None:
        """Tell ``cloud_client_created``."""
        self._observe("cloud_client_created", client=client)

    def before(self, operation: Operation) -> None:
        """Ask ``cloud_before_operation``; raises OperationRefused when one objects."""
        try:
            with inside("hook"):
                self.manager.hook.cloud_before_operation(operation=operation)
        except CloudError:
            raise
        except Exception as error:
            reason = f"a cloud_before_operation hook failed, so {operation.name} was refused: {error!r}"
            raise OperationRefused(reason) from error

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
        if not self.manager.hook.cloud_transfer_event.get_hookimpls():
            return progress

        def report(transferred: int) -> None:
            self._observe("cloud_transfer_event", operation=operation, transferred=transferred)
            if progress is not None:
                progress(transferred)

        return report

    def _observe(self, name: str, **arguments: Any) -> None:
        # pluggy would stop at the first implementation that raises
        for implementation in reversed(getattr(self.manager.hook, name).get_hookimpls()):
            try:
                with inside("hook"):
                    implementation.function(*(arguments[a] for a in implementation.argnames))
            except Exception:
                _log.exception("%s of %s failed", name, implementation.plugin_name)


def register(plugin: object) -> None:
    """Put the hooks of ``plugin``, a module or an object, in force for this process."""
    hooks = hooks_in_force() or Hooks()
    hooks.add(plugin)
    _state.current.hooks = hooks


def unregister(plugin: object) -> None:
    """Take the hooks of ``plugin`` out of force."""
    hooks = hooks_in_force()
    if hooks is not None and hooks.manager.is_registered(plugin):
        hooks.manager.unregister(plugin)
        _state.current.hooks = hooks if hooks.manager.get_plugins() else None
