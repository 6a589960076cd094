"""From what Python has to the cells that Coda takes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from datetime import time as clock_time
from decimal import Decimal
from math import inf, isfinite
from numbers import Integral, Real
from typing import Any

from codomyrmex.cloud.coda.params import RowLike
from codomyrmex.cloud.rest.frames import plain


def to_cells(row: RowLike | None) -> list[dict[str, Any]]:
    """The cells of a row, as Coda takes them. TypeError or ValueError for what can be no cell."""
    pairs = _pairs(row)
    for column, _ in pairs:
        if not isinstance(column, str):
            raise TypeError(f"a column is named by str, its name or id, not {column!r}")
    return [{"column": column, "value": _value(column, value)} for column, value in pairs]


def encode(content: Any) -> bytes:
    """JSON as UTF-8. ValueError for a number that JSON has not."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _pairs(row: Any) -> list[tuple[Any, Any]]:
    """The columns and values of a row."""
    if isinstance(row, Mapping) and set(row) == {"cells"} and isinstance(row["cells"], list):
        row = row["cells"]
    if hasattr(row, "keys"):  # a mapping, and what behaves so: rows of Coda, of pandas, of databases
        return [(column, row[column]) for column in row.keys()]  # noqa: SIM118 - some iterate over their values
    if hasattr(row, "_asdict"):  # a named tuple
        return list(row._asdict().items())
    if isinstance(row, Iterable) and not isinstance(row, str | bytes):
        return [_pair(cell) for cell in row]
    raise TypeError(f"a row is a mapping of columns to values, or a list of cells, not {type(row).__name__}")


def _pair(cell: Any) -> tuple[Any, Any]:
    if not isinstance(cell, Mapping) or set(cell) != {"column", "value"}:
        raise TypeError(f"a cell is {{'column': ..., 'value': ...}}, not {cell!r}")
    return cell["column"], cell["value"]


def _value(column: str, value: Any, depth: int = 0) -> Any:
    """``value`` as Coda takes it: text, number, boolean, or a list of these, or of lists of these."""
    value = plain(value)
    if value is None:
        return ""  # Coda's API knows no null: an empty text is an empty cell
    if isinstance(value, str):
        return _text(column, value)
    if isinstance(value, bool):
        return value
    if hasattr(value, "dtype"):  # what is no plain value; numpy calls its spans of time integral
        raise _no_value(column, value)
    if isinstance(value, Real | Decimal):
        number = _floating(value)
        if not isfinite(number):
            raise ValueError(f"{column!r} cannot hold {number}: Coda's numbers are finite")
        return int(value) if isinstance(value, Integral) else number
    if isinstance(value, datetime | date | clock_time):
        return value.isoformat()
    if isinstance(value, list | tuple) and depth < 2:
        return [_value(column, item, depth + 1) for item in value]
    if isinstance(value, Mapping):
        raise TypeError(f"{column!r} cannot hold a mapping: read rows without value_format='rich' to write them again")
    raise _no_value(column, value)


def _text(column: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{column!r} cannot hold {text[error.start]!r}: it is half a character") from None
    return text


def _floating(number: Real | Decimal) -> float:
    """A number as Coda has it: all of its numbers are floating."""
    try:
        return float(number)
    except OverflowError:  # of integers and fractions
        return inf


def _no_value(column: str, value: Any) -> TypeError:
    kind = type(value).__name__
    return TypeError(f"{column!r} cannot hold {kind}: text, numbers, booleans, times, lists of these")
