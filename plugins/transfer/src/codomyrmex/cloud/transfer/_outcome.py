"""What became of one key."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from codomyrmex.cloud.errors import CloudError

Result = Literal["copied", "same", "deleted", "differs", "missing", "extra", "failed"]


class Outcome(NamedTuple):
    """What became of one key."""

    key: str
    result: Result
    size: int = 0
    """Bytes that were copied or compared."""
    mark: str = ""
    """Of the source, as it was listed."""
    error: CloudError | None = None
    """Why it failed."""
    detail: str = ""
    """How it differs."""


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON can hold it."""
    found: dict[str, Any] = {"key": outcome.key, "result": outcome.result, "size": outcome.size}
    if outcome.detail:
        found["detail"] = outcome.detail
    if (error := outcome.error) is not None:
        found["error"] = {"type": type(error).__name__, "message": str(error), "resource": error.resource}
    return found
