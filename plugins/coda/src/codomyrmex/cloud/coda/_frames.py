"""Rows as a table of pandas."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from codomyrmex.cloud.coda.models import Row


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
