"""The objects of a bucket whose keys begin alike."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, BinaryIO, cast

from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.common.storage import Path
from codomyrmex.cloud.errors import CloudError, ObjectNotFound
from codomyrmex.cloud.plugin import hooks_in_force
from codomyrmex.cloud.transfer._entry import Entry, entry_of
from codomyrmex.cloud.transfer._place import AS_IT_IS, Manner, Place, Problem
from codomyrmex.cloud.transfer._stream import Reader, Watch, common, confirm
from codomyrmex.cloud.transfer.errors import SourceChanged


class Prefix(Place):
    """Objects of a bucket.

    :param storage: of the bucket. In other processes it is made anew by its recipe, with the credentials
        found there.
    :param prefix: what all keys begin with, up to a ``/``: ``a`` and ``a/`` hold ``a/b`` and not ``ab``.
    :param owned: whether the storage is closed at the end of a run.
    """

    def __init__(self, storage: StorageClient, bucket: str, prefix: str = "", *, owned: bool = False) -> None:
        self.storage = storage
        self.bucket = bucket
        self.prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        self.owned = owned

    @property
    def name(self) -> str:
        return self.storage.url(self.bucket, self.prefix)

    def name_of(self, key: str) -> str:
        return self.storage.url(self.bucket, self.prefix + key)

    def holds(self, other: Place) -> bool:
        if not isinstance(other, Prefix) or not same_service(self.storage, other.storage):
            return False
        return self.bucket == other.bucket and other.prefix.startswith(self.prefix)

    def entries(self, problem: Problem) -> Iterator[Entry]:
        for info in self.storage.iter_objects(self.bucket, self.prefix):
            key = info.key[len(self.prefix) :]
            if key or info.size:  # not what consoles make to show a folder
                yield entry_of(info, key)

    def look(self, entry: Entry) -> Entry:
        if Capability.STAT not in self.storage.capabilities:
            return entry
        return entry_of(self.storage.stat(self.bucket, self.prefix + entry.key), entry.key)

    def open(self, key: str) -> BinaryIO:
        return self.storage.open_read(self.bucket, self.prefix + key)

    @contextmanager
    def reading(self, entry: Entry, *, fresh: bool) -> Iterator[tuple[Entry, Reader]]:
        if fresh or entry.content_type is None or not entry.checksums:
            entry = self.look(entry)

        def at_end(reader: Reader) -> None:
            alike = common(entry.checksums, reader.checksums)
            if reader.size != entry.size or alike is False or (alike is None and self.look(entry).mark != entry.mark):
                raise self._changed(entry.key)

        with self.open(entry.key) as file:
            yield entry, Reader(file, at_end)

    def download(self, entry: Entry, path: Path, watch: Watch) -> Entry:
        """Download to this file. Returns what is known of what was."""
        info = self.storage.download_path(self.bucket, self.prefix + entry.key, path, progress=watch)
        got = entry_of(info, entry.key)
        if _is_other(entry, got):
            entry = self.look(entry)  # it may be newer than the listing, and whole
            if _is_other(entry, got):
                raise self._changed(entry.key)
        return entry

    def fetch(self, source: Place, entry: Entry, manner: Manner, watch: Watch, *, fresh: bool) -> int:
        if self._copies_from(source) and manner == AS_IT_IS:
            return self._copy(source, source.look(entry) if fresh else entry, watch)
        key = self.prefix + entry.key
        with source.reading(entry, fresh=fresh) as (found, reader):
            keeps = Capability.METADATA in self.storage.capabilities
            info = self.storage.upload_stream(
                self.bucket,
                key,
                cast("BinaryIO", reader),
                content_type=manner.content_type or found.content_type,
                metadata={**(found.metadata if keeps else {}), **manner.metadata} or None,
                if_none_match=None if manner.overwrite else "*",
                progress=watch,
            )
            reader.end()
        kept_size, kept = info.size, info.checksums
        if not (info.checksums or info.etag):  # it tells nothing of what it keeps
            kept_size, kept = self._read_back(entry.key)
        confirm(reader.size, reader.checksums, kept_size, kept)
        return reader.size

    def delete(self, keys: Iterable[str]) -> dict[str, CloudError]:
        names = {self.prefix + key: key for key in keys}
        if hooks_in_force() is None:
            failures = self.storage.delete_many(self.bucket, names)
            return {names[name]: error for name, error in failures.items()}
        found = {}
        for name, key in names.items():  # one by one: a policy is asked for each
            try:
                self.storage.delete_file(self.bucket, name)
            except ObjectNotFound:
                continue
            except CloudError as error:
                found[key] = error
        return found

    def share(self, other: Prefix) -> None:
        """Use the other's storage if it is the same: both were made of URLs, so their credentials are, too."""
        if same_service(self.storage, other.storage):
            self.close()
            self.storage, self.owned = other.storage, False

    def close(self) -> None:
        if self.owned:
            self.storage.close()

    def __reduce__(self) -> Any:
        return _remade, (pickle.dumps(self.storage), self.bucket, self.prefix)

    def __repr__(self) -> str:
        return f"Prefix({self.storage!r}, {self.bucket!r}, {self.prefix!r})"

    def _copies_from(self, source: Place) -> bool:
        """Whether the service copies by itself. Only of one client: two may be of two accounts."""
        can = Capability.SERVER_SIDE_COPY in self.storage.capabilities
        return can and isinstance(source, Prefix) and source.storage is self.storage

    def _copy(self, source: Place, entry: Entry, watch: Watch) -> int:
        assert isinstance(source, Prefix)
        info = self.storage.copy(source.bucket, source.prefix + entry.key, self.bucket, self.prefix + entry.key)
        if info.size != entry.size or common(info.checksums, entry.checksums) is False:
            raise source._changed(entry.key)
        watch(info.size)
        return info.size

    def _read_back(self, key: str) -> tuple[int, dict[str, str]]:
        with self.open(key) as file:
            reader = Reader(file, lambda _: None)
            while reader.read(1024 * 1024):
                pass
        return reader.size, reader.checksums

    def _changed(self, key: str) -> SourceChanged:
        return SourceChanged("it changed while it was copied", resource=self.name_of(key))


def same_service(one: StorageClient, other: StorageClient) -> bool:
    """Whether two storages lead to the same buckets, as far as that is known."""
    if one is other:
        return True
    if type(one) is not type(other) or one.recipe is None:
        return False
    return all(getattr(one, name) == getattr(other, name) for name in one.recipe)


def _is_other(entry: Entry, got: Entry) -> bool:
    """Whether ``got`` was surely not of what ``entry`` tells."""
    if entry.size != got.size or common(entry.checksums, got.checksums) is False:
        return True
    return None not in (entry.etag, got.etag) and entry.etag != got.etag


@lru_cache(maxsize=8)
def _storage(recipe: bytes) -> StorageClient:
    """The storage made by this recipe, once in a process, for all batches."""
    storage: StorageClient = pickle.loads(recipe)  # noqa: S301 - it was pickled by this program
    return storage


def _remade(recipe: bytes, bucket: str, prefix: str) -> Prefix:
    return Prefix(_storage(recipe), bucket, prefix)
