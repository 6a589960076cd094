"""Segments of large uploads that were begun and never ended, such as a killed process leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from codomyrmex.cloud.infomaniak.errors import InfomaniakContainerNotFoundError
from codomyrmex.cloud.infomaniak.object_storage import _bulk, _large, _manifests
from codomyrmex.cloud.infomaniak.object_storage._names import segments_of
from codomyrmex.cloud.infomaniak.object_storage._results import listed_time
from codomyrmex.cloud.infomaniak.object_storage._swift import Swift
from codomyrmex.cloud.rest.parallel import in_order


class UnfinishedUpload(NamedTuple):
    """Segments that no object is made of, of an upload that goes on or broke. They are billed."""

    bucket: str
    key: str
    """The object's; of one longer than 978 bytes, its beginning."""
    upload_id: str
    segments: int
    size: int
    """Bytes of the segments that were sent."""
    last_modified: datetime
    """When the latest of them was sent; with time zone."""


def find(swift: Swift, bucket: str, prefix: str = "") -> Iterator[UnfinishedUpload]:
    """Those of keys that begin with ``prefix``."""
    uploads = _uploads(swift, bucket, prefix)
    candidates = [(name, upload) for name, upload in uploads if not _is_made_of(swift, bucket, name)]
    if candidates:
        elsewhere = _referred(swift, bucket)  # such as by a manifest that another program copied
        yield from (upload for name, upload in candidates if name.upload not in elsewhere)


def remove(swift: Swift, bucket: str, upload: UnfinishedUpload) -> None:
    """Remove its segments. Raises the first failure."""
    container = segments_of(bucket)
    prefix = f"{upload.key}/slo/{upload.upload_id}/"
    failures = _bulk.delete(swift, container, [entry["name"] for entry in swift.entries(container, prefix=prefix)])
    for failure in failures.values():
        raise failure


def _uploads(swift: Swift, bucket: str, prefix: str) -> Iterator[tuple[_large.Name, UnfinishedUpload]]:
    """All uploads of which there are segments."""

    def upload_of(entry: dict[str, Any]) -> _large.Name | None:
        return _large.name_of(entry["name"])

    entries = swift.entries(segments_of(bucket), prefix=prefix)
    try:
        for name, segments in groupby(entries, upload_of):
            if name is None or not name.key.startswith(prefix):
                continue
            count = size = 0
            latest = None
            for segment in segments:
                count += 1
                size += segment["bytes"]
                latest = max(latest or listed_time(segment), listed_time(segment))
            if latest is not None:
                yield name, UnfinishedUpload(bucket, name.key, name.upload_id, count, size, latest)
    except InfomaniakContainerNotFoundError:  # nothing large was ever written
        swift.send("HEAD", bucket)


def _is_made_of(swift: Swift, bucket: str, upload: _large.Name) -> bool:
    found = _manifests.read(swift, bucket, upload.key)
    return any(key.startswith(upload.upload) for key in _manifests.own_segments(bucket, found))


def _referred(swift: Swift, bucket: str) -> set[str]:
    """The uploads whose segments any manifest in the bucket refers to."""
    large = (
        entry["name"]
        for entry in swift.entries(bucket)
        if "slo_etag" in entry or len(entry["name"].encode()) > _large.LONGEST_IN_NAME
    )
    referred: set[str] = set()
    try:
        for segments in in_order(lambda key: _manifests.read(swift, bucket, key), large):
            names = (_large.name_of(key) for key in _manifests.own_segments(bucket, segments))
            referred |= {name.upload for name in names if name}
    except InfomaniakContainerNotFoundError:  # it was deleted, and only segments are left
        pass
    return referred
