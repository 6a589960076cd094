"""The part of the client that makes, sends and measures campaigns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Unpack

from codomyrmex.cloud.common import CloudClient, lenient, operation
from codomyrmex.cloud.infomaniak.newsletter import params
from codomyrmex.cloud.infomaniak.newsletter._addresses import checked_address
from codomyrmex.cloud.infomaniak.newsletter._calls import IS_IT_THERE, Calls, filters
from codomyrmex.cloud.infomaniak.newsletter._dispatch import Dispatcher
from codomyrmex.cloud.infomaniak.newsletter._values import number, unix_seconds
from codomyrmex.cloud.rest.polling import WAIT_CHECKS


class Campaigns(CloudClient):
    """Campaigns."""

    _calls: Calls
    _dispatcher: Dispatcher

    @lenient([])
    @operation(effect="list")
    def list_campaigns(
        self,
        *,
        search: str | None = None,
        status: params.CampaignStatus | Iterable[params.CampaignStatus] | None = None,
    ) -> list[dict[str, Any]]:
        """All campaigns; with ``search`` those that the service finds by it, with ``status`` those in one of these."""
        statuses = None if status is None else params.several_of(status, params.CampaignStatus)
        return list(self._calls.walk("campaigns", query=filters(search=search, status=statuses)))

    @lenient(None)
    @operation(effect="read")
    def get_campaign(self, campaign_id: int) -> dict[str, Any] | None:
        """A campaign with its recipients and content.

        Its ``status`` is one of draft, scheduled, sending, sent, canceled, blocked, sending_failed
        (and scheduled_v1, sending_v1, unknown).
        """
        return self._dispatcher.look(number(campaign_id, "campaign_id"))

    @lenient(None)
    @operation(effect="write")
    def create_campaign(
        self,
        subject: str,
        sender_email: str,
        sender_name: str,
        content_html: str,
        mailing_list_id: int | Iterable[int] | None = None,
        *,
        lang: params.Language = "en_GB",
        **options: Unpack[params.CampaignOptions],
    ) -> dict[str, Any] | None:
        """Make a draft. Nothing is sent before `send_campaign` or `schedule_campaign`.

        :param sender_email: an address of a domain that the newsletter may send from.
        :param mailing_list_id: the list that receives it, or several. Who is in several receives it once. Without any,
            give ``segment_id`` or ``recipients``.
        :param lang: the language of what the service adds, such as the text to unsubscribe.
        """
        arguments: dict[str, Any] = {
            "subject": subject, "sender_email": sender_email, "sender_name": sender_name, "lang": lang,
            "content_html": content_html, "mailing_list_id": mailing_list_id, **options,
        }  # fmt: skip
        body = params.campaign(arguments)
        if "recipients" not in body:
            raise TypeError("nobody would receive it: give mailing_list_id, segment_id or recipients")
        return self._calls.write("POST", "campaigns", body=body, unsure=IS_IT_THERE)

    @lenient(None)
    @operation(effect="write")
    def update_campaign(self, campaign_id: int, **changes: Unpack[params.CampaignChanges]) -> dict[str, Any] | None:
        """Change a draft; what is left out stays."""
        return self._calls.write("PUT", "campaigns/{}", campaign_id, body=params.campaign(changes))

    @lenient(None)
    @operation(effect="write")
    def duplicate_campaign(self, campaign_id: int) -> dict[str, Any] | None:
        """Make a draft of a campaign, such as one that was sent."""
        return self._calls.write("POST", "campaigns/{}/duplicate", campaign_id, unsure=IS_IT_THERE)

    @lenient(False)
    @operation(effect="delete")
    def delete_campaign(self, campaign_id: int) -> bool:
        """Delete a campaign."""
        return self._calls.do("DELETE", "campaigns/{}", campaign_id)

    @lenient(False)
    @operation(effect="write")
    def send_test(self, campaign_id: int, email: str) -> bool:
        """Send a campaign to one address, as a test."""
        unsure = "look whether the test arrived before sending another"
        body = {"email": checked_address(email, "email")}
        return self._calls.do("POST", "campaigns/{}/test", campaign_id, body=body, unsure=unsure)

    @lenient(False)
    @operation(effect="write")
    def schedule_campaign(self, campaign_id: int, send_at: str | datetime | float) -> bool:
        """Have a draft sent at a time to come; what else `send_campaign` says.

        :param send_at: ISO 8601 or a datetime, both with a time zone, or unix seconds. ValueError for
            a time that is past or has no time zone.
        """
        return self._dispatcher.dispatch(number(campaign_id, "campaign_id"), {"started_at": unix_seconds(send_at)})

    @lenient(False)
    @operation(effect="write")
    def unschedule_campaign(self, campaign_id: int) -> bool:
        """Take back a scheduled campaign, before it is sent. Then it may be sent or scheduled again."""
        return self._dispatcher.take_back(number(campaign_id, "campaign_id"))

    @lenient(False)
    @operation(effect="write")
    def send_campaign(self, campaign_id: int) -> bool:
        """Have a draft sent now. Costs one credit for each recipient.

        The request leaves once, and only for a campaign that is a draft. If its answer is lost,
        InfomaniakOutcomeUnknownError says so (False and ``last_error`` where the client is not
        strict). That is raised too, and nothing sent, for a campaign that was asked to be sent in the
        last 15 minutes (`RESEND_AFTER`) and still looks like a draft: by this process, or by one
        that uses the same file in ``CLOUD_STATE_DIR``, with the same token.
        """
        return self._dispatcher.dispatch(number(campaign_id, "campaign_id"), {})

    @lenient(None)
    @operation(effect="read", checks=WAIT_CHECKS)
    def wait_until_sent(self, campaign_id: int, timeout: float = 3600) -> dict[str, Any] | None:
        """A campaign once it is sent, with its recipients and content.

        A scheduled one is waited for until then. Raises at once InfomaniakTimeoutError for one that is scheduled for
        later than the time of the wait, and InfomaniakConflictError, with the state as its ``code``, for one that the
        service stopped, and for a draft or canceled one that was not asked to be sent in the last 15 minutes
        (`RESEND_AFTER`).

        :param timeout: seconds until it is sent, after which InfomaniakTimeoutError is raised; ``math.inf`` for no end.

        A KeyboardInterrupt has a note with the campaign's id, as the service goes on.
        """
        return self._dispatcher.wait_until_sent(number(campaign_id, "campaign_id"), timeout)

    @lenient(None)
    @operation(effect="read")
    def get_campaign_statistics(self, campaign_id: int) -> dict[str, Any] | None:
        """What became of a campaign: ``statistics``, ``advanced_statistics``, ``status`` and ``subscribers_count``."""
        campaign = self._calls.get("campaigns/{}", campaign_id, extra="statistics,advanced_statistics")
        names = ("statistics", "advanced_statistics", "status", "subscribers_count", "started_at")
        return {name: campaign.get(name) for name in names}

    @lenient([])
    @operation(effect="read")
    def get_campaign_links(self, campaign_id: int) -> list[dict[str, Any]]:
        """What was clicked in a campaign, by link."""
        links: Any = self._calls.data("campaigns/{}/report/links", campaign_id, kinds=(list, dict))
        return links if isinstance(links, list) else [links]

    @lenient([])
    @operation(effect="read")
    def get_campaign_activity(
        self, campaign_id: int, *, action: params.Action | None = None, search: str | None = None
    ) -> list[dict[str, Any]]:
        """What each recipient did with a campaign; with ``action`` those who did this."""
        query = filters(action=params.one_of(action, params.Action), search=search)
        return list(self._calls.walk("campaigns/{}/report/activity", campaign_id, query=query))
