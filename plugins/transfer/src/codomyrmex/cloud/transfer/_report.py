"""What became of a run: for people, and for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, TextIO

from codomyrmex.cloud.common.storage import Path
from codomyrmex.cloud.transfer._outcome import Outcome, as_json

KEPT = 10_000
"""How many failures a summary names; a report names all."""


@dataclass
class Summary:
    """What a run did. Counts are of objects."""

    operation: str
    """``"copy"``, ``"sync"`` or ``"check"``."""
    source: str
    target: str
    copied: int = 0
    same: int = 0
    """Left as they were, or found alike."""
    resumed: int = 0
    """Done by an earlier run, by the journal."""
    deleted: int = 0
    differs: int = 0
    missing: int = 0
    """At the target."""
    extra: int = 0
    """At the target only."""
    failed: int = 0
    bytes: int = 0
    """Copied; of a check, compared."""
    seconds: float = 0.0
    interrupted: bool = False
    failures: list[Outcome] = field(default_factory=list)
    """All that failed, differs, is missing or extra: the first 10,000. A key of ``""`` stands for the run
    itself, such as a listing that broke off."""

    @property
    def ok(self) -> bool:
        """Whether the run came to its end, and nothing failed or differs."""
        return not (self.interrupted or self.failed or self.differs or self.missing or self.extra)

    def add(self, outcome: Outcome) -> None:
        """Count it."""
        setattr(self, outcome.result, getattr(self, outcome.result) + 1)
        if outcome.result == "copied" or self.operation == "check":
            self.bytes += outcome.size
        if outcome.result not in ("copied", "same", "deleted") and len(self.failures) < KEPT:
            self.failures.append(outcome)

    def __str__(self) -> str:
        counted = ("copied", "same", "resumed", "deleted", "differs", "missing", "extra", "failed")
        counts = [f"{getattr(self, name):,} {name}" for name in counted if getattr(self, name)]
        return f"{', '.join(counts) or 'nothing to do'}{'; interrupted' if self.interrupted else ''}"


class Report:
    """A file of JSON lines: one for each outcome, and the summary as the last.

    An outcome is ``{"key", "result", "size", ...}``, with ``"detail"`` where it differs and ``"error"``,
    ``{"type", "message", "resource"}``, where it failed.
    """

    def __init__(self, path: Path) -> None:
        self._file: TextIO = open(path, "w", encoding="utf-8", errors="backslashreplace")  # noqa: SIM115

    def add(self, outcome: Outcome) -> None:
        """Write its line."""
        self._line(as_json(outcome))

    def close(self, summary: Summary) -> None:
        """Write the last line."""
        numbers = {name: value for name, value in vars(summary).items() if name != "failures"}
        self._line({"summary": {**numbers, "ok": summary.ok}})
        self._file.close()

    def _line(self, value: Any) -> None:
        self._file.write(json.dumps(value, ensure_ascii=False) + "\n")
