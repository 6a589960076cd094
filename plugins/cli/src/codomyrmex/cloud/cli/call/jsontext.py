"""JSON that was typed, or that a file holds."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any, NoReturn

from codomyrmex.cloud.cli.call.references import ArgumentError

_SHOWN_LENGTH = 60


def parse(text: str) -> Any:
    """The value that is written in JSON. ArgumentError for what is none.

    NaN is none (RFC 8259, section 6), and of a name that is there twice one value would be lost (section 4).
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=number, object_pairs_hook=_unique)
    except RecursionError:
        raise ArgumentError("is nested too deeply", is_final=True) from None
    except ValueError as error:
        raise ArgumentError(f"{shown(text)} is no JSON: {error}") from None


def is_begun(text: str) -> bool:
    """Whether a text begins as an array or object does, and as little else."""
    start = "".join(text[:100].split())[:2]
    return start in ('["', "[[", "[{", '{"')


def is_structure(text: str) -> bool:
    """Whether a text is an array or object in JSON."""
    if opening(text) not in ("{", "["):
        return False
    try:
        parse(text)
    except ArgumentError:
        return False
    return True


def opening(text: str) -> str:
    """The first character that is no white space."""
    return text.lstrip()[:1]


def items(text: str) -> list[str]:
    """The items that a text holds: one array or object in JSON, or one on each line."""
    return (
        [text.strip()] if is_structure(text) else [line.removesuffix("\r") for line in text.split("\n") if line.strip()]
    )


def number(text: str) -> float:
    """The number that a text is. ValueError for none, and for one that no float holds."""
    if text == "math.inf":  # as the help of methods says
        return math.inf
    value = float(without_underscores(text))
    if math.isnan(value) or (math.isinf(value) and "inf" not in text.lower()):
        raise ValueError(f"{text[:_SHOWN_LENGTH]} is too large for a number")
    return value


def without_underscores(text: str) -> str:
    """The text. ValueError where Python would read 1_000 as a number."""
    if "_" in text:
        raise ValueError("a number has no underscores")
    return text


def shown(text: str) -> str:
    """A text as an error shows it."""
    return repr(shortened(text))


def shortened(text: str) -> str:
    """The beginning of a text."""
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}..."


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if twice := [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]:
        raise ValueError(f"{', '.join(twice)} is there twice")
    return dict(pairs)
