"""CSV as people have it: of any encoding and delimiter, read line by line, with its faults found."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, NamedTuple, TypeGuard

from codomyrmex.cloud.infomaniak.newsletter._encodings import find_encoding

Readable = str | os.PathLike[str] | IO[str] | IO[bytes]
"""The path of a CSV file, or a file."""
MAX_LINE_CHARACTERS = 1 << 20
_DELIMITERS = ",;\t|:^~\x1f"
"""Those that are looked for, of which the first ones win where a header has as many columns by another."""
_DECLARATION = re.compile(r'\ufeff?"?sep=(.)"?\r?\n?', re.IGNORECASE)
"""The first line by which Excel is told the delimiter."""
_MAX_HEADER_LINES = 20
_OTHER_KINDS = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook", b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "compressed by gzip", b"%PDF": "PDF",
}  # fmt: skip
"""By the bytes that such files begin with."""
_JSON = re.compile(r'\ufeff?\s*[\[{]\s*[\[{"]')
_ADDRESS = re.compile(r'[\s"]*[^@\s]+@[^@\s]+\.\w+[\s"]*')


class Row(NamedTuple):
    """One record of a file."""

    line: int
    """The number of its first line, from 1."""
    cells: list[str]


class Table(NamedTuple):
    """A file with its header read."""

    name: str
    """What to call it in messages."""
    header_line: int
    header: list[str]
    rows: Iterator[Row]


def is_readable(value: object) -> TypeGuard[Readable]:
    """Whether it is a path or a file."""
    return isinstance(value, str | os.PathLike) or hasattr(value, "read")


@contextmanager
def open_table(
    file: Readable, *, encoding: str | None, delimiter: str | None, is_header: Callable[[list[str]], bool]
) -> Iterator[Table]:
    """Read a CSV file: its header now, its rows as they are asked for.

    Raises ValueError with the file's name and the line, here or at the row, for a file that is empty, has another
    encoding, a NUL, a line of more than `MAX_LINE_CHARACTERS`, or a quote that is not closed where it should be; and
    for a header that is none.

    :param encoding: None to find it.
    :param delimiter: None to find it by the header.
    :param is_header: whether these cells may be a header, by which delimiters are told apart.
    """
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n\0'):
        raise ValueError(f"delimiter is one character, such as ';', not {delimiter!r}")
    with _opened(file, encoding) as (text, name):
        lines = _Lines(text, name)
        start, header_line = _header_lines(lines, name)
        if declared := _DECLARATION.fullmatch("".join(start)):
            delimiter = delimiter or declared[1]
            start, header_line = _header_lines(lines, name)
        if _JSON.match(start[0]):
            raise ValueError(f"{name}, line {header_line}, is JSON, not CSV: give what json.load makes of it")
        separator, header = _header(start, delimiter, is_header)
        yield Table(name, header_line, header, _rows(lines, separator, name, len(header)))


@contextmanager
def _opened(file: Readable, encoding: str | None) -> Iterator[tuple[IO[str], str]]:
    """The text of a file, with line ends as they are in it, and its name."""
    if isinstance(file, str | os.PathLike):
        name = os.fspath(file)
        with open(file, "rb") as opened:
            binary = opened if opened.seekable() else io.BytesIO(opened.read())
            with _decoded(binary, name, encoding) as text:
                yield text, name
        return
    name = str(getattr(file, "name", None) or "the file")
    content = file.read()
    if isinstance(content, str):
        if encoding is not None:
            raise TypeError("encoding is for paths and binary files: this file is read as text already")
        yield io.StringIO(content, newline=""), name
    else:
        yield _decoded(io.BytesIO(content), name, encoding), name


def _decoded(binary: BinaryIO, name: str, encoding: str | None) -> IO[str]:
    """The text of a file that can be sought. ValueError for one that is certainly no CSV."""
    beginning = binary.read(4)
    binary.seek(0)
    if kind := next((kind for start, kind in _OTHER_KINDS.items() if beginning.startswith(start)), None):
        raise ValueError(f"{name} is {kind}, not CSV: save its contacts as CSV")
    return io.TextIOWrapper(binary, encoding=find_encoding(binary, name, encoding), newline="")


class _Lines:
    """The lines of a text, none without end, and counted."""

    def __init__(self, text: IO[str], name: str) -> None:
        self._text, self._name = text, name
        self.read = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._text.readline(MAX_LINE_CHARACTERS + 1):
            self.read += 1
            if len(line) > MAX_LINE_CHARACTERS:
                raise ValueError(f"{self._name}, line {self.read}, has more than {MAX_LINE_CHARACTERS:,} characters")
            if "\0" in line:
                raise ValueError(f"{self._name}, line {self.read}, has a NUL, as text has none: give its encoding=")
            yield line


def _header_lines(lines: _Lines, name: str) -> tuple[list[str], int]:
    """The lines of the header, which is several where a quoted name has line breaks, and the number of the first."""
    header: list[str] = []
    for line in lines:
        if header or line.strip("\ufeff \t\r\n"):
            header.append(line)
            if "".join(header).count('"') % 2 == 0:
                return header, lines.read - len(header) + 1
        if len(header) == _MAX_HEADER_LINES:
            break
    if not header:
        raise ValueError(f"{name} has no lines with text, so no column 'email'")
    raise ValueError(
        f"{name}, line {lines.read - len(header) + 1}: a quote that begins in the header does not end there"
    )


def _header(lines: list[str], delimiter: str | None, is_header: Callable[[list[str]], bool]) -> tuple[str, list[str]]:
    """The delimiter, and the names of the columns without blanks, quotes and marks around them."""
    candidates = [_split(lines, each) for each in delimiter or _DELIMITERS]
    headers = [(each, [name.strip("\ufeff \t\r\n\xa0\"'") for name in cells]) for each, cells in candidates]
    possible = [header for header in headers if is_header(header[1])]
    return max(possible or headers, key=lambda header: len(header[1]))


def _split(lines: list[str], delimiter: str) -> tuple[str, list[str]]:
    """The cells of a header; what is beside of its quotes is taken, too, as they are known to be closed."""
    first = lines[0].removeprefix("\ufeff")
    try:
        return delimiter, next(_reader([first, *lines[1:]], delimiter, strict=False))
    except csv.Error:  # a cell is too long
        return delimiter, []


def _reader(lines: Iterable[str], delimiter: str, *, strict: bool) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=delimiter, strict=strict, skipinitialspace=delimiter != " ")


def _rows(lines: _Lines, delimiter: str, name: str, columns: int) -> Iterator[Row]:
    """The rows that have any text. ValueError for a quote that swallows others."""
    reader = _reader(lines, delimiter, strict=True)
    while True:
        line = lines.read + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            too_long = "a cell that is too long, or " if "field limit" in str(error) else ""
            raise ValueError(
                f"{name}: the row that begins in line {line} has {too_long}a quote which is not closed where its cell "
                f"ends (found at line {lines.read}: {error})"
            ) from None
        if cells is None:
            return
        if lines.read > line and any(_holds_rows(cell, delimiter, columns) for cell in cells):
            raise ValueError(
                f"{name}: a quote in line {line} is closed in line {lines.read} only, and what looks like rows is "
                "between them"
            )
        if any(cell.strip() for cell in cells):
            yield Row(line, cells)


def _holds_rows(cell: str, delimiter: str, columns: int) -> bool:
    """Whether a line in it has as many cells as a row, and one of them is an address."""
    inner = re.split(r"[\r\n]+", cell)[1:]
    rows = [cells for line in inner if len(cells := line.split(delimiter)) >= columns]
    return any(_ADDRESS.fullmatch(each) for cells in rows for each in cells)
