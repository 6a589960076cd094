"""That data arrives as it was sent: CRC-32C both ways ("Data validation and change detection")."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import google_crc32c
from codomyrmex.cloud.errors import IntegrityError


class Crc32c:
    """CRC-32C with the methods of hashlib."""

    def __init__(self, data: bytes = b"") -> None:
        self._value: int = google_crc32c.value(data)

    def update(self, data: Any) -> None:
        self._value = google_crc32c.extend(self._value, bytes(data))

    def base64(self) -> str:
        """As the service has it."""
        return base64.b64encode(self._value.to_bytes(4, "big")).decode()


class Verifier(Crc32c):
    """Takes the data of a whole object as it comes, and says at the end whether it is what is kept."""

    def __init__(self, expected: str) -> None:
        super().__init__()
        self._expected = expected

    def verify(self) -> None:
        """Raise IntegrityError if anything else was read than the service keeps."""
        if self.base64() != self._expected:
            raise IntegrityError("the data that arrived is not what the service keeps; try again", retryable=True)


def hashes(header: str | None) -> dict[str, str]:
    """Of ``x-goog-hash: crc32c=...,md5=...``: algorithm to checksum in base64."""
    pairs = (part.strip().partition("=") for part in (header or "").split(","))
    return {name: value for name, _, value in pairs if value}


def checksums(kept: Mapping[str, str | None]) -> dict[str, str]:
    """Algorithm to hexadecimal digest, of checksums in base64; composed objects have no MD5."""
    return {name: binascii.a2b_base64(value).hex() for name, value in kept.items() if value}
