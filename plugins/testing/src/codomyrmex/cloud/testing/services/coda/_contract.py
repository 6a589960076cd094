"""What Coda's API v1 (1.4.17) accepts, of what this server knows: all chapters' operations in a table.

It is compared with the vendor's OpenAPI document where that is at hand, so it is true where that is not.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from codomyrmex.cloud.testing.services.coda import _account, _docs, _pages, _rows, _tables
from codomyrmex.cloud.testing.services.coda._operations import Operation, body_problems, query_problems

CHAPTERS = [module.chapter for module in (_docs, _pages, _tables, _rows, _account)]
OPERATIONS: list[Operation] = [operation for chapter in CHAPTERS for operation in chapter.operations]
_PATTERNS = [
    (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.path)), operation) for operation in OPERATIONS
]


def find(method: str, path: str, /) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a raw path below ``/apis/v1`` leads to, and its parts as they are written."""
    for pattern, operation in _PATTERNS:
        if operation.method == method and (match := pattern.fullmatch(path)):
            return operation, match.groupdict()
    return None


def methods(path: str) -> set[str]:
    """The methods that a raw path takes."""
    return {operation.method for pattern, operation in _PATTERNS if pattern.fullmatch(path)}


def problems(method: str, target: str, content_type: str, body: bytes) -> list[str]:
    """What is wrong with a request for ``target``, a raw path and query below ``/apis/v1``."""
    parts = urlsplit(target)
    if (match := find(method, parts.path)) is None:
        return [f"no such operation: {method} {parts.path}"]
    operation, _ = match
    return [*query_problems(operation, parts.query), *body_problems(operation, content_type, body)]
