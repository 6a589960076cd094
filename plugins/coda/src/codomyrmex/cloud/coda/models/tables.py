"""Tables and columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from codomyrmex.cloud.coda.models._base import List, Model, Reference


@dataclass(frozen=True, kw_only=True)
class TableReference(Model):
    """A table as lists give it."""

    id: str
    type: str
    table_type: str
    """``table`` or ``view``."""
    name: str
    href: str
    browser_link: str
    parent: Reference | None = None
    """The page it is on."""


@dataclass(frozen=True, kw_only=True)
class TableList(List[TableReference]):
    """Tables."""

    items: list[TableReference] = field(hash=False)


@dataclass(frozen=True, kw_only=True)
class Sort(Model):
    """One of the sorts of a table."""

    column: Reference
    direction: str


@dataclass(frozen=True, kw_only=True)
class Table(TableReference):
    """A table or view."""

    parent: Reference = field()
    """The page it is on."""
    display_column: Reference
    row_count: int
    sorts: list[Sort] = field(hash=False)
    layout: str
    created_at: datetime
    updated_at: datetime
    parent_table: TableReference | None = None
    """Of a view, the table it shows."""
    filter: Mapping[str, Any] | None = field(default=None, hash=False)
    view_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Column(Model):
    """A column of a table."""

    id: str
    type: str
    name: str
    href: str
    format: Mapping[str, Any] = field(hash=False)
    """``type``, ``isArray``, and what that type has beside, under Coda's own names."""
    display: bool = False
    """Whether it is the table's display column."""
    calculated: bool = False
    formula: str | None = None
    default_value: str | None = None


@dataclass(frozen=True, kw_only=True)
class ColumnDetail(Column):
    """A column, as `CodaClient.get_column` gives it."""

    parent: TableReference


@dataclass(frozen=True, kw_only=True)
class ColumnList(List[Column]):
    """Columns."""

    items: list[Column] = field(hash=False)
