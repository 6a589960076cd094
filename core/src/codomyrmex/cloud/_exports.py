"""``from codomyrmex.cloud import S3Client``: the names that installed plugins export."""

from __future__ import annotations

from typing import Any

from codomyrmex.cloud import _state
from codomyrmex.cloud._catalogue import EXPORTS as OURS
from codomyrmex.cloud._index import EXPORTS, entry_points
from codomyrmex.cloud.registry import find_entry, load


def names() -> set[str]:
    """Every exported name. Imports no plugin."""
    return {e.name for e in entry_points(EXPORTS)}


def find(name: str) -> Any:
    """The object that a plugin exports as ``name``. AttributeError if none does, as PEP 562 wants;
    ImportError when it is known what to install.
    """
    exports = _state.current.exports
    if name in exports:
        return exports[name]
    if entry := find_entry(EXPORTS, name):
        exports[name] = load(entry)
        return exports[name]
    if name in OURS:
        raise ImportError(f"{name} is not installed: 'pip install {OURS[name]}' brings it")
    raise AttributeError(f"module 'codomyrmex.cloud' has no attribute {name!r}, and no installed plugin exports it")
