"""What Coda answers, as frozen dataclasses (coda.io/developers/apis/v1, version 1.4.17).

Fields have Coda's names in snake case. One without ``None`` in its type is promised by Coda; should
an answer lack it, it is empty. Keys this version does not know are kept in ``extra``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType, UnionType
from typing import Any, ClassVar, Generic, Self, TypeVar, get_args, get_origin, get_type_hints

from codomyrmex.cloud.coda._names import camel

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Model:
    """Base of all: made from JSON."""

    extra: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """What Coda sent beyond the fields, under its own names. No field itself: it is not compared."""

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The model of a JSON object; ValueError for JSON of another shape."""
        if not isinstance(data, Mapping):
            raise ValueError(f"the answer holds no {cls.__name__}")
        known = _fields_of(cls)  # type: ignore[arg-type]  # a class is hashable
        values: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for key, value in data.items():
            if key not in known:
                extra[key] = value
            elif value is not None:
                name, read = known[key]
                values[name] = read(value) if read else value
        made = cls(**values)
        if extra:
            object.__setattr__(made, "extra", extra)
        return made


Reader = Callable[[Any], Any]


@cache
def _fields_of(cls: type[Model]) -> dict[str, tuple[str, Reader | None]]:
    """For each key of the JSON the field, and how its value is read."""
    hints = get_type_hints(cls)
    return {camel(f.name): (f.name, _reader(hints[f.name])) for f in fields(cls)}


def _reader(hint: Any) -> Reader | None:
    """How a value of this type is read from JSON; None where it is taken as it is."""
    if get_origin(hint) is UnionType:
        hint = next(argument for argument in get_args(hint) if argument is not type(None))
    if get_origin(hint) is list:
        read = _reader(get_args(hint)[0])
        return (lambda values: [read(value) for value in values]) if read else list
    if is_dataclass(hint):
        return hint.from_json  # type: ignore[union-attr,no-any-return]
    return datetime.fromisoformat if hint is datetime else None


@dataclass(frozen=True, kw_only=True)
class Reference(Model):
    """A document, page, column, folder or workspace, where another resource names it."""

    id: str = ""
    type: str = ""
    name: str | None = None
    href: str | None = None
    browser_link: str | None = None


@dataclass(frozen=True, kw_only=True)
class Person(Model):
    """Who made or changed something."""

    name: str = ""
    email: str | None = None


@dataclass(frozen=True, kw_only=True)
class Icon(Model):
    """The icon of a document or page."""

    name: str = ""
    type: str = ""
    browser_link: str = ""


@dataclass(frozen=True, kw_only=True)
class Image(Model):
    """The cover of a page; sizes in pixels."""

    browser_link: str = ""
    type: str | None = None
    width: float | None = None
    height: float | None = None


@dataclass(frozen=True, kw_only=True)
class DocSize(Model):
    """How large a document is. One above the limit (125 MB) is closed to the API."""

    total_row_count: int = 0
    table_and_view_count: int = 0
    page_count: int = 0
    over_api_size_limit: bool = False


@dataclass(frozen=True, kw_only=True)
class Doc(Model):
    """A document."""

    id: str = ""
    type: str = "doc"
    name: str = ""
    href: str = ""
    browser_link: str = ""
    owner: str = ""
    """The owner's e-mail address."""
    owner_name: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    workspace: Reference | None = None
    folder: Reference | None = None
    workspace_id: str = ""
    """Deprecated by Coda; use ``workspace.id``."""
    folder_id: str = ""
    """Deprecated by Coda; use ``folder.id``."""
    icon: Icon | None = None
    doc_size: DocSize | None = None
    source_doc: Reference | None = None
    """What it was copied from."""
    published: Mapping[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True, kw_only=True)
class Page(Model):
    """A page of a document."""

    id: str = ""
    type: str = "page"
    name: str = ""
    href: str = ""
    browser_link: str = ""
    content_type: str = ""
    """``canvas``, ``embed`` or ``syncPage``."""
    is_hidden: bool = False
    is_effectively_hidden: bool = False
    """Whether it or a page above it is hidden."""
    children: list[Reference] = field(default_factory=list, hash=False)
    subtitle: str | None = None
    icon: Icon | None = None
    image: Image | None = None
    parent: Reference | None = None
    authors: list[Person] = field(default_factory=list, hash=False)
    created_at: datetime | None = None
    created_by: Person | None = None
    updated_at: datetime | None = None
    updated_by: Person | None = None


@dataclass(frozen=True, kw_only=True)
class TableReference(Model):
    """A table as lists give it."""

    id: str = ""
    type: str = "table"
    table_type: str = "table"
    """``table`` or ``view``."""
    name: str = ""
    href: str = ""
    browser_link: str = ""
    parent: Reference | None = None
    """The page it is on."""


@dataclass(frozen=True, kw_only=True)
class Sort(Model):
    """One of the sorts of a table."""

    column: Reference | None = None
    direction: str = "ascending"


@dataclass(frozen=True, kw_only=True)
class Table(TableReference):
    """A table or view."""

    display_column: Reference | None = None
    row_count: int = 0
    sorts: list[Sort] = field(default_factory=list, hash=False)
    layout: str = "default"
    created_at: datetime | None = None
    updated_at: datetime | None = None
    parent_table: TableReference | None = None
    """Of a view, the table it shows."""
    filter: Mapping[str, Any] | None = field(default=None, hash=False)
    view_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Column(Model):
    """A column of a table."""

    id: str = ""
    type: str = "column"
    name: str = ""
    href: str = ""
    format: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """``type``, ``isArray``, and what that type has beside, under Coda's own names."""
    display: bool = False
    """Whether it is the table's display column."""
    calculated: bool = False
    formula: str | None = None
    default_value: str | None = None
    parent: TableReference | None = None
    """From `CodaClient.get_column` only."""


@dataclass(frozen=True, kw_only=True)
class Row(Model):
    """A row of a table; ``row["Name"]`` is its value in that column."""

    id: str = ""
    type: str = "row"
    name: str = ""
    """Its value in the display column."""
    index: int = 0
    href: str = ""
    browser_link: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """By the column's id, or by its name with ``use_column_names``."""
    parent: TableReference | None = None
    """From `CodaClient.get_row` only."""

    def __getitem__(self, column: str) -> Any:
        return self.values[column]


@dataclass(frozen=True, kw_only=True)
class MutationStatus(Model):
    """Whether a write was applied."""

    completed: bool = False
    warning: str | None = None


@dataclass(frozen=True, kw_only=True)
class User(Model):
    """Whose token it is."""

    name: str = ""
    login_id: str = ""
    """The e-mail address."""
    type: str = "user"
    scoped: bool = False
    """Whether the token is restricted to a document or table."""
    token_name: str = ""
    href: str = ""
    workspace: Reference | None = None
    picture_link: str | None = None


@dataclass(frozen=True, kw_only=True)
class ApiLink(Model):
    """What a link of the browser leads to."""

    type: str = "apiLink"
    href: str = ""
    browser_link: str | None = None
    resource: Reference | None = None


@dataclass(frozen=True, kw_only=True)
class PageExport(Model):
    """An export of a page's content. It is ready when there is a ``download_link``, good for 5 minutes."""

    id: str = ""
    status: str = ""
    href: str = ""
    download_link: str | None = field(default=None, repr=False)  # whoever has it may read the page
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class List(Model, Generic[T]):
    """One page of a list; iterating gives its items, ``CodaClient.iter_...`` those of all pages."""

    items: list[T] = field(default_factory=list, hash=False)
    href: str | None = None
    next_page_token: str | None = None
    """None on the last page."""
    next_page_link: str | None = None

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, kw_only=True)
class DocList(List[Doc]):
    """Documents."""

    items: list[Doc] = field(default_factory=list, hash=False)


@dataclass(frozen=True, kw_only=True)
class PageList(List[Page]):
    """Pages."""

    items: list[Page] = field(default_factory=list, hash=False)


@dataclass(frozen=True, kw_only=True)
class TableList(List[TableReference]):
    """Tables."""

    items: list[TableReference] = field(default_factory=list, hash=False)


@dataclass(frozen=True, kw_only=True)
class ColumnList(List[Column]):
    """Columns."""

    items: list[Column] = field(default_factory=list, hash=False)


@dataclass(frozen=True, kw_only=True)
class RowList(List[Row]):
    """Rows."""

    items: list[Row] = field(default_factory=list, hash=False)
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
