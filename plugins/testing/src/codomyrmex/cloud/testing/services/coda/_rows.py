"""Chapter of the API: rows, and the buttons in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import partial
from typing import Any

from codomyrmex.cloud.testing.services.coda._cells import shown
from codomyrmex.cloud.testing.services.coda._checks import Shape, cell_value, list_of, parse_json, text
from codomyrmex.cloud.testing.services.coda._operations import COMMON_ERRORS, Chapter
from codomyrmex.cloud.testing.services.coda._records import Column, Row, Table, View, plain_text, same
from codomyrmex.cloud.testing.services.coda._responses import Json, browser_link, refusal
from codomyrmex.cloud.testing.services.coda._service import Call, Cursor, Write, token_of
from codomyrmex.cloud.testing.services.coda._tables import (
    TABLE,
    columns_of,
    find_column,
    find_table,
    rows_of,
    table_reference,
)

chapter = Chapter("Rows")
MAX_ROW = 85_000
"""Bytes of a row, as JSON; the service measures a form of its own."""
_ROWS, _ROW = f"{TABLE}/rows", f"{TABLE}/rows/{{rowIdOrName}}"
_VALUES = "useColumnNames:bool valueFormat=simple|simpleWithArrays|rich"
_CELLS = Shape({"cells*": list_of(Shape({"column*": text, "value*": cell_value}))})
_PARSING = "disableParsing:bool"


@chapter.operation(
    "GET",
    _ROWS,
    errors=f"400 {COMMON_ERRORS}",
    query=f"query sortBy=createdAt|natural|updatedAt {_VALUES} visibleOnly:bool limit:int pageToken syncToken",
)
def list_rows(call: Call, doc_id: str, table_id_or_name: str) -> Json:
    """In the order in which they were made, unless ``sortBy`` says another.

    ``nextSyncToken`` stands for the table as it was when the list began, on every page of it: given as ``syncToken``,
    it lists the rows that were added or changed since, also those that were while the list was read. Rows that were
    deleted, or match the query no more, are told by none.
    """
    table = find_table(call, doc_id, table_id_or_name)
    base = table.table if isinstance(table, View) else table
    cursor = call.cursor("docs", doc_id, "tables", table.id, "rows", revision=base.updated.revision)
    query = cursor.query
    if query.get("sortBy") == "natural" and query.get("visibleOnly") == "false":
        raise refusal(400, "natural order shows visible rows only")
    visible_only = query.get("visibleOnly") == "true" or query.get("sortBy") == "natural"
    since = _revision_of(call, table, query.get("syncToken"))
    column, value = _wanted(table, query["query"]) if query.get("query") else (None, None)
    entries = [
        (_place(table, row, query.get("sortBy")), (index, row))
        for index, row in enumerate(rows_of(table))
        if row.updated.revision > since
        and (not visible_only or table.shows(row))
        and (column is None or same(row.values.get(column.id, ""), value))
    ]
    columns = columns_of(table, visible_only=visible_only)
    page = call.page(cursor, entries, lambda entry: _row_resource(call, table, columns, *entry, query))
    return {**page, "nextSyncToken": _sync_token(call, table, cursor)}


def _wanted(table: Table, query: str) -> tuple[Column, Any]:
    """The column and the value that a query asks for."""
    match = re.fullmatch(r'("(?:[^"\\]|\\.)*"|[^:]+):(.*)', query, re.DOTALL)
    try:
        if match is None:
            raise ValueError("it has no colon")
        name, value = match[1], parse_json(match[2].encode())
        column_name = parse_json(name.encode()) if name.startswith('"') else name
    except ValueError:
        raise refusal(400, f"no query: {query!r}") from None
    if not name.startswith('"') and column_name not in table.columns:
        raise refusal(400, f"no column has the id {name!r}; a name is quoted")
    return find_column(table, column_name, status=400), value


def _place(table: Table, row: Row, sort_by: str | None) -> tuple[Any, ...]:
    """Where a row is in an order."""
    if sort_by == "updatedAt":
        return (row.updated.revision, row.number)
    if sort_by == "natural":
        return (*(_Key(row.values.get(table.column(name).id, ""), direction) for name, direction in table.sorts),
                row.number)  # fmt: skip
    return (row.number,)


class _Key:
    """A cell in the order of a sort: numbers first, then texts; what is empty is last, whatever the direction."""

    def __init__(self, value: Any, direction: str) -> None:
        self._is_empty, self._descends = value in ("", []), direction == "descending"
        is_number = isinstance(value, int | float)
        self._value = (0, value, "") if is_number else (1, 0, json.dumps(value, ensure_ascii=False).casefold())

    def __lt__(self, other: _Key) -> bool:
        if self._is_empty or other._is_empty:
            return other._is_empty and not self._is_empty
        return other._value < self._value if self._descends else self._value < other._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and (self._is_empty, self._value) == (other._is_empty, other._value)

    def __repr__(self) -> str:
        return repr((self._is_empty, self._descends, self._value))

    __hash__ = None  # type: ignore[assignment]  # it is compared, and no key of a dict


def _revision_of(call: Call, table: Table, sync_token: str | None) -> int:
    """The table's revision that a sync token stands for; 0 where there is none."""
    if not sync_token:
        return 0
    doc_id, table_id, revision = call.service.sync_tokens.get(sync_token, ("", "", 0))
    if (doc_id, table_id) != (table.doc.id, table.id):
        raise refusal(400, f"no sync token of this table: {sync_token!r}")
    return revision


def _sync_token(call: Call, table: Table, cursor: Cursor) -> str:
    meaning = (table.doc.id, table.id, cursor.revision)
    token = token_of(meaning)
    call.service.sync_tokens[token] = meaning
    return token


@chapter.operation(
    "POST",
    _ROWS,
    202,
    errors=f"400 {COMMON_ERRORS}",
    query=_PARSING,
    body=Shape({"rows*": list_of(_CELLS), "keyColumns": list_of(text)}),
)
def upsert_rows(call: Call, doc_id: str, table_id_or_name: str) -> Json:
    """Insert rows; with ``keyColumns`` all rows that are the same in these are updated instead."""
    table = find_table(call, doc_id, table_id_or_name)
    if isinstance(table, View):
        raise refusal(400, "rows cannot be inserted into a view")
    keys = [find_column(table, key, status=400).id for key in call.body.get("keyColumns", [])]
    rows = [_values(table, row) for row in call.body["rows"]]
    if keys:
        write = Write("upsertRows", table.id, lambda: _upsert(table, rows, keys))
        return {"requestId": call.service.accept(write)}
    added = {table.new_row_id(): row for row in rows}
    write = Write("upsertRows", table.id, lambda: _insert(table, added))
    return {"requestId": call.service.accept(write), "addedRowIds": list(added)}


def _insert(table: Table, added: dict[str, dict[str, Any]]) -> bool:
    stamp = table.touch()
    for row_id, values in added.items():
        table.put_row(row_id, values, stamp)
    return bool(added)


def _upsert(table: Table, rows: Iterable[dict[str, Any]], keys: list[str]) -> bool:
    def key_of(values: dict[str, Any]) -> tuple[str, ...]:
        return tuple(plain_text(values.get(key, "")) for key in keys)

    matching: dict[tuple[str, ...], list[Row]] = {}
    for row in table.rows.values():
        matching.setdefault(key_of(row.values), []).append(row)
    changed = False
    for values in rows:
        same_key = matching.setdefault(key_of(values), [])
        if same_key:
            changed |= sum(table.set_values(row, values) for row in same_key) > 0
        else:
            same_key.append(table.put_row(None, dict(values), table.touch()))
            changed = True
    return changed


def _values(table: Table, row: Json) -> dict[str, Any]:
    """The cells of a row to write, by ids of columns."""
    size = len(json.dumps(row, ensure_ascii=False).encode(errors="surrogatepass"))
    if size > MAX_ROW:
        raise refusal(400, f"the row is {size // 1000} KB and exceeds maximum size of 85 KB")
    values = {}
    for cell in row["cells"]:
        column = find_column(table, cell["column"], status=400)
        if column.formula is not None:
            raise refusal(400, f"column {column.name!r} is calculated and cannot be edited")
        values[column.id] = cell["value"]
    return values


@chapter.operation("DELETE", _ROWS, 202, errors=f"400 {COMMON_ERRORS}", body=Shape({"rowIds*": list_of(text)}))
def delete_rows(call: Call, doc_id: str, table_id_or_name: str) -> Json:
    """Those that are not there are passed over."""
    table = find_table(call, doc_id, table_id_or_name)
    row_ids = call.body["rowIds"]
    writes = [Write("deleteRows", row_id, partial(table.delete_row, row_id)) for row_id in row_ids]
    return {"requestId": call.service.accept(*writes), "rowIds": row_ids}


@chapter.operation("GET", _ROW, query=_VALUES)
def get_row(call: Call, doc_id: str, table_id_or_name: str, row_id_or_name: str) -> Json:
    """A row."""
    table = find_table(call, doc_id, table_id_or_name)
    row = find_row(table, row_id_or_name)
    columns = columns_of(table, visible_only=False)
    resource = _row_resource(call, table, columns, rows_of(table).index(row), row, call.query)
    return {**resource, "parent": table_reference(call, table)}


@chapter.operation("PUT", _ROW, 202, errors=f"400 {COMMON_ERRORS}", query=_PARSING, body=Shape({"row*": _CELLS}))
def update_row(call: Call, doc_id: str, table_id_or_name: str, row_id_or_name: str) -> Json:
    """Change the cells that are given."""
    table = find_table(call, doc_id, table_id_or_name)
    row = find_row(table, row_id_or_name)
    values = _values(table, call.body["row"])
    change = Write("updateRow", row.id, lambda: row.id in table.rows and table.set_values(row, values))
    return {"requestId": call.service.accept(change), "id": row.id}


@chapter.operation("DELETE", _ROW, 202)
def delete_row(call: Call, doc_id: str, table_id_or_name: str, row_id_or_name: str) -> Json:
    """Delete a row."""
    table = find_table(call, doc_id, table_id_or_name)
    row = find_row(table, row_id_or_name)
    return {
        "requestId": call.service.accept(Write("deleteRow", row.id, lambda: table.delete_row(row.id))),
        "id": row.id,
    }


@chapter.operation("POST", f"{_ROW}/buttons/{{columnIdOrName}}", 202, errors=f"400 {COMMON_ERRORS}")
def push_button(call: Call, doc_id: str, table_id_or_name: str, row_id_or_name: str, column_id_or_name: str) -> Json:
    """It is noted in `Service.pushed`, and does no more."""
    table = find_table(call, doc_id, table_id_or_name)
    row, column = find_row(table, row_id_or_name), find_column(table, column_id_or_name)
    button = (row.id, column.id)
    request_id = call.service.accept(Write("pushButton", button, lambda: call.service.pushed.append(button)))
    return {"requestId": request_id, "rowId": row.id, "columnId": column.id}


def find_row(table: Table, id_or_name: str) -> Row:
    """A row by its id or, where none has that id, its name; or 404."""
    rows = rows_of(table)
    for row in rows:
        if row.id == id_or_name:
            return row
    for row in rows:
        if table.name_of(row) == id_or_name:
            return row
    raise refusal(404, f"no row {id_or_name!r}")


def _row_resource(call: Call, table: Table, columns: list[Column], index: int, row: Row, query: Any) -> Json:
    use_names, value_format = query.get("useColumnNames") == "true", query.get("valueFormat", "simple")
    doc_id = table.doc.id
    return {
        "id": row.id,
        "type": "row",
        "href": call.link("docs", doc_id, "tables", table.id, "rows", row.id),
        "browserLink": f"{browser_link(doc_id, '_tu', table.id)}#_r{row.id}",
        "name": table.name_of(row),
        "index": index,
        "createdAt": str(row.created),
        "updatedAt": str(row.updated),
        "values": {
            column.name if use_names else column.id: shown(table, column, row.values.get(column.id, ""), value_format)
            for column in columns
        },
    }
