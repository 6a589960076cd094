"""Coda's rate limits, kept on this side: a request waits for its turn instead of being refused."""

from __future__ import annotations

from typing import Literal, NamedTuple

from codomyrmex.cloud.rest.rates import Rate

Kind = Literal["reads", "writes", "content_writes", "list_docs"]
"""The classes of requests that Coda counts apart."""


class RateLimits(NamedTuple):
    """How many requests of each class a token may send.

    The defaults are Coda's own. It counts per user, over all documents. Of content writes its
    reference allows 5 in 10 seconds, its help centre 3; the lower one is safe.
    """

    reads: Rate = Rate(100, 6.0)
    """Whatever reads, but for the list of documents."""
    writes: Rate = Rate(10, 6.0)
    """Making, changing and deleting documents."""
    content_writes: Rate = Rate(3, 10.0)
    """Making, changing and deleting what is in a document: pages and rows."""
    list_docs: Rate = Rate(4, 6.0)
    """The list of documents."""


def check_limits(limits: RateLimits) -> None:
    """TypeError or ValueError for what are no limits."""
    for rate in limits:
        if not isinstance(rate, Rate):
            raise TypeError(f"RateLimits holds Rate(requests, seconds), not {rate!r}")
        if rate.requests < 1 or rate.seconds < 0.001:
            raise ValueError(f"a rate is one request or more in a millisecond or more, not {rate}")
