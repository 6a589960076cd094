"""Static Large Objects as they are: a manifest, and the segments it refers to.

https://docs.openstack.org/swift/latest/overview_large_objects.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

import requests
from codomyrmex.cloud.infomaniak.errors import InfomaniakConnectionError
from codomyrmex.cloud.infomaniak.object_storage._names import SEGMENTS
from codomyrmex.cloud.infomaniak.object_storage._results import is_large
from codomyrmex.cloud.infomaniak.object_storage._swift import Swift


class Segment(NamedTuple):
    """A piece of a large object."""

    container: str
    key: str
    size: int
    """Bytes of it in the large object."""
    hash: str
    """What the manifest says of it; the MD5 of the data if it is ``whole``."""
    range: str | None
    """The bytes of the object that are the segment, such as ``0-99``; None: all."""
    nested: bool
    """Whether it is a large object itself."""
    data: bytes | None = None
    """What the manifest itself holds."""

    @property
    def whole(self) -> bool:
        """Whether it is all of a plain object."""
        return not self.range and not self.nested


def read(swift: Swift, bucket: str, key: str) -> list[Segment] | None:
    """The segments of the object; None if it is no static large one, or not there."""
    head = swift.send("HEAD", bucket, key, accept=(HTTPStatus.NOT_FOUND,))
    if head.status_code == HTTPStatus.NOT_FOUND or not is_large(head.headers):
        return None
    return read_large(swift, bucket, key)


def read_large(swift: Swift, bucket: str, key: str) -> list[Segment] | None:
    """The same, of what was a static large object a moment ago."""
    query = {"multipart-manifest": "get"}
    with swift.send("GET", bucket, key, query=query, stream=True, accept=(HTTPStatus.NOT_FOUND,)) as answer:
        if answer.status_code == HTTPStatus.NOT_FOUND or not is_large(answer.headers):
            return None
        try:
            return [_segment(entry) for entry in answer.json()]
        except requests.RequestException as error:
            raise InfomaniakConnectionError("the connection broke within the manifest of a large object") from error


def own_segments(bucket: str, segments: Iterable[Segment] | None) -> list[str]:
    """Those that are in the container's own container of segments, where each belongs to one manifest alone.

    Segments elsewhere are somebody's objects, or are shared by manifests.
    """
    return [segment.key for segment in segments or () if segment.key and segment.container == bucket + SEGMENTS]


def etag_of(segments: Iterable[Segment]) -> str:
    """The ETag of the large object."""
    tags = (f"{s.hash}:{s.range};" if s.range else s.hash for s in segments)
    return hashlib.md5("".join(tags).encode()).hexdigest()


def _segment(entry: Mapping[str, Any]) -> Segment:
    if "data" in entry:
        data = base64.b64decode(entry["data"])
        return Segment("", "", len(data), hashlib.md5(data).hexdigest(), None, nested=False, data=data)
    container, _, key = entry["name"].lstrip("/").partition("/")
    part = entry.get("range")
    size = entry["bytes"]
    if part:
        first, _, last = part.partition("-")
        size = int(last) - int(first) + 1
    return Segment(container, key, size, entry["hash"], part, bool(entry.get("sub_slo")))
