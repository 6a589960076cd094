"""One bucket on disk: an index in SQLite, and one write-once file for the data of each object.

    <root>/<bucket>/index-<id>.sqlite     key -> blob, size, MD5, time, content type, metadata
    <root>/<bucket>/blobs/<random id>     the data

An object is written by writing a new blob, syncing it, and then naming it in the index in one
transaction: whoever is killed at any point leaves the old object or the new one. What a killed
writer leaves is a blob that no row names; `Bucket.sweep` removes those. Keys are never file names.
The index has a name of its own each time a bucket is made, because SQLite removes its journal by
path: a process that still holds a deleted bucket must not touch its successor's.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import BinaryIO, NamedTuple

from codomyrmex.cloud._files import sync_folder
from codomyrmex.cloud.common.storage import ObjectInfo
from codomyrmex.cloud.errors import (
    BucketNotFound,
    Conflict,
    IntegrityError,
    ObjectNotFound,
    PreconditionFailed,
)
from codomyrmex.cloud.local._checksum import Md5, verified
from codomyrmex.cloud.local._connections import Connection, Connections

_SCHEMA = """
CREATE TABLE objects (
    key BLOB PRIMARY KEY, blob TEXT NOT NULL, size INTEGER NOT NULL, md5 TEXT NOT NULL,
    modified INTEGER NOT NULL, content_type TEXT NOT NULL, metadata TEXT NOT NULL
) WITHOUT ROWID
"""
_COLUMNS = "key, blob, size, md5, modified, content_type, metadata"
_PAGE = 1000
_ROOM_TO_DELETE = 64 * 1024


class Row(NamedTuple):
    """An object as the index has it."""

    key: bytes
    blob: str
    size: int
    md5: str
    modified: int
    """Unix time in microseconds."""
    content_type: str
    metadata: str
    """JSON."""

    def info(self, bucket: str) -> ObjectInfo:
        return ObjectInfo(
            bucket,
            self.key.decode(),
            self.size,
            etag=self.md5,
            last_modified=datetime.fromtimestamp(self.modified / 1e6, UTC),
            content_type=self.content_type,
            metadata=json.loads(self.metadata),
            checksums={"md5": self.md5},
        )

    def verified(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The data as it is read; IntegrityError behind its end, unless it is what was written."""
        return verified(chunks, self.size, self.md5)


class Bucket:
    """A bucket's folder. Safe in several threads and several processes."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.name = os.path.basename(folder)
        self._index = ""
        self._connections = Connections()

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._connections.close()

    def create(self) -> None:
        """Make the bucket. FileExistsError or ENOTEMPTY if it is there."""
        root = os.path.dirname(self.folder)
        new = os.path.join(root, f".new-{os.urandom(8).hex()}")
        os.mkdir(new)
        try:
            os.mkdir(os.path.join(new, "blobs"))
            index = sqlite3.connect(os.path.join(new, f"index-{os.urandom(8).hex()}.sqlite"))
            try:
                index.execute("PRAGMA journal_mode = WAL")
                index.execute(_SCHEMA)
            finally:
                index.close()
            sync_folder(new)
            os.rename(new, self.folder)
        except BaseException:
            _remove_tree(new)
            raise
        sync_folder(root)

    def exists(self) -> bool:
        """Whether the bucket is there."""
        try:
            self._find_index()
        except BucketNotFound:
            return False
        return True

    # Reading

    def get(self, key: str) -> Row:
        """The object's row; ObjectNotFound if there is none."""
        with self._connection() as db:
            row = db.execute(f"SELECT {_COLUMNS} FROM objects WHERE key = ?", (key.encode(),)).fetchone()
        if row is None:
            raise ObjectNotFound(f"no object {key!r} in bucket {self.name!r}")
        return Row(*row)

    def open(self, key: str) -> tuple[Row, BinaryIO]:
        """The object's row and its data, both of the same moment."""
        row = self.get(key)
        while True:
            path = self._path(row.blob)
            with suppress(FileNotFoundError):
                file = open(path, "rb")  # noqa: SIM115 - the caller closes it
                break
            missing, row = row, self.get(key)  # replaced since we looked
            if row.blob == missing.blob:
                raise IntegrityError(f"the data of {key!r} is missing: {path}")
        size = os.fstat(file.fileno()).st_size
        if size != row.size:
            file.close()
            raise IntegrityError(f"the data of {key!r} is damaged, {size} bytes instead of {row.size}: {path}")
        return row, file

    def rows(self, prefix: str, start_after: str) -> Iterator[Row]:
        """All rows in the order of their keys. Holds no lock between pages."""
        low = max(prefix.encode(), start_after.encode() + b"\0" if start_after else b"")
        high = prefix.encode() + b"\xff"  # a byte that UTF-8 never has
        query = f"SELECT {_COLUMNS} FROM objects WHERE key >= ? AND key < ? ORDER BY key LIMIT {_PAGE}"
        while True:
            with self._connection() as db:
                page = db.execute(query, (low, high)).fetchall()
            yield from (Row(*row) for row in page)
            if len(page) < _PAGE:
                return
            low = page[-1][0] + b"\0"

    # Writing

    def write(
        self,
        key: str,
        data: Iterable[bytes],
        *,
        content_type: str,
        metadata: Mapping[str, str],
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> Row:
        """Store the chunks of ``data`` as an object; PreconditionFailed leaves it as it was."""
        with self._connection() as db:  # what cannot be written is told before the data is read
            self._replaceable(db, key, if_match, if_none_match)
        blob, digest, size = os.urandom(16).hex(), Md5(), 0
        try:
            with self._create_blob(blob) as file:
                for chunk in data:
                    digest.update(chunk)
                    file.write(chunk)
                    size += len(chunk)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileNotFoundError):  # the bucket was deleted meanwhile: told below
                sync_folder(os.path.join(self.folder, "blobs"))
            now = time.time_ns() // 1000
            row = Row(key.encode(), blob, size, digest.hexdigest(), now, content_type, json.dumps(dict(metadata)))
            with self._transaction() as db:
                if not os.path.exists(self._path(blob)):
                    raise Conflict(f"bucket {self.name!r} was deleted while {key!r} was written", retryable=True)
                old = self._replaceable(db, key, if_match, if_none_match)
                db.execute(f"INSERT OR REPLACE INTO objects ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        except BaseException:
            with suppress(Exception):  # an interrupt may come right behind the commit: look first
                if not self._named(key, blob):
                    self._unlink(blob)
            raise
        if old:
            self._unlink(old)
        return row

    def delete(self, keys: list[str]) -> int:
        """Delete the objects of these keys, all or none of them. Returns how many there were.

        On a full disk their data goes first, to make room; should that not be enough, they stay listed
        without it, and are to be deleted again.
        """
        try:
            blobs = self._delete_rows(keys)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_FULL or not self._free(keys):
                raise
            blobs = self._delete_rows(keys)
        for blob in blobs:
            self._unlink(blob)
        return len(blobs)

    def _delete_rows(self, keys: list[str]) -> list[str]:
        delete = "DELETE FROM objects WHERE key = ? RETURNING blob"
        with self._transaction() as db:
            return [blob for key in keys for (blob,) in db.execute(delete, (key.encode(),))]

    def _free(self, keys: list[str]) -> bool:
        """Empty the data of these keys, if that gives a full disk room for the journal of their delete."""
        with self._connection() as db:
            query = "SELECT blob, size FROM objects WHERE key = ?"
            sizes = {blob: size for key in keys for blob, size in db.execute(query, (key.encode(),))}
        if sum(sizes.values()) < _ROOM_TO_DELETE:
            return False
        for blob in sizes:
            with suppress(OSError):
                os.truncate(self._path(blob), 0)
        return True

    def remove(self) -> None:
        """Delete the bucket. Conflict unless it is empty."""
        root = os.path.dirname(self.folder)
        gone = os.path.join(root, f".deleted-{os.urandom(8).hex()}")
        with self._transaction() as db:
            if db.execute("SELECT 1 FROM objects LIMIT 1").fetchone():
                raise Conflict(f"bucket {self.name!r} is not empty", code="BucketNotEmpty")
            os.rename(self.folder, gone)  # under the lock: a writer that waits for it finds no bucket
        self.close()
        for name in os.listdir(root):  # this one, and those whose deleter was killed
            if name.startswith(".deleted-"):
                _remove_tree(os.path.join(root, name))

    def sweep(self, older_than: float = 86400) -> int:
        """Remove what killed writers left, older than ``older_than`` seconds. Returns how many bytes."""
        old: dict[str, int] = {}
        now = time.time()
        with self._connection(), os.scandir(os.path.join(self.folder, "blobs")) as blobs:
            for blob in blobs:
                with suppress(FileNotFoundError):
                    found = blob.stat()
                    if now - found.st_mtime >= older_than:
                        old[blob.name] = found.st_size
        with self._transaction() as db:  # under the lock: a writer about to name one of them finds it gone
            for (blob,) in db.execute("SELECT blob FROM objects"):
                old.pop(blob, None)
            return sum(size for blob, size in old.items() if self._unlink(blob))

    def _replaceable(self, db: Connection, key: str, if_match: str | None, if_none_match: str | None) -> str | None:
        """The blob that a write of ``key`` replaces, if any; PreconditionFailed if it may not."""
        found = db.execute("SELECT blob, md5 FROM objects WHERE key = ?", (key.encode(),)).fetchone()
        blob, etag = found or (None, None)
        if if_none_match is not None and found:
            raise PreconditionFailed(f"{key!r} exists already", code="PreconditionFailed")
        if if_match is not None and if_match.strip('"') != etag:
            raise PreconditionFailed(f"{key!r} has ETag {etag}, not {if_match}", code="PreconditionFailed")
        return blob

    def _named(self, key: str, blob: str) -> bool:
        with self._connection() as db:
            query = "SELECT 1 FROM objects WHERE key = ? AND blob = ?"
            return db.execute(query, (key.encode(), blob)).fetchone() is not None

    # Files

    def _path(self, blob: str) -> str:
        return os.path.join(self.folder, "blobs", blob)

    def _create_blob(self, blob: str) -> BinaryIO:
        try:
            return open(self._path(blob), "xb")
        except FileNotFoundError:
            raise self._absent() from None

    def _unlink(self, blob: str) -> bool:
        with suppress(OSError):  # in use on Windows: `sweep` removes it later
            os.unlink(self._path(blob))
            return True
        return False

    # The index

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """A connection that holds the bucket's write lock, committed at the end of the block."""
        with self._connection() as db:
            try:
                db.execute("BEGIN IMMEDIATE")
                if not os.path.exists(db.index):
                    raise self._absent()
                yield db
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection that no other thread uses meanwhile. BucketNotFound if the bucket is gone."""
        index = self._index
        if not os.path.exists(index):
            index = self._index = self._find_index()
        try:
            with self._connections.to(index) as db:
                yield db
        except sqlite3.OperationalError:
            if os.path.exists(index):
                raise
            raise self._absent() from None  # deleted after we looked

    def _find_index(self) -> str:
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            raise self._absent() from None
        except NotADirectoryError:
            if not os.path.isdir(os.path.dirname(self.folder)):
                raise  # the root itself is a file
            raise self._absent() from None
        for name in names:
            if name.startswith("index-") and name.endswith(".sqlite"):
                return os.path.join(self.folder, name)
        raise self._absent()

    def _absent(self) -> BucketNotFound:
        return BucketNotFound(f"no bucket {self.name!r} in {os.path.dirname(self.folder)}")


def _remove_tree(folder: str) -> None:
    for _ in range(10):  # whoever was on the way into it may make files still
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):
            return
