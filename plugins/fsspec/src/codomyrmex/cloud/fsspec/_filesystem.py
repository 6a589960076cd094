"""A storage as a file system: buckets are its top folders, and keys are paths."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime
from errno import ENOTEMPTY
from glob import has_magic
from hashlib import sha256
from itertools import chain
from shutil import copyfileobj
from typing import Any, cast

from codomyrmex.cloud import CloudCredentials, open_storage
from codomyrmex.cloud.common import Capability, CloudClient, ObjectInfo, StorageClient
from codomyrmex.cloud.errors import (
    BucketNotFound,
    ObjectNotFound,
    OperationRefused,
    PermissionDenied,
    UnsupportedOperation,
)
from codomyrmex.cloud.fsspec._files import Compressed, Reader, Writer
from codomyrmex.cloud.fsspec._folders import children, entry, folder, tree
from fsspec.callbacks import DEFAULT_CALLBACK, Callback
from fsspec.compression import compr
from fsspec.core import get_compression
from fsspec.dircache import DirCache
from fsspec.spec import AbstractFileSystem
from fsspec.utils import isfilelike

Info = dict[str, Any]


class _Cached(type(AbstractFileSystem)):  # type: ignore[misc]
    """fsspec keeps an instance for each ``str()`` of the options, and that of credentials hides whose they are."""

    def __call__(cls, *args: Any, **options: Any) -> Any:
        masked = [o for o in options.values() if isinstance(o, CloudClient | CloudCredentials)]
        if masked:
            options["identity"] = tuple(map(id, masked))  # kept alive by the instance
        return super().__call__(*args, **options)


def _raise_unless_missing(error: OSError) -> None:
    """What `CloudFileSystem.walk` does with an error of a listing."""
    if not isinstance(error, FileNotFoundError):
        raise error


class CloudFileSystem(AbstractFileSystem, metaclass=_Cached):
    """A storage of codomyrmex-cloud, as fsspec's users know file systems.

    :param storage: a client to use, instead of a new one of this protocol's provider.
    :param use_listings_cache: keep listings until something is written here or `invalidate_cache` is
        called; `listings_expiry_time` (seconds) and `max_paths` bound it. Else each is as of now.
    :param options: what the provider takes, as for `get_client`.

    Errors are those of `codomyrmex.cloud.errors`, so FileNotFoundError, PermissionError, and so on.
    """

    protocol: str

    def __init__(
        self,
        *,
        storage: StorageClient | None = None,
        use_listings_cache: bool = False,
        listings_expiry_time: float | None = None,
        max_paths: int | None = None,
        identity: object = None,
        **options: Any,
    ) -> None:
        super().__init__()
        self._listings = {
            "use_listings_cache": use_listings_cache,
            "listings_expiry_time": listings_expiry_time,
            "max_paths": max_paths,
        }
        self.dircache = DirCache(**self._listings)
        self._given, self._kept_alive = storage, options  # see _Cached
        self.storage = storage or open_storage(f"{self.protocol.removeprefix('cloud+')}://", **options)

    @property
    def storage_options(self) -> dict[str, Any]:
        """What makes this file system again in another process: no secret, credentials are found anew there."""
        changed = {name: value for name, value in self._listings.items() if value}
        if self._given or self.storage.recipe is None:
            return {"storage": self.storage, **changed}
        recipe = {name: getattr(self.storage, name) for name in self.storage.recipe}
        listed = {n: sorted(v) if isinstance(v, frozenset) else v for n, v in recipe.items()}  # which JSON can hold
        return {name: value for name, value in listed.items() if value is not None} | changed

    @storage_options.setter
    def storage_options(self, given: dict[str, Any]) -> None:
        """Nothing: fsspec would keep what it was given, secrets too, and pickle it."""

    def __repr__(self) -> str:
        return f"<{self.protocol} file system over {self.storage!r}>"

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        stripped = super()._strip_protocol(path)
        return stripped if isinstance(stripped, list) else stripped.lstrip("/")

    def split(self, path: str) -> tuple[str, str]:
        """Bucket and key of a path, each empty where the path has none."""
        bucket, _, key = self._strip_protocol(path).partition("/")
        return bucket, key

    def split_file(self, path: str) -> tuple[str, str]:
        """Bucket and key of a path that may be a file's; FileNotFoundError for a bucket, which is none."""
        bucket, key = self.split(path)
        if not key:
            raise ObjectNotFound(f"{path!r} is no file; a file's path is bucket/key")
        return bucket, key

    # Looking

    def info(self, path: str, **kwargs: Any) -> Info:
        """What is known of a file or folder. FileNotFoundError if it is neither."""
        path = self._strip_protocol(path)
        cached = [e for e in self._ls_from_cache(path) or () if e["name"] == path]
        if cached:
            return cast("Info", cached[0])
        bucket, key = self.split(path)
        if not key:
            if bucket and not self.storage.bucket_exists(bucket):
                raise BucketNotFound(f"no bucket {bucket!r}")
            return folder(path)
        try:
            return entry(self._stat(bucket, key))
        except ObjectNotFound:
            if self._lists and any(True for _ in self._below(bucket, key)):
                return folder(path)
            raise

    def _stat(self, bucket: str, key: str) -> ObjectInfo:
        if self._lists and Capability.STAT not in self.storage.capabilities:  # it would fetch the object
            with closing(self._iterate(bucket, key)) as found:
                first = next(found, None)
            if first is None or first.key != key:
                raise ObjectNotFound(f"no object {key!r} in bucket {bucket!r}")
            return first
        return self.storage.stat(bucket, key)

    @property
    def _lists(self) -> bool:
        """Whether there are folders: without a listing there are not."""
        return Capability.LISTING in self.storage.capabilities

    def _iterate(self, bucket: str, prefix: str) -> Generator[ObjectInfo, None, None]:
        return cast("Generator[ObjectInfo, None, None]", self.storage.iter_objects(bucket, prefix))

    def _below(self, bucket: str, key: str) -> Generator[ObjectInfo, None, None]:
        """All objects below a folder, what marks it included."""
        with closing(self._iterate(bucket, key and f"{key}/")) as found:
            yield from found

    def exists(self, path: str, **kwargs: Any) -> bool:
        """Whether there is such a file or folder. One that may not be looked at is an error, not False."""
        return self._type(path) is not None

    def isdir(self, path: str) -> bool:
        """Whether there is such a folder; as `exists`."""
        return self._type(path) == "directory"

    def isfile(self, path: str) -> bool:
        """Whether there is such a file; as `exists`."""
        return self._type(path) == "file"

    def _type(self, path: str) -> str | None:
        try:
            return cast("str", self.info(path)["type"])
        except FileNotFoundError:
            return None

    def ls(self, path: str, detail: bool = True, refresh: bool = False, **kwargs: Any) -> list[Any]:
        """The files and folders in a folder, or the file itself; their names alone without ``detail``.

        :param refresh: look anew, where listings are kept.
        """
        path = self._strip_protocol(path)
        found = None if refresh else self.dircache.get(path)
        if found is None:
            found = self.dircache[path] = self._listed(path)
        return found if detail else [e["name"] for e in found]

    def _listed(self, path: str) -> list[Info]:
        bucket, key = self.split(path)
        if not bucket:
            return [folder(name) for name in self.storage.list_buckets()]
        return list(children(self.storage, bucket, key and f"{key}/")) or self._itself(path)

    def _itself(self, path: str) -> list[Info]:
        """A file; nothing of an empty folder."""
        info = self.info(path)
        return [info] if info["type"] == "file" else []

    def find(
        self, path: str, maxdepth: int | None = None, withdirs: bool = False, detail: bool = False, **kwargs: Any
    ) -> Any:
        """All files below a folder, by one listing of it; ``withdirs`` also the folders."""
        path = self._strip_protocol(path)
        if maxdepth is not None or not path:
            return super().find(path, maxdepth, withdirs, detail, **kwargs)
        with suppress(FileNotFoundError):
            found = self._found(path, withdirs)
            return dict(sorted(found.items())) if detail else sorted(found)
        return {} if detail else []

    def _found(self, path: str, withdirs: bool) -> dict[str, Info]:
        bucket, key = self.split(path)
        objects = list(self._below(bucket, key)) if self._lists else []
        if not objects:
            return {e["name"]: e for e in self._itself(path)}
        files = {f"{bucket}/{o.key}": entry(o) for o in objects if not o.key.endswith("/")}
        if not withdirs:
            return files
        marked: dict[str, Info] = {f"{bucket}/{o.key}": {} for o in objects if o.key.endswith("/")}
        return {path: folder(path)} | {p: e for p, e in tree(marked | files, path).items() if e}

    def created(self, path: str) -> datetime:
        """When the object was written: each write makes a new one."""
        return self.modified(path)

    def modified(self, path: str) -> datetime:
        """When the object was written. Now, where the storage does not tell: what was kept of it may be old."""
        return cast("datetime", self.info(path).get("last_modified") or datetime.now(UTC))

    def ukey(self, path: str) -> str:
        """What is another when the file is another: by its ETag, checksum or time, else by its data."""
        info = self.info(path)
        told = next((info[name] for name in ("etag", "checksums", "last_modified") if name in info), None)
        if told is None and info["type"] == "file":
            told = self.cat_file(path)
        return sha256(repr((info["name"], info["size"], told)).encode()).hexdigest()

    def checksum(self, path: str) -> int:
        """`ukey`, as a number."""
        return int(self.ukey(path), 16)

    def sign(self, path: str, expiration: int = 100, **kwargs: Any) -> str:
        """A URL by which anyone may GET the file, for ``expiration`` seconds."""
        return self.storage.generate_presigned_url(*self.split_file(path), expires_in=expiration)

    def invalidate_cache(self, path: str | None = None) -> None:
        """Forget the listings that are kept, or those that ``path`` may be in."""
        super().invalidate_cache(path)
        if path is None:
            self.dircache.clear()
            return
        path = self._strip_protocol(path)
        for kept in list(self.dircache):
            if f"{kept}/".startswith(f"{path}/") or f"{path}/".startswith(f"{kept}/") or not kept:
                with suppress(KeyError):  # another thread was faster
                    del self.dircache[kept]

    # Reading and writing

    def _open(
        self, path: str, mode: str = "rb", block_size: Any = None, autocommit: bool = True, **kwargs: Any
    ) -> Reader | Writer:
        if mode == "rb":
            ranges = Capability.RANGE_READS in self.storage.capabilities
            whole = None if ranges else self.cat_file(path)  # each range would fetch all of it
            return Reader(self, path, mode, block_size, autocommit, whole=whole, **kwargs)
        if mode not in ("wb", "ab", "xb"):
            raise UnsupportedOperation(f"a file is opened to read, write or append, not as {mode!r}")
        named = {name: kwargs[name] for name in ("content_type", "metadata") if name in kwargs}
        bucket, key = self.split_file(path)
        return Writer(self, path, mode, storage=self.storage, bucket=bucket, key=key, autocommit=autocommit, **named)

    def open(self, path: str, mode: str = "rb", *args: Any, compression: str | None = None, **kwargs: Any) -> Any:
        """A file to read or write, as fsspec's `open`; see `Writer` for when it is stored."""
        if compression is None or "r" in mode or "b" not in mode:
            return super().open(path, mode, *args, compression=compression, **kwargs)
        file = super().open(path, mode, *args, **kwargs)
        name = get_compression(path, compression)
        return Compressed(compr[name](file, mode="w"), file) if name else file

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **kwargs: Any) -> bytes:
        """The file's data, or that of a range; negative positions count from the end."""
        bucket, key = self.split_file(path)
        if start is None and end is None:
            return self.storage.download_file(bucket, key)
        if (start or 0) < 0 or (end or 0) < 0:
            size = self.info(path)["size"]
            start, end = (max(0, p + size) if p is not None and p < 0 else p for p in (start, end))
        start = start or 0
        return self.storage.read_range(bucket, key, start, None if end is None else max(0, end - start))

    def cat_ranges(
        self, paths: list[str], starts: Any, ends: Any, max_gap: Any = None, on_error: str = "return", **kwargs: Any
    ) -> list[Any]:
        """The data of a range of each file, several at a time; the error instead, with ``on_error="return"``."""
        starts = starts if isinstance(starts, list) else [starts] * len(paths)
        ends = ends if isinstance(ends, list) else [ends] * len(paths)
        fetch = super().cat_ranges

        def one(path: str, start: int | None, end: int | None) -> Any:
            return fetch([path], [start], [end], max_gap, on_error)[0]

        with ThreadPoolExecutor(8, "cat_ranges") as pool:
            jobs = [pool.submit(one, *job) for job in zip(paths, starts, ends, strict=True)]
            return [job.result() for job in jobs]

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **kwargs: Any) -> None:
        """Write the file; FileExistsError if there is one, with ``mode="create"``."""
        with self.open(path, "xb" if mode == "create" else "wb", **kwargs) as file:
            file.write(value)

    def get_file(
        self, rpath: str, lpath: Any, callback: Callback = DEFAULT_CALLBACK, outfile: Any = None, **kwargs: Any
    ) -> None:
        """Download to a file of this machine, verified and at once; a folder makes a folder."""
        if outfile is not None or isfilelike(lpath):
            super().get_file(rpath, lpath, callback, outfile, **kwargs)
            return
        if callback is not DEFAULT_CALLBACK:  # a request that only who watches needs
            callback.set_size(self.info(rpath)["size"])
        os.makedirs(os.path.dirname(os.path.abspath(lpath)), exist_ok=True)
        try:
            self.storage.download_path(*self.split_file(rpath), lpath, progress=callback.relative_update)
        except ObjectNotFound:
            if not self.isdir(rpath):
                raise
            os.makedirs(lpath, exist_ok=True)

    def put_file(
        self,
        lpath: Any,
        rpath: str,
        callback: Callback = DEFAULT_CALLBACK,
        mode: str = "overwrite",
        **kwargs: Any,
    ) -> None:
        """Upload a file of this machine, verified and at once; a folder makes a folder."""
        if os.path.isdir(lpath):
            self.makedirs(rpath, exist_ok=True)
            return
        callback.set_size(os.path.getsize(lpath))
        if self._intrans or mode == "create":
            with open(lpath, "rb") as source, self.open(rpath, "xb" if mode == "create" else "wb", **kwargs) as target:
                copyfileobj(source, target)
                callback.absolute_update(source.tell())
            return
        self.storage.upload_path(*self.split_file(rpath), lpath, progress=callback.relative_update, **kwargs)
        self.invalidate_cache(rpath)

    def cp_file(self, path1: str, path2: str, **kwargs: Any) -> None:
        """Copy a file within the storage, by the service where it can; a folder makes a folder."""
        try:
            self.storage.copy(*self.split_file(path1), *self.split_file(path2))
        except ObjectNotFound:
            if not self.isdir(path1):
                raise
            self.makedirs(path2, exist_ok=True)
        self.invalidate_cache(path2)

    # Folders

    def mkdir(self, path: str, create_parents: bool = True, **kwargs: Any) -> None:
        """Make a bucket. Below one, nothing is made but a missing bucket: a folder is there when a file in it is."""
        bucket, key = self.split(path)
        if not key:
            self.storage.create_bucket(bucket)
        elif self.exists(path):
            raise FileExistsError(path)
        elif create_parents:
            self.makedirs(path, exist_ok=True)
        elif not self.storage.bucket_exists(bucket):
            raise BucketNotFound(f"no bucket {bucket!r}")
        self.invalidate_cache(path)

    def walk(
        self,
        path: str,
        maxdepth: int | None = None,
        topdown: bool = True,
        on_error: Any = _raise_unless_missing,
        **kwargs: Any,
    ) -> Iterator[Any]:
        """Folders, and what is in each. What may not be listed is an error, as it is not empty; fsspec's own omits it.

        Args:
            path: Where to begin.
            maxdepth: How many levels; default all.
            topdown: A folder before those in it.
            on_error: ``"omit"``, ``"raise"`` or a function of the error, of the first level.
            kwargs: Of `ls`.
        """
        yield from super().walk(path, maxdepth, topdown, on_error, **kwargs)

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """As `mkdir`; what is there is no error with ``exist_ok``."""
        if not exist_ok:
            self.mkdir(path)
            return
        bucket, key = self.split(path)
        try:
            there = self.storage.bucket_exists(bucket)
        except PermissionDenied as error:
            if not key or isinstance(error, OperationRefused):
                raise
            return  # who may only write keys will see by writing
        if not there:
            self.storage.ensure_bucket(bucket)
            self.invalidate_cache(bucket)

    def rmdir(self, path: str) -> None:
        """Remove an empty bucket, or what marks an empty folder."""
        bucket, key = self.split(path)
        if not key:
            self.storage.delete_bucket(bucket)
        else:
            self.info(path)
            with closing(self._below(bucket, key)) as found:
                if any(o.key != f"{key}/" for o in found):
                    raise OSError(ENOTEMPTY, os.strerror(ENOTEMPTY), path)
            self.storage.delete_file(bucket, f"{key}/")
        self.invalidate_cache(path)

    # Removing

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        """Remove files, in few requests where the service can; ``recursive`` also folders and buckets.

        One path that is not there is FileNotFoundError; those of a list or pattern count as removed.
        """
        if isinstance(path, str) and not has_magic(path) and not (recursive and self._lists):
            self.rm_file(path)
            return
        paths = self.expand_path(path, recursive=recursive and maxdepth is not None, maxdepth=maxdepth)
        if recursive and maxdepth is None:
            for each in paths:
                self._rm_tree(each)
        else:
            self._rm_many(paths)

    def rm_file(self, path: str) -> None:
        """Remove one file."""
        if self.info(path)["type"] == "directory":
            raise IsADirectoryError(path)
        self._rm_many([path])

    def _rm_many(self, paths: Iterable[str]) -> None:
        keys: dict[str, list[str]] = {}
        for bucket, key in map(self.split, paths):
            if key:
                keys.setdefault(bucket, []).append(key)
        for bucket, those in keys.items():
            self._delete(bucket, those)
        for path in paths:
            self.invalidate_cache(path)

    def _rm_tree(self, path: str) -> None:
        kind = self.info(path)["type"]
        bucket, key = self.split(path)
        below = (found.key for found in self._below(bucket, key))
        self._delete(bucket, chain([key] if kind == "file" else (), below))
        if not key:
            self.storage.delete_bucket(bucket)
        self.invalidate_cache(path)

    def _delete(self, bucket: str, keys: Iterable[str]) -> None:
        for error in self.storage.delete_many(bucket, keys).values():
            raise error  # the first of them; what else could be deleted is
