"""The types of parameters, as a command line sees them: what can be typed for each, and how a help text names it."""

from __future__ import annotations

import collections
import collections.abc
import dataclasses
import inspect
import io
import math
import os
import types
import typing
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from codomyrmex.cloud.cli.call.signatures import EMPTY

NONE = type(None)
_BINARY_STREAMS = (typing.BinaryIO, typing.IO, typing.IO[bytes], io.IOBase, io.BufferedIOBase, io.RawIOBase)
_TEXT_STREAMS = (typing.TextIO, typing.IO[str], io.TextIOBase)
_BINARY = (bytes, bytearray, memoryview, getattr(collections.abc, "Buffer", bytes))  # Buffer since Python 3.12
_MAPPINGS = (
    dict, collections.OrderedDict, collections.defaultdict, collections.abc.Mapping, collections.abc.MutableMapping,
)  # fmt: skip
COLLECTIONS: dict[Any, Callable[[Iterable[Any]], Any]] = {
    collections.abc.Iterable: list,
    collections.abc.Collection: list,
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
"""What makes each kind of collection of its items."""


class Scalar(NamedTuple):
    """How a value of one type is typed."""

    metavar: str
    expected: str
    """What an error asks for."""
    read: Callable[[str], Any]
    """Raises KeyError, ValueError or ArithmeticError for what is none."""
    json_types: tuple[type, ...]
    """What JSON has for it."""


def _number(text: str) -> float:
    number = float(text.replace("_", "?"))  # float() takes 1_000
    if math.isnan(number):
        raise ValueError("nan is no number")
    return number


SCALARS: dict[Any, Scalar] = {
    bool: Scalar("true|false", "true or false", lambda text: {"true": True, "false": False}[text.lower()], (bool,)),
    int: Scalar("INTEGER", "a whole number", lambda text: int(text.replace("_", "?")), (int,)),  # int() takes 1_000
    float: Scalar("NUMBER", "a number", _number, (int, float)),
    Decimal: Scalar("NUMBER", "a number", lambda text: Decimal(text.replace("_", "?")), (int, str)),
    timedelta: Scalar("SECONDS", "a number of seconds", lambda text: timedelta(seconds=float(text)), (int, float)),
    datetime: Scalar("TIME", "a time such as 2026-12-24T18:00:00+01:00", datetime.fromisoformat, (str,)),
    date: Scalar("DATE", "a date such as 2026-12-24", date.fromisoformat, (str,)),
    UUID: Scalar("UUID", "a UUID", UUID, (str,)),
}
"""By type, the most special first."""


def members_of(kind: Any) -> list[Any]:
    """The types of a union, or the one that it is; of each what its values are, without a new name or a qualifier."""
    origin = typing.get_origin(kind)
    if origin in (typing.Union, types.UnionType):
        return [member for part in typing.get_args(kind) for member in members_of(part)]
    if origin in (typing.Annotated, typing.Required, typing.NotRequired):
        return members_of(typing.get_args(kind)[0])
    if isinstance(kind, typing.TypeVar):
        return [member for part in kind.__constraints__ or (kind.__bound__,) for member in members_of(part or Any)]
    for attribute in ("__supertype__", "__value__"):  # of a NewType, and of a 'type' statement
        if (inner := getattr(origin or kind, attribute, None)) is not None:
            return members_of(inner)
    return [NONE if kind is None else Any if kind in (EMPTY, object) else kind]


def parts_of(kind: Any) -> list[Any]:
    """The types of a union, and those of the items of its collections; of these the items are not looked at."""
    members = members_of(kind)
    return members + [part for member in filter(is_collection, members) for part in members_of(item_type(member))]


def is_collection(member: Any) -> bool:
    """Whether it takes several items."""
    return origin_of(member) in COLLECTIONS


def is_mapping(member: Any) -> bool:
    """Whether it takes values by name."""
    return origin_of(member) in _MAPPINGS or typing.is_typeddict(member)


def is_record(member: Any) -> bool:
    """Whether it is made of named fields: a dataclass or a named tuple."""
    return inspect.isclass(member) and (dataclasses.is_dataclass(member) or hasattr(member, "_fields"))


def is_structure(member: Any) -> bool:
    """Whether JSON has an array or an object for it."""
    return is_collection(member) or is_mapping(member) or is_record(member)


def is_path(member: Any) -> bool:
    """Whether it is a path of this machine."""
    return is_a(member, os.PathLike)


def is_binary(member: Any) -> bool:
    """Whether it is binary data."""
    return member in _BINARY


def is_text(member: Any) -> bool:
    """Whether any text is one."""
    return member is str or is_path(member)


def is_stream(member: Any) -> bool:
    """Whether it is an open file."""
    return member in _BINARY_STREAMS or is_text_stream(member)


def is_text_stream(member: Any) -> bool:
    """Whether it is an open file of text."""
    return member in _TEXT_STREAMS


def is_callback(member: Any) -> bool:
    """Whether the method calls it."""
    return origin_of(member) is collections.abc.Callable


def is_object(member: Any) -> bool:
    """Whether it is of a class that no text stands for, such as an SDK's client."""
    known = member in (str, Any, NONE) or member in SCALARS or bool(choices_of(member))
    return not (known or is_structure(member) or is_path(member) or is_binary(member) or is_stream(member))


def choices_of(member: Any) -> dict[str, Any]:
    """The values of a Literal or an Enum, by how they are typed; none of another type."""
    if typing.get_origin(member) is typing.Literal:
        return {str(value): value for value in typing.get_args(member)}
    return {str(each.value): each for each in member} if is_a(member, Enum) else {}


def item_type(collection: Any) -> Any:
    """What its items are; of a tuple of several types, their union."""
    arguments = tuple(argument for argument in typing.get_args(collection) if argument is not ...)
    return typing.Union[arguments] if arguments else Any  # noqa: UP007 - of as many as there are


def length_of(member: Any) -> int:
    """How many items a tuple of a fixed length takes; 0 for any other type."""
    arguments = typing.get_args(member)
    return len(arguments) if origin_of(member) is tuple and ... not in arguments else 0


def is_a(member: Any, base: type) -> bool:
    """Whether it is a class that derives from this one, or is that."""
    origin = origin_of(member)
    return inspect.isclass(origin) and issubclass(origin, base)


def origin_of(member: Any) -> Any:
    """``list`` of ``list[str]``; of what has no parameters itself."""
    return typing.get_origin(member) or member


def metavar_of(kind: Any) -> str:
    """What stands for a value in a help text, such as ``TEXT|TIME``."""
    members = members_of(kind)
    items = [part for part in parts_of(kind) if part not in members]
    words = [word for member in members for word in _metavars(member)]
    words += ["JSON" if is_mapping(item) else word for item in items for word in _metavars(item)]
    return "|".join(dict.fromkeys(words)) or "JSON"


def _metavars(member: Any) -> list[str]:
    if member is NONE or is_collection(member):
        return []
    if member in SCALARS:
        return [SCALARS[member].metavar]
    if choices := choices_of(member):
        return list(choices)
    if is_mapping(member):
        return ["NAME=VALUE"]
    if is_path(member) or is_stream(member):
        return ["FILE"]
    if is_binary(member):
        return ["TEXT", "@FILE"]
    return ["JSON"] if is_record(member) or is_object(member) else ["TEXT"]


def expected_of(members: Iterable[Any]) -> str:
    """What an error asks for, such as "a whole number or text"."""
    return " or ".join(dict.fromkeys(filter(None, map(_expected, members))))


def _expected(member: Any) -> str:
    if member is NONE:
        return ""
    if member in SCALARS:
        return SCALARS[member].expected
    if choices := choices_of(member):
        return f"one of {', '.join(choices)}"
    if is_collection(member):
        return "a JSON array"
    if is_record(member):
        return f"a JSON object of {', '.join(inspect.signature(member).parameters)}"
    return "a JSON object" if is_mapping(member) else "text"
