"""Operations: the public methods of clients, with arguments checked, hooks asked, and errors of our tree."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from itertools import islice
from time import perf_counter
from types import MappingProxyType
from typing import Any, NamedTuple, NoReturn, ParamSpec, TypeVar, overload

from codomyrmex.cloud import _state
from codomyrmex.cloud._announcing import Client, Effect, Observer, Operation, described, inside, is_inside, repeatable
from codomyrmex.cloud._in_force import hooks_in_force
from codomyrmex.cloud.errors import OperationRefused

P = ParamSpec("P")
R = TypeVar("R")
Check = Callable[[Any], None]
Checks = Mapping[str, Check]
Aliases = Mapping[str, str]

MAX_BATCH = 1000
"""Items of a batched operation that hooks are told of at a time."""


class Parameters(NamedTuple):
    """The names of a method's parameters, without self."""

    by_position: tuple[str, ...]
    by_name: tuple[str, ...]
    """Those that are given by name alone."""
    rest: str | None
    """``*args``: what takes further positions."""
    takes_any_name: bool
    """Whether there is a ``**kwargs``."""

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Parameters:
        """The parameters of a method; of what it wraps where `functools.wraps` tells that.

        Read from its code: `inspect.signature` would take longer than all else of making a class.
        """
        code = getattr(inspect.unwrap(function), "__code__", None)
        if code is None:  # a callable that is no function
            return cls((), (), "args", True)
        names, end = code.co_varnames, code.co_argcount + code.co_kwonlyargcount
        rest = names[end] if code.co_flags & inspect.CO_VARARGS else None
        takes_any_name = bool(code.co_flags & inspect.CO_VARKEYWORDS)
        return cls(names[1 : code.co_argcount], names[code.co_argcount : end], rest, takes_any_name)

    @property
    def are_passed_on(self) -> bool:
        """Whether these are ``*args, **kwargs``, of a method that passes on what it is given."""
        return self.rest is not None and self.takes_any_name

    def named(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a call by the names of their parameters."""
        arguments = dict(zip(self.by_position, args, strict=False))
        if self.rest and len(args) > len(self.by_position):
            arguments[self.rest] = args[len(self.by_position) :]
        return {**arguments, **kwargs}


@dataclass(slots=True)
class Spec:
    """What is known of an operation, and what an override inherits."""

    name: str
    parameters: Parameters
    effect: Effect | None
    """None: the author gave none, which hooks are told as ``"admin"``."""
    checks: Checks
    aliases: Aliases
    lazy: bool
    batched: str | None


@overload
def operation(function: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def operation(
    *, effect: Effect = ..., checks: Checks = ..., aliases: Aliases = ..., lazy: bool = ..., batched: str = ...
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def operation(
    function: Any = None,
    /,
    *,
    effect: Effect | None = None,
    checks: Checks = MappingProxyType({}),
    aliases: Aliases = MappingProxyType({}),
    lazy: bool = False,
    batched: str | None = None,
) -> Any:
    """Make a method an operation: arguments are checked, then hooks asked, then errors translated.

    Exceptions of an SDK go through `CloudClient.translate_error`; a `CloudError` gets provider, service, operation and
    resource where it has none. Overriding an operation in a subclass keeps it one.

    Args:
        effect: What it does, for policies: see `Effect`. Without one it is that of the operation it overrides, and
            else counts as ``"admin"``.
        checks: For each parameter name a function that raises TypeError or ValueError at once. Defaults are not
            checked.
        aliases: Other names of parameters, as an operation that this one overrides has them, to their names here.
        lazy: The method returns an iterator; errors are translated while it is read.
        batched: The parameter that takes any number of items, of a method that returns failures by item. Hooks are
            asked about at most `MAX_BATCH` items at a time, a tuple, for which the method is then called. Where the
            first batch is refused, the operation raises; the items of a later one are failures with the refusal.

    Raises:
        TypeError: The method is ``async`` or `lenient`, or has checks and is decorated already.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        _check_method(function)
        parameters = Parameters.of(function)
        if checks and (
            not inspect.isfunction(function) or hasattr(function, "__wrapped__") or parameters.are_passed_on
        ):
            raise TypeError(f"the checks of {function!r} go by its parameters: put @operation directly above 'def'")
        return _wrap(function, Spec(function.__name__, parameters, effect, checks, aliases, lazy, batched))

    return decorate if function is None else decorate(function)


def spec_of(member: Any) -> Spec | None:
    """What is known of a method as an operation; None where it is none."""
    spec: Spec | None = getattr(member, "__operation__", None)
    return spec


def inherit_operations(cls: type, root: type) -> None:
    """Make overrides of operations in a new class, its own and those of mixins, operations too.

    Args:
        cls: The new class.
        root: The class that all clients derive from. Bases that do were looked at when they were made.

    Raises:
        TypeError: An override is ``async``, `lenient` or no method, or does not take what the operation takes.
    """
    mro = cls.__mro__
    for position, owner in enumerate(mro):
        if owner is not cls and issubclass(owner, root):
            continue
        for name, member in list(vars(owner).items()):
            if name[0] == "_" or any(name in vars(base) for base in mro[:position]):
                continue
            inherited = next((spec for base in mro[position + 1 :] if (spec := spec_of(vars(base).get(name)))), None)
            if inherited is not None:
                _override(cls, name, member, inherited)


def _override(cls: type, name: str, member: Any, inherited: Spec) -> None:
    if isinstance(member, (classmethod, staticmethod)):
        raise TypeError(f"{cls.__name__}.{name} overrides an operation, so it is a method that takes self")
    if not callable(member):
        return
    spec = spec_of(member)
    if spec is None:
        _check_method(member)
        spec = replace(inherited, parameters=Parameters.of(member))
        if spec.parameters.are_passed_on:
            spec = inherited
        setattr(cls, name, _wrap(member, spec))
    spec.effect = spec.effect or inherited.effect
    parameters = spec.parameters
    in_order = tuple(spec.aliases.get(name, name) for name in inherited.parameters.by_position)
    by_name = {spec.aliases.get(name, name) for name in inherited.parameters.by_name}
    accepts_names = parameters.takes_any_name or by_name <= {*parameters.by_position, *parameters.by_name}
    if parameters.by_position[: len(in_order)] != in_order or not accepts_names:
        names = ", ".join(inherited.parameters.by_position + inherited.parameters.by_name)
        raise TypeError(f"{cls.__name__}.{name} overrides an operation that takes {names}: keep these, or give aliases")


def _check_method(function: Any) -> None:
    """Raise TypeError for what cannot be an operation."""
    if getattr(function, "__lenient__", False):
        raise TypeError(f"{function!r} hides its failures from hooks: put @lenient above @operation, not below it")
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(f"{function!r} is async; an operation is not, as its errors would not be translated")


def _wrap(function: Callable[..., Any], spec: Spec) -> Callable[..., Any]:
    checks, lazy = tuple(_by_position(spec)), spec.lazy

    @wraps(function)
    def call(self: Client, /, *args: Any, **kwargs: Any) -> Any:
        given = len(args)
        for position, name, check in checks:
            if position < given:
                check(args[position])
            elif name in kwargs:
                check(kwargs[name])
        try:
            if _state.current.hooks is not None and (hooks := hooks_in_force()) and not is_inside("operation"):
                return _watched(hooks, self, function, spec, args, kwargs)
            result = function(self, *args, **kwargs)
        except Exception as error:
            _fail(error, self, spec, args, kwargs)
        return _lazily(result, self, spec, args, kwargs) if lazy else result

    call.__operation__ = spec  # type: ignore[attr-defined]
    return _with_aliases(call, spec) if spec.aliases else call


def _with_aliases(call: Callable[..., Any], spec: Spec) -> Callable[..., Any]:
    """Let the operation take parameters by other names too."""

    @wraps(call)
    def renamed(self: Client, /, *args: Any, **kwargs: Any) -> Any:
        for alias in spec.aliases.keys() & kwargs.keys():
            name = spec.aliases[alias]
            if name in kwargs:
                raise TypeError(f"{spec.name}() takes {alias} or {name}, not both")
            kwargs[name] = kwargs.pop(alias)
        return call(self, *args, **kwargs)

    return renamed


def _by_position(spec: Spec) -> list[tuple[int, str, Check]]:
    """Position, name and check of each parameter that has a check; one that is given by name alone has none."""
    positions = {name: position for position, name in enumerate(spec.parameters.by_position)}
    names = (name for name in positions.keys() | spec.parameters.by_name if name in spec.checks)
    return [(positions.get(name, sys.maxsize), name, spec.checks[name]) for name in names]


def _fail(error: Exception, client: Client, spec: Spec, args: Any, kwargs: Any) -> NoReturn:
    typed = client.typed_error(error, spec.name, client.resource_name(spec.parameters.named(args, kwargs)))
    if typed is error:
        raise error
    raise typed from error


def _lazily(result: Iterator[Any], client: Client, spec: Spec, args: Any, kwargs: Any) -> Iterator[Any]:
    try:
        yield from result
    except Exception as error:
        _fail(error, client, spec, args, kwargs)


# With hooks in force


def _watched(hooks: Observer, client: Client, function: Any, spec: Spec, args: Any, kwargs: Any) -> Any:
    arguments = spec.parameters.named(args, kwargs)
    if spec.batched in arguments:
        return _in_batches(hooks, client, function, spec, arguments)
    args, kwargs = map(repeatable, args), {name: repeatable(value) for name, value in kwargs.items()}
    return _told(hooks, client, function, spec, tuple(args), kwargs)


def _in_batches(hooks: Observer, client: Client, function: Any, spec: Spec, arguments: dict[str, Any]) -> Any:
    """The failures by item of all batches, each of which is an operation to hooks."""
    assert spec.batched is not None
    failures: dict[Any, Any] = {}
    items = iter(arguments[spec.batched])
    batch = tuple(islice(items, MAX_BATCH))
    is_first = True
    while batch or is_first:
        try:
            failures |= _told(hooks, client, function, spec, (), {**arguments, spec.batched: batch})
        except OperationRefused as refusal:
            if is_first:
                raise
            failures |= dict.fromkeys(batch, refusal)
        batch, is_first = tuple(islice(items, MAX_BATCH)), False
    return failures


def _told(hooks: Observer, client: Client, function: Any, spec: Spec, args: tuple[Any, ...], kwargs: Any) -> Any:
    """Call the method, with hooks asked before and told after it."""
    arguments = {name: described(value) for name, value in spec.parameters.named(args, kwargs).items()}
    resource, effect = client.resource_name(arguments), spec.effect or "admin"
    told = MappingProxyType(arguments)
    running = Operation(client, client.provider, client.service, spec.name, effect, resource, told)
    moves_data = client.service == "storage" and "progress" in spec.parameters.by_name  # elsewhere it tells a state
    if moves_data and (progress := hooks.progress(running, kwargs.get("progress"))):
        kwargs = {**kwargs, "progress": progress}
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
    hooks.after(running, described(result), None, perf_counter() - started)
    return result
