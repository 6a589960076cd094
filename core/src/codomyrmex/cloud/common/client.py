"""What every client has: operations with hooks and typed errors, the lenient face, a safe pickle."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, NoReturn, ParamSpec, Self, TypeVar, cast, overload

from codomyrmex.cloud import _state
from codomyrmex.cloud._index import HOOKS, entry_points
from codomyrmex.cloud.errors import CloudError, forget_requests, from_builtin

if TYPE_CHECKING:
    from codomyrmex.cloud.hooks import Hooks

P = ParamSpec("P")
R = TypeVar("R")
Check = Callable[[Any], None]


class CloudClient:
    """The base of every client: `StorageClient`, `ComputeClient`, and any other service's.

    A public method is made an *operation* by `operation`; overriding an operation in a subclass
    keeps it one, so an implementation of `StorageClient` decorates nothing.
    """

    provider: ClassVar[str] = "custom"
    """The first half of the entry point's name, such as ``"aws"``."""
    service: ClassVar[str] = "custom"
    """The second half, such as ``"storage"``."""
    recipe: ClassVar[tuple[str, ...] | None] = None
    """The attributes that, given to the constructor, make this client again in another process.
    Never a secret: credentials are found anew there. None: the client does not pickle."""
    strict: bool = False
    """Whether methods under `lenient` raise, as they do where `get_client` made the client."""
    _thread: threading.local

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:  # noqa: D102 - a constructor needs no super().__init__()
        self = super().__new__(cls)
        self._thread = threading.local()
        return self

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        members = {name: member for base in reversed(cls.__mro__) for name, member in vars(base).items()}
        specs = {s.name: s for base in reversed(cls.__mro__) for m in vars(base).values() if (s := _spec(m))}
        for name, spec in specs.items():
            if callable(members[name]) and not _spec(members[name]):
                setattr(cls, name, _wrap(members[name], spec))

    @property
    def last_error(self) -> CloudError | None:
        """Why the last `lenient` call of this thread failed; None after a success."""
        return getattr(self._thread, "last_error", None)

    @property
    def native(self) -> Any:
        """The SDK's own client, for what this interface does not cover."""
        return None

    def translate_error(self, error: Exception) -> CloudError | None:
        """The `CloudError` for an SDK's exception; None lets it pass as the bug it is.

        Every provider with an SDK overrides this, and calls ``super()`` for what it does not know.
        """
        return from_builtin(error)

    def typed_error(self, error: Exception, operation: str, resource: str | None) -> Exception:
        """The error as a `CloudError` that knows its context, or as it is where it is a bug.

        Operations do this by themselves; a provider does where it raises later, such as from a
        file that `open_read` gave.
        """
        typed = error if isinstance(error, CloudError) else self.translate_error(error)
        if typed is None:
            return error
        forget_requests(error)
        typed.provider = typed.provider or self.provider
        typed.service = typed.service or self.service
        typed.operation = typed.operation or operation
        typed.resource = typed.resource or resource
        return typed

    def resource_name(self, arguments: Mapping[str, Any]) -> str | None:
        """What an operation with these arguments is about, for errors and hooks."""
        first = next(iter(arguments.values()), None)
        return first if isinstance(first, str) else None

    @classmethod
    def credential_source(cls) -> str | None:
        """Where this client would find its credentials, with secrets masked, for ``cloud doctor``."""
        return None

    def close(self) -> None:
        """Release connections and files. Safe to call twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        options = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.recipe or ())
        return f"{type(self).__name__}({options})"

    def __reduce__(self) -> Any:
        if self.recipe is None:
            raise TypeError(f"{type(self).__name__} does not pickle: its class sets no `recipe`")
        return _rebuild, (type(self), {name: getattr(self, name) for name in self.recipe}, self.strict)


def _rebuild(cls: type[CloudClient], options: dict[str, Any], strict: bool) -> Any:
    from codomyrmex.cloud.registry import make_client

    client = make_client(f"{cls.provider}.{cls.service}", cls, options)  # a vault's hook brings credentials here too
    client.strict = strict
    return client


class Operation(NamedTuple):
    """One call of a public method, as hooks see it."""

    client: CloudClient
    provider: str
    service: str
    name: str
    """The method, such as ``"upload_file"``."""
    resource: str | None
    """What it is about, such as ``"s3://bucket/key"``."""
    arguments: Mapping[str, Any]
    """As given by the caller, by parameter name. May hold data and secrets."""

    def __repr__(self) -> str:
        return f"<Operation {self.provider}.{self.service} {self.name} {self.resource}>"


class _Spec(NamedTuple):
    """What an override inherits from the operation it overrides."""

    name: str
    parameters: tuple[str, ...]
    checks: tuple[tuple[int, str, Check], ...]
    lazy: bool


@overload
def operation(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def operation(*, checks: Mapping[str, Check] = ..., lazy: bool = ...) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def operation(function: Any = None, /, *, checks: Mapping[str, Check] | None = None, lazy: bool = False) -> Any:
    """Make a method an operation: arguments checked first, then hooks, then errors of our tree.

    :param checks: for each parameter name a function that raises TypeError or ValueError at once.
    :param lazy: the method returns an iterator; errors are translated while it is read.

    Exceptions of an SDK go through `CloudClient.translate_error`; a `CloudError` gets provider,
    service, operation and resource where it has none.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        code = function.__code__
        parameters = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
        checked = tuple((i, p, checks[p]) for i, p in enumerate(parameters) if p in checks) if checks else ()
        return _wrap(function, _Spec(function.__name__, parameters, checked, lazy))

    return decorate if function is None else decorate(function)


def _spec(attribute: Any) -> _Spec | None:
    return getattr(attribute, "__operation__", None)


_inside: ContextVar[Literal["", "operation", "hook"]] = ContextVar("what hooks were told of already", default="")


@contextmanager
def inside(what: Literal["operation", "hook"]) -> Iterator[None]:
    """What runs in the block belongs to an operation that was announced, or to a hook: no hook hears of it."""
    token = _inside.set(what)
    try:
        yield
    finally:
        _inside.reset(token)


def _wrap(function: Callable[..., Any], spec: _Spec) -> Callable[..., Any]:
    checks, lazy = spec.checks, spec.lazy

    @wraps(function)
    def call(self: CloudClient, /, *args: Any, **kwargs: Any) -> Any:
        given = len(args)
        for position, name, check in checks:
            if position < given:
                check(args[position])
            elif name in kwargs:
                check(kwargs[name])
        hooks = installed_hooks()
        if hooks is not None and not _inside.get():
            return _watched(hooks, self, function, spec, args, kwargs)
        try:
            result = function(self, *args, **kwargs)
        except Exception as error:
            _fail(error, self, spec, args, kwargs)
        return _lazily(result, self, spec, args, kwargs) if lazy else result

    call.__operation__ = spec  # type: ignore[attr-defined]
    return call


def _fail(error: Exception, client: CloudClient, spec: _Spec, args: Any, kwargs: Any) -> NoReturn:
    typed = client.typed_error(error, spec.name, client.resource_name(_named(spec, args, kwargs)))
    if typed is error:
        raise error
    raise typed from error


def _named(spec: _Spec, args: Any, kwargs: Any) -> dict[str, Any]:
    return {**dict(zip(spec.parameters, args, strict=False)), **kwargs}


def _lazily(result: Iterator[Any], client: CloudClient, spec: _Spec, args: Any, kwargs: Any) -> Iterator[Any]:
    try:
        yield from result
    except Exception as error:
        _fail(error, client, spec, args, kwargs)


def _watched(hooks: Hooks, client: CloudClient, function: Any, spec: _Spec, args: Any, kwargs: Any) -> Any:
    arguments = _named(spec, args, kwargs)
    resource = client.resource_name(arguments)
    running = Operation(client, client.provider, client.service, spec.name, resource, arguments)
    transfers = client.service == "storage" and "progress" in spec.parameters  # elsewhere progress tells a state
    if transfers and (progress := hooks.progress(running, kwargs.get("progress"))):
        kwargs["progress"] = progress
    started = perf_counter()
    try:
        try:
            hooks.before(running)
            with inside("operation"):
                result = function(client, *args, **kwargs)
        except Exception as error:
            _fail(error, client, spec, args, kwargs)
    except BaseException as error:
        hooks.after(running, None, error, perf_counter() - started)
        raise
    if spec.lazy:
        return hooks.reading(running, _lazily(result, client, spec, args, kwargs), started)
    hooks.after(running, result, None, perf_counter() - started)
    return result


def installed_hooks() -> Hooks | None:
    """The hooks to tell; None when there are none (pluggy stays unimported), and for what hooks call."""
    return None if _state.current.hooks is None or _inside.get() == "hook" else hooks_in_force()


def hooks_in_force() -> Hooks | None:
    """All hooks there are, loaded on first use."""
    hooks = _state.current.hooks
    return _load_hooks(_state.current) if hooks is False else hooks


def _load_hooks(registry: _state.Registry) -> Hooks | None:
    if _inside.get() == "hook":
        raise RuntimeError("hooks cannot be registered while a hooks plugin is imported; its entry point does that")
    with registry.hooks_lock:  # no operation slips through while another thread loads a policy
        if registry.hooks is False:
            if entry_points(HOOKS):
                from codomyrmex.cloud.hooks import Hooks

                with inside("hook"):
                    registry.hooks = Hooks()
            else:
                registry.hooks = None
        return registry.hooks


_lenient: ContextVar[CloudClient | None] = ContextVar("client inside a lenient call", default=None)


def lenient(on_failure: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Give a method the spec's results on failure (spec section 8) instead of a `CloudError`.

    :param on_failure: what to return: ``False``, ``[]``, ``None``, ``{}``, ``b""``, or a function
        of the error that makes it.

    The error is logged at ERROR by ``codomyrmex.cloud.<provider>`` and kept on ``last_error``;
    with ``strict`` it is raised. Called from another lenient method of the same client it is
    raised too, so that the outer one fails. Wrong arguments (TypeError, ValueError) always raise.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            self: Any = args[0]
            if _lenient.get() is self:
                return function(*args, **kwargs)
            token = _lenient.set(self)
            try:
                result = function(*args, **kwargs)
            except CloudError as error:
                self._thread.last_error = error
                if self.strict:
                    raise
                _log(self.provider, function.__name__, error)
                return cast("R", on_failure(error) if callable(on_failure) else copy.copy(on_failure))
            finally:
                _lenient.reset(token)
            self._thread.last_error = None
            return result

        return call

    return decorate


def _log(provider: str, method: str, error: CloudError) -> None:
    import logging

    logger = logging.getLogger(f"codomyrmex.cloud.{provider}")
    where = f"{error.operation or method} {error.resource or ''}".strip()
    logger.error("%s %s failed: %s: %s", provider, where, type(error).__name__, error)
