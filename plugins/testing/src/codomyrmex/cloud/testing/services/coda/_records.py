"""What a service holds: documents, pages, tables, views, columns and rows, as tests make and look at them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from codomyrmex.cloud.testing.services.coda._ledger import Ledger, Stamp

Cells = Mapping[str, Any]
"""The cells of a row, by the names or ids of their columns. A value is text, a number, a boolean or a list of these."""
Sort = tuple[str, Literal["ascending", "descending"]]
"""The id or name of a column, and its direction."""
USER_NAME, USER_EMAIL = "Ada", "ada@example.org"
"""Whose token it is."""


@dataclass
class Column:
    """A column of a table."""

    name: str
    id: str = ""
    """Empty: the next of ``c-1``, ``c-2`` and so on, in its table."""
    type: str = "text"
    """The type of its format, by the vendor's names: ``text``, ``number``, ``checkbox``, ``date`` and so on."""
    is_array: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    """What else its format tells, under the vendor's names: ``{"precision": 2}``."""
    lookup_table_id: str | None = None
    """Of a ``lookup`` column, the table whose rows it names."""
    formula: str | None = None
    """Makes it a calculated column, which the API refuses to write. What it shows is what a test gives."""
    default_value: str | None = None
    hidden: bool = False
    """Whether ``visibleOnly`` leaves it out."""


@dataclass
class Row:
    """A row of a table. ``values`` are changed by `Table.change_row`, which also moves ``updated``."""

    id: str
    values: dict[str, Any]
    """By the ids of columns; a cell that is left out is empty."""
    number: int
    """Grows in the order in which the rows were made."""
    created: Stamp
    updated: Stamp


@dataclass
class Content:
    """A piece of a page's content."""

    format: Literal["html", "markdown"]
    text: str


@dataclass
class Page:
    """A page of a document."""

    id: str
    name: str
    number: int
    created: Stamp
    updated: Stamp
    subtitle: str | None = None
    icon: str | None = None
    """The icon's name."""
    image_url: str | None = None
    hidden: bool = False
    parent_id: str | None = None
    content_type: str = "canvas"
    """``canvas``, ``embed`` or ``syncPage``."""
    contents: list[Content] = field(default_factory=list)
    export_error: str | None = None
    """Why its content cannot be exported; None where it can."""

    @property
    def content(self) -> str:
        """All that is written on it, in the formats in which it was written."""
        return "".join(piece.text for piece in self.contents)

    @content.setter
    def content(self, text: str) -> None:
        self.contents = [Content("markdown", text)]


class Doc:
    """A document. Made by `CodaServer.add_doc`."""

    def __init__(self, ledger: Ledger, doc_id: str, title: str) -> None:
        self.ledger = ledger
        self.id, self.title = doc_id, title
        self.icon: str | None = None
        self.owner, self.owner_name = USER_EMAIL, USER_NAME
        self.workspace_id, self.folder_id = "ws-1", "fl-1"
        self.source_id: str | None = None
        """Of the document that it was copied from."""
        self.published = self.starred = self.in_gallery = False
        self.created = self.updated = ledger.stamp()
        self.pages: dict[str, Page] = {}
        self.deleted_pages: set[str] = set()
        self.tables: dict[str, Table] = {}
        """Tables and views."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.title!r}>"

    def touch(self) -> Stamp:
        """The stamp of a change that is made now."""
        self.updated = self.ledger.stamp()
        return self.updated

    def copy(self, doc_id: str, title: str) -> Doc:
        """A new document with all that is in this one, under the same ids."""
        made = copy.deepcopy(self)
        made.id, made.title, made.source_id = doc_id, title, self.id
        made.created = made.touch()
        return made

    def add_page(
        self,
        name: str = "Untitled",
        *,
        page_id: str | None = None,
        parent: str | Page | None = None,
        content: str = "",
        text_format: Literal["html", "markdown"] = "markdown",
        **looks: Any,
    ) -> Page:
        """Add a page.

        Args:
            name: its title.
            page_id: default: a new one; one that is there already is a ValueError.
            parent: the page above it, or its id.
            content: what is written on it.
            text_format: that the content is in: ``markdown`` or ``html``.
            looks: other fields of `Page`, such as ``subtitle``.
        """
        page_id = self.ledger.free_id(page_id, "canvas", {*self.pages, *self.deleted_pages})
        stamp = self.touch()
        parent_id = parent.id if isinstance(parent, Page) else parent
        pieces = [Content(text_format, content)] if content else []
        page = Page(
            page_id, name, self.ledger.next_number(), stamp, stamp, parent_id=parent_id, contents=pieces, **looks
        )
        self.pages[page_id] = page
        return page

    def children(self, page: Page) -> list[Page]:
        """The pages below a page."""
        return [other for other in self.pages.values() if other.parent_id == page.id]

    def delete_page(self, page_id: str) -> bool:
        """Delete a page and those below it. Returns whether it was there."""
        if (page := self.pages.pop(page_id, None)) is None:
            return False
        self.deleted_pages.add(page_id)
        for child in self.children(page):
            self.delete_page(child.id)
        self.touch()
        return True

    def is_hidden(self, page: Page) -> bool:
        """Whether a page, or one above it, is hidden."""
        above = self.pages.get(page.parent_id or "")
        return page.hidden or (above is not None and self.is_hidden(above))

    def add_table(
        self,
        name: str = "Things",
        columns: Iterable[str | Column] = ("Name", "Count", "Tags"),
        *,
        table_id: str | None = None,
        page: Page | None = None,
        where: Callable[[Cells], bool] | None = None,
        sorts: Iterable[Sort] = (),
        layout: str = "default",
    ) -> Table:
        """Add a table, without rows.

        Args:
            name: its name.
            columns: their names, or `Column` for one that is not of text. The first is the display column.
            table_id: default: a new one; one that is there already is a ValueError.
            page: where it stands. Default: the first page, which is made if there is none.
            where: which rows it shows, by their cells by names; the others are left out by ``visibleOnly``.
            sorts: by which it shows them; ``sortBy=natural`` is this order.
            layout: by the vendor's names.
        """
        page = page or next(iter(self.pages.values()), None) or self.add_page(self.title)
        table = Table(self, self.ledger.free_id(table_id, "grid", self.tables), name, page.id)
        for column in columns:
            table.add_column(column)
        if not table.columns:
            raise ValueError("a table has a column at least")
        table.where, table.sorts, table.layout = where, list(sorts), layout
        self.tables[table.id] = table
        return table

    def add_view(
        self,
        table: Table,
        name: str,
        columns: Iterable[str] | None = None,
        *,
        table_id: str | None = None,
        page: Page | None = None,
        where: Callable[[Cells], bool] | None = None,
        sorts: Iterable[Sort] = (),
        layout: str = "default",
    ) -> View:
        """Add a view of a table, which shows that table's rows: those that ``where`` selects.

        Args:
            table: whose rows it shows.
            name: its name.
            columns: the names or ids of those it shows. Default: all.
            table_id: default: a new one; one that is there already is a ValueError.
            page: where it stands. Default: where the table stands.
            where: which rows it shows, by their cells by names. Default: all.
            sorts: by which it shows them.
            layout: by the vendor's names.
        """
        shown = None if columns is None else [table.column(column).id for column in columns]
        view = View(
            table, self.ledger.free_id(table_id, "table", self.tables), name, page.id if page else table.page_id
        )
        view.shown, view.where, view.sorts, view.layout = shown, where, list(sorts), layout
        self.tables[view.id] = view
        return view


class Table:
    """A table of a document. Made by `CodaServer.add_table`."""

    type: Literal["table", "view"] = "table"

    def __init__(self, doc: Doc, table_id: str, name: str, page_id: str) -> None:
        self.doc, self.id, self.name, self.page_id = doc, table_id, name, page_id
        self.columns: dict[str, Column] = {}
        """By id."""
        self.rows: dict[str, Row] = {}
        """By id, in the order in which they were made."""
        self.where: Callable[[Cells], bool] | None = None
        self.sorts: list[Sort] = []
        self.layout = "default"
        self.created = self.updated = doc.touch()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id} {self.name!r}, {len(self.rows)} rows>"

    @property
    def display_column(self) -> Column:
        """The column whose cell is the name of a row."""
        return next(iter(self.columns.values()))

    def column(self, name_or_id: str) -> Column:
        """A column by its id or, where no column has that id, its name. Raises KeyError."""
        if name_or_id in self.columns:
            return self.columns[name_or_id]
        for column in self.columns.values():
            if column.name == name_or_id:
                return column
        raise KeyError(f"no column {name_or_id!r} in {self.name!r}")

    def add_column(self, column: str | Column) -> Column:
        """Add a column: its name, for one of text, or a `Column`."""
        column = Column(column) if isinstance(column, str) else replace(column)
        if not column.id:
            numbers = range(1, len(self.columns) + 2)
            column.id = next(key for n in numbers if (key := f"c-{n}") not in self.columns)
        if column.id in self.columns:
            raise ValueError(f"there is a column {column.id!r} already")
        with self.doc.ledger.lock:
            self.columns[column.id] = column
        return column

    def add_row(self, cells: Cells, *, row_id: str | None = None) -> Row:
        """Add a row of these cells. ``row_id``: default: a new one.

        Raises KeyError for a column that is not there, and ValueError for an id that is.
        """
        with self.doc.ledger.lock:
            return self.put_row(row_id, self._by_ids(cells), self.touch())

    def add_rows(self, rows: Iterable[Cells]) -> list[Row]:
        """Add rows at once. Raises KeyError for a column that is not there, before any is added."""
        with self.doc.ledger.lock:
            values = [self._by_ids(cells) for cells in rows]
            stamp = self.touch()
            return [self.put_row(None, each, stamp) for each in values]

    def put_row(self, row_id: str | None, values: dict[str, Any], stamp: Stamp) -> Row:
        """Add a row of these cells by ids of columns."""
        row_id = self.doc.ledger.free_id(row_id, "i", self.rows)
        row = Row(row_id, values, self.doc.ledger.next_number(), stamp, stamp)
        self.rows[row_id] = row
        return row

    def new_row_id(self) -> str:
        """An id that no row of the table has."""
        return self.doc.ledger.new_id("i", self.rows)

    def change_row(self, row_id: str, cells: Cells) -> bool:
        """Change cells of a row. Returns whether that changes anything. Raises KeyError for what is not there."""
        with self.doc.ledger.lock:
            return self.set_values(self.rows[row_id], self._by_ids(cells))

    def set_values(self, row: Row, values: dict[str, Any]) -> bool:
        """Change cells of a row, by ids of columns. Returns whether that changes anything."""
        changed = {key: value for key, value in values.items() if not same(row.values.get(key, ""), value)}
        row.values.update(values)
        if changed:
            row.updated = self.touch()
        return bool(changed)

    def delete_row(self, row_id: str) -> bool:
        """Delete a row. Returns whether it was there."""
        with self.doc.ledger.lock:
            if self.rows.pop(row_id, None) is None:
                return False
            self.touch()
            return True

    def touch(self) -> Stamp:
        """The stamp of a change that is made now."""
        self.updated = self.doc.touch()
        return self.updated

    def named(self, row: Row) -> dict[str, Any]:
        """The cells of a row by the names of columns, without those that were never filled."""
        return {self.columns[key].name: value for key, value in row.values.items() if key in self.columns}

    def name_of(self, row: Row) -> str:
        """What the row is called: its cell in the display column."""
        return plain_text(row.values.get(self.display_column.id, ""))

    def shows(self, row: Row) -> bool:
        """Whether the row is visible."""
        return self.where is None or self.where({**dict.fromkeys(self._names(), ""), **self.named(row)})

    def is_visible(self, column: Column) -> bool:
        """Whether the column is visible."""
        return not column.hidden

    def _names(self) -> Iterator[str]:
        return (column.name for column in self.columns.values())

    def _by_ids(self, cells: Cells) -> dict[str, Any]:
        return {self.column(name).id: value for name, value in cells.items()}


class View(Table):
    """A view of a table: it has the table's columns and rows, and shows some of them. Made by `CodaServer.add_view`."""

    type = "view"

    def __init__(self, table: Table, table_id: str, name: str, page_id: str) -> None:
        super().__init__(table.doc, table_id, name, page_id)
        self.table = table
        self.shown: list[str] | None = None
        """The ids of the columns it shows; None: all."""
        self.columns, self.rows = table.columns, table.rows

    def is_visible(self, column: Column) -> bool:
        """Whether the view shows the column."""
        return column.id in self.shown if self.shown is not None else super().is_visible(column)

    def touch(self) -> Stamp:
        """The stamp of a change that is made now; the table changes with its view."""
        self.updated = self.table.touch()
        return self.updated


def same(one: Any, other: Any) -> bool:
    """Whether cells hold the same; True is not 1."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def plain_text(value: Any) -> str:
    """A cell as text, the same for 1 and 1.0, which are one number; the items of a list are joined by commas."""
    if isinstance(value, list):
        return ",".join(map(plain_text, value))
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
