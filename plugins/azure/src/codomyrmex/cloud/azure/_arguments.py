"""Arguments of the SDK that callers pass through: ``upload_file(..., standard_blob_tier="Cool")``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azure.storage.blob import ContentSettings, StandardBlobTier
from codomyrmex.cloud.azure import options

SETTINGS = options.Headers.__optional_keys__
"""Headers that are kept with a blob, beside its content type."""
READING = options.Reading.__optional_keys__
STAGING = options.Staging.__optional_keys__
"""What each block needs of `WRITING`."""
WRITING = options.Writing.__optional_keys__
COPYING = options.Copying.__optional_keys__
DELETING = options.Deleting.__optional_keys__
DELETING_MANY = options.DeletingMany.__optional_keys__
CREATING = options.CreatingBucket.__optional_keys__
LISTING = options.Listing.__optional_keys__
SIGNING_GET = options.PresigningDownload.__optional_keys__
SIGNING_PUT = options.Presigning.__optional_keys__

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
    if rest.get("standard_blob_tier") is not None:
        rest["standard_blob_tier"] = StandardBlobTier(rest["standard_blob_tier"])
    return rest


def settings(content_type: str, given: Mapping[str, Any], md5: bytes | None = None) -> ContentSettings:
    """The headers that are kept with a blob."""
    kept = {name: given[name] for name in SETTINGS if name in given}
    return ContentSettings(content_type=content_type, content_md5=bytearray(md5) if md5 else None, **kept)
