"""The keyword arguments of `CodaClient`, by call: the names of Coda's API, in snake case."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal, Protocol, TypedDict, get_origin, get_type_hints

from codomyrmex.cloud.coda._limits import RateLimits
from codomyrmex.cloud.coda._names import camel
from codomyrmex.cloud.coda.models import Row
from codomyrmex.cloud.rest.frames import is_frame


class Keyed(Protocol):
    """What gives values by its keys and is no mapping, such as a `Row`, or a row of a database."""

    def keys(self) -> Iterable[str]:
        """The columns."""

    def __getitem__(self, column: str, /) -> Any:
        """The value of a column."""


class NamedValues(Protocol):
    """A named tuple."""

    def _asdict(self) -> dict[str, Any]: ...


RowLike = Mapping[str, Any] | Iterable[Mapping[str, Any]] | Keyed | NamedValues
"""A row: ``{"Name": "x", "c-tuVwxYz": 3}``, by names or ids of columns, or what behaves so, such as a `Row` or a named
tuple; or its cells as Coda writes them, ``[{"column": "Name", "value": "x"}]``, also below a key ``cells``."""


_CHECKED = {Mapping: "a mapping", bool: "True or False", str: "text"}
"""Types of arguments whose values are checked, and what they are called."""


class ClientOptions(TypedDict, total=False):
    """What `CodaClient.from_env` takes; see `CodaClient`."""

    base_url: str
    timeout: float
    """Seconds that connecting, and each wait for data, may take."""
    limits: RateLimits | None
    retry_budget: float
    """Seconds that one request may wait in all between its repeats."""


class Paging(TypedDict, total=False):
    """Which page of a list."""

    limit: int
    """How many items a page has at most; Coda's default is 25, and it lowers what is too many. It ends no ``iter_``
    method, which goes on to the next page."""
    page_token: str
    """The ``next_page_token`` of the page before. It carries all other arguments: give it alone."""


class DocFilters(Paging, total=False):
    """Which documents `CodaClient.list_docs` lists."""

    is_owner: bool
    """Only those the user owns."""
    is_published: bool
    """Only those that are published."""
    query: str
    """Only those with this text in the title."""
    source_doc: str
    """Only copies of the document with this id."""
    is_starred: bool
    """Only those the user starred, or did not."""
    in_gallery: bool
    """Only those in the gallery."""
    workspace_id: str
    """Only those in this workspace."""
    folder_id: str
    """Only those in this folder."""


class TableFilters(Paging, total=False):
    """Which tables `CodaClient.list_tables` lists."""

    sort_by: Literal["name"]
    """The order; default: Coda's own."""
    table_types: Iterable[Literal["table", "view"]]
    """Base tables, views, or both (the default)."""


class ColumnFilters(Paging, total=False):
    """Which columns `CodaClient.list_columns` lists; at most 100 a page."""

    visible_only: bool
    """Only visible columns, of base tables."""


class RowFormat(TypedDict, total=False):
    """How cells are given."""

    use_column_names: bool
    """Key ``values`` by the columns' names instead of their ids."""
    value_format: Literal["simple", "simpleWithArrays", "rich"]
    """``simple`` (default) joins lists with commas, ``rich`` gives JSON-LD objects."""


class RowChoice(RowFormat, total=False):
    """Which rows, and how."""

    query: str
    """``<column>:<JSON value>``; the name of a column in double quotes: ``"My Column":123``,
    ``c-tuVwxYz:"apple"``."""
    visible_only: bool
    """Only visible rows and columns."""


class ChangeFilters(RowChoice, total=False):
    """Which rows `CodaClient.iter_changes` gives, and how."""

    limit: int
    """Rows of a page."""


class RowFilters(Paging, RowChoice, total=False):
    """Which rows `CodaClient.list_rows` lists, and how."""

    sort_by: Literal["createdAt", "natural", "updatedAt"]
    """The order; default ``createdAt``. ``natural``, that of the table, shows visible rows only."""
    sync_token: str
    """Only rows changed since the list whose ``next_sync_token`` this is."""


class DocOptions(TypedDict, total=False):
    """What `CodaClient.create_doc` takes beside the title."""

    source_doc: str
    """Copy the document with this id."""
    timezone: str
    """Such as ``Europe/Zurich``."""
    folder_id: str
    """Where to make it; default: the "My docs" folder."""
    initial_page: Mapping[str, Any]
    """The first page, with the keys of `PageFields`."""


class DocChanges(TypedDict, total=False):
    """What `CodaClient.update_doc` changes."""

    title: str
    icon_name: str
    """Such as ``rocket``."""


class PageFields(TypedDict, total=False):
    """What `CodaClient.create_page` takes."""

    name: str
    subtitle: str
    icon_name: str
    image_url: str
    """The cover."""
    parent_page_id: str
    """Make it below this page."""
    page_content: Mapping[str, Any]
    """``{"type": "canvas", "canvas_content": {"format": "markdown", "content": "# Hello"}}``"""


class PageChanges(TypedDict, total=False):
    """What `CodaClient.update_page` changes."""

    name: str
    subtitle: str
    icon_name: str
    image_url: str
    is_hidden: bool
    content_update: Mapping[str, Any]
    """``{"insertion_mode": "append", "canvas_content": {"format": "markdown", "content": "..."}}``"""


def check(given: Mapping[str, Any], known: type) -> None:
    """TypeError for an argument that the call does not know, or of a type that it does not take."""
    hints = _hints(known)
    for name, value in given.items():
        if name not in hints:
            near = difflib.get_close_matches(name, hints, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(hints)}"
            raise TypeError(f"unexpected argument {name!r}; {hint}")
        kind = get_origin(hints[name]) or hints[name]
        if kind is Iterable and value is not None and not isinstance(value, str):
            several(value, name, "several values")
        if kind in _CHECKED and value is not None and not isinstance(value, kind):
            raise TypeError(f"{name} is {_CHECKED[kind]}, not {type(value).__name__}")


def several(values: Any, name: str, of: str) -> Iterable[Any]:
    """``values``; TypeError for what is none or one of them, such as a text, whose letters would be taken."""
    if is_frame(values):  # whose columns would be taken
        raise TypeError(f"{name} takes {of}, not a DataFrame: give a column of it, or its index")
    if isinstance(values, str | bytes | Mapping | Row) or not isinstance(values, Iterable):
        raise TypeError(f"{name} takes {of}: a list of them, or any iterable, not {type(values).__name__}")
    return values


def texts(values: Any, name: str, of: str) -> list[str]:
    """A list of texts. TypeError for anything else."""
    listed = list(several(values, name, of))
    for value in listed:
        if not isinstance(value, str) or not value:
            raise TypeError(f"{name} takes {of}, not {value!r}")
    return listed


def query(given: Mapping[str, Any], known: type) -> dict[str, str]:
    """The query of a URL: names in camel case, lists joined by commas, ``true`` and ``false``."""
    check(given, known)
    return {camel(name): _text(value) for name, value in given.items() if value is not None}


def flag(name: str, value: bool | None) -> dict[str, str]:
    """The query for one switch; none where it is None."""
    return {} if value is None else {name: _text(value)}


def body(given: Mapping[str, Any], known: type) -> dict[str, Any]:
    """The JSON of a request: names in camel case, at every depth."""
    check(given, known)
    return {name: value for name, value in _renamed(given).items() if value is not None}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ",".join(map(_text, value))
    return str(value)


def _renamed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {camel(key): _renamed(item) for key, item in value.items()}
    return [_renamed(item) for item in value] if isinstance(value, list | tuple) else value


@cache
def _hints(known: type) -> dict[str, Any]:
    return get_type_hints(known)
