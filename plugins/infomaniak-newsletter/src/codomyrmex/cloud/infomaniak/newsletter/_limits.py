"""The service's rate limit, kept on this side."""

from __future__ import annotations

from codomyrmex.cloud.rest.rates import Rate, Turns, shared

REQUESTS_PER_MINUTE = 60
"""What the service allows (developer.infomaniak.com/getting-started)."""


def shared_limiter(base_url: str, token: str, requests_per_minute: int) -> Turns:
    """The one limiter of all clients of this process that the service counts together."""
    return shared(Turns, Rate(requests_per_minute, 60.0), base_url, token)
