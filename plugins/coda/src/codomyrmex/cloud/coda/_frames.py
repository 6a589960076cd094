"""Tables of pandas, where it is installed; nothing here needs it otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from codomyrmex.cloud.coda.models import Row


def is_frame(value: Any) -> bool:
    """Whether this is a `pandas.DataFrame`. Whoever has one has imported pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def rows_of(frame: Any) -> Iterator[dict[str, Any]]:
    """The rows of a DataFrame by the names of its columns; what is missing (NaN, NaT, NA) is None."""
    columns = list(map(str, frame.columns))
    plain = frame.astype(object).where(frame.notna(), None)
    for values in plain.itertuples(index=False, name=None):
        yield dict(zip(columns, values, strict=True))


def to_pandas(rows: Iterable[Row]) -> Any:
    """A `pandas.DataFrame` of rows, indexed by their ids: ``to_pandas(client.iter_rows(doc, table))``.

    Its columns are the keys of ``values``: give ``use_column_names=True`` to have names. Raises
    ImportError where pandas is not installed.
    """
    try:
        pandas: Any = import_module("pandas")
    except ImportError as error:
        raise ImportError("to_pandas needs pandas: pip install 'codomyrmex-cloud-coda[pandas]'") from error
    read = list(rows)
    return pandas.DataFrame([row.values for row in read], index=pandas.Index([row.id for row in read], name="id"))
