"""The terms in which operations tell and ask hooks, so that neither imports the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, Protocol

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


class Client(Protocol):
    """What operations need of the client they belong to; every `CloudClient` has it."""

    provider: ClassVar[str]
    service: ClassVar[str]

    def typed_error(self, error: Exception, operation: str, resource: str | None) -> Exception:
        """As `CloudClient.typed_error`."""

    def resource_name(self, arguments: Mapping[str, Any]) -> str | None:
        """As `CloudClient.resource_name`."""


class Operation(NamedTuple):
    """One call of a public method, as hooks see it."""

    client: Client
    """The `CloudClient` it was called on."""
    provider: str
    service: str
    name: str
    """The method, such as ``"upload_file"``."""
    effect: Effect
    """What it does."""
    resource: str | None
    """What it is about, such as ``"s3://bucket/key"``."""
    arguments: Mapping[str, Any]
    """As given by the caller, by parameter name; may hold data and secrets.

    All may be read as often as a hook likes: what the caller gave as an iterator is a tuple here, and a stream, which
    only the operation may read, is a `StreamInfo`.
    """

    def __repr__(self) -> str:
        return f"<Operation {self.provider}.{self.service} {self.name} {self.resource}>"


class StreamInfo(NamedTuple):
    """A stream, as hooks see it in arguments and results: it cannot be read."""

    kind: str
    """The stream's class, such as ``"BufferedReader"``."""
    name: str | None
    """The path of the file, where it has one."""


def repeatable(value: Any) -> Any:
    """``value``, or a tuple of its items where they can be read only once."""
    is_read_once = isinstance(value, Iterable) and not isinstance(value, Sized) and not _is_stream(value)
    return tuple(value) if is_read_once else value


def described(value: Any) -> Any:
    """``value``, or a `StreamInfo` for a stream, and for an iterator that is a result."""
    if not _is_stream(value) and not isinstance(value, Iterator):
        return value
    name = getattr(value, "name", None)
    return StreamInfo(type(value).__name__, name if isinstance(name, str) else None)


def _is_stream(value: Any) -> bool:
    return callable(getattr(value, "read", None))


class Observer(Protocol):
    """What operations and clients tell and ask: `codomyrmex.cloud.hooks.Hooks`."""

    def credentials(self, provider: str, service: str) -> CloudCredentials | None:
        """The credentials for a client that is about to be made; None leaves it to the client."""

    def created(self, client: Client) -> None:
        """Tell that a client was made."""

    def before(self, operation: Operation) -> None:
        """Ask whether an operation may start. Raises `OperationRefused`."""

    def after(self, operation: Operation, result: Any, error: BaseException | None, seconds: float) -> None:
        """Tell how an operation ended."""

    def reading(self, operation: Operation, items: Iterator[Any], started: float) -> Iterator[Any]:
        """Pass the items of a lazy operation on, and tell `after` at their end."""

    def progress(self, operation: Operation, progress: Callable[[int], None] | None) -> Callable[[int], None] | None:
        """``progress``, or what tells it and the hooks of each transferred chunk."""


_inside: ContextVar[Literal["", "operation", "hook"]] = ContextVar("what is running", default="")


@contextmanager
def inside(what: Literal["operation", "hook"]) -> Iterator[None]:
    """Suppress hooks in this block: it is part of an operation that was announced, or of a hook."""
    token = _inside.set(what)
    try:
        yield
    finally:
        _inside.reset(token)


def is_inside(what: Literal["operation", "hook"]) -> bool:
    """Whether the caller is part of such a block."""
    return _inside.get() == what
