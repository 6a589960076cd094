"""What was typed for a parameter, as a value of its type.

Text is read as the most special type of those that a parameter takes: JSON where it is written as JSON, else a number
or time, and at last text. Beside text, only what is written as a number of JSON is one: for ``int | str`` 7 is a
number, and 007 is text.
"""

from __future__ import annotations

import inspect
import json
import os
import typing
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, NoReturn

from codomyrmex.cloud.cli.call.signatures import EMPTY, fields_of, keys_of
from codomyrmex.cloud.cli.call.types import (
    COLLECTIONS,
    NONE,
    SCALARS,
    choices_of,
    expected_of,
    is_a,
    is_binary,
    is_collection,
    is_mapping,
    is_object,
    is_path,
    is_record,
    is_structure,
    is_text,
    item_type,
    length_of,
    members_of,
    origin_of,
)

_SHOWN_LENGTH = 60
_NO_VALUE = (KeyError, ValueError, ArithmeticError)


class ArgumentError(ValueError):
    """What was typed is no value of the type; the message says what is expected."""

    def __init__(self, message: str = "", *, is_inside: bool = False) -> None:
        super().__init__(message)
        self.is_inside = is_inside
        """Whether it tells of a part of what was typed, of which all else fits."""


def from_texts(texts: Sequence[str | PurePath], kind: Any) -> Any:
    """The value of an option that is given once or more often.

    Args:
        texts: One for each time; a path is itself.
        kind: The parameter's type.

    Raises:
        ArgumentError: They make no value of this type.
    """
    members = [member for member in members_of(kind) if member is not NONE]
    collection = next(filter(is_collection, members), None)
    if len(texts) == 1:
        return from_text(texts[0], kind)
    mapping = next(filter(is_mapping, members), None)
    if mapping and (collection is None or (all(map(_is_pair, texts)) and not any(map(is_text, members)))):
        return _merged([from_text(text, mapping) for text in texts])
    if collection is None:
        raise ArgumentError(f"takes one value, and is given {len(texts)} times")
    return _collected([item for text in texts for item in _items(text, collection)], collection)


def from_text(text: str | PurePath, kind: Any) -> Any:
    """The value that one text is. ArgumentError where it is none."""
    members = members_of(kind)
    takes_text = any(map(is_text, members))
    if isinstance(text, PurePath):
        return text
    if text == "null" and NONE in members and not takes_text:
        return None
    if _begins_as_json(text) and any(map(is_structure, members)):
        try:
            return _structure(text, kind)
        except ArgumentError as error:
            if error.is_inside or not (takes_text or any(map(is_collection, members))):
                raise
    return _plain_text(text, members)


def _structure(text: str, kind: Any) -> Any:
    """The value of a JSON array or object; an object may be the one item of a collection."""
    value = parse_json(text)
    members = members_of(kind)
    takes_objects = any(is_mapping(member) or is_record(member) for member in members)
    if isinstance(value, dict) and not takes_objects and any(map(_has_structures, members)):
        value = [value]
    return from_json(value, kind)


def _has_structures(member: Any) -> bool:
    return is_collection(member) and any(map(is_structure, members_of(item_type(member))))


def _plain_text(text: str, members: list[Any]) -> Any:
    """The value of text that is no JSON array or object."""
    for member in SCALARS:
        if member in members and (value := _scalar(text, member, members)) is not None:
            return value
    for member in members:
        if text in (choices := choices_of(member)):
            return choices[text]
    if str in members:
        return text
    for member in members:
        if member is Any or is_object(member):
            return _anything(text)
        if is_path(member):
            return member(text) if is_a(member, PurePath) else text
        if is_binary(member):
            return as_binary(os.fsencode(text), member)
        if is_mapping(member):
            return _pair(text, member)
        if is_collection(member):
            return _collected(_items(text, member), member)
    raise ArgumentError(f"{_shown(text)} is not {expected_of(members)}")


def _scalar(text: str, member: Any, members: list[Any]) -> Any:
    """The number, time and so on that a text is; None where it is none, or better taken for text."""
    try:
        value = SCALARS[member].read(text)
    except _NO_VALUE:
        return None
    is_ambiguous = isinstance(value, int | float) and any(map(is_text, members))
    return None if is_ambiguous and not _is_as_written(value, text) else value


def _anything(text: str) -> Any:
    """What is written as JSON; any other text as it is."""
    try:
        value = parse_json(text)
    except ArgumentError:
        if _begins_as_json(text):
            raise
        return text
    return value if not isinstance(value, int | float) or _is_as_written(value, text) else text


def _is_as_written(value: float, text: str) -> bool:
    """Whether a number loses nothing of its text: not of 1.10, nor of 1e3."""
    return json.dumps(value) == text


def _begins_as_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def _is_pair(text: str | PurePath) -> bool:
    return isinstance(text, str) and "=" in text and not _begins_as_json(text)


def _pair(text: str, mapping: Any) -> Any:
    name, separator, value = text.partition("=")
    if not (name and separator):
        raise ArgumentError(f"{_shown(text)} is neither NAME=VALUE nor a JSON object")
    key_type, value_type = _types_in(mapping, name)
    return {from_text(name, key_type): from_text(value, value_type)}


def _merged(mappings: list[Any]) -> Any:
    merged: dict[Any, Any] = {}
    for mapping in mappings:
        if twice := merged.keys() & mapping.keys():
            raise ArgumentError(f"{', '.join(sorted(map(str, twice)))} is given twice")
        merged |= mapping
    return merged


def _items(text: str | PurePath, collection: Any) -> list[Any]:
    """The items that one text stands for: those of a JSON array; of other text, itself."""
    kind = item_type(collection)
    members = members_of(kind)
    if isinstance(text, str) and _begins_as_json(text):
        try:
            value = parse_json(text)
            if isinstance(value, list):
                return _parts(value, kind)
        except ArgumentError:  # it may be an array that is an item, or a text that begins so
            if not any(is_collection(member) or is_text(member) for member in members):
                raise
    elif any(map(is_mapping, members)) and not any(map(is_text, members)) and _is_pair(text):
        raise ArgumentError(f"{_shown(str(text))} is no item: give each as a JSON object")
    return [from_text(text, kind)]


def _collected(items: list[Any], collection: Any) -> Any:
    if (length := length_of(collection)) and len(items) != length:
        raise ArgumentError(f"takes {length} values, not {len(items)}", is_inside=True)
    return COLLECTIONS[origin_of(collection)](items)


def as_binary(data: bytes, member: Any) -> Any:
    """Data as the type of binary data has it."""
    return member(data) if member in (bytearray, memoryview) else data


# JSON


def parse_json(text: str) -> Any:
    """The value that is written in JSON. ArgumentError for what is none.

    NaN is none (RFC 8259, section 6), and of a name that is there twice one value would be lost (section 4).
    """

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no number of JSON")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if twice := [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]:
            raise ValueError(f"{', '.join(twice)} is there twice")
        return dict(pairs)

    try:
        return json.loads(text, parse_constant=refuse, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"{_shown(text)} is no JSON: {error}") from None


def from_json(value: Any, kind: Any) -> Any:
    """A value of JSON as the type has it. ArgumentError where no type of a union has it."""
    members = members_of(kind)
    errors = []
    for member in sorted(members, key=lambda member: member is not type(value)):
        try:
            return _json_as(value, member)
        except ArgumentError as error:
            errors.append(error)
    for part_error in (error for error in errors if error.is_inside):
        raise part_error
    raise ArgumentError(f"{_shortened(json.dumps(value))} is not {expected_of(members)}")


def _json_as(value: Any, member: Any) -> Any:
    if member is Any or is_object(member) or (type(value) is member and not isinstance(value, list | dict)):
        return value
    if member in SCALARS:
        if type(value) in SCALARS[member].json_types:
            return _scalar_of_json(value, member)
    elif choices := choices_of(member):
        for choice in choices.values():
            plain = getattr(choice, "value", choice)
            if type(plain) is type(value) and plain == value:
                return choice
    elif isinstance(value, str) and (is_path(member) or is_binary(member)):
        return _plain_text(value, [member])
    elif isinstance(value, list) and is_collection(member):
        return _collected(_parts(value, item_type(member)), member)
    elif isinstance(value, dict) and (is_record(member) or typing.is_typeddict(member)):
        return _record(value, member)
    elif isinstance(value, dict) and is_mapping(member):
        types = {name: _types_in(member, name) for name in value}
        return {from_text(name, types[name][0]): _part(name, each, types[name][1]) for name, each in value.items()}
    raise ArgumentError


def _scalar_of_json(value: Any, member: Any) -> Any:
    try:
        return SCALARS[member].read(str(value))
    except _NO_VALUE:
        raise ArgumentError from None


def _parts(items: list[Any], kind: Any) -> list[Any]:
    return [_part(f"item {number}", item, kind) for number, item in enumerate(items, 1)]


def _part(name: str, value: Any, kind: Any) -> Any:
    """A part of JSON; the error for one that does not fit says which it is."""
    try:
        return from_json(value, kind)
    except ArgumentError as problem:
        raise ArgumentError(f"{name}: {problem}", is_inside=True) from None


def _record(value: dict[str, Any], member: Any) -> Any:
    """A dict with the keys of a TypedDict, or what a class makes of its fields."""
    if typing.is_typeddict(member):
        types = {name: kind for name, (kind, _) in keys_of(member).items()}
        required = {name for name, (_, is_required) in keys_of(member).items() if is_required}
    else:
        fields, parameters = fields_of(member), inspect.signature(member).parameters
        types = {name: fields.get(name, Any) for name in parameters}
        required = {name for name, parameter in parameters.items() if parameter.default is EMPTY}
    for problem, names in (("has no", value.keys() - types.keys()), ("needs", required - value.keys())):
        if names:
            raise ArgumentError(f"{member.__name__} {problem} {', '.join(sorted(names))}", is_inside=True)
    arguments = {name: _part(name, each, types[name]) for name, each in value.items()}
    return arguments if typing.is_typeddict(member) else member(**arguments)


def _types_in(mapping: Any, name: str) -> tuple[Any, Any]:
    """The types of its keys, and of the value under this one."""
    if not typing.is_typeddict(mapping):
        key_type, value_type = typing.get_args(mapping) or (str, Any)
        return key_type, value_type
    keys = keys_of(mapping)
    if name not in keys:
        raise ArgumentError(f"there is no {name!r}, but {', '.join(keys)}")
    return str, keys[name][0]


def _shown(text: str) -> str:
    return repr(_shortened(text))


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}..."
