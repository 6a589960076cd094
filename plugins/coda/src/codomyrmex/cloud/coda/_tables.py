"""The part of the client that describes tables and columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Unpack

from codomyrmex.cloud.coda import params
from codomyrmex.cloud.coda._calls import Calls, walk
from codomyrmex.cloud.coda.models import Column, ColumnDetail, ColumnList, Table, TableList, TableReference
from codomyrmex.cloud.common import CloudClient, operation


class Tables(CloudClient):
    """Tables, views and columns."""

    _calls: Calls

    @operation(effect="list")
    def list_tables(self, doc_id: str, **filters: Unpack[params.TableFilters]) -> TableList:
        """One page of a document's tables and views."""
        return self._calls.get(TableList, "docs", doc_id, "tables", query=params.query(filters, params.TableFilters))

    @operation(effect="list", lazy=True)
    def iter_tables(self, doc_id: str, **filters: Unpack[params.TableFilters]) -> Iterator[TableReference]:
        """All tables and views of a document."""
        return walk(self.list_tables, (doc_id,), filters, params.TableFilters)

    @operation(effect="read")
    def get_table(self, doc_id: str, table_id: str, *, use_updated_table_layouts: bool | None = None) -> Table:
        """A table's description.

        :param use_updated_table_layouts: tell ``detail`` and ``form`` layouts by their newer names.
        """
        query = params.flag("useUpdatedTableLayouts", use_updated_table_layouts)
        return self._calls.get(Table, "docs", doc_id, "tables", table_id, query=query)

    @operation(effect="list")
    def list_columns(self, doc_id: str, table_id: str, **filters: Unpack[params.ColumnFilters]) -> ColumnList:
        """One page of a table's columns."""
        query = params.query(filters, params.ColumnFilters)
        return self._calls.get(ColumnList, "docs", doc_id, "tables", table_id, "columns", query=query)

    @operation(effect="list", lazy=True)
    def iter_columns(self, doc_id: str, table_id: str, **filters: Unpack[params.ColumnFilters]) -> Iterator[Column]:
        """All columns of a table."""
        return walk(self.list_columns, (doc_id, table_id), filters, params.ColumnFilters)

    @operation(effect="read")
    def get_column(self, doc_id: str, table_id: str, column_id: str) -> ColumnDetail:
        """A column's description."""
        return self._calls.get(ColumnDetail, "docs", doc_id, "tables", table_id, "columns", column_id)
