"""Sending campaigns, now or later: at most once, whatever the network does."""

from __future__ import annotations

import threading
from typing import Any

from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError, InfomaniakConflictError
from codomyrmex.cloud.infomaniak.newsletter._calls import Calls
from codomyrmex.cloud.infomaniak.newsletter.errors import InfomaniakOutcomeUnknownError

SENDABLE = ("draft", "canceled")


def look_at(campaign_id: int) -> str:
    """What a user can do who does not know whether a campaign was sent."""
    return (
        f"look at get_campaign({campaign_id})['status'] before anything else; 'scheduled', 'sending' and 'sent' mean "
        "that the campaign is on its way and must not be sent again, 'draft' and 'canceled' that it is not, if they "
        "are still there after some minutes"
    )


class Dispatcher:
    """Has the service send campaigns, one at a time.

    Three things keep a campaign from being sent twice. A request that may have arrived is never
    repeated, not even after a 429: a gateway may have given it to two servers. Before it leaves,
    the campaign's state must allow it, which also stops a program that simply tries again. And as
    that state may lag behind, a campaign that may have left does not leave again before somebody looked.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._lock = threading.Lock()
        self._left: set[int] = set()

    def dispatch(self, campaign_id: int, body: dict[str, Any]) -> bool:
        """Send a campaign as ``body`` says. Raises InfomaniakOutcomeUnknownError where nobody knows whether it is."""
        advice = look_at(campaign_id)
        with self._lock:
            self._check(campaign_id)
            if campaign_id in self._left:
                raise InfomaniakOutcomeUnknownError(f"this was asked for already, without an effect so far: {advice}")
            self._left.add(campaign_id)  # before, as the program may be interrupted
            try:
                return self._calls.do(
                    "PUT", "campaigns/{}/schedule", campaign_id, body=body, unsure=advice, after_429=False
                )
            except InfomaniakOutcomeUnknownError:
                self._left.add(campaign_id)  # somebody may have looked too early
                raise
            except InfomaniakCloudError:
                self._left.discard(campaign_id)
                raise

    def seen(self, campaign_id: int) -> None:
        """Somebody looked at the campaign's state, or took it back."""
        self._left.discard(campaign_id)

    def _check(self, campaign_id: int) -> None:
        status = self._calls.get("campaigns/{}", campaign_id).get("status")
        if status not in SENDABLE:
            raise InfomaniakConflictError(
                f"the campaign is {status!r}, and only a draft is sent or scheduled; unschedule_campaign takes back "
                "what is scheduled, duplicate_campaign makes a draft of any other"
            )
