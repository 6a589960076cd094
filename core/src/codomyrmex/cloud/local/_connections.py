"""Connections to a bucket's index: kept for reuse, each used by one thread at a time, safe across forks."""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import quote

from codomyrmex.cloud.errors import CloudError, IntegrityError, PermissionDenied, QuotaExceeded, ServiceUnavailable

_BUSY_SECONDS = 60


class Connection(sqlite3.Connection):
    """A connection that knows its file."""

    index: str
    shared: bool
    """False: it shuts others out, or does not see what they write; so it serves one time."""


class Connections:
    """The connections of one client to one bucket."""

    def __init__(self) -> None:
        self._renew()

    def close(self) -> None:
        """Close those that are not in use."""
        _close_all(self._idle, self._pid)

    @contextmanager
    def to(self, index: str) -> Iterator[Connection]:
        """A connection to this index that no other thread uses meanwhile."""
        if self._pid != os.getpid():
            self.close()
            self._renew()
        db = self._kept(index) or _connect(index)
        try:
            yield db
        finally:
            if db.shared:
                self._idle.append(db)
            else:
                db.close()

    def _renew(self) -> None:
        self._idle: list[Connection] = []
        self._pid = os.getpid()
        weakref.finalize(self, _close_all, self._idle, self._pid)

    def _kept(self, index: str) -> Connection | None:
        with suppress(IndexError):  # none is left, or another thread took the last
            while (db := self._idle.pop()).index != index:
                db.close()  # of a bucket of the same name, deleted meanwhile
            return db
        return None


def index_error(error: Exception, root: str) -> CloudError | None:
    """What an error of SQLite means for who uses the storage; None for another error."""
    if not isinstance(error, sqlite3.Error):
        return None
    kinds: dict[int, type[CloudError]] = {
        sqlite3.SQLITE_FULL: QuotaExceeded,
        sqlite3.SQLITE_READONLY: PermissionDenied,
        sqlite3.SQLITE_CORRUPT: IntegrityError,
        sqlite3.SQLITE_ERROR: IntegrityError,  # our SQL is right, so the tables are not ours
        sqlite3.SQLITE_NOTADB: IntegrityError,
    }
    kind = kinds.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, ServiceUnavailable)
    return kind(f"the index in {root}: {error}", code=getattr(error, "sqlite_errorname", None))


def _close_all(idle: list[Connection], pid: int) -> None:
    if pid != os.getpid():  # SQLite's connections must not cross a fork, not even to be closed at the end
        import ctypes

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(idle))
        return
    with suppress(IndexError):
        while True:
            idle.pop().close()


def _connect(index: str) -> Connection:
    mode = "mode=rw"
    if not os.access(os.path.dirname(index), os.W_OK):  # SQLite would have to make its journal's index
        mode = "mode=ro" if os.path.exists(f"{index}-wal") else "mode=ro&immutable=1"
    try:
        return _open(index, mode, shared="immutable" not in mode)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_IOERR_SHMSIZE:
            raise
    return _open(index, mode, shared=False)  # a full disk has no room for what connections share


def _open(index: str, mode: str, *, shared: bool) -> Connection:
    uri = f"file:{quote(os.fsencode(index))}?{mode}"
    options: dict[str, Any] = {"isolation_level": None, "timeout": _BUSY_SECONDS, "check_same_thread": False}
    db = sqlite3.connect(uri, uri=True, factory=Connection, **options)
    db.index, db.shared = index, shared
    try:
        db.execute(f"PRAGMA locking_mode = {'NORMAL' if shared else 'EXCLUSIVE'}")
        db.execute("PRAGMA synchronous = FULL")
    except BaseException:
        db.close()
        raise
    return db
