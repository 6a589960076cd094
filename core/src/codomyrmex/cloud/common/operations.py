"""Operations: the public methods of clients, with arguments checked, hooks asked, and errors of our tree."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial, wraps
from itertools import islice
from time import perf_counter
from types import MappingProxyType, SimpleNamespace
from typing import Any, NoReturn, TypeVar, cast, get_args, overload

from codomyrmex.cloud import _state
from codomyrmex.cloud._announcing import Effect, Items, Observer, Operation, described, inside, is_inside, is_stream
from codomyrmex.cloud._in_force import hooks_in_force
from codomyrmex.cloud.errors import OperationRefused

F = TypeVar("F", bound=Callable[..., Any])
Checks = Mapping[str, Callable[[Any], None]]
Aliases = Mapping[str, str]

_EFFECTS = get_args(Effect)
MAX_BATCH = 1000
"""Items of a batched operation that hooks are told of at a time."""


class Parameters:
    """The names of a method's parameters, without self; of what it wraps where `functools.wraps` tells that.

    Read from its code: `inspect.signature` would take longer than all else of making a class. A ``__signature__`` says
    that the parameters of what is wrapped are others.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        function = inspect.unwrap(function, stop=lambda wrapper: hasattr(wrapper, "__signature__"))
        code = getattr(function, "__code__", _pass_on.__code__)
        names, end = code.co_varnames, code.co_argcount + code.co_kwonlyargcount
        self.by_position: tuple[str, ...] = names[1 : code.co_argcount]
        self.by_name: tuple[str, ...] = names[code.co_argcount : end]
        """Those that are given by name alone."""
        self.rest: str | None = names[end] if code.co_flags & inspect.CO_VARARGS else None
        """``*args``: what takes further positions."""
        self.takes_any = bool(code.co_flags & inspect.CO_VARKEYWORDS)
        """Whether there is a ``**kwargs``."""
        self.are_passed_on = self.rest is not None and self.takes_any
        """Whether these are ``*args, **kwargs``, of a method that passes on what it is given."""

    def named(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a call by the names of their parameters."""
        arguments = dict(zip(self.by_position, args, strict=False))
        if self.rest and len(args) > len(self.by_position):
            arguments[self.rest] = args[len(self.by_position) :]
        return {**arguments, **kwargs}


def _pass_on(self: Any, *args: Any, **kwargs: Any) -> None:
    """The parameters of a callable that is no function."""


class Spec(SimpleNamespace):
    """What is known of an operation, and what an override inherits."""

    name: str
    function: Callable[..., Any]
    parameters: Parameters
    effect: Effect | None
    """None: the author gave none, which hooks are told as ``"admin"``."""
    checks: Checks
    aliases: Aliases
    lazy: bool
    batched: str | None


@overload
def operation(function: F, /) -> F: ...
@overload
def operation(
    *, effect: Effect = ..., checks: Checks = ..., aliases: Aliases = ..., lazy: bool = ..., batched: str = ...
) -> Callable[[F], F]: ...
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
    resource where it has none. Overriding an operation in a subclass keeps it one; an override that is decorated anew
    inherits what it does not give.

    Args:
        effect: What it does, for policies: see `Effect`. Without one it counts as ``"admin"``.
        checks: For each parameter name a function that raises TypeError or ValueError at once. Defaults are not
            checked.
        aliases: Other names of parameters, as an operation that this one overrides has them, to their names here.
        lazy: The method returns an iterator; errors are translated while it is read.
        batched: The parameter that takes any number of items, of a method that returns failures by item. Hooks are
            asked about at most `MAX_BATCH` items at a time, a tuple, for which the method is then called. Where the
            first batch is refused, the operation raises; the items of a later one are failures with the refusal.

    Raises:
        TypeError: The method is ``async`` or `lenient`, or has checks and is decorated already; or the effect is none.
    """

    def decorate(function: F) -> F:
        parameters = _parameters_of(function)
        if effect is not None and effect not in _EFFECTS:
            raise TypeError(f"the effect of {function!r} is one of {', '.join(_EFFECTS)}, not {effect!r}")
        is_decorated = not inspect.isfunction(function) or hasattr(function, "__wrapped__") or parameters.are_passed_on
        if checks and is_decorated:
            raise TypeError(f"the checks of {function!r} go by its parameters: put @operation directly above 'def'")
        values = {"effect": effect, "checks": checks, "aliases": aliases, "lazy": lazy, "batched": batched}
        return cast("F", _wrap(Spec(name=function.__name__, function=function, parameters=parameters, **values)))

    return decorate if function is None else decorate(function)


def spec_of(member: Any) -> Spec | None:
    """What is known of a method as an operation, also below `lenient`; None where it is none.

    Nor is what wraps one: `functools.wraps` copies the attribute.
    """
    call, spec = getattr(member, "__operation__", (None, None))
    function = getattr(member, "__func__", member)
    return spec if call in (function, hasattr(function, "__lenient__") and function.__wrapped__) else None


def inherit_operations(cls: type) -> None:
    """Make overrides of operations in a new class, its own and those of its bases, operations too.

    Raises:
        TypeError: An override is ``async``, `lenient` or no method, or does not take what the operation takes.
    """
    mro = cls.__mro__[:-1]
    clients = [base for base in cls.__bases__ if hasattr(base, "__operations__")]
    names = {name for base in clients for name in base.__operations__[1]}
    mixins = [base for base in reversed(mro) if "__operations__" not in vars(base)]  # and the class itself
    own = {name: member for base in mixins for name, member in vars(base).items()}
    for name in tuple(names) if len(clients) > 1 else names & own.keys():
        owners = [base for base in mro if name in vars(base)]
        base, inherited = next(((b, spec) for b in owners[1:] if (spec := spec_of(vars(b)[name]))), (cls, None))
        if inherited is not None and (owners[0] is cls or not issubclass(owners[0], base)):
            _override(cls, name, vars(owners[0])[name], inherited)
    names.update(name for name, member in own.items() if name[0] != "_" and spec_of(member) is not None)
    cls.__operations__ = cls, frozenset(names)  # type: ignore[attr-defined]


def _override(cls: type, name: str, member: Any, inherited: Spec) -> None:
    if isinstance(member, (classmethod, staticmethod)) or not callable(member):
        raise TypeError(f"{cls.__name__}.{name} overrides an operation, so it is a method that takes self")
    own = spec_of(member)
    spec = own or Spec(**{**vars(inherited), "function": member, "parameters": _parameters_of(member)})
    if spec.parameters.are_passed_on:
        spec = Spec(**{**vars(spec), "parameters": inherited.parameters})
    here = spec.aliases.get
    aliases = {alias: here(name, name) for alias, name in inherited.aliases.items()} | dict(spec.aliases)
    in_order = tuple(here(name, name) for name in inherited.parameters.by_position)
    by_name = {here(name, name) for name in inherited.parameters.by_name}
    names = {*spec.parameters.by_position, *spec.parameters.by_name}
    if spec.parameters.by_position[: len(in_order)] != in_order or not (by_name <= names or spec.parameters.takes_any):
        wanted = ", ".join(inherited.parameters.by_position + inherited.parameters.by_name)
        raise TypeError(f"{cls.__name__}.{name} overrides an operation of {wanted}: keep these names, or give aliases")
    if own is not None:
        checks = {here(name, name): check for name, check in inherited.checks.items()} | dict(own.checks)
        batched = own.batched or (inherited.batched and here(inherited.batched, inherited.batched))
        inherits = {"effect": own.effect or inherited.effect, "lazy": own.lazy or inherited.lazy}
        spec = Spec(**{**vars(spec), **inherits, "checks": checks, "batched": batched})
    spec = Spec(**{**vars(spec), "name": name, "aliases": aliases})
    if spec != own:
        call = _wrap(spec)
        if own and hasattr(member, "__lenient__"):
            call = member.__lenient__(call)
        vars(call).update({**vars(member), **vars(call)})  # such as that it is abstract
        setattr(cls, name, call)


def _parameters_of(function: Any) -> Parameters:
    """The parameters of a method. TypeError for what cannot be an operation."""
    if hasattr(function, "__lenient__"):
        raise TypeError(f"{function!r} hides its failures from hooks: put @lenient above @operation, not below it")
    if getattr(function, "__code__", _wrap.__code__).co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        raise TypeError(f"{function!r} is async; an operation is not, as its errors would not be translated")
    return Parameters(function)


def _wrap(spec: Spec) -> Any:
    function, lazy, has_aliases = spec.function, spec.lazy, bool(spec.aliases)
    by_position = spec.parameters.by_position
    names = [name for name in by_position + spec.parameters.by_name if name in spec.checks]
    checks = [(by_position.index(n) if n in by_position else sys.maxsize, n, spec.checks[n]) for n in names]

    @wraps(function)
    def call(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        if has_aliases:
            kwargs = _renamed(spec, kwargs)
        given = len(args)
        for position, name, check in checks:
            if position < given:
                check(args[position])
            elif name in kwargs:
                check(kwargs[name])
        try:
            if _state.current.hooks is not None and (hooks := hooks_in_force()) and not is_inside("operation"):
                return _watched(hooks, self, spec, args, kwargs)
            result = function(self, *args, **kwargs)
        except Exception as error:
            _fail(error, self, spec, args, kwargs)
        return _lazily(result, self, spec, args, kwargs) if lazy else result

    call.__operation__ = (call, spec)  # type: ignore[attr-defined]
    return call


def _renamed(spec: Spec, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Arguments by the method's own names of parameters."""
    for alias in spec.aliases.keys() & kwargs.keys():
        if (name := spec.aliases[alias]) in kwargs:
            raise TypeError(f"{spec.name}() takes {alias} or {name}, not both")
        kwargs[name] = kwargs.pop(alias)
    return kwargs


def _fail(error: Exception, client: Any, spec: Spec, args: Any, kwargs: Any) -> NoReturn:
    typed = client.typed_error(error, spec.name, client.resource_name(spec.parameters.named(args, kwargs)))
    if typed is error:
        raise error
    raise typed from error


def _lazily(result: Iterator[Any], client: Any, spec: Spec, args: Any, kwargs: Any) -> Iterator[Any]:
    try:
        yield from result
    except Exception as error:
        _fail(error, client, spec, args, kwargs)


# With hooks in force


def _watched(hooks: Observer, client: Any, spec: Spec, args: Any, kwargs: Any) -> Any:
    arguments = spec.parameters.named(args, kwargs)
    if spec.batched not in arguments or spec.parameters.rest in arguments:
        return _told(hooks, client, spec, args, kwargs)
    items, failures, is_first = iter(arguments[spec.batched]), dict[Any, Any](), True
    while (batch := tuple(islice(items, MAX_BATCH))) or is_first:
        try:
            failures |= _told(hooks, client, spec, (), {**arguments, spec.batched: batch}) or {}
        except OperationRefused as refusal:
            if is_first:
                raise
            failures |= dict.fromkeys(batch, refusal)
        is_first = False
    return failures


def _told(hooks: Observer, client: Any, spec: Spec, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Call the method, with hooks asked before and told after it."""
    args = tuple(map(_read_once, args))
    kwargs = {name: _read_once(value) for name, value in kwargs.items()}
    arguments = {name: described(value) for name, value in spec.parameters.named(args, kwargs).items()}
    arguments |= {alias: arguments[name] for alias, name in spec.aliases.items() if name in arguments}
    told, resource, effect = MappingProxyType(arguments), client.resource_name(arguments), spec.effect or "admin"
    running = Operation(client, client.provider, client.service, spec.name, effect, resource, told)
    if client.service == "storage" and "progress" in spec.parameters.by_name:  # elsewhere it tells a state
        kwargs["progress"] = hooks.progress(running, kwargs.get("progress"))
    started = perf_counter()
    try:
        try:
            hooks.before(running)
            with inside("operation"):
                result = spec.function(client, *map(_again, args), **{n: _again(v) for n, v in kwargs.items()})
        except Exception as error:
            _fail(error, client, spec, args, kwargs)
    except BaseException as error:
        hooks.after(running, None, error, perf_counter() - started)
        raise
    if spec.lazy:
        return hooks.reading(running, _lazily(result, client, spec, args, kwargs), started)
    hooks.after(running, described(result), None, perf_counter() - started)
    return result


def _read_once(value: Any) -> Any:
    """``value``, or the items of an iterator; a callback such as ``progress`` is outside of the operation."""
    if inspect.isroutine(value) or isinstance(value, partial):
        return inside("")(value)
    return Items(value) if isinstance(value, Iterator) and not is_stream(value) else value


def _again(value: Any) -> Any:
    return iter(value) if isinstance(value, Items) else value
