"""How long to wait before a request is sent again: what Retry-After asks for, else a growing pause with jitter.

What may be sent again, and how often, is the provider's to say: 429 was not executed and may always be; anything else
only if doing it twice does what doing it once does. Where an SDK repeats by itself, let it, and use `parse_retry_after`
and `MAX_RETRY_AFTER` for what it does not know.
"""

from __future__ import annotations

import random
import re
import time
from email.utils import mktime_tz, parsedate_tz

MAX_RETRY_AFTER = 30.0
"""Seconds that a request waits because a service asks for it. One that asks for more gets either these, or no second
request at all and the caller an error with its ``retry_after``: each provider's documentation says which."""
MAX_BACKOFF = 20.0
"""Seconds of the longest pause that no service asked for."""

_SECONDS = re.compile(r"\d+(\.\d+)?")


def parse_retry_after(value: str | None) -> float | None:
    """Read the header Retry-After, which holds seconds or a date.

    Args:
        value: the header's value; None where the answer has none.

    Returns:
        Seconds from now, 0 for a date that has passed; None where there is no header, or none that can be read.

    https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
    """
    if value is None:
        return None
    if _SECONDS.fullmatch(value.strip()):
        return float(value)
    date = parsedate_tz(value)
    try:
        return max(0.0, mktime_tz(date) - time.time()) if date else None
    except (ValueError, OverflowError):  # a year that no calendar has
        return None


def bounded(seconds: float) -> float:
    """What a service asks for, in seconds, but `MAX_RETRY_AFTER` at most."""
    return min(seconds, MAX_RETRY_AFTER)


def backoff(attempt: int, *, first: float, longest: float = MAX_BACKOFF) -> float:
    """The pause after a failed attempt: random between a whole that doubles with each attempt and its half.

    The random part keeps clients that failed together from coming back together
    (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/).

    Args:
        attempt: how often the request was sent already, from 1.
        first: seconds after the first attempt, at most.
        longest: seconds after any attempt, at most.

    Returns:
        Seconds.
    """
    whole = min(first * 2.0 ** min(attempt - 1, 64), longest)
    return whole * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, hides nothing


def pause(attempt: int, retry_after: float | None = None, *, first: float, longest: float = MAX_BACKOFF) -> float:
    """The pause after a failed attempt: what the service asked for, `MAX_RETRY_AFTER` at most, else `backoff`.

    Args:
        attempt: how often the request was sent already, from 1.
        retry_after: seconds that the service asked for, by `parse_retry_after`; None if it did not.
        first: seconds after the first attempt, at most, where the service did not ask.
        longest: seconds after any attempt, at most, where the service did not ask.

    Returns:
        Seconds.
    """
    if retry_after is not None:
        return bounded(retry_after)
    return backoff(attempt, first=first, longest=longest)
