"""Where an argument comes from: the command line, a file, standard input; a secret also from a variable or a prompt."""

from __future__ import annotations

import io
import os
import sys
import tempfile
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, BinaryIO

import click
from codomyrmex.cloud.cli.call.types import (
    choices_of,
    expected_of,
    is_binary,
    is_collection,
    is_mapping,
    is_object,
    is_path,
    is_stream,
    is_structure,
    is_text_stream,
    item_type,
    members_of,
    parts_of,
)
from codomyrmex.cloud.cli.call.values import ArgumentError, as_binary, from_json, from_text, from_texts, parse_json
from codomyrmex.cloud.cli.streams import standard_input
from codomyrmex.cloud.common import CloudCredentials

SECRET_SOURCES = "env:NAME, @FILE, - for standard input, or ask"  # noqa: S105 - none itself
_STDIN = "-"
_ESCAPED = (r"\-", r"\null")
_STDIN_IS_TAKEN = f"{__name__}.stdin_is_taken"


def argument(typed: Sequence[str], kind: Any, *, is_target: bool = False) -> Any:
    r"""The argument that was typed for a parameter.

    ``@FILE`` stands for what a file holds, and ``-`` for what standard input does; ``\@...`` and ``\-`` are texts that
    begin so. What takes several items gets those of the JSON array that a file holds, or else one for each line. What
    takes a path gets that of the file, unless it takes the JSON that is in it; what takes an open file gets it open.

    Args:
        typed: What was typed, each time that the option was given.
        kind: The parameter's type.
        is_target: The method writes to the paths that it takes, so that none of them is standard input.

    Raises:
        ArgumentError: It is no value of this type, or a file cannot be read.
    """
    members = members_of(kind)
    if any(map(is_stream, members)) and len(typed) == 1:
        return _opened(typed[0], is_text=any(map(is_text_stream, members)))
    if len(typed) == 1 and _is_reference(typed[0]):
        return _content(typed[0], kind, is_target)
    texts: list[str | Path] = []
    collection = next(filter(is_collection, members), None)
    for text in typed:
        if not _is_reference(text):
            texts.append(text.removeprefix("\\") if text in _ESCAPED or text.startswith("\\@") else text)
        elif collection and any(map(is_path, members_of(item_type(collection)))):
            texts.append(_path(text, is_target))
        else:
            texts += _lines(_decoded(_read(text))) if collection else [_decoded(_read(text))]
    return from_texts(texts, kind)


def secret(typed: Sequence[str], name: str, kind: Any, provider: str = "") -> Any:
    """The secret that `SECRET_SOURCES` tell. On the command line itself other users and the shell's history see it.

    Args:
        typed: What was typed, each time that the option was given.
        name: What is asked for at a terminal.
        kind: The parameter's type.
        provider: Whose credentials those of `CloudCredentials` are, unless they say it.

    Raises:
        ArgumentError: It was typed itself, cannot be read, or is no value of this type. The message does not show it.
    """
    if len(typed) > 1:
        raise ArgumentError(f"takes one value, and is given {len(typed)} times")
    source, _, variable = typed[0].partition(":")
    if typed[0] == "ask":
        if not sys.stdin.isatty():
            raise ArgumentError(f"there is no terminal to ask at: give another of {SECRET_SOURCES}")
        text = click.prompt(name, hide_input=True, err=True)
    elif source == "env" and variable:
        if variable not in os.environ:
            raise ArgumentError(f"there is no variable {variable}")
        text = os.environ[variable]
    elif _is_reference(typed[0]):
        text = _decoded(_read(typed[0])).removesuffix("\n").removesuffix("\r")
    else:
        raise ArgumentError(f"a secret on the command line can be read by others: give {SECRET_SOURCES}")
    try:
        if CloudCredentials in members_of(kind) and isinstance(fields := parse_json(text), dict):
            return from_json({"provider": provider, **fields}, kind)
        return from_text(text, kind)
    except ArgumentError:
        raise ArgumentError(f"{typed[0]} does not give {expected_of(members_of(kind))}") from None


def _is_reference(text: str) -> bool:
    return text == _STDIN or (text.startswith("@") and len(text) > 1)


def _content(reference: str, kind: Any, is_target: bool) -> Any:
    """What a file or standard input holds, as a value of the type."""
    members, takes_path = members_of(kind), any(map(is_path, parts_of(kind)))
    structures = tuple(filter(is_structure, members))
    if takes_path and (is_target or not structures):
        return _path(reference, is_target)
    data = _read(reference)
    if any(map(is_binary, members)):
        return _binary(data, members)
    if takes_path:
        lines = _lines(data.decode(errors="replace"))
        is_json = all(map(_is_json, lines)) and bool(lines)
        return from_texts(lines, typing.Union[structures]) if is_json else _path(reference, is_target, data)  # noqa: UP007
    text = _decoded(data)
    if any(map(is_collection, members)) or (any(map(is_mapping, members)) and str not in members):
        return from_texts(_lines(text), kind)
    try:
        value = from_text(text.strip(), kind)
    except ArgumentError:
        if any(member is Any or is_object(member) for member in members):
            return text
        raise
    is_text = value == text.strip() and not any(value in choices_of(member) for member in members)
    return text if is_text else value  # with its white space


def _binary(data: bytes, members: list[Any]) -> Any:
    if str in members:
        try:
            return data.decode()
        except UnicodeDecodeError:
            pass
    return as_binary(data, next(filter(is_binary, members)))


def _path(reference: str, is_target: bool, data: bytes | None = None) -> Path:
    """The path of a file that is given as ``@FILE``; for standard input that of a file with what it holds."""
    if reference != _STDIN:
        return Path(reference.removeprefix("@"))
    if is_target:
        raise ArgumentError("is the path of a file that is written, and - is standard input")
    file = click.get_current_context().with_resource(tempfile.NamedTemporaryFile())  # noqa: SIM115 - it closes it
    file.write(_read(reference) if data is None else data)
    file.flush()
    return Path(file.name)


def _lines(text: str) -> list[str]:
    """The items that a text holds: a JSON array or object, or a line for each."""
    return [text] if _is_json(text) else [line for line in text.splitlines() if line.strip()]


def _is_json(text: str) -> bool:
    """Whether a text is an array or object in JSON."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        parse_json(text)
    except ArgumentError:
        return False
    return True


def _read(reference: str) -> bytes:
    if reference == _STDIN:
        return _standard_input().read()
    with _open(reference, "rb") as file:
        data: bytes = file.read()
        return data


def _opened(text: str, *, is_text: bool) -> IO[Any]:
    """An open file, until the command ends."""
    if text == _STDIN:
        return io.TextIOWrapper(_standard_input(), "utf-8") if is_text else _standard_input()
    return click.get_current_context().with_resource(_open(text, "r" if is_text else "rb"))


def _open(text: str, mode: str) -> IO[Any]:
    path = text.removeprefix("@")
    try:
        return open(path, mode, encoding=None if "b" in mode else "utf-8")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise ArgumentError(f"file {path!r} cannot be read: {reason}") from None


def _standard_input() -> BinaryIO:
    """Standard input, for the one argument of a command that gets it."""
    meta = click.get_current_context().meta
    if _STDIN_IS_TAKEN in meta:
        raise ArgumentError("standard input is read for another argument already")
    meta[_STDIN_IS_TAKEN] = True
    try:
        return standard_input()
    except OSError as error:
        raise ArgumentError(f"standard input is closed: {error.strerror}") from None


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ArgumentError(f"takes text, and what was given is not in UTF-8: {error.reason}") from None
