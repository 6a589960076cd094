"""What commands print: tables for people, JSON for programs."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

import click
from codomyrmex.cloud.common import CloudCredentials

_UNLIMITED = 1_000_000  # columns of a table that no person reads: nothing is wrapped


@dataclasses.dataclass
class Settings:
    """The options that every command has."""

    json: bool = False
    debug: bool = False


def settings() -> Settings:
    """The settings of the command that runs."""
    return click.get_current_context().ensure_object(Settings)


def show(
    rows: Iterable[Any] | Any,
    columns: Mapping[str, str] | None = None,
    *,
    whole_texts: bool = False,
    wrap: bool = False,
) -> None:
    """Print one record or several: a table, or JSON with ``--json``.

    :param rows: a mapping, named tuple, dataclass or plain value; or an iterable of them.
    :param columns: for the table, which keys and under which headings; default all.
    :param whole_texts: of one record, texts of several lines go below the table as they are: a private key, a
        console's log. Not where a stranger chose them, as a key: their lines could pass for others.
    :param wrap: the table is for people alone, and fits 80 columns where there is no terminal; by default each record
        is one line there.
    """
    single = isinstance(rows, str | bytes | Mapping) or _is_record(rows) or not isinstance(rows, Iterable)
    if settings().json:
        click.echo(_dump(_plain(rows), indent=2) if single else "".join(_json_array(rows)))
    elif not single:
        plain_rows = [_plain(row) for row in rows]
        if plain_rows and all(isinstance(row, dict) for row in plain_rows):
            _table(plain_rows, columns, wrap=wrap)
        else:
            click.echo("".join(f"{_cell(row)}\n" for row in plain_rows), nl=False)
    elif isinstance(plain := _plain(rows), dict):
        texts = {k: v for k, v in plain.items() if whole_texts and isinstance(v, str) and "\n" in v.strip()}
        if values := [{"": k, " ": v} for k, v in plain.items() if k not in texts]:
            _table(values, None, header=False)
        for name, text in texts.items():
            click.echo(f"\n{printable(name)}:\n" + "\n".join(map(printable, text.strip().split("\n"))))
    else:
        click.echo(_cell(plain))


def stream(items: Iterable[Any], line: Callable[[Any], str]) -> int:
    """Print items as they come, a line each, or a JSON array. Returns how many there were."""
    count = 0

    def counted() -> Iterator[Any]:
        nonlocal count
        for item in items:
            count += 1
            yield item

    if settings().json:
        for part in _json_array(counted()):
            click.echo(part, nl=False)
        click.echo()
    else:
        for item in counted():
            click.echo(line(item))
    return count


def paragraph(text: str, *, indent: int = 0) -> None:
    """Print a text in lines that fit the terminal, of 80 columns where there is none.

    :param indent: of the lines after the first, in columns. The text brings that of the first.
    """
    from codomyrmex.cloud.cli.tables import wrapped

    text = printable(text)
    start = " " * (len(text) - len(text.lstrip()))
    for number, line in enumerate(wrapped(text.lstrip(), _text_width() - max(indent, len(start)))):
        click.echo(f"{' ' * indent if number else start}{line}")


def printable(text: str) -> str:
    """``text`` with control characters escaped, so that no key can command a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def size_text(size: int) -> str:
    """A number of bytes for people, such as ``1.5 MiB``."""
    value, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{size} B" if unit == "B" else f"{value:.1f} {unit}"


def note(message: str) -> None:
    """Tell the user something beside the result, on standard error; nothing with ``--json``."""
    if not settings().json:
        click.echo(printable(message), err=True)


def confirm(question: str, yes: bool) -> None:
    """Ask before something is lost. Without a terminal, refuse unless ``yes`` was given."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Say --yes to do it.")
    if not click.confirm(question, err=True):
        raise click.ClickException("nothing was deleted")


def _is_record(value: Any) -> bool:
    return hasattr(value, "_asdict") or (dataclasses.is_dataclass(value) and not isinstance(value, type))


def _plain(value: Any) -> Any:
    """``value`` as JSON can hold it, credentials masked."""
    if isinstance(value, CloudCredentials):
        return repr(value)
    if hasattr(value, "_asdict"):
        value = value._asdict()
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has none such: RFC 8259, section 6
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, Iterable):
        return [_plain(v) for v in value]
    return str(value)


def _dump(value: Any, indent: int | None = None) -> str:
    """A value in JSON, in characters that standard output takes."""
    takes_all = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return json.dumps(value, ensure_ascii=not takes_all, indent=indent)


def _json_array(items: Iterable[Any]) -> Iterator[str]:
    """A JSON array, piece by piece: a listing of any length takes no memory."""
    separator = "["
    try:
        for item in items:
            yield f"{separator}\n{_dump(_plain(item))}"
            separator = ","
    except GeneratorExit:  # nobody reads on
        raise
    except BaseException:
        yield "[]\n" if separator == "[" else "\n]\n"  # what was done is told, and can be parsed
        raise
    yield "[]" if separator == "[" else "\n]"


def _table(
    records: list[dict[str, Any]], columns: Mapping[str, str] | None, *, header: bool = True, wrap: bool = False
) -> None:
    from codomyrmex.cloud.cli.tables import print_table

    shown = columns or {key: key for record in records for key in record}
    rows = [[_cell(record.get(key)) for key in shown] for record in records]
    width = None if sys.stdout.isatty() else _text_width() if wrap else _UNLIMITED
    print_table(shown.values(), rows, header=header, width=width)


def _text_width() -> int:
    """The columns of the terminal; what COLUMNS says, or 80, where there is none."""
    return max(20, shutil.get_terminal_size().columns)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False) if value else "-"
    return printable(str(value))
