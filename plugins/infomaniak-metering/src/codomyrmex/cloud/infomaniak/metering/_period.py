"""Periods of time, as users give them."""

from __future__ import annotations

from datetime import UTC, datetime


def period(start: datetime | str | None, end: datetime | str | None) -> tuple[datetime, datetime] | None:
    """Both ends in UTC, the end being now where it was left out; None without a start."""
    if start is None:
        if end is not None:
            raise ValueError("a period that has an end has a start: give start=")
        return None
    first = _aware(start, "start")
    last = datetime.now(UTC) if end is None else _aware(end, "end")
    if last <= first:
        raise ValueError(f"a period ends after its start, not at {utc(last)} when it starts at {utc(first)}")
    return first, last


def utc(moment: datetime) -> str:
    """Such as ``2026-11-25T15:30:00Z``."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _aware(moment: datetime | str, what: str) -> datetime:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if not isinstance(moment, datetime):
        raise TypeError(f"{what} is a datetime or ISO 8601 text, not {type(moment).__name__}")
    if moment.tzinfo is None:
        raise ValueError(f"{what} needs an offset from UTC, such as {moment.isoformat()}+00:00")
    return moment.astimezone(UTC)
