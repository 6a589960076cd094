"""What Coda answers, as frozen dataclasses (coda.io/developers/apis/v1, version 1.4.17).

Fields have Coda's names in snake case. One without a default is promised by Coda: an answer that lacks it is an error.
Keys this version does not know are kept in ``extra``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType, UnionType
from typing import Any, ClassVar, Generic, Self, TypeVar, get_args, get_origin, get_type_hints

from codomyrmex.cloud.coda._names import camel
from codomyrmex.cloud.rest.client import path_part

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Model:
    """Base of all: made from JSON."""

    extra: ClassVar[Mapping[str, Any]] = MappingProxyType({})
    """What Coda sent beyond the fields, under its own names. No field itself: it is not compared."""

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """The model of a JSON object; ValueError for JSON of another shape, or without what Coda promises."""
        if not isinstance(data, Mapping):
            raise ValueError(f"the answer holds no {cls.__name__}")
        known, promised = _fields_of(cls)  # type: ignore[arg-type]  # a class is hashable
        values: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for key, value in data.items():
            if key not in known:
                extra[key] = value
            elif value is not None:
                name, kind, read = known[key]
                if not isinstance(value, kind) or (value.__class__ is bool and bool not in kind):
                    raise ValueError(f"{key} of the answer's {cls.__name__} is {type(value).__name__}")
                values[name] = read(value) if read else value
        if not promised <= values.keys():
            missing = ", ".join(camel(name) for name in sorted(promised - values.keys()))
            raise ValueError(f"the answer's {cls.__name__} lacks {missing}")
        made = cls(**values)
        if extra:
            object.__setattr__(made, "extra", extra)
        return made


Reader = Callable[[Any], Any]
Kind = tuple[type, ...]


@cache
def _fields_of(cls: type[Model]) -> tuple[dict[str, tuple[str, Kind, Reader | None]], set[str]]:
    """For each key of the JSON the field, the types its value may have, and how it is read; and the fields promised."""
    hints = get_type_hints(cls)
    known = {camel(f.name): (f.name, *_read_as(hints[f.name], f.name)) for f in fields(cls)}
    return known, {f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING}


def _read_as(hint: Any, name: str = "") -> tuple[Kind, Reader | None]:
    """The types that JSON of a field may have, and how its value is made of it; None where it is taken as it is."""
    if get_origin(hint) is UnionType:
        hint = next(argument for argument in get_args(hint) if argument is not type(None))
    if get_origin(hint) is list:
        return (list,), _reader_of_list(*_read_as(get_args(hint)[0]))
    if is_dataclass(hint):
        return (dict,), hint.from_json  # type: ignore[union-attr]
    if name == "id":
        return (str,), _checked_id
    if hint is datetime:
        return (str,), datetime.fromisoformat
    if get_origin(hint) is Mapping:
        return (dict,), None
    return {float: (int, float)}.get(hint, (hint,)), None


def _checked_id(value: str) -> str:
    path_part(value)  # it will be one
    return value


def _reader_of_list(kind: Kind, read: Reader | None) -> Reader:
    def read_all(values: list[Any]) -> list[Any]:
        for value in values:
            if not isinstance(value, kind):
                raise ValueError(f"a list of the answer holds {type(value).__name__}")
        return list(map(read, values)) if read else values

    return read_all


@dataclass(frozen=True, kw_only=True)
class Reference(Model):
    """A document, page, column, folder or workspace, where another resource names it."""

    id: str
    type: str
    name: str | None = None
    href: str | None = None
    browser_link: str | None = None


@dataclass(frozen=True, kw_only=True)
class Person(Model):
    """Who made or changed something."""

    name: str
    email: str | None = None


@dataclass(frozen=True, kw_only=True)
class Icon(Model):
    """The icon of a document or page."""

    name: str
    type: str
    browser_link: str


@dataclass(frozen=True, kw_only=True)
class Image(Model):
    """The cover of a page; sizes in pixels."""

    browser_link: str
    type: str | None = None
    width: float | None = None
    height: float | None = None


@dataclass(frozen=True, kw_only=True)
class DocSize(Model):
    """How large a document is. One above the limit (125 MB) is closed to the API."""

    total_row_count: int
    table_and_view_count: int
    page_count: int
    over_api_size_limit: bool


@dataclass(frozen=True, kw_only=True)
class Doc(Model):
    """A document."""

    id: str
    type: str
    name: str
    href: str
    browser_link: str
    owner: str
    """The owner's e-mail address."""
    owner_name: str
    created_at: datetime
    updated_at: datetime
    workspace: Reference
    folder: Reference
    workspace_id: str | None = None
    """Deprecated by Coda; use ``workspace.id``."""
    folder_id: str | None = None
    """Deprecated by Coda; use ``folder.id``."""
    icon: Icon | None = None
    doc_size: DocSize | None = None
    source_doc: Reference | None = None
    """What it was copied from."""
    published: Mapping[str, Any] | None = field(default=None, hash=False)


@dataclass(frozen=True, kw_only=True)
class Page(Model):
    """A page of a document."""

    id: str
    type: str
    name: str
    href: str
    browser_link: str
    content_type: str
    """``canvas``, ``embed`` or ``syncPage``."""
    is_hidden: bool
    is_effectively_hidden: bool
    """Whether it or a page above it is hidden."""
    children: list[Reference] = field(hash=False)
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
class MutationStatus(Model):
    """Whether a write was applied."""

    completed: bool
    warning: str | None = None


@dataclass(frozen=True, kw_only=True)
class User(Model):
    """Whose token it is."""

    name: str
    login_id: str
    """The e-mail address."""
    type: str
    scoped: bool
    """Whether the token is restricted to a document or table."""
    token_name: str
    href: str
    workspace: Reference
    picture_link: str | None = None


@dataclass(frozen=True, kw_only=True)
class ApiLink(Model):
    """What a link of the browser leads to."""

    type: str
    href: str
    browser_link: str | None = None
    resource: Reference


@dataclass(frozen=True, kw_only=True)
class PageExport(Model):
    """An export of a page's content. It is ready when there is a ``download_link``, good for 5 minutes."""

    id: str
    status: str
    href: str
    download_link: str | None = field(default=None, repr=False)  # whoever has it may read the page
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class List(Model, Generic[T]):
    """One page of a list; iterating gives its items, ``CodaClient.iter_...`` those of all pages."""

    items: list[T] = field(hash=False)
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

    items: list[Doc] = field(hash=False)


@dataclass(frozen=True, kw_only=True)
class PageList(List[Page]):
    """Pages."""

    items: list[Page] = field(hash=False)


@dataclass(frozen=True, kw_only=True)
class TableList(List[TableReference]):
    """Tables."""

    items: list[TableReference] = field(hash=False)


@dataclass(frozen=True, kw_only=True)
class ColumnList(List[Column]):
    """Columns."""

    items: list[Column] = field(hash=False)


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
