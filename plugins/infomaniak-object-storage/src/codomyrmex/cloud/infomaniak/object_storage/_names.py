"""Names of containers and objects: which Swift keeps as they are, and how they travel."""

from __future__ import annotations

import re
from urllib.parse import quote

from codomyrmex.cloud.infomaniak.errors import InfomaniakValidationError

SEGMENTS = "+segments"
"""What the name of the container ends with that holds a container's segments; the S3 API has its parts there too."""
LONGEST_KEY = 1024
_LONGEST_CONTAINER = 256
_DOTS = re.compile(r"(?<=/)\.{1,2}(?=/|\Z)")


def path(container: str = "", key: str = "") -> str:
    """The path below the account's URL. Dots that would lead elsewhere are escaped: HTTP clients resolve them."""
    if not key:
        return quote(container, safe="~")
    quoted = _DOTS.sub(lambda dots: dots[0].replace(".", "%2E"), f"/{quote(key, safe='/~')}")
    return f"{quote(container, safe='~')}{quoted}"


def check_container(name: str) -> None:
    """Raise InvalidRequest for the name of a container that would be hidden as one of segments."""
    if name.endswith(SEGMENTS):
        raise InfomaniakValidationError(f"the name of a container of segments: {name!r}; it belongs to another one")


def check_key(key: str) -> None:
    """Raise InvalidRequest for a key that Swift does not take."""
    if "\0" in key:
        raise InfomaniakValidationError("Swift takes no key that holds the character NUL")


def may_have_segments(container: str) -> bool:
    """Whether a container of segments can have its name."""
    return len((container + SEGMENTS).encode()) <= _LONGEST_CONTAINER


def segments_of(container: str) -> str:
    """The container of this container's segments."""
    if not may_have_segments(container):
        longest = _LONGEST_CONTAINER - len(SEGMENTS)
        raise InfomaniakValidationError(f"{container!r} can hold no large objects: its name has over {longest} bytes")
    return container + SEGMENTS
