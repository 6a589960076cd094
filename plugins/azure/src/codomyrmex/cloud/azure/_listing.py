"""Listings in the order of UTF-8. The service lists in that of UTF-16 ("List Blobs" says: alphabetical)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from codomyrmex.cloud.common.storage import ObjectInfo

_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")


def by_utf8(found: Iterator[ObjectInfo], prefix: str) -> Iterator[ObjectInfo]:
    """The same objects, ordered by the UTF-8 of their keys.

    The orders differ where one key has a character beyond U+FFFF and another one of U+E000 to U+FFFF. So the
    keys that begin alike up to such a character are held, and ordered, until others come.
    """
    held: list[ObjectInfo] = []
    alike = ""
    for info in found:
        if held and not info.key.startswith(alike):
            yield from _ordered(held)
            held = []
        if not held and (character := _BEYOND_BMP.search(info.key, len(prefix))):
            alike = info.key[: character.start()]
            held = [info]
        elif held:
            held.append(info)
        else:
            yield info
    yield from _ordered(held)


def _ordered(infos: list[ObjectInfo]) -> list[ObjectInfo]:
    return sorted(infos, key=lambda info: info.key)  # of code points, as is UTF-8
