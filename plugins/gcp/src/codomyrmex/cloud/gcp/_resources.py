"""What the service says of an object, as an `ObjectInfo`; and what a request says of the object it wants."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from codomyrmex.cloud.common.storage import ObjectInfo
from codomyrmex.cloud.gcp._integrity import checksums, hashes


def conditions_of(if_match: str | None, if_none_match: str | None) -> dict[str, int]:
    """The SDK's preconditions ("Request preconditions"). ValueError for what is no generation."""
    if if_match is not None:
        if not if_match.isdecimal() or int(if_match) == 0:  # 0 would mean: if there is none
            raise ValueError(f"if_match takes the etag of an ObjectInfo, which is its generation, not {if_match!r}")
        return {"if_generation_match": int(if_match)}
    return {} if if_none_match is None else {"if_generation_match": 0}


def info(bucket: str, key: str, resource: Mapping[str, Any]) -> ObjectInfo:
    """Of an object's resource representation in the JSON API."""
    updated = resource.get("updated")
    return ObjectInfo(
        bucket,
        key,
        int(resource.get("size", 0)),
        str(resource["generation"]) if resource.get("generation") else None,
        datetime.fromisoformat(updated) if updated else None,
        resource.get("contentType"),
        dict(resource.get("metadata") or {}),
        checksums({"crc32c": resource.get("crc32c"), "md5": resource.get("md5Hash")}),
    )


def info_of_data(bucket: str, key: str, response: requests.Response) -> ObjectInfo:
    """Of the headers that come with data. They leave out the user's metadata."""
    headers = response.headers
    modified = headers.get("Last-Modified")
    return ObjectInfo(
        bucket,
        key,
        size_of(response),
        headers.get("X-Goog-Generation"),
        parsedate_to_datetime(modified).astimezone(UTC) if modified else None,
        headers.get("Content-Type"),
        checksums=checksums(hashes(headers.get("X-Goog-Hash"))),
    )


def size_of(response: requests.Response) -> int:
    """Bytes of all of the object, as it is stored."""
    return int(response.headers.get("X-Goog-Stored-Content-Length") or response.headers["Content-Length"])


def encryption_headers(key: bytes | None) -> dict[str, str]:
    """Of a key of the user's own ("Customer-supplied encryption keys")."""
    if key is None:
        return {}
    return {
        "X-Goog-Encryption-Algorithm": "AES256",
        "X-Goog-Encryption-Key": base64.b64encode(key).decode(),
        "X-Goog-Encryption-Key-Sha256": base64.b64encode(hashlib.sha256(key).digest()).decode(),
    }
