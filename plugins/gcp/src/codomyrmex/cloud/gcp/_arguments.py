"""Arguments of the SDK that callers pass through: ``upload_file(..., storage_class="NEARLINE")``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codomyrmex.cloud.gcp import options
from google.cloud.storage import Blob, Bucket

_OURS = {"acl", "chunk_size", "content_type", "crc32c", "location", "md5_hash", "metadata", "name"}
"""Set by the storage itself, from its own arguments."""


def _settable(kind: type) -> frozenset[str]:
    """The attributes of the SDK's class that may be set."""
    found = {name for name in dir(kind) if isinstance(p := getattr(kind, name), property) and p.fset is not None}
    return frozenset(name for name in found - _OURS if not name.startswith("_"))


OF_BLOB = _settable(Blob)
OF_BUCKET = _settable(Bucket)
TO_READ = options.Reading.__optional_keys__
TO_UPLOAD = OF_BLOB | options.ObjectAccess.__optional_keys__
TO_COPY = OF_BLOB
TO_DELETE = options.Deleting.__optional_keys__
TO_CREATE = OF_BUCKET | options.BucketCreation.__optional_keys__
TO_PRESIGN = options.Presigning.__optional_keys__


def check(given: Mapping[str, Any], taken: frozenset[str]) -> None:
    """Raise TypeError for an argument that is not one of these."""
    unknown = given.keys() - taken
    if unknown:
        raise TypeError(f"no argument of Cloud Storage, or not yours to set: {', '.join(sorted(unknown))}")


def apply(given: Mapping[str, Any], settable: frozenset[str], target: Blob | Bucket) -> dict[str, Any]:
    """Set those that are attributes; returns the others, which are arguments of the call."""
    others = {}
    for name, value in given.items():
        if name in settable:
            setattr(target, name, value)
        else:
            others[name] = value
    return others
