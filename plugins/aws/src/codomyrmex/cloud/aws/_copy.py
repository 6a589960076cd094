"""Copies within S3 that are too large for CopyObject ("Copying an object using multipart upload")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from codomyrmex.cloud.aws._arguments import PassedThrough
from codomyrmex.cloud.aws._multipart import Multipart
from codomyrmex.cloud.aws._parts import PartPool
from codomyrmex.cloud.aws._upload import part_size

COPIED_AT_ONCE = 512 * 1024 * 1024
"""Bytes of a part, at least. They move within S3, so they may be large; S3 takes up to 5 GiB."""
_KEPT = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ContentType", "Expires", "Metadata")


class CopyInParts(Multipart[range]):
    """An object whose parts are ranges of another one.

    :param source: its Bucket and Key.
    :param head: the answer to HEAD of it. What that says of the object is kept, tags included.
    """

    def __init__(
        self,
        client: Any,
        pool: PartPool,
        target: Mapping[str, str],
        arguments: PassedThrough,
        *,
        source: Mapping[str, str],
        head: Mapping[str, Any],
    ) -> None:
        super().__init__(client, pool, target, arguments)
        self._source = source
        self._head = head

    def copy(self, largest: int) -> dict[str, Any]:
        """Copy all of it. Returns the answer that told so.

        :param largest: bytes that the store copies at once.
        """
        size = self._head["ContentLength"]
        step = max(min(COPIED_AT_ONCE, largest), part_size(size))
        return self.run(range(start, min(start + step, size)) for start in range(0, size, step))

    def _creation(self) -> dict[str, Any]:
        kept = {name: self._head[name] for name in _KEPT if name in self._head}
        if self._head.get("TagCount"):
            tags = self._client.get_object_tagging(**self._source)["TagSet"]
            kept["Tagging"] = urlencode({tag["Key"]: tag["Value"] for tag in tags})
        return kept

    def _size(self, part: range) -> int:
        return len(part)

    def _send(self, upload: Mapping[str, Any], number: int, part: range) -> dict[str, Any]:
        answer = self._client.upload_part_copy(
            **upload,
            PartNumber=number,
            CopySource=dict(self._source),
            CopySourceIfMatch=self._head["ETag"],
            CopySourceRange=f"bytes={part.start}-{part.stop - 1}",
            **self._arguments("UploadPartCopy"),
        )
        return {"ETag": answer["CopyPartResult"]["ETag"]}
