r"""Arguments that stand elsewhere: ``@FILE`` is what a file holds, ``-`` what standard input does.

A backslash takes this from them: ``\@home`` and ``\-`` are texts. So is ``\null``, where ``null`` means None.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import IO, Any, BinaryIO

import click
from codomyrmex.cloud.cli.streams import standard_input

_STDIN_IS_TAKEN = f"{__name__}.stdin_is_taken"


class ArgumentError(ValueError):
    """What was typed is no value of the parameter's type; the message says what is expected."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final
        """Whether it is JSON that was meant, so that it is not taken for a text."""


class Quoted(str):
    """A text that a backslash keeps from being taken for something else."""


class Reference:
    """A file, or standard input where the path is None.

    Args:
        path: Of the file.
        may_write: The method may write to the paths that it takes.
    """

    def __init__(self, path: str | None, *, may_write: bool = False) -> None:
        self._path = path
        self._may_write = may_write

    def read(self) -> bytes:
        """All that it holds."""
        if self._path is None:
            return _standard_input().read()
        with self._open("rb") as file:
            data: bytes = file.read()
            return data

    def open(self, *, is_text: bool) -> IO[Any]:
        """Open it, until the command ends."""
        if self._path is None:
            return io.TextIOWrapper(_standard_input(), "utf-8") if is_text else _standard_input()
        return click.get_current_context().with_resource(self._open("r" if is_text else "rb"))

    def as_path(self, data: bytes | None = None) -> Path:
        """Its path; for standard input that of a file with what it holds, until the command ends.

        Args:
            data: What it holds, where that is read already.
        """
        if self._path is not None:
            return Path(self._path)
        if self._may_write:
            raise ArgumentError("is the path of a file that may be written, and - is standard input")
        file = click.get_current_context().with_resource(tempfile.NamedTemporaryFile())  # noqa: SIM115 - it closes it
        file.write(self.read() if data is None else data)
        file.flush()
        return Path(file.name)

    def _open(self, mode: str) -> IO[Any]:
        assert self._path is not None
        try:
            return open(self._path, mode, encoding=None if "b" in mode else "utf-8")
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            reason = getattr(error, "strerror", None) or error
            raise ArgumentError(f"file {self._path!r} cannot be read: {reason}", is_final=True) from None


def referred(text: str, *, may_write: bool = False) -> str | Reference:
    """What was typed, or the `Reference` that it is.

    Args:
        text: What was typed.
        may_write: The method may write to the paths that it takes.
    """
    if text == "-":
        return Reference(None, may_write=may_write)
    if text.startswith("@") and len(text) > 1:
        return Reference(text[1:], may_write=may_write)
    return Quoted(text[1:]) if text.startswith(r"\@") or text in (r"\-", r"\null") else text


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
