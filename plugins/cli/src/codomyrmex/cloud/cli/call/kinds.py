"""Kinds of arguments: for each how it is typed, in text, in JSON and in files.

Text is taken for the most special kind that a parameter takes: an array or object of JSON, a number or time, a word of
several, and at last text. Where any text may stand, only what can hardly mean anything else is a number, a time or an
array: 7 is a number, 007 is text.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any, ClassVar

from codomyrmex.cloud.cli.call import jsontext
from codomyrmex.cloud.cli.call.jsontext import shortened, shown
from codomyrmex.cloud.cli.call.references import ArgumentError, Quoted, Reference

NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d*[1-9])?")
"""A number that loses nothing of its text: not 007, 1.10 or 1e3."""
Typed = str | Reference
"""What was typed for an argument: a text, or where it stands."""


class Kind:
    """The base of all: what is typed once, and is text."""

    rank: ClassVar[int]
    """In a union, the kind with the lowest takes what several could."""
    takes_any_text: bool = False
    """Whether whatever is typed is one."""
    _words: Sequence[str] = ("TEXT",)
    _expected = "text"

    @property
    def words(self) -> Sequence[str]:
        """What stands for it in a help text."""
        return self._words

    @property
    def expected(self) -> str:
        """What an error asks for; empty where that goes without saying."""
        return self._expected

    @property
    def members(self) -> Sequence[Kind]:
        """The kinds of a union; of any other itself."""
        return (self,)

    def from_text(self, text: str, *, only_certain: bool = False) -> Any:
        """The value that a text is.

        Args:
            text: What was typed.
            only_certain: Refuse it where it could be text as well.

        Raises:
            ArgumentError: It is none of this kind.
        """
        raise NotImplementedError

    def from_json(self, value: Any) -> Any:
        """The value for one of JSON. ArgumentError where it is none of this kind."""
        raise NotImplementedError

    def from_content(self, data: bytes) -> Any:
        """The value that a file holds."""
        return self.from_text(decoded(data).strip())

    def from_reference(self, reference: Reference) -> Any:
        """The value that stands elsewhere."""
        return self.from_content(reference.read())

    def from_typed(self, typed: Sequence[Typed]) -> Any:
        """The value for an option that was given so many times."""
        if len(typed) > 1:
            raise ArgumentError(f"takes one value, and is given {len(typed)} times")
        return self.from_reference(typed[0]) if isinstance(typed[0], Reference) else self.from_text(typed[0])

    def refused(self, text: str) -> ArgumentError:
        """The error for what is none of this kind."""
        return ArgumentError(f"{text} is not {self.expected}")

    def refused_json(self, value: Any) -> ArgumentError:
        """The error for a value of JSON that is none of this kind."""
        return self.refused(shortened(json.dumps(value)))


class Null(Kind):
    """None, which is typed ``null``."""

    _words, _expected, rank = (), "", 0

    def from_text(self, text: str, *, only_certain: bool = False) -> Any:
        if text == "null" and not only_certain and not isinstance(text, Quoted):
            return None
        raise self.refused(shown(text))

    def from_json(self, value: Any) -> Any:
        if value is None:
            return None
        raise self.refused_json(value)


class Scalar(Kind):
    """A number, a time, or another value that is one word.

    Args:
        word: What stands for it in a help text.
        expected: What an error asks for.
        read: Makes it of text; KeyError, ValueError or ArithmeticError for what is none.
        json_types: What JSON has for it.
        certain: The texts that can hardly mean anything else.
    """

    rank = 1

    def __init__(
        self, word: str, expected: str, read: Callable[[str], Any], json_types: Sequence[type], certain: str
    ) -> None:
        self._words, self._expected = (word,), expected
        self._read, self._json_types, self._certain = read, json_types, re.compile(certain)

    def from_text(self, text: str, *, only_certain: bool = False) -> Any:
        if not only_certain or self._certain.fullmatch(text):
            try:
                return self._read(text)
            except (KeyError, ValueError, ArithmeticError):
                pass
        raise self.refused(shown(text))

    def from_json(self, value: Any) -> Any:
        if type(value) in self._json_types:
            try:
                return self._read(str(value))
            except (KeyError, ValueError, ArithmeticError):
                pass
        raise self.refused_json(value)


class Choice(Kind):
    """One of several values.

    Args:
        values: Of a Literal or an Enum.
    """

    rank = 2

    def __init__(self, values: Iterable[Any]) -> None:
        self.choices = {_as_typed(value): value for value in values}
        self._names = {value.name: value for value in self.choices.values() if isinstance(value, Enum)}
        self._words = tuple(self.choices)
        self._expected = f"one of {', '.join(self.choices)}"

    def from_text(self, text: str, *, only_certain: bool = False) -> Any:
        for choices in (self.choices, self._names):
            if text in choices:
                return choices[text]
        raise self.refused(shown(text))

    def from_json(self, value: Any) -> Any:
        for choice in self.choices.values():
            plain = choice.value if isinstance(choice, Enum) else choice
            if type(plain) is type(value) and plain == value:
                return choice
        raise self.refused_json(value)


class Anything(Kind):
    """What has no type that could be read: JSON, or else text.

    Args:
        is_object: It is of a class that only a program has.
    """

    rank, _expected = 5, "JSON or text"

    def __init__(self, *, is_object: bool = False) -> None:
        self.is_object = is_object
        self._words = ("JSON",) if is_object else ("JSON", "TEXT")

    def from_text(self, text: str, *, only_certain: bool = False) -> Any:
        if isinstance(text, Quoted):
            return str(text)
        try:
            value = jsontext.parse(text)
        except ArgumentError:
            if jsontext.opening(text) in ("{", "["):
                raise
            return text
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return text if is_number and not NUMBER.fullmatch(text) else value

    def from_json(self, value: Any) -> Any:
        return value

    def from_content(self, data: bytes) -> Any:
        text = decoded(data).strip()
        try:
            value = self.from_text(text)
        except ArgumentError as error:
            if error.is_final:
                raise
            value = text
        return Text().from_content(data) if value == text else value


class _OfAnyText(Kind):
    """What is made of any text.

    Args:
        make: Makes it.
    """

    takes_any_text = True

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make

    def from_text(self, text: str, *, only_certain: bool = False) -> Any:
        return made(self._make, str(text))

    def from_json(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.from_text(value)
        raise self.refused_json(value)


class Text(_OfAnyText):
    """Text, as it is; or what a class makes of a str."""

    rank = 6

    def __init__(self, make: Callable[[str], Any] = str) -> None:
        super().__init__(make)

    def from_content(self, data: bytes) -> Any:
        return self.from_text(decoded(data, "utf-8"))


class Path(_OfAnyText):
    """The path of a file of this machine, made of a str."""

    _words, rank = ("FILE",), 7

    def from_reference(self, reference: Reference) -> Any:
        return reference.as_path()


class Binary(_OfAnyText):
    """Data, made of bytes."""

    _words, rank = ("TEXT", "@FILE"), 8

    def from_text(self, text: str, *, only_certain: bool = False) -> Any:
        return self._make(os.fsencode(text))

    def from_content(self, data: bytes) -> Any:
        return self._make(data)


class Stream(Kind):
    """An open file.

    Args:
        is_text: What is read of it is text.
    """

    _words, _expected, rank, takes_any_text = ("FILE",), "the path of a file", 9, True

    def __init__(self, *, is_text: bool) -> None:
        self._is_text = is_text

    def from_text(self, text: str, *, only_certain: bool = False) -> Any:
        return self.from_reference(Reference(text))

    def from_json(self, value: Any) -> Any:
        raise self.refused_json(value)

    def from_reference(self, reference: Reference) -> Any:
        return reference.open(is_text=self._is_text)


class Callback(Kind):
    """What the method calls, which nothing that is typed can be.

    Args:
        takes: The types of its arguments.
        only_listens: It returns nothing, so that whatever is called will do.
    """

    _words, _expected, rank = (), "what can be typed", 10

    def __init__(self, takes: Sequence[Any], *, only_listens: bool) -> None:
        self.takes, self.only_listens = takes, only_listens

    def from_text(self, text: str, *, only_certain: bool = False) -> Any:
        raise self.refused(shown(text))

    def from_json(self, value: Any) -> Any:
        raise self.refused_json(value)


def made(make: Callable[[Any], Any], value: Any) -> Any:
    """What a class of a stranger makes of a value. ArgumentError for what it raises."""
    try:
        return make(value)
    except Exception as error:
        raise ArgumentError(f"is refused: {str(error) or type(error).__name__}", is_final=True) from None


def decoded(data: bytes, encoding: str = "utf-8-sig") -> str:
    """The text that a file holds, without the mark that some programs put before UTF-8. ArgumentError for none."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ArgumentError(f"takes text, and what was given is not in UTF-8: {error.reason}") from None


def _as_typed(value: Any) -> str:
    """How a value of a Literal or an Enum is typed."""
    plain = value.value if isinstance(value, Enum) else value
    return json.dumps(plain) if plain is None or isinstance(plain, bool) else str(plain)
