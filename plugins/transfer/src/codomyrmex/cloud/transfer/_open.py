"""The two places of a transfer."""

from __future__ import annotations

import os
from typing import Unpack

from codomyrmex.cloud.common.storage import Path
from codomyrmex.cloud.errors import LocalFileError, LocalFileNotFound
from codomyrmex.cloud.registry import open_storage
from codomyrmex.cloud.transfer._filter import Filter
from codomyrmex.cloud.transfer._folder import Folder
from codomyrmex.cloud.transfer._place import Place
from codomyrmex.cloud.transfer._plan import Sides
from codomyrmex.cloud.transfer._prefix import Prefix
from codomyrmex.cloud.transfer._run import Options

PlaceLike = Place | Path
"""A `Prefix`, a `Folder`, a URL such as ``s3://bucket/prefix``, or the path of a folder."""


def place_of(place: PlaceLike) -> Place:
    """The place that this names."""
    if isinstance(place, Place):
        return place
    if not isinstance(place, str) or "://" not in place:
        return Folder(place)
    storage = open_storage(place)
    bucket, key = storage.split_url(place)
    if not bucket:
        raise ValueError(f"{place} names no bucket")
    return Prefix(storage, bucket, key, owned=True)


def sides_of(source: PlaceLike, target: PlaceLike, **options: Unpack[Options]) -> Sides:
    """Both places, and what takes part. LocalFileError if the source is no folder."""
    one, other = place_of(source), place_of(target)
    if isinstance(one, Folder) and not os.path.isdir(one.path):
        missing = LocalFileError if os.path.exists(one.path) else LocalFileNotFound
        raise missing(f"{one.path} is not a folder", resource=one.path)
    if isinstance(one, Prefix) and isinstance(other, Prefix) and one.owned and other.owned:
        other.share(one)
    return Sides(one, other, Filter(options.get("include", ()), options.get("exclude", ())))
