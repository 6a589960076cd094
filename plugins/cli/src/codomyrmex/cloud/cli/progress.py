"""Progress on long work, as a bar on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from codomyrmex.cloud.cli.output import printable, settings
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.text import Text


class TransferBar:
    """The progress of transfers as one bar; without a terminal, none."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None, objects="") if progress else TaskID(0)
        self._total: int | None = 0

    @property
    def visible(self) -> bool:
        """Whether anyone sees it."""
        return self._progress is not None

    def begin(self, description: str, size: int | None) -> None:
        """The next transfer begins, of ``size`` bytes, or of None knows how many."""
        if self._progress:
            self._total = None if size is None or self._total is None else self._total + size
            shown = Text(printable(description)).markup
            self._progress.update(self._task, description=shown, total=self._total)

    def advance(self, moved: int) -> None:
        """So many more bytes have moved."""
        if self._progress:
            self._progress.advance(self._task, moved)

    def show(self, done: int, total: int | None, objects: str) -> None:
        """So many bytes of so many are done, None while that is counted, of so many objects."""
        if self._progress:
            self._progress.update(self._task, completed=done, total=total, objects=objects)


@contextmanager
def transfer_bar() -> Iterator[TransferBar]:
    """A `TransferBar` on standard error until the end of the block."""
    console = Console(stderr=True)
    if not console.is_terminal or settings().json:
        yield TransferBar(None)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[objects]}"),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    piped = not sys.stdout.isatty()  # else lines go above the bar; piped, they stay where they belong
    with Progress(*columns, console=console, transient=True, redirect_stdout=not piped) as progress:
        yield TransferBar(progress)
