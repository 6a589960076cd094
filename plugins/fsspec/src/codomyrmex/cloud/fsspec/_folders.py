"""Folders, which an object store has not: what keys are called up to a slash."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from time import perf_counter
from typing import Any, cast

from codomyrmex.cloud.common import ObjectInfo, StorageClient

ENOUGH = 1000
"""Keys of a folder read on to find its end, before the listing begins anew behind it: a page of most services."""


def entry(info: ObjectInfo) -> dict[str, Any]:
    """What fsspec tells of a file; what is not known is left out."""
    found: dict[str, Any] = {"name": f"{info.bucket}/{info.key}", "size": info.size, "type": "file"}
    for name in ("etag", "last_modified", "content_type", "metadata", "checksums"):
        if value := getattr(info, name):
            found[name] = value
    if info.last_modified:
        found["mtime"] = info.last_modified.timestamp()  # what pyarrow looks for
    return found


def folder(path: str) -> dict[str, Any]:
    """What fsspec tells of a folder."""
    return {"name": path, "size": 0, "type": "directory"}


def children(storage: StorageClient, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    """The files and folders right below ``prefix``, which is empty or ends with a slash.

    The storage lists every key below, so a large folder is not read to its end: the listing begins
    anew behind it. Where that takes longer than reading on did, as with a service that reads its
    listing from the start each time, it is not done again.
    """
    start_after, current, skipping = "", None, True
    count, took = 0, 0.0
    while True:
        began = perf_counter()
        # a generator, of which the listing's end is told to hooks
        with closing(cast("Any", storage.iter_objects(bucket, prefix, start_after=start_after))) as listing:
            for info in listing:
                if took:
                    skipping, took = perf_counter() - began < 4 * took, 0.0
                name, slash, _ = info.key.removeprefix(prefix).partition("/")
                if not slash and name:  # a key that is the prefix marks the folder
                    yield entry(info)
                elif slash and name != current:
                    current, count, began = name, 0, perf_counter()
                    if name:  # fsspec has no path for a folder without a name
                        yield folder(f"{bucket}/{prefix}{name}")
                count += 1
                if skipping and slash and count > ENOUGH:
                    took, count = perf_counter() - began, 0
                    start_after = max(info.key, f"{prefix}{name}/\U0010ffff")
                    break
            else:
                return


def tree(files: dict[str, dict[str, Any]], root: str) -> dict[str, dict[str, Any]]:
    """These files below ``root``, and the folders they are in."""
    found = {}
    for path in files:
        parent = path.rpartition("/")[0]
        while len(parent) > len(root) and parent not in found and not parent.endswith("/"):
            found[parent] = folder(parent)
            parent = parent.rpartition("/")[0]
    return found | files
