"""That data arrives as it was sent: checksums of uploads, and what a download is verified by.

AWS itself keeps a CRC-32 of the whole object beside it ("Checking object integrity" in the Amazon S3
user guide). Every other store takes a Content-MD5, and answers with an ETag that is the MD5 of the
data or, for an object uploaded in parts, the MD5 of the parts' MD5s and their number.
"""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from codomyrmex.cloud.errors import IntegrityError

_PLAIN = re.compile(r"[0-9a-f]{32}")
_PARTS = re.compile(r"[0-9a-f]{32}-([0-9]+)")


class Digest(Protocol):
    """What hashlib's objects do."""

    def update(self, data: Any, /) -> None: ...
    def hexdigest(self) -> str: ...


class Crc32:
    """CRC-32 with the methods of hashlib."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: Any) -> None:
        self._value = zlib.crc32(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:08x}"

    def base64(self) -> str:
        """As a header has it."""
        return base64.b64encode(self._value.to_bytes(4, "big")).decode()


class PartsMD5:
    """The ETag of an object uploaded in parts of one size, the last one smaller."""

    def __init__(self, part_size: int) -> None:
        self._part_size = part_size
        self._whole = hashlib.md5()
        self._part = hashlib.md5()
        self._parts = self._filled = 0

    def update(self, data: Any) -> None:
        view = memoryview(data)
        while view:
            if self._filled == self._part_size:
                self._end_part()
            piece = view[: self._part_size - self._filled]
            self._part.update(piece)
            self._filled += len(piece)
            view = view[len(piece) :]

    def hexdigest(self) -> str:
        if self._filled:
            self._end_part()
        return f"{self._whole.hexdigest()}-{self._parts}"

    def _end_part(self) -> None:
        self._whole.update(self._part.digest())
        self._part = hashlib.md5()
        self._parts += 1
        self._filled = 0


class Verifier:
    """Takes the data of a whole object as it comes, and says at the end whether it is what is kept."""

    def __init__(self, digest: Digest, expected: str) -> None:
        self.update = digest.update
        self._digest = digest
        self._expected = expected

    def verify(self) -> None:
        """Raise IntegrityError if anything else was read than the service keeps."""
        if self._digest.hexdigest() != self._expected:
            raise IntegrityError("the data that arrived is not what the service keeps; try again", retryable=True)


_FIELDS = tuple((f"Checksum{name.upper()}", name) for name in ("crc32", "crc32c", "crc64nvme", "sha1", "sha256"))
_DIGESTS: dict[str, Callable[[], Digest]] = {"crc32": Crc32, "sha256": hashlib.sha256, "sha1": hashlib.sha1}


def checksums(answer: Mapping[str, Any]) -> dict[str, str]:
    """Of an answer to GET, HEAD or PUT: the checksums of the whole object, as hexadecimal digests."""
    found = {}
    if answer.get("ChecksumType", "FULL_OBJECT") == "FULL_OBJECT":
        for field, name in _FIELDS:
            value = answer.get(field)
            if value and "-" not in value:  # "...-3" is one of three parts' checksums
                found[name] = base64.b64decode(value).hex()
    tag = etag(answer)
    if _PLAIN.fullmatch(tag) and _tag_is_md5(answer):
        found["md5"] = tag
    return found


def etag(answer: Mapping[str, Any]) -> str:
    """The ETag without its quotes."""
    return str(answer.get("ETag", "")).strip('"')


def verifier(answer: Mapping[str, Any], size_of: Callable[..., int | None]) -> Verifier | None:
    """What verifies a download, or None where the service keeps nothing that could.

    :param answer: to GET or HEAD, for the whole object.
    :param size_of: asks the service for the bytes of the object, or of a part by ``PartNumber=``;
        called only where the parts' ETag is all there is. None where that is not told.
    """
    kept = checksums(answer)
    for name, make in _DIGESTS.items():
        if name in kept:
            return Verifier(make(), kept[name])
    if "md5" in kept:
        return Verifier(hashlib.md5(), kept["md5"])
    tag = etag(answer)
    if (parts := _PARTS.fullmatch(tag)) and _tag_is_md5(answer) and (part := size_of(PartNumber=1)):
        size, count = answer["ContentLength"], int(parts[1])
        alike = size_of(PartNumber=count) == size - (count - 1) * part  # all parts, but the last
        if alike or size_of() != size:  # of another size it can only fail
            return Verifier(PartsMD5(part), tag)
    return None


def content_md5(digest: bytes) -> str:
    """The header Content-MD5."""
    return base64.b64encode(digest).decode()


def confirm(answer: Mapping[str, Any], digest: bytes) -> None:
    """Raise IntegrityError if the answer to an upload shows that something else arrived.

    :param digest: the data's MD5; a store that heeds Content-MD5 refuses damaged data by itself.
    """
    tag = etag(answer)
    if tag != digest.hex() and _PLAIN.fullmatch(tag) and _tag_is_md5(answer):
        raise IntegrityError("the service keeps other data than was sent: send it again", retryable=True)


def parts_etag(parts: Iterable[Mapping[str, Any]]) -> str:
    """The ETag of the object that is made of these parts."""
    tags = [etag(part) for part in parts]
    joined = b"".join(bytes.fromhex(tag) for tag in tags if _PLAIN.fullmatch(tag))
    return f"{hashlib.md5(joined).hexdigest()}-{len(tags)}"


def _tag_is_md5(answer: Mapping[str, Any]) -> bool:
    """Not with keys of KMS or of the customer ("Common response headers", ETag)."""
    return "SSECustomerAlgorithm" not in answer and answer.get("ServerSideEncryption", "AES256") == "AES256"
