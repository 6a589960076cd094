"""Sending campaigns, now or later: at most once, whatever the network does."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.infomaniak.errors import InfomaniakConflictError
from codomyrmex.cloud.infomaniak.newsletter._calls import Calls
from codomyrmex.cloud.infomaniak.newsletter._record import RESEND_AFTER, Record
from codomyrmex.cloud.infomaniak.newsletter.errors import InfomaniakOutcomeUnknownError

_GUARD = f"{RESEND_AFTER / 60:.0f} minutes"
SENDABLE = ("draft", "canceled")
ACCEPTED = ("scheduled", "scheduled_v1", "sending", "sending_v1", "sent", "sending_failed", "blocked")
"""The states which show that a request to send arrived. A draft may be one whose state lags."""


def look_at(campaign_id: int) -> str:
    """What a user can do who does not know whether a campaign was sent."""
    return (
        f"look at get_campaign({campaign_id})['status'] before anything else; 'scheduled', 'sending' and 'sent' mean "
        "that the campaign is on its way and must not be sent again, 'draft' and 'canceled' that it is not, if they "
        f"are still there after {_GUARD}"
    )


class Dispatcher:
    """Has the service send campaigns, each at most once.

    Three things keep a campaign from being sent twice. A request that may have arrived is never
    repeated, not even after a 429: a gateway may have given it to two servers. The campaign's state
    must allow it, which also stops a program that simply tries again. And as that state may lag
    behind, the campaign is claimed in a record before, and does not leave again while the claim stands.
    """

    def __init__(self, calls: Calls, record: Record) -> None:
        self._calls = calls
        self._record = record

    def dispatch(self, campaign_id: int, body: dict[str, Any]) -> bool:
        """Send a campaign as ``body`` says. Raises InfomaniakOutcomeUnknownError where nobody knows whether it is."""
        advice = look_at(campaign_id)
        now = time.time()
        # before the state is read, or another may send it in between and have its claim lifted
        standing = self._record.claim(campaign_id, now)
        try:
            self._check(campaign_id)
        except BaseException:
            if standing is None:
                self._record.lift(campaign_id, now)
            raise
        if standing is not None:
            raise InfomaniakOutcomeUnknownError(f"{_asked(standing, now)}: {advice}")
        try:
            return self._calls.do(
                "PUT", "campaigns/{}/schedule", campaign_id, body=body, unsure=advice, doubtful=(409, 429)
            )
        except CloudError as error:
            if not error.maybe_executed:  # such as a refusal
                self._record.lift(campaign_id, now)
            raise

    def look(self, campaign_id: int) -> dict[str, Any]:
        """The campaign. If that shows that the service accepted it, its state is not in doubt any more."""
        now = time.time()
        campaign = self._calls.get("campaigns/{}", campaign_id, extra="recipients,content")
        if campaign["status"] in ACCEPTED:
            self._record.lift(campaign_id, now)
        return campaign

    def take_back(self, campaign_id: int) -> bool:
        """Have a scheduled campaign not sent."""
        now = time.time()
        done = self._calls.do("PUT", "campaigns/{}/cancel", campaign_id, unsure=look_at(campaign_id))
        self._record.lift(campaign_id, now)
        return done

    def _check(self, campaign_id: int) -> None:
        status = self._calls.get("campaigns/{}", campaign_id)["status"]
        if status not in SENDABLE:
            raise InfomaniakConflictError(
                f"the campaign is {status!r}, and only a draft is sent or scheduled; unschedule_campaign takes back "
                "what is scheduled, duplicate_campaign makes a draft of any other"
            )


def _asked(standing: float, now: float) -> str:
    """When a campaign was asked to be sent, for users."""
    minutes = max(0, round((now - standing) / 60))
    ago = f"{minutes} minute{'s' * (minutes > 1)} ago" if minutes else "a moment ago"
    at = datetime.fromtimestamp(standing).astimezone().isoformat(timespec="seconds")
    return f"this was asked for {ago}, at {at}, and is not asked again within {_GUARD}, as its effect may show late"
