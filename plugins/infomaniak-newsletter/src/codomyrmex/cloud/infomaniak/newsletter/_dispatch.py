"""Sending campaigns, now or later: at most once, whatever the network does."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError, InfomaniakConflictError, InfomaniakTimeoutError
from codomyrmex.cloud.infomaniak.newsletter._calls import Calls
from codomyrmex.cloud.infomaniak.newsletter._history import RESEND_AFTER
from codomyrmex.cloud.infomaniak.newsletter._record import Record
from codomyrmex.cloud.infomaniak.newsletter.errors import InfomaniakOutcomeUnknownError
from codomyrmex.cloud.rest.polling import looks, note_on_interrupt, overdue

_LONGEST_PAUSE = 30.0  # seconds
SENDABLE = ("draft", "canceled")
ACCEPTED = ("scheduled", "scheduled_v1", "sending", "sending_v1", "sent", "sending_failed", "blocked")
"""The states which show that a request to send arrived. A draft may be one whose state lags."""


def look_at(campaign_id: int) -> str:
    """What a user can do who does not know whether a campaign was sent."""
    return (
        f"look at the status of campaign {campaign_id} before anything else, by get_campaign({campaign_id}) or 'cloud "
        f"call infomaniak.newsletter get_campaign --campaign-id {campaign_id}': scheduled, sending and sent mean that "
        "it is on its way and must not be sent again, draft and canceled that it is not, if they are still there after "
        f"{RESEND_AFTER / 60:.0f} minutes"
    )


class Dispatcher:
    """Has the service send campaigns, each at most once.

    Three things keep a campaign from being sent twice. A request that may have arrived is never
    repeated, not even after a 429: a gateway may have given it to two servers. The campaign's state
    must allow it, which also stops a program that simply tries again. And as that state may lag
    behind, the campaign is claimed in a record before, and does not leave again while the claim stands.
    The claim is renewed when the request leaves, so that it is from then on that it stands.
    """

    def __init__(self, calls: Calls, record: Record) -> None:
        self._calls = calls
        self._record = record

    def dispatch(self, campaign_id: int, body: dict[str, Any]) -> bool:
        """Send a campaign as ``body`` says. Raises InfomaniakOutcomeUnknownError where nobody knows whether it is."""
        now = time.time()
        # before the state is read, or another may send it in between and have its claim lifted
        claim, is_new = self._record.claim(campaign_id, now)
        claims = [claim] if is_new else []  # of this call, to be lifted if it sends nothing
        try:
            self._check(campaign_id)
        except BaseException:
            self._record.lift(campaign_id, claims, time.time())
            raise
        if not is_new:
            raise InfomaniakOutcomeUnknownError(_not_sent(campaign_id, claim.asked_at, now))

        def renew_claim() -> None:
            """Claim it from now on: the computer may have slept, or the turn at the rate limit have taken long."""
            renewed = self._record.renew(campaign_id, claims[-1], time.time())
            if renewed is None:
                raise InfomaniakOutcomeUnknownError(
                    f"not sent: while this call waited, another one may have sent campaign {campaign_id}; "
                    f"{look_at(campaign_id)}"
                )
            claims.append(renewed)

        try:
            return self._calls.do(
                "PUT", "campaigns/{}/schedule", campaign_id,
                body=body, unsure=look_at(campaign_id), doubtful=(409, 429), just_before=renew_claim,
            )  # fmt: skip
        except CloudError as error:
            if not error.maybe_executed:  # such as a refusal
                self._record.lift(campaign_id, claims, time.time())
            raise

    def look(self, campaign_id: int, within: float = math.inf) -> dict[str, Any]:
        """The campaign, within so many seconds. If it shows that the service accepted it, its state is not in doubt."""
        claims = self._record.in_doubt(campaign_id, time.time())  # of later ones the answer says nothing
        campaign = self._calls.get("campaigns/{}", campaign_id, extra="recipients,content", within=within)
        if campaign["status"] in ACCEPTED:
            self._record.lift(campaign_id, claims, time.time())
        return campaign

    def wait_until_sent(self, campaign_id: int, timeout: float) -> dict[str, Any]:
        """The campaign once it is sent. Raises as `InfomaniakNewsletterClient.wait_until_sent` says."""
        status, failure = None, None
        with note_on_interrupt(f"campaign {campaign_id}"):
            for passed in looks(timeout, first=1.0, longest=_LONGEST_PAUSE):
                was_in_doubt = self._is_in_doubt(campaign_id)  # before the look, as that of another may end the doubt
                try:
                    campaign = self.look(campaign_id, within=timeout - passed)
                except InfomaniakCloudError as error:
                    if not error.retryable:
                        raise
                    failure = error  # the service may be back at the next look
                    continue
                status, failure = campaign["status"], None
                if status == "sent":
                    return campaign
                _check_not_stopped(campaign_id, status)
                if not self._is_in_doubt(campaign_id):  # else the state may be that of before it was asked to be sent
                    _check_in_time(campaign, timeout, timeout - passed)
                    if not was_in_doubt:
                        _check_asked(campaign_id, status)
        raise InfomaniakTimeoutError(overdue(f"campaign {campaign_id}", timeout, status)) from failure

    def _is_in_doubt(self, campaign_id: int) -> bool:
        """Whether it was asked to be sent in the last `RESEND_AFTER` seconds, and its state may not show it yet."""
        return bool(self._record.standing(campaign_id, time.time()))

    def take_back(self, campaign_id: int) -> bool:
        """Have a scheduled campaign not sent. Until its state cannot be the one of before, no look ends a doubt."""
        claims = self._record.standing(campaign_id, time.time())
        try:
            is_done = self._calls.do("PUT", "campaigns/{}/cancel", campaign_id, unsure=look_at(campaign_id))
        except CloudError as error:
            if error.maybe_executed:
                self._record.take_back(campaign_id, [], time.time())
            raise
        self._record.take_back(campaign_id, claims, time.time())
        return is_done

    def _check(self, campaign_id: int) -> None:
        status = self._calls.get("campaigns/{}", campaign_id)["status"]
        if status not in SENDABLE:
            raise InfomaniakConflictError(
                f"the campaign is {status!r}, and only a draft is sent or scheduled; unschedule_campaign takes back "
                "what is scheduled, duplicate_campaign makes a draft of any other"
            )


def _check_not_stopped(campaign_id: int, status: str) -> None:
    """Raise InfomaniakConflictError for a campaign that the service stopped, perhaps when some of it was sent."""
    if status in ("sending_failed", "blocked"):
        raise InfomaniakConflictError(
            f"campaign {campaign_id} is not sent to all: its state is {status!r}; look into Infomaniak's manager",
            code=status,
        )


def _check_asked(campaign_id: int, status: str) -> None:
    """Raise InfomaniakConflictError for a campaign of which neither its state nor the record says that it leaves."""
    if status in SENDABLE:
        raise InfomaniakConflictError(
            f"campaign {campaign_id} is {status!r}, and was not asked to be sent in the last {RESEND_AFTER / 60:.0f} "
            "minutes, as far as is known here: send_campaign sends it, schedule_campaign has it sent later",
            code=status,
        )


def _check_in_time(campaign: Mapping[str, Any], timeout: float, left: float) -> None:
    """Raise InfomaniakTimeoutError for a campaign that is scheduled for later than so many seconds from now."""
    starts_at = campaign.get("started_at")
    is_scheduled = campaign["status"] in ("scheduled", "scheduled_v1")
    if is_scheduled and isinstance(starts_at, int) and starts_at > time.time() + left:
        raise InfomaniakTimeoutError(
            f"campaign {campaign['id']} is scheduled for {_local(starts_at)}, when this wait is over, whose timeout is "
            f"{timeout:g} seconds",
            retryable=False,
        )


def _not_sent(campaign_id: int, asked_at: float, now: float) -> str:
    """That a call sent nothing, as the campaign was asked to be sent then; for users."""
    minutes = max(0, round((now - asked_at) / 60))
    ago = f"{minutes} minute{'s' * (minutes > 1)} ago" if minutes else "a moment ago"
    return (
        f"not sent: campaign {campaign_id} was asked to be sent {ago}, at {_local(asked_at)}, and may not show it yet; "
        f"{look_at(campaign_id)}; it is not asked again before {_local(asked_at + RESEND_AFTER)}"
    )


def _local(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds).astimezone().isoformat(timespec="seconds")
