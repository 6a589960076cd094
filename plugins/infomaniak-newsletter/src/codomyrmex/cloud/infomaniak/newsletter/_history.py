"""What is known of a campaign: who claimed to send it, and what became of that."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

RESEND_AFTER = 900.0
"""Seconds for which a campaign that may have been sent is not sent again, unless its fate becomes known before."""


class Claim(NamedTuple):
    """The right to send a campaign, which at most one caller has at a time."""

    id: str
    asked_at: float
    """In unix seconds."""


@dataclass
class History:
    """What is known of one campaign."""

    claims: set[Claim] = field(default_factory=set)
    lifted: set[str] = field(default_factory=set)
    """The ids of claims that do not stand any more."""
    taken_back: set[float] = field(default_factory=set)
    """When the service was asked to send it no more, in unix seconds."""

    def standing(self, now: float) -> list[Claim]:
        """The claims that keep it from being sent, oldest first; one from before the clock was set back does too."""
        claims = (claim for claim in self.claims if claim.id not in self.lifted and not _is_old(claim.asked_at, now))
        return sorted(claims, key=lambda claim: claim.asked_at)

    def is_taken_back(self, now: float) -> bool:
        """Whether its state may still be that of before it was taken back."""
        return any(abs(now - taken_back_at) <= RESEND_AFTER for taken_back_at in self.taken_back)

    def new_claim(self, now: float) -> Claim:
        claim = Claim(uuid.uuid4().hex, now)
        self.claims.add(claim)
        return claim

    def lift(self, claims: Iterable[Claim]) -> None:
        self.lifted |= {claim.id for claim in claims}

    def update(self, other: History) -> None:
        self.claims |= other.claims
        self.lifted |= other.lifted
        self.taken_back |= other.taken_back


def _is_old(asked_at: float, now: float) -> bool:
    return asked_at < now - RESEND_AFTER
