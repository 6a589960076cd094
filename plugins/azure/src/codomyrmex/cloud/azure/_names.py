r"""Names that the service would take for others ("Naming and referencing containers, blobs, and metadata").

It makes ``\`` to ``/`` and drops dots at the end of a path segment, and on the way there ``..`` leaves its
container: such a name would read or overwrite another blob.
"""

from __future__ import annotations

import re

from codomyrmex.cloud.errors import InvalidRequest

_CONTAINER = re.compile(r"\$?[A-Za-z0-9-]+")
_NOT_IN_BLOBS = re.compile(r"[\x00-\x1f\x7f-\x9f\\]|\.(/|\Z)")


def check_container(name: str) -> None:
    """Raise InvalidRequest for what cannot be a container, and might be taken for more than one part of a path."""
    if not _CONTAINER.fullmatch(name):
        raise InvalidRequest(f"not a container name: {name!r}; Azure takes lower-case letters, digits and hyphens")


def check_blob(name: str) -> None:
    """Raise InvalidRequest for a name that Azure does not keep as it is."""
    if found := _NOT_IN_BLOBS.search(name):
        what = "a path segment that ends with a dot" if found[0].startswith(".") else f"{found[0]!r}"
        raise InvalidRequest(f"Azure cannot keep this blob name: it has {what}")
