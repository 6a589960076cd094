"""Copies within S3 that are too large for CopyObject ("Copying an object using multipart upload")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from codomyrmex.cloud.aws._arguments import PassedThrough
from codomyrmex.cloud.aws._multipart import Multipart
from codomyrmex.cloud.aws._parts import PartPool
from codomyrmex.cloud.aws._upload import part_size
from codomyrmex.cloud.common.storage import guess_content_type

COPIED_AT_ONCE = 512 * 1024 * 1024
"""Bytes of a part, at least. They move within S3, so they may be large; S3 takes up to 5 GiB."""
_HEADERS = ("CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "Expires")
_METADATA = (*_HEADERS, "ContentType", "Metadata")
"""What MetadataDirective is about."""
_OF_SOURCE = {
    "CopySourceSSECustomerAlgorithm": "SSECustomerAlgorithm",
    "CopySourceSSECustomerKey": "SSECustomerKey",
    "CopySourceSSECustomerKeyMD5": "SSECustomerKeyMD5",
    "ExpectedSourceBucketOwner": "ExpectedBucketOwner",
    "RequestPayer": "RequestPayer",
}


def reading_arguments(s3: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments for requests that read the source, of those of the copy."""
    return {name: s3[given] for given, name in _OF_SOURCE.items() if given in s3}


def directed(s3: Mapping[str, Any], head: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The arguments of a copy, with the directives that they need.

    CopyObject ignores headers and tags unless a directive says REPLACE, and then keeps none of the source's. So a
    header that is given takes REPLACE, and all others with it. REPLACE by the caller keeps nothing: the content type
    is guessed, as for an upload (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html).

    :param s3: as the caller gave them.
    :param head: the answer to HEAD of the source.
    :param key: of the copy.
    """
    arguments = {name: value for name, value in s3.items() if name not in (*_HEADERS, "Tagging")}
    headers = {name: s3[name] for name in _HEADERS if name in s3}
    if s3.get("MetadataDirective") == "REPLACE":
        arguments |= {"ContentType": guess_content_type(key), "Metadata": {}, **headers}
    elif headers and "MetadataDirective" not in s3:
        arguments |= {**_described(head), **headers, "MetadataDirective": "REPLACE"}
    if "Tagging" in s3 and s3.get("TaggingDirective", "REPLACE") == "REPLACE":
        arguments |= {"Tagging": s3["Tagging"], "TaggingDirective": "REPLACE"}
    return arguments


def _described(head: Mapping[str, Any]) -> dict[str, Any]:
    return {name: head[name] for name in _METADATA if name in head}


def step(size: int, largest: int) -> int:
    """Bytes of a part of an object of ``size`` bytes, where ``largest`` are copied at once."""
    return max(min(COPIED_AT_ONCE, largest), part_size(size))


class CopyInParts(Multipart[range]):
    """An object whose parts are ranges of another one.

    :param arguments: as `directed` makes them.
    :param source: its Bucket and Key.
    :param head: the answer to HEAD of it. What that says of the object is kept, tags included, unless a directive
        says REPLACE.
    :param reading: arguments for requests that read the source.
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
        reading: PassedThrough,
    ) -> None:
        super().__init__(client, pool, target, arguments)
        self._source = source
        self._head = head
        self._reading = reading

    def copy(self, largest: int) -> dict[str, Any]:
        """Copy all of it. Returns the answer that told so.

        :param largest: bytes that the store copies at once.
        """
        size = self._head["ContentLength"]
        part = step(size, largest)
        return self.run(range(start, min(start + part, size)) for start in range(0, size, part))

    def _creation(self) -> dict[str, Any]:
        directives = self._arguments("CopyObject")
        kept = {} if directives.get("MetadataDirective") == "REPLACE" else _described(self._head)
        if self._head.get("TagCount") and directives.get("TaggingDirective") != "REPLACE":
            tags = self._client.get_object_tagging(**self._source, **self._reading("GetObjectTagging"))["TagSet"]
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
