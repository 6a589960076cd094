"""What is done, on disk, so that a run which is killed goes on where it was.

A line of JSON says which job it is; each further one which objects of a batch are done, and is synced before
the next batch is told of. A line that a crash cut short is as if it had not been written.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from typing import Any, BinaryIO

from codomyrmex.cloud.common.storage import Path
from codomyrmex.cloud.plugin import sync_folder
from codomyrmex.cloud.transfer._lock import locked
from codomyrmex.cloud.transfer._outcome import Outcome
from codomyrmex.cloud.transfer.errors import JournalError

_FORMAT = "codomyrmex-cloud-transfer 1"


class Journal:
    """The journal of a job, made or gone on with. JournalError if the file is another's.

    :param job: what tells this job from others.
    """

    def __init__(self, path: Path, job: Mapping[str, str]) -> None:
        self.path = os.fspath(path)
        self._header = _line({"format": _FORMAT, "job": dict(job)})
        self._done: sqlite3.Connection | None = None
        with ExitStack() as opened:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            opened.enter_context(locked(descriptor, JournalError(f"{self.path} is in use by another run")))
            self._descriptor = descriptor
            opened.callback(self._forget)
            with open(os.dup(descriptor), "rb") as file:
                self._load(file)
            self._opened = opened.pop_all()

    def has(self, key: str, mark: str) -> bool:
        """Whether the object was done by an earlier run, and is what it was then."""
        if self._done is None:
            return False
        query = "SELECT 1 FROM done WHERE key = ? AND mark = ?"
        return self._done.execute(query, (key.encode(), mark)).fetchone() is not None

    def add(self, done: Mapping[str, str]) -> None:
        """These objects, by key, are done and were what their mark says. On disk when this returns."""
        if done:
            self._write(_line({"done": dict(done)}))

    def remove(self) -> None:
        """All is done: the same job would begin anew."""
        os.unlink(self.path)

    def close(self) -> None:
        """Release the file for other runs."""
        self._opened.close()

    def _load(self, file: BinaryIO) -> None:
        header = file.readline()
        if header != self._header:
            self._begin(header)
            return
        end = len(header)
        for done, length in self._batches(file):
            self._remember(done)
            end += length
        os.ftruncate(self._descriptor, end)

    def _begin(self, found: bytes) -> None:
        """Write the first line; refuse a file that holds anything else than its beginning."""
        if not self._header.startswith(found):
            raise JournalError(f"{self.path} {_owner(found)}; give this job a journal of its own")
        os.ftruncate(self._descriptor, 0)
        self._write(self._header)
        sync_folder(os.path.dirname(os.path.abspath(self.path)))

    def _batches(self, file: BinaryIO) -> Iterator[tuple[dict[str, str], int]]:
        """What was done, and the bytes that say it. A line that is none may only be the last one."""
        torn = None
        for number, line in enumerate(file, start=2):
            if torn is not None:
                raise JournalError(f"line {torn} of {self.path} is damaged; without its journal the job begins anew")
            try:
                if not line.endswith(b"\n"):
                    raise ValueError("cut short")
                yield json.loads(line)["done"], len(line)
            except (ValueError, KeyError, TypeError):
                torn = number

    def _remember(self, done: dict[str, str]) -> None:
        if self._done is None:  # on disk: memory must not grow with the number of keys
            self._done = sqlite3.connect("")
            self._done.execute("CREATE TABLE done (key BLOB PRIMARY KEY, mark TEXT NOT NULL) WITHOUT ROWID")
        rows = ((key.encode(), mark) for key, mark in done.items())
        self._done.executemany("INSERT OR REPLACE INTO done VALUES (?, ?)", rows)

    def _write(self, line: bytes) -> None:
        written = os.write(self._descriptor, line)
        if written < len(line):  # a full disk
            os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
            raise JournalError(f"{self.path} cannot be written: the disk is full")
        os.fsync(self._descriptor)

    def _forget(self) -> None:
        if self._done is not None:
            self._done.close()


def _line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"


def _owner(header: bytes) -> str:
    with suppress(ValueError, TypeError, KeyError):
        found = json.loads(header)
        if found["format"] == _FORMAT:
            job = found["job"]
            return f"is of another job: {job['operation']} from {job['source']} to {job['target']}"
    return "is no journal of a transfer"


def done_of(outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Of what became of some objects, what is done, for `Journal.add`."""
    return {o.key: o.mark for o in outcomes if o.result in ("copied", "same") and o.mark}
