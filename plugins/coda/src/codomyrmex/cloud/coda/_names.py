"""Python's names and Coda's."""

from __future__ import annotations


def camel(name: str) -> str:
    """``page_token`` as Coda writes it, ``pageToken``; what has no underscore stays."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
