"""What the local storage costs over the same work done by hand, alternating in one run.

python bench/local.py [--folder FOLDER] [--rounds N] [--json FILE]

By hand means: the data written beside the target with its MD5, synced, renamed, the folder synced, and
then its key, size, MD5 and content type kept in an SQLite table, committed as durably; read back by a
look into the table, with the MD5 verified. "A bare file" leaves out the table: no content type, no
listing, no conditional writes.
"""

import hashlib
import mimetypes
import os
import sqlite3
import tempfile
from collections import deque
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path

from codomyrmex.cloud import LocalStorage
from report import Line, alternate, options, report

KEYS = 100_000
OBJECTS = 16
"""Keys that are written in turn, so most writes replace an object."""


def put_file(folder: str, names: count, data: bytes) -> tuple[str, str]:
    name = f"object-{next(names) % OBJECTS}"
    target = os.path.join(folder, name)
    with open(f"{target}.part", "wb") as file:
        file.write(data)
        digest = hashlib.md5(data).hexdigest()
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{target}.part", target)
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    return name, digest


def put_by_hand(table: sqlite3.Connection, folder: str, names: count, data: bytes) -> None:
    name, digest = put_file(folder, names, data)
    row = (name.encode(), len(data), digest, mimetypes.guess_type(name)[0] or "application/octet-stream")
    table.execute("INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?)", row)


def get_file(folder: str, names: count) -> tuple[str, bytes, str]:
    name = f"object-{next(names) % OBJECTS}"
    with open(os.path.join(folder, name), "rb") as file:
        data = file.read()
    return name, data, hashlib.md5(data).hexdigest()


def get_by_hand(table: sqlite3.Connection, folder: str, names: count) -> bytes:
    name, data, digest = get_file(folder, names)
    kept = table.execute("SELECT size, md5 FROM objects WHERE key = ?", (name.encode(),)).fetchone()
    assert kept == (len(data), digest)
    return data


def table_by_hand(folder: str) -> sqlite3.Connection:
    table = sqlite3.connect(os.path.join(folder, "table.sqlite"), isolation_level=None)
    table.execute("PRAGMA journal_mode = WAL")
    table.execute("PRAGMA synchronous = FULL")
    table.execute("CREATE TABLE IF NOT EXISTS objects (key BLOB PRIMARY KEY, size, md5, content_type) WITHOUT ROWID")
    return table


def put(storage: LocalStorage, names: count, data: bytes) -> str:
    return storage.upload_file("bucket", f"object-{next(names) % OBJECTS}", data)


def get(storage: LocalStorage, names: count) -> bytes:
    return storage.download_file("bucket", f"object-{next(names) % OBJECTS}")


def transfers(storage: LocalStorage, folder: str, size: int, rounds: int, target: float | None) -> list[Line]:
    label = f"{size >> 10} KiB"
    data = os.urandom(size)
    with closing(table_by_hand(folder)) as table:
        calls = {
            "put": (
                partial(put, storage, count(), data),
                partial(put_by_hand, table, folder, count(), data),
                partial(put_file, folder, count(), data),
            ),
            "get": (
                partial(get, storage, count()),
                partial(get_by_hand, table, folder, count()),
                partial(get_file, folder, count()),
            ),
        }
        lines = []
        for what, three in calls.items():
            ours, hand, bare = alternate(list(three), max(rounds, OBJECTS))
            detail = f"{ours * 1e3:.3f} ms, by hand {hand * 1e3:.3f} ms"
            lines.append(Line(f"{what} of {label} over by hand", (ours / hand - 1) * 100, "%", target, detail))
            detail = f"a bare file {bare * 1e3:.3f} ms"
            lines.append(Line(f"{what} of {label} over a bare file", (ours / bare - 1) * 100, "%", None, detail))
    return lines


def listing(storage: LocalStorage, folder: str) -> Line:
    """100,000 keys, against as many files in one folder, each looked at and all sorted."""
    storage.create_bucket("many")
    bucket = storage._bucket("many")
    rows = [(f"object-{n:06}".encode(), f"{n:032x}", 1, "0" * 32, 0, "text/plain", "{}") for n in range(KEYS)]
    with bucket._transaction() as db:  # a listing reads the index alone, so there need be no data
        db.executemany("INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    many = Path(folder, "many")
    many.mkdir()
    for n in range(KEYS):
        (many / f"object-{n:06}").touch()
    ours, hand = alternate(
        [
            lambda: deque(storage.iter_objects("many"), maxlen=0),
            lambda: sorted((e.name, e.stat().st_size) for e in os.scandir(many)),
        ],
        5,
    )
    return Line(f"listing of {KEYS:,} keys", ours * 1e3, "ms", None, f"files by hand {hand * 1e3:.0f} ms")


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--folder", help="where to measure; default: the folder for temporary files")
    chosen = parser.parse_args()
    rounds = chosen.rounds or 200
    with tempfile.TemporaryDirectory(dir=chosen.folder) as root:
        folder = os.path.join(root, "by-hand")
        os.mkdir(folder)
        with LocalStorage(os.path.join(root, "cloud")) as storage:
            storage.create_bucket("bucket")
            lines = transfers(storage, folder, 1 << 20, rounds, target=5.0)
            lines += transfers(storage, folder, 16 << 10, rounds, target=None)
            lines.append(listing(storage, folder))
    report("Local storage", lines, chosen.json)


if __name__ == "__main__":
    main()
