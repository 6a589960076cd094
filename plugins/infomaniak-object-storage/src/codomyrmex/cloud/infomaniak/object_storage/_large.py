"""Static Large Objects as they are made: segments in parallel, then the manifest that makes one object of them.

A segment's name is the object's key, ``/slo/``, the upload's id and the number, all in the container of segments.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple, TypeVar

from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakContainerNotFoundError,
    InfomaniakIntegrityError,
)
from codomyrmex.cloud.infomaniak.object_storage import _bulk, _manifests
from codomyrmex.cloud.infomaniak.object_storage._manifests import Segment
from codomyrmex.cloud.infomaniak.object_storage._names import LONGEST_KEY, path, segments_of
from codomyrmex.cloud.infomaniak.object_storage._results import etag
from codomyrmex.cloud.infomaniak.object_storage._swift import Swift
from codomyrmex.cloud.plugin import Progress
from codomyrmex.cloud.rest.parallel import in_order

P = TypeVar("P")
_MIB = 1024 * 1024
SEGMENT = 16 * _MIB
"""Bytes of a segment, unless the object is so large that it would have too many."""
LARGEST_SEGMENT = 5 * 1024 * _MIB
"""Bytes of the largest plain object."""
MOST_SEGMENTS = 1000
"""Of a manifest, unless the cluster takes fewer."""
_FOR_MANIFEST, _FOR_SEGMENT = 60.0, 0.1
"""Seconds that the service may take for a manifest, and for each segment, which it looks at."""
_NAME = re.compile(r"(?P<upload>(?P<key>.*)/slo/(?P<id>[0-9a-f]{32})/)(?P<number>\d{8})", re.DOTALL)
LONGEST_IN_NAME = LONGEST_KEY - len("/slo/") - 32 - len("/") - 8
"""Bytes of a key that stand in the names of its segments; the others are cut off."""


class Name(NamedTuple):
    """What the name of a segment says."""

    upload: str
    """What the names of all segments of one upload begin with."""
    key: str
    """The object's key; of one that is too long, its beginning."""
    upload_id: str


def name_of(segment: str) -> Name | None:
    """What it says; None if it is not of this module."""
    found = _NAME.fullmatch(segment)
    return found and Name(found["upload"], found["key"], found["id"])


def keys_of(segment: str) -> set[str]:
    """The keys of which this may be a segment, by its name: of this module, or of the S3 API."""
    return {segment.rsplit("/", parts)[0] for parts in (2, 3)}


def segment_size(size: int | None, sent: int = 0, most: int = MOST_SEGMENTS) -> int:
    """Bytes of the next segment of an object of ``size`` bytes.

    Segments of an object of known size are equal, in whole MiB, and no more than ``most``. Where the size is not
    known they grow, behind the first two GiB, by a 142nd of what was sent, so that 1,000 reach 890 GiB.
    """
    wanted = sent // max(most // 7, 1) if size is None else -(-size // most // _MIB) * _MIB
    return min(max(SEGMENT, wanted), LARGEST_SEGMENT)


class LargeObject:
    """One that is made of data, or of another's segments.

    :param headers: of the manifest: content type, metadata, If-None-Match.
    """

    def __init__(self, swift: Swift, bucket: str, key: str, headers: Mapping[str, str]) -> None:
        self._swift, self._bucket, self._key, self._headers = swift, bucket, key, headers
        self._container = segments_of(bucket)
        beginning = key.encode()[:LONGEST_IN_NAME].decode(errors="ignore")
        self._upload = f"{beginning}/slo/{os.urandom(16).hex()}/"
        self._begun = 0
        self._manifest_sent = False
        self.size = 0
        """Bytes of it, so far."""

    def upload(self, segments: Iterable[bytes], progress: Progress | None = None) -> Mapping[str, str]:
        """Make it of these data. Returns the headers of the answer. Of a failure nothing is left."""
        return self._make(segments, self._put, len, progress)

    def copy(self, segments: Iterable[Segment], timeout: float) -> Mapping[str, str]:
        """Make it of copies of these segments, which the service makes. Returns as `upload` does.

        :param timeout: seconds for one of them.
        """
        return self._make(segments, partial(self._copy, timeout), None, None)

    def _make(
        self,
        parts: Iterable[P],
        put: Callable[[str, P], dict[str, Any]],
        memory_of: Callable[[P], int] | None,
        progress: Progress | None,
    ) -> Mapping[str, str]:
        self._make_container()
        entries = []

        def named_size(item: tuple[str, P]) -> int:
            return memory_of(item[1]) if memory_of else 0

        try:
            for entry in in_order(lambda item: put(*item), self._named(parts), memory_of=named_size):
                entries.append(entry)
                self.size += entry["size_bytes"]
                if progress is not None:
                    progress(entry["size_bytes"])
            return self._put_manifest(entries)
        except BaseException as error:
            self._undo(error)
            raise

    def _named(self, parts: Iterable[P]) -> Iterator[tuple[str, P]]:
        for part in parts:
            self._begun += 1
            yield self._segment(self._begun), part
            del part  # else it would be held until the next one was read

    def _segment(self, number: int) -> str:
        return f"{self._upload}{number:08}"

    def _make_container(self) -> None:
        """The container of segments, which whoever reads or writes the objects must reach too."""
        made = self._swift.send("PUT", self._container)
        if made.status_code == HTTPStatus.CREATED:
            bucket = self._swift.send("HEAD", self._bucket, accept=(HTTPStatus.NOT_FOUND,))
            if bucket.status_code == HTTPStatus.NOT_FOUND:
                self._swift.send("DELETE", self._container, accept=(HTTPStatus.NOT_FOUND,))
                raise InfomaniakContainerNotFoundError(f"no container {self._bucket!r}", 404)
            names = ("X-Container-Read", "X-Container-Write")
            if acl := {name: bucket.headers[name] for name in names if bucket.headers.get(name)}:
                self._swift.send("POST", self._container, headers=acl)

    def _put(self, name: str, data: bytes) -> dict[str, Any]:
        md5 = hashlib.md5(data).hexdigest()
        headers = {"ETag": md5, "Content-Type": "application/octet-stream"}
        self._swift.send("PUT", self._container, name, headers=headers, data=data)
        return self._entry(name, md5, len(data))

    def _copy(self, timeout: float, name: str, segment: Segment) -> dict[str, Any]:
        if segment.data is not None:
            return self._put(name, segment.data)
        headers = {"X-Copy-From": path(segment.container, segment.key)}
        if segment.range:
            headers["Range"] = f"bytes={segment.range}"
        answer = self._swift.send("PUT", self._container, name, headers=headers, data=b"", timeout=timeout)
        copied = etag(answer.headers)
        if segment.whole and copied != segment.hash:
            raise InfomaniakIntegrityError("a segment was replaced or damaged: the copy would be another object")
        return self._entry(name, copied, segment.size)

    def _entry(self, name: str, md5: str, size: int) -> dict[str, Any]:
        return {"path": f"/{self._container}/{name}", "etag": md5, "size_bytes": size}

    def _put_manifest(self, entries: list[dict[str, Any]]) -> Mapping[str, str]:
        expected = hashlib.md5("".join(entry["etag"] for entry in entries).encode()).hexdigest()
        self._manifest_sent = True
        try:
            answer = self._swift.send(
                "PUT",
                self._bucket,
                self._key,
                query={"multipart-manifest": "put"},
                headers={**self._headers, "ETag": expected},
                data=json.dumps(entries).encode(),
                repeats="If-None-Match" not in self._headers,
                timeout=_FOR_MANIFEST + len(entries) * _FOR_SEGMENT,
            )
        except CloudError:
            if not self._is_stored():
                raise
            answer = self._swift.send("HEAD", self._bucket, self._key)  # only the answer was lost
        answer.headers["ETag"] = expected
        return answer.headers

    def _is_stored(self) -> bool | None:
        """Whether the object is made of these segments; None if that cannot be told."""
        try:
            found = _manifests.read(self._swift, self._bucket, self._key)
        except CloudError:
            return None
        return any(segment.key.startswith(self._upload) for segment in found or ())

    def _undo(self, error: BaseException) -> None:
        """Remove the segments, unless the object is made of them."""
        stored = self._is_stored() if self._manifest_sent else False
        if stored:
            return
        left = True
        if stored is False:
            names = [self._segment(number) for number in range(1, self._begun + 1)]
            with suppress(CloudError):
                left = bool(_bulk.delete(self._swift, self._container, names))
        if left:
            error.add_note("its segments are left; remove_unfinished_uploads() removes them")


def copied_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Of a HEAD: what belongs to the object beside its data."""
    kept = ("content-type", "content-encoding", "content-disposition", "x-delete-at")
    return {n: v for n, v in headers.items() if n.lower() in kept or n.lower().startswith("x-object-meta-")}
