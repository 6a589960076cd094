"""The parameters of a client's methods, and their types: by annotation, by the base class's, or by the default."""

from __future__ import annotations

import builtins
import collections.abc
import contextlib
import datetime
import enum
import inspect
import os
import pathlib
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from codomyrmex.cloud.common.operations import spec_of
from codomyrmex.cloud.errors import ProviderLoadError

EMPTY = inspect.Parameter.empty
"""Where a parameter has no default, or no type that anything tells."""
ABSENT = object()
"""The default of a key that need not be there."""
_WELL_KNOWN: dict[str, Any] = {
    name: value
    for module in (os, enum, pathlib, datetime, typing, collections.abc, builtins)  # a later one wins
    for name, value in vars(module).items()
} | {module.__name__: module for module in (os, enum, pathlib, typing, collections)}
"""What annotations name that were imported for a type checker alone (``if TYPE_CHECKING``)."""


def class_made_by(make: Callable[..., Any]) -> type:
    """The class of the clients that a provider's entry point makes: itself, or what its annotation returns.

    Raises:
        ProviderLoadError: It is no class, and does not say of which one its clients are.
    """
    made = make if inspect.isclass(make) else _resolved(_signature(make).return_annotation, _names_of(make))
    if not inspect.isclass(made) or made in (EMPTY, Any, object):
        raise ProviderLoadError(f"{make!r} does not say by its annotation which class its clients have")
    return made


def constructor_signature(make: Callable[..., Any]) -> inspect.Signature:
    """What a provider's class, or another callable that makes its client, takes."""
    if inspect.isclass(make):
        return method_signature(make, "__init__")
    return inspect.Signature([each for p in _parameters(make) for each in _expanded(_typed(p, ()))])


def method_signature(client_class: type, name: str) -> inspect.Signature:
    """The signature of a method without ``self``, with types for annotations.

    A method that passes on ``*args, **kwargs`` has the signature of the one that it overrides. The keys of
    ``**options: Unpack[SomeTypedDict]`` are parameters. A parameter without annotation has the type that a base class
    gives it, by the name that it has there, or that of its default.
    """
    members = [vars(base)[name] for base in client_class.__mro__[:-1] if callable(vars(base).get(name))]
    declared = [_parameters(member)[1:] for member in members]
    own = next((number for number, parameters in enumerate(declared) if not _are_passed_on(parameters)), 0)
    if not declared:
        return inspect.Signature()
    spec = spec_of(members[own])
    aliases = spec.aliases if spec else {}
    overridden = [
        parameter.replace(name=aliases.get(parameter.name, parameter.name))
        for parameters in declared[own + 1 :]
        for parameter in parameters
    ]
    typed = [_typed(parameter, overridden) for parameter in declared[own]]
    return inspect.Signature([each for parameter in typed for each in _expanded(parameter)])


def _parameters(function: Any) -> list[inspect.Parameter]:
    """What a function takes, with its annotations resolved as far as they can be."""
    names = _names_of(function)
    return [
        parameter.replace(annotation=_resolved(parameter.annotation, names))
        for parameter in _signature(function).parameters.values()
    ]


def _signature(function: Any) -> inspect.Signature:
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        return inspect.signature(function, annotation_format=Format.FORWARDREF)
    return inspect.signature(function)


def _names_of(function: Any) -> _Names:
    return _Names(getattr(inspect.unwrap(function), "__globals__", {}))


class _Names(dict[str, Any]):
    """What the names in an annotation mean: as in its module, else what they most likely are, else anything."""

    def __missing__(self, name: str) -> Any:
        return _WELL_KNOWN.get(name, Any)


def _resolved(annotation: Any, names: _Names) -> Any:
    text = getattr(annotation, "__forward_arg__", annotation)
    if not isinstance(text, str):
        return annotation
    with contextlib.suppress(Exception):  # such as a subscript of what is not known
        return eval(text, {"__builtins__": {}}, names)  # noqa: S307 - the code of an installed plugin, as it runs anyway
    return Any


def _are_passed_on(parameters: Iterable[inspect.Parameter]) -> bool:
    return [p.kind for p in parameters] == [inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD]


def _typed(parameter: inspect.Parameter, overridden: Iterable[inspect.Parameter]) -> inspect.Parameter:
    """The parameter with a type, where it has no annotation."""
    if parameter.annotation is not EMPTY:
        return parameter
    inherited = (p.annotation for p in overridden if p.name == parameter.name and p.annotation is not EMPTY)
    return parameter.replace(annotation=next(inherited, _type_of(parameter.default)))


def _type_of(default: Any) -> Any:
    """What a parameter takes that has this default."""
    if isinstance(default, bool | str | bytes | enum.Enum | datetime.date | datetime.timedelta | os.PathLike):
        return type(default)
    if isinstance(default, int | float):
        return int | float
    if isinstance(default, Mapping):
        return Mapping
    return type(default) if isinstance(default, list | tuple | set | frozenset) else EMPTY


def _expanded(parameter: inspect.Parameter) -> list[inspect.Parameter]:
    """The parameters that one stands for: a TypedDict's keys for ``**options: Unpack[...]``, else itself."""
    if parameter.kind is parameter.VAR_POSITIONAL:
        items: Any = Any if parameter.annotation is EMPTY else parameter.annotation
        return [parameter.replace(annotation=types.GenericAlias(tuple, (items, ...)))]
    if typing.get_origin(parameter.annotation) is not typing.Unpack:
        return [parameter]
    (typed_dict,) = typing.get_args(parameter.annotation)
    return [
        inspect.Parameter(name, parameter.KEYWORD_ONLY, default=EMPTY if is_required else ABSENT, annotation=annotation)
        for name, (annotation, is_required) in keys_of(typed_dict).items()
    ]


def keys_of(typed_dict: Any) -> dict[str, tuple[Any, bool]]:
    """The type of each key of a TypedDict, and whether it is required."""
    hints = fields_of(typed_dict)
    return {
        name: (
            hint,
            typing.get_origin(hint) is typing.Required
            or (name in typed_dict.__required_keys__ and typing.get_origin(hint) is not typing.NotRequired),
        )
        for name, hint in hints.items()
    }


def fields_of(record: type) -> dict[str, Any]:
    """The types of the fields of a class, as far as they can be resolved."""
    try:
        return typing.get_type_hints(record, include_extras=True)
    except Exception:  # a name that is not there while the program runs
        return {
            name: _resolved(annotation, _Names(vars(sys.modules[base.__module__])))
            for base in reversed(record.__mro__[:-1])
            for name, annotation in vars(base).get("__annotations__", {}).items()
        }
