"""What is known of one object or file, wherever it lies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from codomyrmex.cloud.common import ObjectInfo


class Entry(NamedTuple):
    """An object or file, as a listing or `stat` tells it."""

    key: str
    """Below the prefix or folder, with slashes."""
    size: int
    """Bytes."""
    modified: int | None = None
    """Microseconds since 1970; None where it is not told."""
    etag: str | None = None
    content_type: str | None = None
    metadata: Mapping[str, str] = {}
    checksums: Mapping[str, str] = {}
    """As those of `ObjectInfo`."""

    @property
    def mark(self) -> str:
        """By which one sees that the object is another than it was."""
        return f"{self.size} {self.etag or self.modified}"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def entry_of(info: ObjectInfo, key: str) -> Entry:
    """The entry for what a storage tells of an object."""
    modified = None
    if info.last_modified is not None:
        since = info.last_modified - _EPOCH
        modified = (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds  # exact, unlike a float
    return Entry(key, info.size, modified, info.etag, info.content_type, dict(info.metadata), dict(info.checksums))
