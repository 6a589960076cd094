"""Ids and times, from what users write to what the service takes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

_LATEST = 4_102_444_800  # the year 2100: what is later was meant in milliseconds


def number(value: int | str, name: str) -> int:
    """An id, which is a positive integer everywhere in this service; also one in text, as the environment has it."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise TypeError(f"{name} is int, not {type(value).__name__}")
    if isinstance(value, str):
        value = int(value) if value.strip().isdecimal() else 0
    if value <= 0:
        raise ValueError(f"{name} is a positive integer, the number that Infomaniak gave it")
    return value


def ids(value: int | str | Iterable[int | str], name: str) -> list[int]:
    """One id or several, each once."""
    return list(dict.fromkeys(number(each, name) for each in one_or_several(value, name)))


def one_or_several(value: Any, name: str) -> list[Any]:
    """One thing, such as a text, or several, as a list. ValueError, with its ``name``, for none."""
    several = list(value) if isinstance(value, Iterable) and not isinstance(value, str | bytes) else [value]
    if not several:
        raise ValueError(f"{name} is empty: leave it out, or give at least one")
    return several


def unix_seconds(send_at: datetime | str | float) -> int:
    """A time to come, in unix seconds.

    :param send_at: a datetime with a time zone, such a time in ISO 8601, or unix seconds, also in text.

    Raises ValueError for a time that is past, has no time zone, is skipped by a change of the clocks, or is none.
    """
    if isinstance(send_at, str):
        text = send_at.strip()
        send_at = float(text) if text.isdecimal() and len(text) > len("20261231") else _from_iso(text)
    if isinstance(send_at, datetime):
        if send_at.utcoffset() is None:
            raise ValueError(f"{send_at.isoformat()} has no time zone: write 2026-12-24T18:00:00+01:00")
        seconds = send_at.timestamp()
    elif isinstance(send_at, bool) or not isinstance(send_at, (int, float)):
        raise TypeError(f"send_at is a datetime, text in ISO 8601, or unix seconds, not {type(send_at).__name__}")
    else:
        seconds = send_at
    if not time.time() < seconds < _LATEST:
        raise ValueError(f"{send_at} is no time to come, in unix seconds")
    if isinstance(send_at, datetime):
        _check_exists(send_at)  # of a time that every zone has
    return int(seconds)


def _check_exists(moment: datetime) -> None:
    """ValueError for a time that the clocks of its zone skip, when they are set forward."""
    after, before = (moment.replace(fold=fold).astimezone(UTC).astimezone(moment.tzinfo) for fold in (0, 1))
    if moment.replace(tzinfo=None) not in (before.replace(tzinfo=None), after.replace(tzinfo=None)):
        raise ValueError(
            f"{moment.replace(tzinfo=None)} does not exist in {moment.tzinfo}, whose clocks skip it: "
            f"take {before.isoformat()} or {after.isoformat()}"
        )


def _from_iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no time in ISO 8601: write 2026-12-24T18:00:00+01:00") from None
