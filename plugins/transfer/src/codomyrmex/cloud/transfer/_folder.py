"""A plain folder of this machine: its files by their paths below it.

What is written goes to a folder of the job first, ``.cloud-transfer-<job>`` at the top, and is renamed from
there, so that what a killed run leaves is found and removed by the next one.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from codomyrmex.cloud.common.storage import Path
from codomyrmex.cloud.errors import AlreadyExists, CloudError, Conflict, LocalFileError
from codomyrmex.cloud.plugin import CHUNK, atomic_write, sync_folder
from codomyrmex.cloud.transfer._entry import Entry
from codomyrmex.cloud.transfer._lock import locked
from codomyrmex.cloud.transfer._place import Manner, Place, Problem, typed
from codomyrmex.cloud.transfer._prefix import Prefix
from codomyrmex.cloud.transfer._stream import Reader, Watch, confirm
from codomyrmex.cloud.transfer.errors import KeyRefused, SourceChanged

_STAGING = ".cloud-transfer-"


class Folder(Place):
    """The files of a folder. Links to files count as what they lead to; links to folders are not followed.

    :param path: of the folder. In other processes it must lead to the same one.
    """

    def __init__(self, path: Path) -> None:
        self.path = os.path.abspath(os.fsdecode(path))
        self._job = "none"

    @property
    def name(self) -> str:
        return self.path

    def name_of(self, key: str) -> str:
        return os.path.join(self.path, *key.split("/"))

    def holds(self, other: Place) -> bool:
        if not isinstance(other, Folder):
            return False
        one, two = (os.path.join(os.path.realpath(place.path), "") for place in (self, other))
        return two.startswith(one)

    # Reading

    def entries(self, problem: Problem) -> Iterator[Entry]:
        levels = [("", self._names("", problem))]
        while levels:
            folder, names = levels[-1]
            if not names:
                levels.pop()
                continue
            key = folder + names.pop()
            if not _is_text(key):
                problem(key, KeyRefused(f"{_shown(key)}: its name is not UTF-8, as keys are; rename it"))
            elif key.endswith("/"):
                levels.append((key, self._names(key, problem)))
            elif (found := self._entry(key, problem)) is not None:
                yield found

    def look(self, entry: Entry) -> Entry:
        return _entry(entry.key, os.stat(self.name_of(entry.key)))

    def open(self, key: str) -> BinaryIO:
        return open(self.name_of(key), "rb")

    @contextmanager
    def reading(self, entry: Entry, *, fresh: bool) -> Iterator[tuple[Entry, Reader]]:
        with self.open(entry.key) as file:
            found = _entry(entry.key, os.fstat(file.fileno()))

            def at_end(reader: Reader) -> None:
                now = _entry(entry.key, os.fstat(file.fileno()))
                if (reader.size, now) != (found.size, found):
                    raise SourceChanged("it changed while it was copied", resource=self.name_of(entry.key))

            yield found, Reader(file, at_end)

    # Writing

    def refusal(self, key: str) -> CloudError | None:
        parts = key.split("/")
        separators = {os.sep, os.altsep} - {"/", None}
        if any(p in ("", ".", "..") or "\0" in p or any(s in p for s in separators if s) for p in parts) or (
            os.name == "nt" and ":" in key  # a drive, or a stream of a file
        ):
            return KeyRefused(f"the key {key!r} is no path under {self.path}; copy it by itself, to a file you name")
        if parts[0].startswith(_STAGING):
            return KeyRefused(f"the key {key!r} begins like the folder of a running transfer")
        return None

    def fetch(self, source: Place, entry: Entry, manner: Manner, watch: Watch, *, fresh: bool) -> int:
        if reason := self.refusal(entry.key):
            raise reason
        path = self.name_of(entry.key)
        self._make_room(path, manner)
        staged = os.path.join(self._staging, os.urandom(16).hex())
        try:
            if isinstance(source, Prefix):
                found = source.download(entry, staged, watch)
            else:
                found = self._write(source, entry, staged, watch, fresh=fresh)
            confirm(found.size, {}, os.stat(staged).st_size, {})
            self._put(staged, path, found)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(staged)
            raise
        return found.size

    def settle(self, keys: Iterable[str]) -> None:
        for folder in {os.path.dirname(self.name_of(key)) for key in keys}:
            with suppress(FileNotFoundError):  # removed since
                sync_folder(folder)

    def delete(self, keys: Iterable[str]) -> dict[str, CloudError]:
        failures = {}
        for key in keys:
            path = self.name_of(key)
            try:
                with suppress(FileNotFoundError):
                    os.unlink(path)
            except OSError as error:
                failures[key] = typed(error)
                continue
            with suppress(OSError):  # not empty
                while (path := os.path.dirname(path)) != self.path:
                    os.rmdir(path)
        return failures

    @contextmanager
    def written(self, job: str) -> Iterator[None]:
        self._job = job
        os.makedirs(self._staging, exist_ok=True)
        busy = Conflict(f"another run of this job writes to {self.path}")
        lock = os.path.join(self._staging, "lock")
        with locked(os.open(lock, os.O_RDWR | os.O_CREAT, 0o600), busy):
            for name in os.listdir(self._staging):  # of a killed run
                if name != "lock":
                    os.unlink(os.path.join(self._staging, name))
            try:
                yield
            finally:
                shutil.rmtree(self._staging, ignore_errors=True)

    def __repr__(self) -> str:
        return f"Folder({self.path!r})"

    # Inside

    @property
    def _staging(self) -> str:
        return os.path.join(self.path, _STAGING + self._job)

    def _names(self, folder: str, problem: Problem) -> list[str]:
        """What is in a folder, last first; folders end in ``/``, by which they sort as their keys do."""
        path = os.path.join(self.path, folder.rstrip("/")) if folder else self.path
        try:
            with os.scandir(path) as found:
                names = [e.name + "/" if e.is_dir(follow_symlinks=False) else e.name for e in found]
        except OSError as error:
            problem(folder, typed(error))
            return []
        if not folder:
            names = [name for name in names if not name.startswith(_STAGING)]
        names.sort(key=os.fsencode, reverse=True)
        return names

    def _entry(self, key: str, problem: Problem) -> Entry | None:
        path = self.name_of(key)
        try:
            found = os.stat(path)
        except FileNotFoundError:
            if os.path.lexists(path):
                problem(key, LocalFileError(f"{path} is a link that leads nowhere"))
            return None  # removed since its folder was read
        except OSError as error:
            problem(key, typed(error))
            return None
        if stat.S_ISREG(found.st_mode):
            return _entry(key, found)
        kind = "a link to a folder, which is not followed" if stat.S_ISDIR(found.st_mode) else "no regular file"
        problem(key, LocalFileError(f"{path} is {kind}"))
        return None

    def _make_room(self, path: str, manner: Manner) -> None:
        """Make the folders of a file; refuse where links would lead out of this one."""
        folder = os.path.dirname(path)
        real, top = os.path.realpath(folder), os.path.realpath(self.path)
        if real != top and not real.startswith(os.path.join(top, "")):
            raise KeyRefused(f"{folder} leads out of {self.path} by a link")
        if not manner.overwrite and os.path.lexists(path):
            raise AlreadyExists(f"{path} exists already")
        _make_folder(folder)

    def _write(self, source: Place, entry: Entry, staged: str, watch: Watch, *, fresh: bool) -> Entry:
        with source.reading(entry, fresh=fresh) as (found, reader), atomic_write(staged) as file:
            while data := reader.read(CHUNK):
                file.write(data)
                watch(len(data))
        return found

    def _put(self, staged: str, path: str, entry: Entry) -> None:
        with suppress(FileNotFoundError):
            os.chmod(staged, stat.S_IMODE(os.stat(path).st_mode))  # that of the file that is replaced
        if entry.modified is not None:
            os.utime(staged, ns=(entry.modified * 1000, entry.modified * 1000))
        try:
            os.replace(staged, path)
        except IsADirectoryError:
            raise LocalFileError(f"{path} is a folder, as there are keys below it") from None


def _entry(key: str, found: os.stat_result) -> Entry:
    return Entry(key, found.st_size, found.st_mtime_ns // 1000)


def _make_folder(folder: str) -> None:
    """Make a folder and those above it, to last."""
    try:
        os.mkdir(folder)
    except FileNotFoundError:
        _make_folder(os.path.dirname(folder))
        _make_folder(folder)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTDIR) and not os.path.isdir(folder):
            raise
        if not os.path.isdir(folder):
            raise LocalFileError(f"{folder} cannot be made a folder: {os.strerror(errno.ENOTDIR)}") from error
    else:
        sync_folder(os.path.dirname(folder))


def _is_text(key: str) -> bool:
    try:
        key.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(key: str) -> str:
    return os.fsencode(key).decode("utf-8", "backslashreplace")
