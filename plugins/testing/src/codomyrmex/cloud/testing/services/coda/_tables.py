"""Chapter of the API: tables, views and columns."""

from __future__ import annotations

from codomyrmex.cloud.testing.services.coda._operations import Chapter
from codomyrmex.cloud.testing.services.coda._pages import page_reference
from codomyrmex.cloud.testing.services.coda._records import Column, Row, Table, View
from codomyrmex.cloud.testing.services.coda._responses import Json, browser_link, refusal
from codomyrmex.cloud.testing.services.coda._service import Call

chapter = Chapter("Tables and columns")
TABLE = "/docs/{docId}/tables/{tableIdOrName}"
_LARGEST_PAGE_OF_COLUMNS = 100


@chapter.operation("GET", "/docs/{docId}/tables", query="limit:int pageToken sortBy=name tableTypes=table|view")
def list_tables(call: Call, doc_id: str) -> Json:
    """In the order in which they were made, or by name."""
    doc = call.doc(doc_id)
    cursor = call.cursor("docs", doc.id, "tables")
    types = cursor.query.get("tableTypes", "table,view").split(",")
    by_name = "sortBy" in cursor.query
    entries = [
        ((table.name.casefold() if by_name else "", number), table)
        for number, table in enumerate(doc.tables.values())
        if table.type in types
    ]
    return call.page(cursor, entries, lambda table: table_reference(call, table))


@chapter.operation("GET", TABLE, query="useUpdatedTableLayouts:bool")
def get_table(call: Call, doc_id: str, table_id_or_name: str) -> Json:
    """A table or view."""
    table = find_table(call, doc_id, table_id_or_name)
    layout = table.layout
    if layout in ("detail", "form") and call.query.get("useUpdatedTableLayouts") != "true":
        layout = "masterDetail"
    resource = {
        **table_reference(call, table),
        "displayColumn": _column_reference(call, table, table.display_column),
        "rowCount": len(rows_of(table)),
        "sorts": [
            {"column": _column_reference(call, table, table.column(column)), "direction": direction}
            for column, direction in table.sorts
        ],
        "layout": layout,
        "createdAt": str(table.created),
        "updatedAt": str(table.updated),
        "viewId": table.id,
    }
    if isinstance(table, View):
        resource["parentTable"] = table_reference(call, table.table)
    return resource


@chapter.operation("GET", f"{TABLE}/columns", query="limit:int..100 pageToken visibleOnly:bool")
def list_columns(call: Call, doc_id: str, table_id_or_name: str) -> Json:
    """In their order; of a view those that it shows."""
    table = find_table(call, doc_id, table_id_or_name)
    cursor = call.cursor("docs", doc_id, "tables", table.id, "columns")
    columns = columns_of(table, visible_only=cursor.query.get("visibleOnly") == "true")
    largest = min(_LARGEST_PAGE_OF_COLUMNS, call.service.largest_page)
    return call.page(cursor, enumerate(columns), lambda column: _column_resource(call, table, column), largest)


@chapter.operation("GET", f"{TABLE}/columns/{{columnIdOrName}}")
def get_column(call: Call, doc_id: str, table_id_or_name: str, column_id_or_name: str) -> Json:
    """A column."""
    table = find_table(call, doc_id, table_id_or_name)
    column = find_column(table, column_id_or_name)
    return {**_column_resource(call, table, column), "parent": table_reference(call, table)}


def find_table(call: Call, doc_id: str, id_or_name: str) -> Table:
    """A table or view by its id or, where none has that id, its name; or 404."""
    tables = call.doc(doc_id).tables
    if id_or_name in tables:
        return tables[id_or_name]
    for table in tables.values():
        if table.name == id_or_name:
            return table
    raise refusal(404, f"no table {id_or_name!r}")


def find_column(table: Table, id_or_name: str, status: int = 404) -> Column:
    """A column by its id or, where none has that id, its name; or an error of this status."""
    try:
        return table.column(id_or_name)
    except KeyError:
        raise refusal(status, f"no column {id_or_name!r}") from None


def rows_of(table: Table) -> list[Row]:
    """The rows of a table; of a view those that it shows."""
    return [row for row in table.rows.values() if table.type == "table" or table.shows(row)]


def columns_of(table: Table, *, visible_only: bool) -> list[Column]:
    """The columns of a table; of a view those that it shows."""
    visible_only = visible_only or table.type == "view"
    return [column for column in table.columns.values() if not visible_only or table.is_visible(column)]


def table_reference(call: Call, table: Table) -> Json:
    """A table, where a list or another resource names it."""
    doc = table.doc
    reference = {
        "id": table.id,
        "type": "table",
        "tableType": table.type,
        "href": call.link("docs", doc.id, "tables", table.id),
        "browserLink": browser_link(doc.id, "_tu", table.id),
        "name": table.name,
    }
    page = doc.pages.get(table.page_id) or next(iter(doc.pages.values()), None)
    return {**reference, "parent": page_reference(call, doc, page)} if page else reference


def _column_reference(call: Call, table: Table, column: Column) -> Json:
    href = call.link("docs", table.doc.id, "tables", table.id, "columns", column.id)
    return {"id": column.id, "type": "column", "href": href}


def _column_resource(call: Call, table: Table, column: Column) -> Json:
    resource: Json = {
        **_column_reference(call, table, column),
        "name": column.name,
        "format": {"type": column.type, "isArray": column.is_array, **_FORMATS.get(column.type, {}), **column.options},
    }
    if column.type in ("lookup", "person"):
        target = table.doc.tables.get(column.lookup_table_id or "", table)
        resource["format"]["table"] = table_reference(call, target)
    if column is table.display_column:
        resource["display"] = True
    if column.formula is not None:
        resource |= {"calculated": True, "formula": column.formula}
    if column.default_value is not None:
        resource["defaultValue"] = column.default_value
    return resource


_FORMATS: dict[str, Json] = {
    "checkbox": {"displayType": "check"},
    "scale": {"maximum": 5, "icon": "star"},
    "imageReference": {"width": 100, "height": 100, "style": "auto"},
}
"""What the format of a type tells at least, beside what every format does."""
