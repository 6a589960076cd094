"""Cells as the API shows them, by ``valueFormat``."""

from __future__ import annotations

from typing import Any

from codomyrmex.cloud.testing.services.coda._records import Column, Table, plain_text
from codomyrmex.cloud.testing.services.coda._responses import Json, browser_link

_CONTEXT = "http://schema.org/"


def shown(table: Table, column: Column, value: Any, value_format: str) -> Any:
    """A cell. An empty one is an empty text in all formats.

    Args:
        table: of the column.
        column: of the cell.
        value: what is in it.
        value_format: ``simple`` joins the items of a list by commas, ``simpleWithArrays`` keeps it, and ``rich`` also
            tells what the values are: plain text is fenced Markdown, and money, people, links, images and rows of
            other tables are objects of JSON-LD.
    """
    if value_format == "simple":
        return plain_text(value) if isinstance(value, list) else value
    if value_format == "simpleWithArrays" or value == "":
        return value
    return _rich(table, column, value)


def _rich(table: Table, column: Column, value: Any) -> Any:
    if isinstance(value, list):
        return [_rich(table, column, item) for item in value]
    match column.type:
        case "text" if isinstance(value, str):
            return f"```{value}```"
        case "currency" if isinstance(value, int | float) and not isinstance(value, bool):
            return _linked("MonetaryAmount", currency=column.options.get("currencyCode", "USD"), amount=value)
        case "person":
            return _linked("Person", name=str(value), **({"email": value} if "@" in str(value) else {}))
        case "link":
            return _linked("WebPage", url=str(value))
        case "image" | "imageReference":
            return _linked("ImageObject", url=str(value))
        case "lookup":
            return _row_value(table, column, value)
    return value


def _linked(kind: str, **fields: Any) -> Json:
    return {"@context": _CONTEXT, "@type": kind, **fields}


def _row_value(table: Table, column: Column, value: Any) -> Any:
    other = table.doc.tables.get(column.lookup_table_id or "")
    if other is None:
        return value
    for row in other.rows.values():
        if value in (row.id, other.name_of(row)):
            link = browser_link(table.doc.id, "_tu", other.id)
            return _linked(
                "StructuredValue",
                additionalType="row",
                name=other.name_of(row),
                url=f"{link}#_r{row.id}",
                tableId=other.id,
                tableUrl=link,
                rowId=row.id,
            )
    return value
