"""What the service's answers say, as results."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from codomyrmex.cloud.common.storage import ObjectInfo
from codomyrmex.cloud.infomaniak.object_storage import _metadata

_MD5 = re.compile("[0-9a-f]{32}")


class ContainerInfo(NamedTuple):
    """What is known of a container."""

    name: str
    objects: int
    bytes: int
    read_acl: str
    """Who may read, such as ``.r:*,.rlistings``; "" if nobody else ("Container ACLs", Swift)."""
    write_acl: str
    """Who may write; "" if nobody else."""
    metadata: Mapping[str, str]


class AccountInfo(NamedTuple):
    """What an account, of which each project has one, holds."""

    containers: int
    """Those of segments included."""
    objects: int
    """Segments included."""
    bytes: int
    quota_bytes: int | None
    """None: no limit."""
    metadata: Mapping[str, str]


def is_large(headers: Mapping[str, str]) -> bool:
    """Whether the object is a static large one."""
    return headers.get("X-Static-Large-Object", "").lower() == "true"


def etag(headers: Mapping[str, str]) -> str:
    """Without its quotes."""
    return headers.get("ETag", "").strip('"')


def md5(headers: Mapping[str, str]) -> str | None:
    """Of the object's data; the ETag of a large object is another."""
    tag = etag(headers)
    composed = is_large(headers) or "X-Object-Manifest" in headers
    return tag if _MD5.fullmatch(tag) and not composed else None


def object_info(bucket: str, key: str, headers: Mapping[str, str]) -> ObjectInfo:
    """Of the answer to HEAD or GET."""
    kept = md5(headers)
    return ObjectInfo(
        bucket,
        key,
        int(headers["Content-Length"]),
        etag(headers) or None,
        modified(headers),
        headers.get("Content-Type"),
        _metadata.decode(headers),
        {"md5": kept} if kept else {},
    )


def listed(bucket: str, entry: Mapping[str, Any]) -> ObjectInfo:
    """Of a line of a listing. It has a content type but no metadata, so neither is told."""
    etag = entry.get("slo_etag", entry["hash"]).strip('"')
    return ObjectInfo(bucket, entry["name"], entry["bytes"], etag, listed_time(entry))


def listed_time(entry: Mapping[str, Any]) -> datetime:
    """When what is listed was written."""
    return datetime.fromisoformat(entry["last_modified"]).replace(tzinfo=UTC)


def modified(headers: Mapping[str, str]) -> datetime | None:
    """When the object was written."""
    if stamp := headers.get("X-Timestamp"):  # finer than the other
        return datetime.fromtimestamp(float(stamp), UTC)
    if date := headers.get("Last-Modified"):
        return parsedate_to_datetime(date).astimezone(UTC)
    return None


def container_info(name: str, headers: Mapping[str, str]) -> ContainerInfo:
    """Of the answer to HEAD."""
    return ContainerInfo(
        name,
        int(headers["X-Container-Object-Count"]),
        int(headers["X-Container-Bytes-Used"]),
        headers.get("X-Container-Read", ""),
        headers.get("X-Container-Write", ""),
        _without_keys(_metadata.decode(headers, _metadata.CONTAINER)),
    )


def account_info(headers: Mapping[str, str]) -> AccountInfo:
    """Of the answer to HEAD."""
    quota = headers.get("X-Account-Meta-Quota-Bytes")
    return AccountInfo(
        int(headers["X-Account-Container-Count"]),
        int(headers["X-Account-Object-Count"]),
        int(headers["X-Account-Bytes-Used"]),
        int(quota) if quota else None,
        _without_keys(_metadata.decode(headers, _metadata.ACCOUNT)),
    )


def _without_keys(metadata: dict[str, str]) -> dict[str, str]:
    """Without what signs temporary URLs."""
    return {name: value for name, value in metadata.items() if not name.startswith("temp-url-key")}
