"""Tables and lines laid out by rich, which takes longer to import than most commands to run: only where it is used."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text


def print_table(headings: Iterable[str], rows: Iterable[Iterable[str]], *, header: bool, width: int | None) -> None:
    """Print a table on standard output.

    Args:
        headings: One for each column.
        rows: The cells of each row, one for each column.
        header: Print the headings too.
        width: Columns of the terminal to fit in, by folding cells. None: as many as there are.
    """
    table = Table(box=None, show_header=header, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for cells in rows:
        table.add_row(*map(Text, cells))
    Console(width=width).print(table)


def wrapped(text: str, width: int) -> list[str]:
    """The lines of ``text``, broken between words to fit ``width`` columns, and within longer words."""
    return [line.plain.rstrip() for line in Text(text).wrap(Console(), width, overflow="fold")]
