"""The terms in which operations tell and ask hooks, so that neither imports the other."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from codomyrmex.cloud.common.resources import CloudCredentials

Effect = Literal["read", "list", "write", "delete", "admin"]
"""What an operation does, so that a policy need not know its name:

- ``read``: looks at something that is named, or fetches its data
- ``list``: tells the names of what there is
- ``write``: makes or changes something
- ``delete``: removes something
- ``admin``: changes who may do what, such as credentials and permissions; also what gives no effect
"""


class Operation(NamedTuple):
    """One call of a public method, as hooks see it."""

    client: Any
    """The `CloudClient` that it was called on, of any class."""
    provider: str
    service: str
    name: str
    """The method, such as ``"upload_file"``."""
    effect: Effect
    """What it does."""
    resource: str | None
    """What it is about, such as ``"s3://bucket/key"``."""
    arguments: Mapping[str, Any]
    """As given by the caller, by parameter name, and by the names of the contract; may hold data and secrets.

    All may be read as often as a hook likes: what the caller gave as an iterator is a tuple here, and a stream, which
    only the operation may read, is a `StreamInfo`.
    """

    def __repr__(self) -> str:
        return f"<Operation {self.provider}.{self.service} {self.name} {self.resource}>"


class StreamInfo(SimpleNamespace):
    """A stream, as hooks see it in arguments and results: it cannot be read."""

    kind: str
    """The stream's class, such as ``"BufferedReader"``."""
    name: str | None
    """The path of the file, where it has one."""


class Items(tuple[Any, ...]):
    """What an iterator gave, for hooks to read and for the operation to iterate over."""


def described(value: Any, depth: int = 4) -> Any:
    """``value`` as hooks see it: to read or change it takes nothing from the operation and its caller."""
    if value is None or isinstance(value, (str, bytes, int)) or not depth:
        return value
    if type(value) in (Items, list, tuple):
        copies = [described(item, depth - 1) for item in value]
        return copies if type(value) is list else tuple(copies)
    if type(value) is dict:
        return {key: described(item, depth - 1) for key, item in value.items()}
    if isinstance(value, bytearray):
        return memoryview(value).toreadonly()
    if is_stream(value) or isinstance(value, Iterator):
        name = getattr(value, "name", None)
        return StreamInfo(kind=type(value).__name__, name=name if isinstance(name, str) and "://" not in name else None)
    return value


def is_stream(value: Any) -> bool:
    """Whether ``value`` is what `described` gives a `StreamInfo` for, as it has a method ``read``."""
    try:
        return callable(getattr(value, "read", None))
    except Exception:  # a property that fails says nothing of the operation
        return False


class Observer(Protocol):
    """What operations and clients tell and ask: `codomyrmex.cloud.hooks.Hooks`."""

    def credentials(self, provider: str, service: str) -> CloudCredentials | None:
        """The credentials for a client that is about to be made; None leaves it to the client."""

    def created(self, client: Any) -> None:
        """Tell that a client was made."""

    def before(self, operation: Operation) -> None:
        """Ask whether an operation may start. Raises `OperationRefused`."""

    def after(self, operation: Operation, result: Any, error: BaseException | None, seconds: float) -> None:
        """Tell how an operation ended."""

    def reading(self, operation: Operation, items: Iterator[Any], started: float) -> Iterator[Any]:
        """Pass the items of a lazy operation on, and tell `after` at their end."""

    def progress(self, operation: Operation, progress: Callable[[int], None] | None) -> Callable[[int], None] | None:
        """``progress``, or what tells it and the hooks of each transferred chunk."""


What = Literal["", "operation", "hook"]


_running = threading.local()
"""What this thread is in the middle of. Tasks and processes that it starts are not: they run when it is over."""
if hasattr(os, "register_at_fork"):  # a worker process that a hook starts is not inside of it
    os.register_at_fork(after_in_child=lambda: vars(_running).clear())


@contextmanager
def inside(what: What) -> Iterator[None]:
    """Suppress hooks in this block: it is part of an operation that was announced, or of a hook.

    ``""`` lets hooks hear of it again: it is the caller's own code, such as ``progress``.
    """
    outer, _running.what = getattr(_running, "what", ""), what
    try:
        yield
    finally:
        _running.what = outer


def is_inside(what: What) -> bool:
    """Whether the caller is part of such a block, in this thread."""
    return getattr(_running, "what", "") == what
