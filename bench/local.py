"""What the local storage costs over the same work on files, done by hand, alternating in one run.

python bench/local.py [--folder FOLDER] [--rounds N] [--json FILE]

By hand means as safe: written beside the target with its MD5, synced, renamed, the folder synced;
read back with the MD5 computed. (MD5 is computed after the write, as one would write it.)
"""

import hashlib
import os
import tempfile
from collections import deque
from functools import partial
from itertools import count
from pathlib import Path

from codomyrmex.cloud import LocalStorage
from report import Line, alternate, options, report

KEYS = 100_000
OBJECTS = 16
"""Keys that are written in turn, so most writes replace an object."""


def put_by_hand(folder: str, names: count, data: bytes) -> str:
    target = os.path.join(folder, f"object-{next(names) % OBJECTS}")
    partial_file = f"{target}.part"
    with open(partial_file, "wb") as file:
        file.write(data)
        digest = hashlib.md5(data).hexdigest()
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial_file, target)
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    return digest


def get_by_hand(folder: str, names: count) -> str:
    with open(os.path.join(folder, f"object-{next(names) % OBJECTS}"), "rb") as file:
        return hashlib.md5(file.read()).hexdigest()


def put(storage: LocalStorage, names: count, data: bytes) -> str:
    return storage.upload_file("bucket", f"object-{next(names) % OBJECTS}", data)


def get(storage: LocalStorage, names: count) -> bytes:
    return storage.download_file("bucket", f"object-{next(names) % OBJECTS}")


def transfers(storage: LocalStorage, folder: str, size: int, rounds: int, target: float | None) -> list[Line]:
    name = f"{size >> 10} KiB"
    data = os.urandom(size)
    pairs = {
        "put": (partial(put, storage, count(), data), partial(put_by_hand, folder, count(), data)),
        "get": (partial(get, storage, count()), partial(get_by_hand, folder, count())),
    }
    lines = []
    for what, calls in pairs.items():
        ours, hand = alternate(list(calls), max(rounds, OBJECTS))
        detail = f"{ours * 1e3:.3f} ms, by hand {hand * 1e3:.3f} ms"
        lines.append(Line(f"{what} of {name} over by hand", (ours / hand - 1) * 100, "%", target, detail))
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
