"""How a requirement came out."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """In the order of a summary. A test is skipped with one of these as the beginning of its reason."""

    PASSED = "passed"
    FAILED = "failed"
    KNOWN_DEFECT = "known defect"
    NOT_CLAIMED = "not claimed"
    NOT_APPLICABLE = "not applicable"
    NOT_RUN = "not run"
    """Skipped for another reason, such as a back end that is missing."""


def split_reason(reason: str) -> tuple[Outcome, str]:
    """The outcome that the reason of a skipped test says, and the rest of the reason."""
    for outcome in (Outcome.NOT_CLAIMED, Outcome.NOT_APPLICABLE):
        if reason.startswith(f"{outcome}: "):
            return outcome, reason.removeprefix(f"{outcome}: ")
    return Outcome.NOT_RUN, reason
