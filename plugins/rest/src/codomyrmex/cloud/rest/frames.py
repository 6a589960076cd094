"""Tables of pandas, and values of pandas and numpy, where these are installed; nothing here needs them otherwise.

Whoever has such a table or value has imported its library, so it is looked for among the modules that are imported.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from math import isnan
from typing import Any, Protocol


class Frame(Protocol):
    """A `pandas.DataFrame`, for type checkers."""

    columns: Any

    def itertuples(self, index: bool = ..., name: str | None = ...) -> Iterable[Any]:
        """The rows."""


def is_frame(value: Any) -> bool:
    """Whether this is a `pandas.DataFrame`."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def rows_of(frame: Any) -> Iterator[dict[str, Any]]:
    """The rows of a DataFrame by the names of its columns. ValueError for columns that cannot be told apart."""
    if frame.columns.nlevels > 1:
        raise ValueError("the columns of the DataFrame have several levels: give each one name")
    names = list(map(str, frame.columns))
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise ValueError(f"the DataFrame has several columns named {', '.join(map(repr, twice))}")
    for values in frame.itertuples(index=False, name=None):
        yield dict(zip(names, values, strict=True))


def plain(value: Any) -> Any:
    """The value as Python itself has it; None for what says that there is none: NaN, NaT, NA."""
    if isinstance(value, str | int):
        return value
    pandas, numpy = sys.modules.get("pandas"), sys.modules.get("numpy")
    if pandas is not None:
        if value is pandas.NA or value is pandas.NaT:
            return None
        if isinstance(value, pandas.Timestamp):
            return value.to_pydatetime(warn=False)
    if numpy is not None:
        if isinstance(value, numpy.datetime64 | numpy.timedelta64):
            return _time(value, numpy)
        if isinstance(value, numpy.generic):
            value = value.item()
        elif isinstance(value, numpy.ndarray):
            if value.ndim:
                return list(value)
            item = value[()]
            return None if item is value else plain(item)  # itself: numpy's masked value
    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    return None if isinstance(value, float) and isnan(value) else value


def _time(value: Any, numpy: Any) -> Any:
    """A time of numpy as Python has it; as it is where Python has none, and spans of time."""
    if numpy.isnat(value):
        return None
    moment = value.astype("datetime64[us]").item() if isinstance(value, numpy.datetime64) else None
    return moment if isinstance(moment, datetime) else value  # beyond the year 9999 it is a number
