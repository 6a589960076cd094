"""Kinds of arguments that hold others: values by name, several items, one of several kinds."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any

from codomyrmex.cloud.cli.call import jsontext
from codomyrmex.cloud.cli.call.jsontext import shortened, shown
from codomyrmex.cloud.cli.call.kinds import Binary, Choice, Kind, Null, Path, Stream, Text, Typed, decoded, made
from codomyrmex.cloud.cli.call.references import ArgumentError, Reference


class Fields(Kind):
    """Values by name: a mapping, a TypedDict, or an object of a class that has them.

    Args:
        make: Makes it of a dict.
        kinds: Gives the kind of the value under each name.
        required: Gives the names that have to be there.
        name: Of the class, for errors.
    """

    rank, _words = 3, ("NAME=VALUE",)

    def __init__(
        self,
        make: Callable[[dict[str, Any]], Any],
        kinds: Callable[[], dict[str, Kind]],
        required: Callable[[], Iterable[str]],
        name: str,
    ) -> None:
        self._make, self._kinds_of, self._required, self._name = make, kinds, required, name

    @cached_property
    def _kinds(self) -> dict[str, Kind]:
        return self._kinds_of()

    @property
    def names(self) -> Sequence[str]:
        """Those that it has; none where any will do."""
        return list(self._kinds)

    @property
    def expected(self) -> str:
        return f"a JSON object of {', '.join(self.names)}"

    def from_text(self, text: str, *, only_certain: bool = False) -> Any:
        if only_certain and jsontext.opening(text) != "{":
            raise self.refused(shown(text))
        return self.from_typed([text])

    def from_json(self, value: Any) -> Any:
        return self._made(self._parts(value))

    def from_typed(self, typed: Sequence[Typed]) -> Any:
        values: dict[Any, Any] = {}
        for text in (text for each in typed for text in _texts(each)):
            more = self._parts(jsontext.parse(text)) if jsontext.opening(text) == "{" else self._pair(text)
            if twice := values.keys() & more.keys():
                raise ArgumentError(f"{', '.join(sorted(map(str, twice)))} is given twice")
            values |= more
        return self._made(values)

    def _pair(self, text: str) -> dict[Any, Any]:
        name, separator, value = text.partition("=")
        if not (name and separator):
            raise ArgumentError(f"{shown(text)} is neither NAME=VALUE nor a JSON object")
        return {self._key(name): self._kind(name).from_text(value)}

    def _parts(self, value: Any) -> dict[Any, Any]:
        if not isinstance(value, dict):
            raise self.refused_json(value)
        parts = {self._key(name): _part(name, each, self._kind(name)) for name, each in value.items()}
        if len(parts) < len(value):
            raise ArgumentError(f"{', '.join(value)} are not as many names", is_final=True)
        return parts

    def _key(self, name: str) -> Any:
        return name

    def _kind(self, name: str) -> Kind:
        if name not in self._kinds:
            raise ArgumentError(f"{self._name} has no {name}, but {', '.join(self._kinds)}", is_final=True)
        return self._kinds[name]

    def _made(self, values: dict[Any, Any]) -> Any:
        if missing := [name for name in self._required() if name not in values]:
            raise ArgumentError(f"{self._name} needs {', '.join(missing)}", is_final=True)
        return made(self._make, values)


class Mapping(Fields):
    """Values by any names.

    Args:
        make: Makes it of a dict.
        key: Gives the kind of the names.
        value: Gives that of the values.
    """

    @property
    def expected(self) -> str:
        return "a JSON object"

    def __init__(
        self, make: Callable[[dict[Any, Any]], Any], key: Callable[[], Kind], value: Callable[[], Kind]
    ) -> None:
        super().__init__(make, dict, tuple, "mapping")
        self._key_kind, self._value_kind = key, value

    def _key(self, name: str) -> Any:
        return self._key_kind().from_text(name)

    def _kind(self, name: str) -> Kind:
        return self._value_kind()


class Collection(Kind):
    """Several items: an option that may be repeated.

    Args:
        make: Makes it of its items.
        item: Gives the kind of an item.
    """

    rank, _expected = 4, "a JSON array"

    def __init__(self, make: Callable[[Iterable[Any]], Any], item: Callable[[], Kind]) -> None:
        self._make, self._item_kind = make, item

    @cached_property
    def item(self) -> Kind:
        """The kind of an item."""
        return self._item_kind()

    @property
    def words(self) -> Sequence[str]:
        items = [member for member in self.item.members if not isinstance(member, Collection)]
        return [word for member in items for word in (("JSON",) if isinstance(member, Fields) else member.words)]

    def from_text(self, text: str, *, only_certain: bool = False) -> Any:
        if only_certain:
            if jsontext.opening(text) not in ("[", "{" if self.holds(Fields) else "["):
                raise self.refused(shown(text))
            if not jsontext.is_structure(text):
                raise ArgumentError(f"{shown(text)} is no JSON", is_final=jsontext.is_begun(text))
        return self._made(self._items(text))

    def from_json(self, value: Any) -> Any:
        if not isinstance(value, list):
            raise self.refused_json(value)
        return self._made(self._parts(value))

    def from_typed(self, typed: Sequence[Typed]) -> Any:
        return self._made([item for each in typed for item in self._items(each)])

    def _items(self, typed: Typed) -> list[Any]:
        """The items that stand for what was typed once."""
        if isinstance(typed, Reference):
            if self.holds(Path, Stream, Binary):
                return [self.item.from_reference(typed)]
            return [item for text in _texts(typed) for item in self._items(text)]
        if jsontext.opening(typed) == "[":
            try:
                value = jsontext.parse(typed)
            except ArgumentError:  # a text may begin so
                if not self.item.takes_any_text or jsontext.is_begun(typed):
                    raise
                return [self.item.from_text(typed)]
            try:
                return self._parts(value)
            except ArgumentError:  # it may be an array that is an item
                if not self.holds(Collection):
                    raise
                return [self.item.from_json(value)]
        elif _is_pair(typed) and self.holds(Fields) and not self.item.takes_any_text:
            raise ArgumentError(f"{shown(typed)} is no item: give each as a JSON object")
        return [self.item.from_text(typed)]

    def holds(self, *kinds: type[Kind]) -> bool:
        """Whether an item may be of one of these kinds."""
        return any(isinstance(member, kinds) for member in self.item.members)

    def _parts(self, values: list[Any]) -> list[Any]:
        return [_part(f"item {number}", value, self.item) for number, value in enumerate(values, 1)]

    def _made(self, items: list[Any]) -> Any:
        return made(self._make, items)


class Positions(Collection):
    """A tuple of so many values.

    Args:
        kinds: Gives the kind of each.
    """

    def __init__(self, kinds: Callable[[], Sequence[Kind]]) -> None:
        super().__init__(tuple, lambda: Union(kinds()))
        self._kinds = kinds

    @property
    def length(self) -> int:
        """How many values it takes."""
        return len(self._kinds())

    def from_typed(self, typed: Sequence[Typed]) -> Any:
        if len(typed) == 1 and isinstance(typed[0], Reference):
            return self.from_content(typed[0].read())
        if len(typed) == 1 and jsontext.opening(str(typed[0])) == "[":
            return self.from_json(jsontext.parse(str(typed[0])))
        self._check_length(len(typed))
        return tuple(kind.from_typed([each]) for kind, each in zip(self._kinds(), typed, strict=True))

    def from_text(self, text: str, *, only_certain: bool = False) -> Any:
        return super().from_text(text, only_certain=True) if only_certain else self.from_typed([text])

    def from_content(self, data: bytes) -> Any:
        return self.from_typed(jsontext.items(decoded(data)))

    def _parts(self, values: list[Any]) -> list[Any]:
        self._check_length(len(values))
        return [
            _part(f"item {n}", value, kind)
            for n, (value, kind) in enumerate(zip(values, self._kinds(), strict=True), 1)
        ]

    def _check_length(self, given: int) -> None:
        if given != self.length:
            raise ArgumentError(f"takes {self.length} values, not {given}", is_final=True)


class Union(Kind):
    """One of several kinds."""

    def __init__(self, members: Sequence[Kind]) -> None:
        self.unsorted = members
        self.takes_any_text = any(member.takes_any_text for member in members)

    @cached_property
    def members(self) -> Sequence[Kind]:
        """The most special first; of collections that with the most special items."""
        return sorted(self.unsorted, key=lambda member: (member.rank, _item_rank(member)))

    @property
    def words(self) -> Sequence[str]:
        return list(dict.fromkeys(word for member in self.members for word in member.words))

    @property
    def expected(self) -> str:
        return " or ".join(dict.fromkeys(member.expected for member in self.members if member.expected))

    def of(self, *kinds: type[Kind]) -> list[Any]:
        """Its members of these kinds."""
        return [member for member in self.members if isinstance(member, kinds)]

    def from_text(self, text: str, *, only_certain: bool = False) -> Any:
        only_certain = only_certain or self.takes_any_text
        return self._first(self.members, lambda member: member.from_text(text, only_certain=only_certain), shown(text))

    def from_json(self, value: Any) -> Any:
        members = self.members
        if isinstance(value, str) and self.of(Text):  # JSON's quotes say that it is text
            members = self.of(Choice, Text)
        return self._first(members, lambda member: member.from_json(value), shortened(json.dumps(value)))

    def from_typed(self, typed: Sequence[Typed]) -> Any:
        if len(typed) == 1:
            return super().from_typed(typed)
        fields, collections = self.of(Fields), self.of(Collection)
        are_pairs = all(map(_is_pair, typed)) and not self.takes_any_text
        structures = fields + collections if are_pairs else collections + fields
        if structures:
            return self._first(structures, lambda member: member.from_typed(typed), "what was given")
        return super().from_typed(typed)

    def from_reference(self, reference: Reference) -> Any:
        structures = self.of(Fields, Collection)
        if self.of(Path) and structures:
            data = reference.read()
            items = jsontext.items(data.decode("utf-8-sig", errors="replace"))
            if items and all(map(jsontext.is_structure, items)):
                return Union(structures).from_typed(items)
            return reference.as_path(data)
        if self.of(Path) or (self.of(Stream) and not self.of(Text, Binary)):
            return self.of(Path, Stream)[0].from_reference(reference)
        for collection in self.of(Collection):
            if collection.holds(Path, Stream, Binary):
                return collection.from_typed([reference])
        return self.from_content(reference.read())

    def from_content(self, data: bytes) -> Any:
        texts, binaries = self.of(Text), self.of(Binary)
        if binaries:
            try:
                return texts[0].from_content(data) if texts else binaries[0].from_content(data)
            except ArgumentError:  # it is no text
                return binaries[0].from_content(data)
        text = decoded(data).strip()
        if self.of(Collection) or (self.of(Fields) and not texts):
            try:
                if text or not texts:
                    return self.from_typed(jsontext.items(decoded(data)))
            except ArgumentError:  # its lines are no items
                if not texts or jsontext.is_begun(text):
                    raise
            return texts[0].from_content(data)
        value = self.from_text(text)
        return texts[0].from_content(data) if texts and value == text else value

    def _first(self, members: Sequence[Kind], read: Callable[[Kind], Any], shown_value: str) -> Any:
        """What the first of these members reads that can."""
        errors: list[ArgumentError] = []
        for member in members:
            if member.takes_any_text and any(error.is_final for error in errors):
                break
            try:
                return read(member)
            except ArgumentError as error:
                errors.append(error)
        if final := [error for error in errors if error.is_final]:
            raise final[0]
        are_others = [member for member in self.members if not isinstance(member, Null)][1:]
        raise self.refused(shown_value) if are_others else errors[-1]


def _item_rank(kind: Kind) -> int:
    """Of a collection the rank of its items. They are not sorted for it, as a type may hold itself."""
    if not isinstance(kind, Collection):
        return 0
    item = kind.item
    return min(member.rank for member in (item.unsorted if isinstance(item, Union) else [item]))


def _texts(typed: Typed) -> list[str]:
    """What was typed once; of a file the items that it holds."""
    return jsontext.items(decoded(typed.read())) if isinstance(typed, Reference) else [typed]


def _is_pair(typed: Typed) -> bool:
    """Whether it is NAME=VALUE."""
    return isinstance(typed, str) and "=" in typed and jsontext.opening(typed) not in ("{", "[")


def _part(name: str, value: Any, kind: Kind) -> Any:
    """A part of JSON; the error for one that does not fit says which it is."""
    try:
        return kind.from_json(value)
    except ArgumentError as error:
        raise ArgumentError(f"{name}: {error}", is_final=True) from None
