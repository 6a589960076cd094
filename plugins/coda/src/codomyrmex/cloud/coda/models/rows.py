"""Rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from codomyrmex.cloud.coda.models._base import List, Model
from codomyrmex.cloud.coda.models.tables import TableReference


@dataclass(frozen=True, kw_only=True)
class Row(Model):
    """A row of a table; ``row["Name"]`` is its value in that column."""

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
        return self.values[column]


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
class InsertRowsResult:
    """What `CodaClient.insert_rows` sent was accepted; Coda applies it within seconds."""

    request_id: str = ""
    """Of the last request; empty if there were no rows."""
    added_row_ids: list[str] = field(default_factory=list, hash=False)
    """Of all new rows, in order; Coda tells them only where there are no ``key_columns``."""
    request_ids: list[str] = field(default_factory=list, hash=False)
    """Of every request that the rows were split into."""
    warnings: list[str] = field(default_factory=list, hash=False)
    """What Coda said of requests that it applied, but not wholly; known only after a wait."""
