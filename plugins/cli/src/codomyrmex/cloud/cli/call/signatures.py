"""The parameters of clients' methods and constructors, with their types."""

from __future__ import annotations

import datetime
import enum
import functools
import inspect
import os
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from codomyrmex.cloud.cli.call import docstrings
from codomyrmex.cloud.cli.call.hints import EMPTY, keys_of_typed_dict, resolved, signature
from codomyrmex.cloud.common import CloudClient
from codomyrmex.cloud.common.operations import spec_of
from codomyrmex.cloud.errors import ProviderLoadError

POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
VAR_POSITIONAL = inspect.Parameter.VAR_POSITIONAL
VAR_KEYWORD = inspect.Parameter.VAR_KEYWORD
ABSENT: Any = object()
"""The default of what a method does not get, unless it is given."""
_CORE = CloudClient.__module__.rpartition(".")[0]


class Parameter(NamedTuple):
    """One of a method, by whatever name: the keys of a TypedDict may be none of Python's."""

    name: str
    kind: Any
    """As `inspect.Parameter.kind`."""
    default: Any
    annotation: Any
    group: str = ""
    """What the docstring says of the TypedDict whose key it is, if it is one's."""
    text: str = ""
    """What the TypedDict says of the key."""
    is_typed: bool = False
    """Whether it is ``**options`` whose keys a TypedDict names."""


def class_made_by(make: Any, name: str) -> type:
    """The class of the clients that a provider's entry point makes: itself, or what its annotation returns.

    Args:
        make: What the entry point names.
        name: Of the provider, for the error.

    Raises:
        ProviderLoadError: It is no class, and does not say of which one its clients are.
    """
    while isinstance(make, functools.partial):
        make = make.func
    if inspect.isclass(make):
        return make
    returned = resolved({"return": signature(make).return_annotation}, make, None)["return"]
    classes = [part for part in (typing.get_args(returned) or (returned,)) if inspect.isclass(part)]
    if not classes or classes[0] in (EMPTY, Any, type(None), object):
        raise ProviderLoadError(f"what makes {name} does not say by its annotation which class its clients have")
    return classes[0]


def constructor_parameters(make: Any) -> list[Parameter]:
    """What a provider's class, or another callable that makes its clients, takes by name."""
    given: dict[str, Any] = {}
    while isinstance(make, functools.partial):
        given |= make.keywords
        make = make.func
    if inspect.isclass(make):
        of_init, of_new = method_parameters(make, "__init__"), method_parameters(make, "__new__")
        parameters = of_init or ([] if _are_passed_on(of_new) else of_new)  # CloudClient's takes anything
    else:
        parameters = [each for one in _declared(make, None) for each in _expanded(_typed(one, ()))]
    by_name = [p for p in parameters if p.kind not in (POSITIONAL_ONLY, VAR_POSITIONAL)]
    return [p._replace(default=ABSENT) if p.name in given else p for p in by_name]


def method_parameters(client_class: type, name: str) -> list[Parameter]:
    """The parameters of a method without ``self``.

    A method that passes on ``*args, **kwargs`` has those of the one that it overrides. The keys of
    ``**options: Unpack[SomeTypedDict]`` are parameters. A parameter without annotation has the type that a base class
    gives it, by the name that it has there, or that of its default.
    """
    members = [vars(base)[name] for base in client_class.__mro__[:-1] if hasattr(vars(base).get(name), "__get__")]
    methods = [(member, member.__get__(None, client_class)) for member in members]
    declared = [(member, _declared(method, client_class)[1:]) for member, method in methods if callable(method)]
    if not declared:
        return []
    own = next((number for number, (_, parameters) in enumerate(declared) if not _are_passed_on(parameters)), 0)
    member, parameters = declared[own]
    aliases = spec.aliases if (spec := spec_of(member)) else {}
    overridden = [p._replace(name=aliases.get(p.name, p.name)) for _, others in declared[own + 1 :] for p in others]
    expanded = [each for parameter in parameters for each in _expanded(_typed(parameter, overridden))]
    if isinstance(member, functools.singledispatchmethod):  # which looks at what is given by position
        expanded[0] = expanded[0]._replace(kind=POSITIONAL_ONLY)
    return expanded


def is_method(client_class: type, name: str) -> bool:
    """Whether a name is that of an operation, or of another method that not all clients have."""
    owners = [base for base in client_class.__mro__ if name in vars(base)]
    if name.startswith("_") or not owners:
        return False
    member = vars(owners[0])[name]
    if isinstance(member, classmethod | staticmethod | type) or not hasattr(member, "__get__"):
        return False
    try:
        method = member.__get__(None, client_class)
        signature(method)
    except Exception:  # a descriptor of a stranger, or what has no signature
        return False
    if not callable(method) or inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
        return False
    return spec_of(member) is not None or not owners[-1].__module__.startswith(_CORE)


def _declared(function: Any, owner: type | None) -> list[Parameter]:
    """The parameters of a function, with the types of their annotations."""
    parameters = signature(function).parameters.values()
    types_by_name = resolved({p.name: p.annotation for p in parameters}, function, owner)
    return [Parameter(p.name, p.kind, p.default, types_by_name[p.name]) for p in parameters]


def _are_passed_on(parameters: Iterable[Parameter]) -> bool:
    return [p.kind for p in parameters] == [VAR_POSITIONAL, VAR_KEYWORD]


def _typed(parameter: Parameter, overridden: Iterable[Parameter]) -> Parameter:
    """The parameter with a type, where it has no annotation."""
    if parameter.annotation is not EMPTY:
        return parameter
    inherited = (p.annotation for p in overridden if p.name == parameter.name and p.annotation is not EMPTY)
    return parameter._replace(annotation=next(inherited, _type_of(parameter.default)))


def _type_of(default: Any) -> Any:
    """What a parameter takes that has this default."""
    if isinstance(default, bool | str | bytes | enum.Enum | datetime.date | datetime.timedelta | os.PathLike):
        return type(default)
    if isinstance(default, int | float):
        return int | float
    if isinstance(default, Mapping):
        return Mapping
    return type(default) if isinstance(default, list | tuple | set | frozenset) else EMPTY


def _expanded(parameter: Parameter) -> Iterator[Parameter]:
    """The parameters that one stands for: also a TypedDict's keys for ``**options: Unpack[...]``.

    There may be others than these: the SDK that they are passed on to may know more than the types.
    """
    annotation = parameter.annotation
    is_unpacked = typing.get_origin(annotation) is typing.Unpack
    inner = typing.get_args(annotation)[0] if is_unpacked else annotation
    if parameter.kind is VAR_POSITIONAL:
        items: Any = Any if annotation is EMPTY else annotation
        yield parameter._replace(annotation=inner if is_unpacked else types.GenericAlias(tuple, (items, ...)))
    else:
        if is_unpacked and hasattr(inner, "__required_keys__"):
            group = docstrings.prose(inspect.cleandoc(inner.__doc__ or ""))
            texts = docstrings.of_keys(inner)
            for name, (kind, is_required) in keys_of_typed_dict(inner).items():
                default = EMPTY if is_required else ABSENT
                yield Parameter(name, inspect.Parameter.KEYWORD_ONLY, default, kind, group, texts.get(name, ""))
            parameter = parameter._replace(is_typed=True)
        yield parameter._replace(annotation=Any) if is_unpacked else parameter
