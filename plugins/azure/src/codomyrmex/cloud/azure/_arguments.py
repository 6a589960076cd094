"""Arguments of the SDK that callers pass through: ``upload_file(..., standard_blob_tier="Cool")``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azure.storage.blob import ContentSettings, StandardBlobTier


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


SETTINGS = _names("cache_control content_disposition content_encoding content_language")
"""Headers that are kept with a blob, beside its content type."""
READING = _names("cpk lease snapshot timeout version_id")
STAGING = _names("cpk encryption_scope lease timeout")
"""What each block needs of `WRITING`."""
WRITING = SETTINGS | STAGING | _names("immutability_policy legal_hold standard_blob_tier tags")
COPYING = _names("destination_lease rehydrate_priority source_lease standard_blob_tier tags timeout")
DELETING = _names("delete_snapshots lease snapshot timeout version_id")
DELETING_MANY = _names("delete_snapshots timeout")
CREATING = _names("container_encryption_scope metadata public_access timeout")
LISTING = _names("results_per_page timeout")
SIGNING_GET = SETTINGS | _names("content_type ip start")
SIGNING_PUT = _names("ip start")

_OF_THE_BLOB = ("snapshot", "version_id")


def check(given: Mapping[str, Any], taken: frozenset[str]) -> None:
    """Raise TypeError for an argument that is not among those an operation takes."""
    if unknown := given.keys() - taken:
        raise TypeError(
            f"no argument of this operation: {', '.join(sorted(unknown))}; it takes {', '.join(sorted(taken))}"
        )


def which(given: Mapping[str, Any]) -> dict[str, Any]:
    """Those that say which blob is meant."""
    return {name: given[name] for name in _OF_THE_BLOB if name in given}


def how(given: Mapping[str, Any]) -> dict[str, Any]:
    """The others, as the SDK takes them."""
    rest = {name: value for name, value in given.items() if name not in SETTINGS and name not in _OF_THE_BLOB}
    if "standard_blob_tier" in rest:
        rest["standard_blob_tier"] = StandardBlobTier(rest["standard_blob_tier"])
    return rest


def settings(content_type: str, given: Mapping[str, Any], md5: bytes | None = None) -> ContentSettings:
    """The headers that are kept with a blob."""
    kept = {name: given[name] for name in SETTINGS if name in given}
    return ContentSettings(content_type=content_type, content_md5=bytearray(md5) if md5 else None, **kept)
