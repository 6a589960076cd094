"""How models are made from JSON, and what several chapters share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType, UnionType
from typing import Any, ClassVar, Self, TypeVar, get_args, get_origin, get_type_hints, overload

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

    def to_dict(self) -> dict[str, Any]:
        """All fields by their names, as `json.dumps` takes them: times in ISO 8601, models as objects.

        What is in ``extra`` has Coda's names.
        """
        return {**{f.name: _jsonable(getattr(self, f.name)) for f in fields(self)}, **self.extra}


def _jsonable(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, datetime):
        return value.isoformat()
    return [_jsonable(item) for item in value] if isinstance(value, list) else value


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
class List(Model, Sequence[T]):
    """One page of a list, a sequence of its items; ``CodaClient.iter_...`` gives those of all pages."""

    items: list[T] = field(hash=False)
    href: str | None = None
    next_page_token: str | None = None
    """None on the last page."""
    next_page_link: str | None = None

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        return self.items[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)
