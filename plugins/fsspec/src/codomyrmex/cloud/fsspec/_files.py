"""Files as fsspec opens them: read by ranges, written whole or not at all."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Mapping
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import Any

from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.errors import AlreadyExists, ObjectNotFound, PreconditionFailed
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem

IN_MEMORY = 8 * 1024 * 1024
"""Bytes of a file being written that are kept in memory; a longer one is in a temporary file."""


class Reader(AbstractBufferedFile):
    """An object read by ranges, ahead and again by fsspec's caches.

    :param whole: the object's data, where each range would fetch all of it.
    """

    def __init__(
        self, fs: AbstractFileSystem, path: str, *args: Any, whole: bytes | None = None, **kwargs: Any
    ) -> None:
        self._whole = whole
        if whole is not None:
            kwargs |= {"size": len(whole), "cache_type": "none", "cache_options": None}
        super().__init__(fs, path, *args, **kwargs)

    def _fetch_range(self, start: int, end: int) -> bytes:
        if self._whole is not None:
            return self._whole[start:end]
        data: bytes = super()._fetch_range(start, end)
        return data


class Writer(io.BufferedIOBase):
    """A file that becomes an object when it is closed, or in its transaction.

    It becomes none when an exception closes it, or when nobody does. It may be read from and moved
    about in as it is written.

    :param fs: tells whether the path exists, and forgets its listings once the object is stored.
    :param storage: stores the object, as ``key`` of ``bucket``.
    """

    def __init__(
        self,
        fs: AbstractFileSystem,
        path: str,
        mode: str,
        *,
        storage: StorageClient,
        bucket: str,
        key: str,
        autocommit: bool = True,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self.fs, self.path, self.mode, self.autocommit = fs, path, mode, autocommit
        self._dropped = False
        self._handled = sys.exc_info()[1]
        self._options: dict[str, Any] = {"content_type": content_type, "metadata": metadata}
        self._storage, self._bucket, self._key = storage, bucket, key
        if mode == "xb":
            self._create()
        self._spool = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed when the file is
        if mode == "ab":
            try:
                self._append()
            except BaseException:
                self.discard()
                raise

    def _create(self) -> None:
        if self.fs.exists(self.path):
            raise AlreadyExists(f"{self.path} exists already")
        if Capability.CONDITIONAL_CREATE in self._storage.capabilities:
            self._options["if_none_match"] = "*"

    def _append(self) -> None:
        """Begin with what is there; where the storage can tell, what others write meanwhile is not lost."""
        storage = self._storage
        try:
            info = storage.stat(self._bucket, self._key)
        except ObjectNotFound:
            if Capability.CONDITIONAL_CREATE in storage.capabilities:
                self._options["if_none_match"] = "*"
            return
        with storage.open_read(self._bucket, self._key) as source:
            copyfileobj(source, self._spool)
        kept = {"content_type": info.content_type, "metadata": info.metadata}
        self._options = {name: given or kept[name] for name, given in self._options.items()}
        if Capability.CONDITIONAL_REPLACE in storage.capabilities:
            self._options["if_match"] = info.etag

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if self.closed:  # though what waits for its transaction is still there
            raise ValueError("write to a closed file")
        return self._spool.write(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._spool.seek(offset, whence)

    def tell(self) -> int:
        return self._spool.tell()

    def truncate(self, size: int | None = None) -> int:
        return self._spool.truncate(size)

    def close(self) -> None:
        """Store the object, unless this happens because of an exception."""
        if self.closed:
            return
        # nobody tells the text and compression layers above, nor fsspec.open(), why they are closed
        error = sys.exc_info()[1]
        if self._dropped or (error is not None and error is not self._handled):
            self.discard()
        elif self.autocommit:
            self.commit()
        else:
            super().close()

    def commit(self) -> None:
        """Store the object; nothing, if it was discarded."""
        if self._spool.closed:
            return
        try:
            self._spool.seek(0)
            options = {name: value for name, value in self._options.items() if value}
            self._storage.upload_stream(self._bucket, self._key, self._spool, **options)  # type: ignore[arg-type]
        except PreconditionFailed as error:
            if self.mode == "xb":
                raise AlreadyExists(f"{self.path} exists already") from error
            raise
        finally:
            self.discard()
        self.fs.invalidate_cache(self.path)

    def discard(self) -> None:
        """Close, and store nothing."""
        self._spool.close()
        super().close()

    def __del__(self) -> None:
        if "_spool" in vars(self) and not self._spool.closed:
            if not self.closed:
                warnings.warn(f"{self.path} was never closed, and is not stored", ResourceWarning, stacklevel=2)
            self.discard()

    def _dealloc_warn(self, source: object) -> None:
        """What CPython's TextIOWrapper calls when it was never closed, before it closes this file."""
        self._dropped = True
        warnings.warn(f"{self.path} was never closed, and is not stored", ResourceWarning, stacklevel=2)


class Compressed(io.BufferedIOBase):
    """A file that compresses what it is given; closing it closes the file below, as those of compressors do not."""

    def __init__(self, compressor: Any, below: Writer) -> None:
        self._compressor, self._below = compressor, below

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        written: int = self._compressor.write(data)
        return written

    def close(self) -> None:
        if not self.closed:
            try:
                self._compressor.close()
            finally:
                self._below.close()
                super().close()

    def __del__(self) -> None:
        if not self.closed:
            self._dealloc_warn(self)
            self._below.discard()

    def _dealloc_warn(self, source: object) -> None:
        self._below._dealloc_warn(source)
