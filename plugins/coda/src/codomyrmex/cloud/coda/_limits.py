"""Coda's rate limits, kept on this side: a request waits for its turn instead of being refused."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Literal, NamedTuple

from codomyrmex.cloud.rest.rates import Rate, Turns, shared

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


class RateLimiter:
    """Lets the threads of this process through at the rates of `RateLimits`, each class apart."""

    def __init__(self, limits: RateLimits) -> None:
        self._turns = {kind: Turns(rate) for kind, rate in limits._asdict().items()}

    def turn(self, kind: Kind) -> AbstractContextManager[None]:
        """Wait until one more request of this class may go out; the block holds the request and its answer."""
        return self._turns[kind].turn()


def shared_limiter(base_url: str, token: str, limits: RateLimits) -> RateLimiter:
    """The one limiter of all clients of this process that Coda counts together."""
    return shared(RateLimiter, limits, base_url, token)
