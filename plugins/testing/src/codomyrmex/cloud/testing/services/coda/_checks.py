"""What a body of the API may hold, as checks that say what is wrong with a value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

Check = Callable[[str, Any], Iterator[str]]
"""What is wrong with the value at a place of the body."""


def text(place: str, value: Any) -> Iterator[str]:
    """A text."""
    if not isinstance(value, str):
        yield f"{place} is no text"


def boolean(place: str, value: Any) -> Iterator[str]:
    """True or false."""
    if not isinstance(value, bool):
        yield f"{place} is no boolean"


def cell_value(place: str, value: Any) -> Iterator[str]:
    """Text, a number, a boolean, a list of these, or a list of lists of these."""
    if not _is_cell_value(value):
        yield f"{place} can be in no cell"


def _is_cell_value(value: Any, depth: int = 0) -> bool:
    if isinstance(value, list):
        return depth < 2 and all(_is_cell_value(item, depth + 1) for item in value)
    return isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))


def one_of(*values: str) -> Check:
    """One of these texts."""

    def check(place: str, value: Any) -> Iterator[str]:
        if value not in values:
            yield f"{place} is none of {', '.join(values)}"

    return check


def list_of(item: Check) -> Check:
    """A list."""

    def check(place: str, value: Any) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{place} is no list"
            return
        for number, each in enumerate(value):
            yield from item(f"{place}[{number}]", each)

    return check


class Shape:
    """An object with these keys; one that ends with ``*`` must be there, and no other may."""

    def __init__(self, keys: Mapping[str, Check]) -> None:
        self.required = {key.rstrip("*"): key.endswith("*") for key in keys}
        self._checks = {key.rstrip("*"): check for key, check in keys.items()}

    def __call__(self, place: str, value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{place} is no object"
            return
        yield from (f"unknown key {key!r} in {place}" for key in value if key not in self._checks)
        yield from (f"{key!r} is missing in {place}" for key, is_required in self.required.items()
                    if is_required and key not in value)  # fmt: skip
        for key, check in self._checks.items():
            if key in value:
                yield from check(f"{place}.{key}", value[key])


def variant(key: str, shapes: Mapping[str, Check]) -> Check:
    """An object of one of several shapes, which a key tells."""

    def check(place: str, value: Any) -> Iterator[str]:
        kind = value.get(key) if isinstance(value, dict) else None
        shape = shapes.get(kind) if isinstance(kind, str) else None
        if shape is None:
            yield f"{place}.{key} is none of {', '.join(shapes)}"
        else:
            yield from shape(place, value)

    return check


def parse_json(body: bytes) -> Any:
    """What a body holds. ValueError if that is no JSON; `json` alone takes NaN, and recurses without end."""
    try:
        return json.loads(body, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def decoded(text: str) -> str:
    """A part of a URL without its escapes. ValueError for a ``%`` that is none, and for what is no UTF-8."""
    if re.search("%(?![0-9A-Fa-f]{2})", text):
        raise ValueError(f"{text!r} is not URL-encoded")
    return unquote(text, errors="strict")
