"""Whether an object is the same on both sides."""

from __future__ import annotations

import re

from codomyrmex.cloud.transfer._entry import Entry
from codomyrmex.cloud.transfer._folder import Folder
from codomyrmex.cloud.transfer._place import Place
from codomyrmex.cloud.transfer._stream import ALGORITHMS, checksum, common, first_difference

_MARGIN = 2_000_000
"""Microseconds. Some services keep whole seconds, and round them up."""
_MD5 = re.compile(r"[0-9a-f]{32}")
_PARTS = re.compile(r"[0-9a-f]{32}-[0-9]+")


def by_listing(source: Entry, target: Entry, *, keeps_times: bool) -> str | None:
    """What differs: ``"size"``, ``"checksum"``, or ``""`` for nothing. None: the listings do not tell.

    :param keeps_times: of the target: a transfer gives a file the time of its source.
    """
    if source.size != target.size:
        return "size"
    agree = common(source.checksums, target.checksums)
    if agree is not None:
        return "" if agree else "checksum"
    one, other = _likely_md5(source), _likely_md5(target)
    if one and other:  # of an object with a customer's key the ETag is no MD5: that they differ proves nothing
        return "" if one == other else None
    if source.etag and source.etag == target.etag and _PARTS.fullmatch(source.etag):
        return ""
    if source.modified is None or target.modified is None:
        return None
    if keeps_times:
        return "" if source.modified == target.modified else None
    return "" if source.modified + _MARGIN <= target.modified else None


def by_asking(source: Place, one: Entry, target: Place, other: Entry) -> bool | None:
    """Whether they are the same by the checksums that the services keep; a file is read for its own.

    None where there is none to compare.
    """
    one, other = source.look(one), target.look(other)
    if one.size != other.size:
        return False
    agree = common(one.checksums, other.checksums)
    if agree is None and isinstance(source, Folder):
        agree = _file_has(source, one.key, other)
    if agree is None and isinstance(target, Folder):
        agree = _file_has(target, other.key, one)
    return agree


def by_reading(source: Place, target: Place, key: str) -> int | None:
    """Where the data of the two differs first, in bytes; None if it does not."""
    with source.open(key) as one, target.open(key) as other:
        return first_difference(one, other)


def _likely_md5(entry: Entry) -> str | None:
    tag = entry.etag if entry.etag and _MD5.fullmatch(entry.etag) else None
    return entry.checksums.get("md5") or tag


def _file_has(folder: Folder, key: str, entry: Entry) -> bool | None:
    name = next((name for name in ALGORITHMS if name in entry.checksums), None)
    if name is None:
        return None
    with folder.open(key) as file:
        return checksum(file, name) == entry.checksums[name]
