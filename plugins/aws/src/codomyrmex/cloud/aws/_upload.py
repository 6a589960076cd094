"""Uploads of more than one request carries."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from codomyrmex.cloud.aws._arguments import PassedThrough
from codomyrmex.cloud.aws._integrity import Crc32, confirm, content_md5
from codomyrmex.cloud.aws._multipart import Multipart
from codomyrmex.cloud.aws._parts import PART_SIZE, PartPool

MOST_PARTS = 10_000
_MIB = 1024 * 1024


def part_size(size: int | None, sent: int = 0) -> int:
    """Bytes of the next part of an object of ``size`` bytes.

    Parts of an object of known size are equal, in whole MiB, and no more than 10,000. Where the size
    is not known they grow with what was sent, so that 10,000 of them reach S3's limit of 5 TiB.
    """
    return max(PART_SIZE, sent // 1390 if size is None else -(-size // MOST_PARTS // _MIB) * _MIB)


class UploadInParts(Multipart[bytes]):
    """An upload whose parts are data.

    :param about: what is kept with it: ContentType, Metadata.
    :param conditions: IfMatch or IfNoneMatch.
    :param crc32: keep the CRC-32 of the whole object beside it; else each part carries its MD5.
    """

    def __init__(
        self,
        client: Any,
        pool: PartPool,
        target: Mapping[str, str],
        arguments: PassedThrough,
        about: Mapping[str, Any],
        conditions: Mapping[str, str],
        *,
        crc32: bool,
    ) -> None:
        super().__init__(client, pool, target, arguments)
        self._about = about
        self._conditions = conditions
        self._crc32 = Crc32() if crc32 else None

    def _creation(self) -> dict[str, Any]:
        checksum = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"} if self._crc32 else {}
        return {**self._about, **checksum}

    def _completion(self) -> dict[str, Any]:
        checksum = {"ChecksumCRC32": self._crc32.base64(), "ChecksumType": "FULL_OBJECT"} if self._crc32 else {}
        return {**self._conditions, **checksum}

    def _size(self, part: bytes) -> int:
        if self._crc32:  # here, where the parts pass in order
            self._crc32.update(part)
        return len(part)

    def _memory(self, part: bytes) -> int:
        return len(part)

    def _send(self, upload: Mapping[str, Any], number: int, part: bytes) -> dict[str, Any]:
        arguments = {**upload, "PartNumber": number, "Body": part, **self._arguments("UploadPart")}
        if self._crc32:
            answer = self._client.upload_part(**arguments, ChecksumAlgorithm="CRC32")
            return {"ETag": answer["ETag"], "ChecksumCRC32": answer["ChecksumCRC32"]}
        md5 = hashlib.md5(part).digest()
        answer = self._client.upload_part(**arguments, ContentMD5=content_md5(md5))
        confirm(answer, md5)
        return {"ETag": answer["ETag"]}
