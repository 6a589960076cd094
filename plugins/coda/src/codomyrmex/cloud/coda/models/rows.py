"""Rows."""

from __future__ import annotations

import difflib
import re
from collections.abc import ItemsView, Iterator, KeysView, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from codomyrmex.cloud.coda.models._base import List, Model
from codomyrmex.cloud.coda.models.tables import TableReference

_COLUMN_ID = re.compile(r"c-[\w-]+")


@dataclass(frozen=True, kw_only=True)
class Row(Model):
    """A row of a table, which behaves like a mapping of columns to values: ``row["Name"]``, ``dict(row)``.

    (``row.values`` is that mapping itself, and no method. ``row.to_dict()`` is all that Coda tells of the row.)
    """

    id: str
    type: str
    name: str
    """Its value in the display column."""
    index: int
    href: str
    browser_link: str
    created_at: datetime
    updated_at: datetime
    values: Mapping[str, Any] = field(hash=False)
    """By the column's id, or by its name with ``use_column_names``."""

    def __getitem__(self, column: str) -> Any:
        try:
            return self.values[column]
        except KeyError:
            raise KeyError(f"no column {column!r} in row {self.id}: {self._hint(str(column))}") from None

    def _hint(self, column: str) -> str:
        """What a column that is not there may have been meant to be."""
        if not self.values:
            return "it has none"
        near = difflib.get_close_matches(column, self.values, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(self.values)}"
        is_by_ids = all(_COLUMN_ID.fullmatch(key) for key in self.values)
        return f"{hint} (use_column_names=True keys by names)" if is_by_ids else hint

    def __contains__(self, column: object) -> bool:
        return column in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __bool__(self) -> bool:
        """True: a row without cells is one, too."""
        return True

    def keys(self) -> KeysView[str]:
        """The columns."""
        return self.values.keys()

    def items(self) -> ItemsView[str, Any]:
        """The columns with their values."""
        return self.values.items()

    def get(self, column: str, default: Any = None) -> Any:
        """The value of a column; ``default`` where the row has no such column."""
        return self.values.get(column, default)


@dataclass(frozen=True, kw_only=True)
class RowDetail(Row):
    """A row, as `CodaClient.get_row` gives it."""

    parent: TableReference


@dataclass(frozen=True, kw_only=True)
class RowList(List[Row]):
    """Rows."""

    items: list[Row] = field(hash=False)
    next_sync_token: str | None = None
    """Give it as ``sync_token`` to list what changed since."""


@dataclass(frozen=True, kw_only=True)
class InsertRowsResult(Model):
    """What `CodaClient.insert_rows` sent was accepted; Coda applies it within seconds."""

    request_id: str = ""
    """Of the last request; empty if there were no rows."""
    added_row_ids: list[str] = field(default_factory=list, hash=False)
    """Of all new rows, in order; Coda tells them only where there are no ``key_columns``."""
    request_ids: list[str] = field(default_factory=list, hash=False)
    """Of every request that the rows were split into."""
    warnings: list[str] = field(default_factory=list, hash=False)
    """What Coda said of requests that it applied, but not wholly; known only after a wait."""
