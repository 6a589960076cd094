"""The `Kind` of argument for the type of a parameter."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import inspect
import io
import ipaddress
import os
import types
import typing
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import partial
from pathlib import PurePath
from typing import Any
from uuid import UUID

from codomyrmex.cloud.cli.call.hints import EMPTY, keys_of_class, keys_of_typed_dict
from codomyrmex.cloud.cli.call.jsontext import number, without_underscores
from codomyrmex.cloud.cli.call.kinds import (
    NUMBER,
    Anything,
    Binary,
    Callback,
    Choice,
    Kind,
    Null,
    Path,
    Scalar,
    Stream,
    Text,
)
from codomyrmex.cloud.cli.call.structures import Collection, Fields, Mapping, Positions, Union

_PLAIN = NUMBER.pattern
_SCALARS: dict[Any, Scalar] = {
    bool: Scalar(
        "true|false",
        "true or false",
        lambda text: {"true": True, "false": False}[text.lower()],
        (bool,),
        "true|false",
    ),
    int: Scalar("INTEGER", "a whole number", lambda text: int(without_underscores(text)), (int,), _PLAIN),
    float: Scalar("NUMBER", "a number", number, (int, float), _PLAIN),
    Decimal: Scalar("NUMBER", "a number", lambda t: Decimal(without_underscores(t)), (int, float, str), _PLAIN),
    Fraction: Scalar("NUMBER", "a fraction", lambda text: Fraction(without_underscores(text)), (int, str), _PLAIN),
    complex: Scalar(
        "NUMBER", "a complex number", lambda text: complex(without_underscores(text)), (int, float), _PLAIN
    ),
    timedelta: Scalar(
        "SECONDS", "a number of seconds", lambda text: timedelta(seconds=number(text)), (int, float), _PLAIN
    ),
    datetime: Scalar(
        "TIME", "a time such as 2026-12-24T18:00:00+01:00", datetime.fromisoformat, (str,), r"\d{4}-\d\d-\d\d.*"
    ),
    date: Scalar("DATE", "a date such as 2026-12-24", date.fromisoformat, (str,), r"\d{4}-\d\d-\d\d"),
    time: Scalar("TIME", "a time such as 18:00", time.fromisoformat, (str,), r"\d\d:\d\d.*"),
    UUID: Scalar("UUID", "a UUID", UUID, (str,), r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
} | {
    address: Scalar("ADDRESS", "an IP address", address, (str,), ".*")
    for address in (ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network)
}
_COLLECTIONS: dict[Any, Callable[[Any], Any]] = {
    collections.abc.Iterable: list,
    collections.abc.Collection: list,
    collections.abc.Container: list,
    collections.abc.Reversible: list,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Iterator: iter,
    collections.abc.Set: set,
    collections.abc.MutableSet: set,
    collections.deque: collections.deque,
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
}
"""What makes each type of collection of its items."""
_MAPPINGS: dict[Any, Callable[[Any], Any]] = {
    collections.abc.Mapping: dict,
    collections.abc.MutableMapping: dict,
    dict: dict,
    collections.OrderedDict: collections.OrderedDict,
    collections.Counter: collections.Counter,
    collections.ChainMap: collections.ChainMap,
    collections.defaultdict: partial(collections.defaultdict, None),
}
_BINARY: dict[Any, Callable[[bytes], Any]] = {
    bytes: bytes,
    bytearray: bytearray,
    memoryview: memoryview,
    getattr(collections.abc, "Buffer", bytes): bytes,  # since Python 3.12
}
_TEXT_STREAMS = (typing.TextIO, typing.IO[str])
_STREAMS = (typing.BinaryIO, typing.IO[bytes], typing.IO[Any], typing.IO, *_TEXT_STREAMS)
_QUALIFIERS = (typing.Annotated, typing.Required, typing.NotRequired, typing.Final)


def kind_of(annotation: Any) -> Kind:
    """The kind of argument that a parameter of this type takes. Of a union only what can be typed."""
    members = list(map(_kind, _members_of(annotation)))
    typeable = [member for member in members if not (isinstance(member, Anything) and member.is_object)]
    if not all(isinstance(member, Null) for member in typeable):
        members = typeable
    return members[0] if len(members) == 1 else Union(members)


def _members_of(annotation: Any) -> list[Any]:
    """The types of a union, or the one that it is; of each what its values are, without a new name or a qualifier."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return [member for part in arguments for member in _members_of(part)]
    if origin in _QUALIFIERS:
        return _members_of(arguments[0])
    if isinstance(annotation, typing.TypeVar):
        bounds = annotation.__constraints__ or (annotation.__bound__ or Any,)
        return [member for bound in bounds for member in _members_of(bound)]
    if (inner := getattr(annotation, "__supertype__", None)) is not None:  # of a NewType
        return _members_of(inner)
    if (inner := getattr(origin or annotation, "__value__", None)) is not None:  # of a 'type' statement
        return _members_of(inner[arguments] if arguments else inner)
    return [annotation]


def _kind(member: Any) -> Kind:
    origin, arguments = typing.get_origin(member) or member, typing.get_args(member)
    if member in (None, type(None)):
        return Null()
    if member in (Any, EMPTY, object):
        return Anything()
    if member in _SCALARS:
        return _SCALARS[member]
    if origin is typing.Literal:
        return Choice(arguments)
    if member in _STREAMS or _is_a(member, io.IOBase):
        return Stream(is_text=member in _TEXT_STREAMS or _is_a(member, io.TextIOBase))
    if origin in _BINARY:
        return Binary(_BINARY[origin])
    if origin is tuple and arguments and ... not in arguments:
        return Positions(lambda: [kind_of(argument) for argument in arguments])
    if origin in _COLLECTIONS:
        return Collection(_COLLECTIONS[origin], lambda: kind_of(arguments[0] if arguments else Any))
    if origin in _MAPPINGS:
        defaults: tuple[Any, ...] = (str, Any)
        key, value = arguments + defaults[len(arguments) :]
        return Mapping(_MAPPINGS[origin], lambda: kind_of(key), lambda: kind_of(value))
    if origin is collections.abc.Callable:
        takes, returns = arguments or (..., Any)
        return Callback(takes if isinstance(takes, list) else (), only_listens=returns in (None, type(None), object))
    return _kind_of_class(member, origin)


def _kind_of_class(member: Any, origin: Any) -> Kind:
    if hasattr(origin, "__required_keys__"):  # a TypedDict, also one of typing_extensions
        return _fields(dict, lambda: keys_of_typed_dict(origin), origin)
    if member is typing.LiteralString:
        return Text()
    if not inspect.isclass(origin):
        return Anything(is_object=True)
    if issubclass(origin, Enum):
        return Choice(origin)
    if issubclass(origin, os.PathLike):
        return Path(origin if issubclass(origin, PurePath) else str)
    if issubclass(origin, str):
        return Text(origin)
    if dataclasses.is_dataclass(origin) or hasattr(origin, "_fields"):
        return _fields(lambda values: origin(**values), lambda: keys_of_class(origin), origin)
    return Anything(is_object=True)


def _fields(make: Callable[[Any], Any], keys: Callable[[], dict[str, tuple[Any, bool]]], origin: Any) -> Fields:
    return Fields(
        make,
        lambda: {name: kind_of(annotation) for name, (annotation, _) in keys().items()},
        lambda: [name for name, (_, is_required) in keys().items() if is_required],
        origin.__name__,
    )


def _is_a(member: Any, base: type) -> bool:
    return inspect.isclass(member) and issubclass(member, base)
