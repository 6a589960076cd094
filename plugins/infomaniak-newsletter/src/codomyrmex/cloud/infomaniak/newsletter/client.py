"""`InfomaniakNewsletterClient`: campaigns, mailing lists, contacts (spec 4.10; developer.infomaniak.com)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal, Self, Unpack

from codomyrmex.cloud.common import CloudClient, CloudCredentials, lenient, operation
from codomyrmex.cloud.infomaniak.newsletter import _settings, params
from codomyrmex.cloud.infomaniak.newsletter._calls import BY_ID, SUBSCRIBERS_PER_PAGE, Calls
from codomyrmex.cloud.infomaniak.newsletter._contacts import ContactLike, read
from codomyrmex.cloud.infomaniak.newsletter._dispatch import Dispatcher, look_at
from codomyrmex.cloud.infomaniak.newsletter._http import Transport
from codomyrmex.cloud.infomaniak.newsletter._imports import Import, subscriber
from codomyrmex.cloud.infomaniak.newsletter._limits import REQUESTS_PER_MINUTE
from codomyrmex.cloud.infomaniak.newsletter._values import number, unix_seconds
from codomyrmex.cloud.infomaniak.newsletter._waiting import wait_for_task

_PATH = {
    "campaign_id": "campaigns", "list_id": "lists", "contact_id": "contacts", "segment_id": "segments",
    "field_id": "fields", "template_id": "templates", "task_id": "tasks",
}  # fmt: skip
_ACTIONS = {"subscribe": "assign", "unsubscribe": "unassign"}
_MADE = "look whether there is one already before making another"


class InfomaniakNewsletterClient(CloudClient):
    """One newsletter of Infomaniak's, by its current API (``/1/newsletters/{id}``).

    A failure is False, [] or None, with the reason in the log and in ``last_error``; with
    ``strict=True`` it is raised as an InfomaniakCloudError. Ids are integers, times unix seconds.
    Requests wait for their turn at the service's rate limit, shared by all clients of this process
    with the same token. One client may be used by several threads.

    :param token: a token with access to the newsletter; default: ``INFOMANIAK_NEWSLETTER_TOKEN``.
    :param newsletter_id: its number, which the service calls domain; default: ``INFOMANIAK_NEWSLETTER_ID``.
    :param timeout: seconds that connecting, and each wait for data, may take.
    :param credentials: the token as ``secret_key`` and the number as ``project_id``, instead.
    :param requests_per_minute: the rate to keep; None to keep none.
    :param retry_budget: seconds that one request may wait in all between its repeats.
    """

    provider: ClassVar[str] = "infomaniak"
    service: ClassVar[str] = "newsletter"
    recipe: ClassVar[tuple[str, ...]] = (
        "newsletter_id", "base_url", "timeout", "requests_per_minute", "retry_budget",
    )  # fmt: skip

    def __init__(
        self,
        token: str | None = None,
        newsletter_id: int | str | None = None,
        *,
        base_url: str = "https://api.infomaniak.com",
        timeout: float = 30,
        credentials: CloudCredentials | None = None,
        requests_per_minute: int | None = REQUESTS_PER_MINUTE,
        retry_budget: float = 60.0,
        strict: bool = False,
    ) -> None:
        if not base_url.startswith(("https://", "http://")):
            raise ValueError(f"base_url is an https URL, not {base_url!r}")
        if timeout <= 0:
            raise ValueError(f"timeout must be positive seconds, not {timeout}")
        if requests_per_minute is not None and requests_per_minute < 1:
            raise ValueError(f"requests_per_minute is 1 or more, or None, not {requests_per_minute}")
        self.base_url, self.timeout, self.strict = base_url.rstrip("/"), timeout, strict
        self.requests_per_minute, self.retry_budget = requests_per_minute, retry_budget
        found_token, self.newsletter_id = _settings.find(token, newsletter_id, credentials)
        transport = Transport(self.base_url, found_token, timeout, requests_per_minute, retry_budget)
        self._calls = Calls(transport, self.newsletter_id)
        self._dispatcher = Dispatcher(self._calls)

    @classmethod
    def from_env(cls, **options: Any) -> Self:
        """The client of ``INFOMANIAK_NEWSLETTER_TOKEN`` and ``INFOMANIAK_NEWSLETTER_ID``; options as the constructor's.

        Raises InfomaniakAuthError that names each variable that is missing.
        """
        return cls(**options)

    @classmethod
    def from_credentials(cls, token: str, newsletter_id: int | str, **options: Any) -> Self:
        """The client of this token and newsletter; options as the constructor's."""
        return cls(token, newsletter_id, **options)

    @classmethod
    def credential_source(cls) -> str | None:
        """The environment variables, for ``cloud doctor``."""
        found = _settings.find()
        return f"{_settings.TOKEN}=***, {_settings.NEWSLETTER}={found.newsletter_id}"

    def resource_name(self, arguments: Mapping[str, Any]) -> str | None:
        """Such as ``lists/3/contacts/77``."""
        named = [f"{part}/{arguments[name]}" for name, part in _PATH.items() if name in arguments]
        return "/".join(named) or f"newsletters/{self.newsletter_id}"

    def close(self) -> None:
        """Close the pooled connections."""
        self._calls.transport.close()

    @lenient(False)
    @operation
    def validate_connection(self) -> bool:
        """Whether the service knows the token and the newsletter: one request."""
        self._calls.get("")
        return True

    # Campaigns

    @lenient([])
    @operation
    def list_campaigns(self, *, search: str | None = None) -> list[dict[str, Any]]:
        """All campaigns; with ``search`` those that the service finds by it."""
        return list(self._calls.walk("campaigns", query=_search(search)))

    @lenient(None)
    @operation
    def get_campaign(self, campaign_id: int) -> dict[str, Any] | None:
        """A campaign with its recipients and content.

        Its ``status`` is one of draft, scheduled, sending, sent, canceled, blocked, sending_failed
        (and scheduled_v1, sending_v1, unknown).
        """
        campaign = self._calls.get("campaigns/{}", campaign_id, extra="recipients,content")
        self._dispatcher.seen(number(campaign_id, "campaign_id"))
        return campaign

    @lenient(None)
    @operation
    def create_campaign(
        self,
        subject: str,
        sender_email: str,
        sender_name: str,
        content_html: str,
        mailing_list_id: int,
        *,
        lang: params.Language = "en_GB",
        **options: Unpack[params.CampaignOptions],
    ) -> dict[str, Any] | None:
        """Make a draft. Nothing is sent before `send_campaign` or `schedule_campaign`.

        :param sender_email: an address of a domain that the newsletter may send from.
        :param lang: the language of what the service adds, such as the text to unsubscribe.
        """
        body = params.campaign(
            {
                "subject": subject, "sender_email": sender_email, "sender_name": sender_name, "lang": lang,
                "content_html": content_html, "mailing_list_id": number(mailing_list_id, "mailing_list_id"), **options,
            }
        )  # fmt: skip
        return self._calls.write("POST", "campaigns", body=body, unsure=_MADE)

    @lenient(None)
    @operation
    def update_campaign(self, campaign_id: int, **changes: Unpack[params.CampaignChanges]) -> dict[str, Any] | None:
        """Change a draft; what is left out stays."""
        return self._calls.write("PUT", "campaigns/{}", campaign_id, body=params.campaign(changes))

    @lenient(None)
    @operation
    def duplicate_campaign(self, campaign_id: int) -> dict[str, Any] | None:
        """Make a draft of a campaign, such as one that was sent."""
        return self._calls.write("POST", "campaigns/{}/duplicate", campaign_id, unsure=_MADE)

    @lenient(False)
    @operation
    def delete_campaign(self, campaign_id: int) -> bool:
        """Delete a campaign."""
        return self._calls.do("DELETE", "campaigns/{}", campaign_id)

    @lenient(False)
    @operation
    def send_test(self, campaign_id: int, email: str) -> bool:
        """Send a campaign to one address, as a test."""
        unsure = "look whether the test arrived before sending another"
        return self._calls.do("POST", "campaigns/{}/test", campaign_id, body={"email": email}, unsure=unsure)

    @lenient(False)
    @operation
    def schedule_campaign(self, campaign_id: int, send_at: str | datetime | float) -> bool:
        """Have a draft sent at a time to come; what else `send_campaign` says.

        :param send_at: ISO 8601 or a datetime, both with a time zone, or unix seconds. ValueError for
            a time that is past or has no time zone.
        """
        return self._dispatcher.dispatch(number(campaign_id, "campaign_id"), {"started_at": unix_seconds(send_at)})

    @lenient(False)
    @operation
    def unschedule_campaign(self, campaign_id: int) -> bool:
        """Take back a scheduled campaign, before it is sent."""
        return self._calls.do("PUT", "campaigns/{}/cancel", campaign_id, unsure=look_at(campaign_id))

    @lenient(False)
    @operation
    def send_campaign(self, campaign_id: int) -> bool:
        """Have a draft sent now. Costs one credit for each recipient.

        The request leaves once, and only for a campaign that is a draft. If its answer is lost,
        InfomaniakOutcomeUnknownError says so (False and ``last_error`` where the client is not
        strict), and the campaign cannot be sent until `get_campaign` was asked.
        """
        return self._dispatcher.dispatch(number(campaign_id, "campaign_id"), {})

    @lenient(None)
    @operation
    def get_campaign_statistics(self, campaign_id: int) -> dict[str, Any] | None:
        """What became of a campaign: ``statistics``, ``advanced_statistics``, ``status`` and ``subscribers_count``."""
        campaign = self._calls.get("campaigns/{}", campaign_id, extra="statistics,advanced_statistics")
        names = ("statistics", "advanced_statistics", "status", "subscribers_count", "started_at")
        return {name: campaign.get(name) for name in names}

    @lenient([])
    @operation
    def get_campaign_links(self, campaign_id: int) -> list[dict[str, Any]]:
        """What was clicked in a campaign, by link."""
        return _items(self._calls.get("campaigns/{}/report/links", campaign_id))

    @lenient([])
    @operation
    def get_campaign_activity(self, campaign_id: int) -> list[dict[str, Any]]:
        """What each recipient did with a campaign."""
        return list(self._calls.walk("campaigns/{}/report/activity", campaign_id))

    # Mailing lists

    @lenient([])
    @operation
    def list_mailing_lists(self, *, search: str | None = None) -> list[dict[str, Any]]:
        """All mailing lists, which the service calls groups."""
        return list(self._calls.walk("groups", query=_search(search)))

    @lenient(None)
    @operation
    def get_mailing_list(self, list_id: int) -> dict[str, Any] | None:
        """A mailing list."""
        return self._calls.get("groups/{}", list_id)

    @lenient(None)
    @operation
    def create_mailing_list(self, name: str) -> dict[str, Any] | None:
        """Make a mailing list."""
        return self._calls.write("POST", "groups", body={"name": name}, unsure=_MADE)

    @lenient(None)
    @operation
    def update_mailing_list(self, list_id: int, *, name: str) -> dict[str, Any] | None:
        """Give a mailing list another name."""
        return self._calls.write("PUT", "groups/{}", list_id, body={"name": name})

    @lenient(False)
    @operation
    def delete_mailing_list(self, list_id: int) -> bool:
        """Delete a mailing list; its contacts stay."""
        return self._calls.do("DELETE", "groups/{}", list_id)

    @lenient([])
    @operation
    def get_list_contacts(self, list_id: int) -> list[dict[str, Any]]:
        """All contacts of a list."""
        return list(self._calls.walk("groups/{}/subscribers", list_id, per_page=SUBSCRIBERS_PER_PAGE, query=BY_ID))

    @lenient(None)
    @operation
    def import_contacts(
        self,
        list_id: int,
        contacts: Iterable[ContactLike] | str | os.PathLike[str],
        *,
        timeout: float = 600,
        settle: float = 30,
    ) -> dict[str, Any] | None:
        """Import any number of contacts into a list; those there already are updated.

        Up to 20 are sent one by one. More go through the service's CSV upload, by which it also
        makes the fields that are new, and the list is read afterwards to see who is in it.

        :param contacts: ``{"email": "ada@example.org", "firstname": "Ada"}`` each, with values by the
            keys of the fields; or the path of a CSV file with such a header, in UTF-8.
        :param timeout: seconds to wait for the service to do it. InfomaniakTimeoutError after that.
        :param settle: where the service gives no task to wait for: seconds without one more contact
            in the list, after which it is taken to be done.

        Returns ``imported``, a number; ``failed``, an ``email`` and an ``error`` for each contact
        that is not in; and ``tasks``, the ids of the service's.
        """
        run = Import(self._calls, number(list_id, "list_id"), timeout=timeout, settle=settle)
        return run.run(read(contacts))

    @lenient(False)
    @operation
    def manage_contact(self, list_id: int, contact_id: int, action: Literal["subscribe", "unsubscribe"]) -> bool:
        """Put a contact into a list, or take it out; of other lists it stays a member."""
        if action not in _ACTIONS:
            raise ValueError(f"action is 'subscribe' or 'unsubscribe', not {action!r}")
        body = {"subscriber_ids": [number(contact_id, "contact_id")]}
        return self._calls.do("POST", f"groups/{{}}/subscribers/{_ACTIONS[action]}", list_id, body=body)

    # Contacts

    @lenient([])
    @operation
    def list_contacts(self, *, search: str | None = None) -> list[dict[str, Any]]:
        """All contacts of the newsletter, whatever their status."""
        query = {"filter[status]": "all", **BY_ID, **_search(search)}
        return list(self._calls.walk("subscribers", per_page=SUBSCRIBERS_PER_PAGE, query=query))

    @lenient(None)
    @operation
    def create_contact(
        self,
        email: str,
        *,
        fields: Mapping[str, Any] | None = None,
        groups: Sequence[int | str] | None = None,
    ) -> dict[str, Any] | None:
        """Make a contact, or update the one with this address; what is left out stays.

        :param fields: values by the keys of the fields.
        :param groups: mailing lists by id, or by name to make new ones.
        """
        return self._calls.write("POST", "subscribers", body=subscriber(email, fields, groups))

    @lenient(None)
    @operation
    def get_contact(self, contact_id: int) -> dict[str, Any] | None:
        """A contact, with its mailing lists."""
        return self._calls.get("subscribers/{}", contact_id, extra="groups")

    @lenient(None)
    @operation
    def update_contact(self, contact_id: int, **changes: Unpack[params.ContactChanges]) -> dict[str, Any] | None:
        """Change a contact; what is left out stays, but of ``fields`` what is left out is deleted."""
        return self._calls.write("PUT", "subscribers/{}", contact_id, body=params.contact(changes))

    @lenient(False)
    @operation
    def delete_contact(self, contact_id: int) -> bool:
        """Delete a contact. The service keeps its data, in case it subscribes again: see `forget_contact`."""
        return self._calls.do("DELETE", "subscribers/{}", contact_id)

    @lenient(False)
    @operation
    def forget_contact(self, contact_id: int) -> bool:
        """Erase a contact with all its data, as the GDPR demands: it is gone within 30 days, for good."""
        return self._calls.do("DELETE", "subscribers/{}/forget", contact_id)

    @lenient(None)
    @operation
    def unsubscribe_contacts(self, contact_ids: Iterable[int]) -> dict[str, Any] | None:
        """Unsubscribe several contacts from everything. Returns the ``task_id`` to wait for."""
        ids = [number(contact_id, "a contact_id") for contact_id in contact_ids]
        if not ids:
            raise ValueError("no contacts to unsubscribe")
        return self._calls.start("PUT", "subscribers/unsubscribe", body={"select": {"all": False, "include": ids}})

    # Segments, fields, templates

    @lenient([])
    @operation
    def list_segments(self, *, search: str | None = None) -> list[dict[str, Any]]:
        """All segments: contacts chosen by conditions."""
        return list(self._calls.walk("segments", query=_search(search)))

    @lenient(None)
    @operation
    def get_segment(self, segment_id: int) -> dict[str, Any] | None:
        """A segment."""
        return self._calls.get("segments/{}", segment_id)

    @lenient(None)
    @operation
    def create_segment(self, name: str, conditions: Mapping[str, Any]) -> dict[str, Any] | None:
        """Make a segment.

        :param conditions: as the service's API has them, ``{"closure": "OR", "conds": [{"closure":
            "AND", "conds": [{"type": "meta", "meta_id": 1, "operator": "=", "value": "x"}]}]}``.
        """
        return self._calls.write("POST", "segments", body={"name": name, "data": conditions}, unsure=_MADE)

    @lenient(None)
    @operation
    def update_segment(
        self, segment_id: int, *, name: str | None = None, conditions: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """Change a segment's name or conditions."""
        body = {key: value for key, value in {"name": name, "data": conditions}.items() if value is not None}
        if not body:
            raise TypeError("nothing to change: give name or conditions")
        return self._calls.write("PUT", "segments/{}", segment_id, body=body)

    @lenient(False)
    @operation
    def delete_segment(self, segment_id: int) -> bool:
        """Delete a segment; its contacts stay."""
        return self._calls.do("DELETE", "segments/{}", segment_id)

    @lenient([])
    @operation
    def get_segment_contacts(self, segment_id: int) -> list[dict[str, Any]]:
        """All contacts that are in a segment now."""
        return list(self._calls.walk("segments/{}/subscribers", segment_id, per_page=SUBSCRIBERS_PER_PAGE, query=BY_ID))

    @lenient([])
    @operation
    def list_fields(self) -> list[dict[str, Any]]:
        """All fields that contacts have beside their address, each with ``id``, ``key`` and ``name``."""
        return list(self._calls.walk("fields"))

    @lenient(None)
    @operation
    def create_field(self, name: str, type: params.FieldType = "text") -> dict[str, Any] | None:  # noqa: A002 - the API's word
        """Make a field."""
        return self._calls.write("POST", "fields", body={"name": name, "type": type}, unsure=_MADE)

    @lenient(None)
    @operation
    def update_field(self, field_id: int, *, name: str) -> dict[str, Any] | None:
        """Give a field another name."""
        return self._calls.write("PUT", "fields/{}", field_id, body={"name": name})

    @lenient(False)
    @operation
    def delete_field(self, field_id: int) -> bool:
        """Delete a field, with its values of all contacts."""
        return self._calls.do("DELETE", "fields/{}", field_id)

    @lenient([])
    @operation
    def list_templates(self) -> list[dict[str, Any]]:
        """All templates."""
        return list(self._calls.walk("templates"))

    @lenient(None)
    @operation
    def get_template_html(self, template_id: int) -> str | None:
        """A template's content."""
        html = self._calls.get("templates/{}/html", template_id).get("data")
        return html if isinstance(html, str) else None

    # The account, tasks

    @lenient(None)
    @operation
    def get_credits(self) -> dict[str, Any] | None:
        """What the account can still send: ``total``, in e-mails to one contact each, and what else there is."""
        return self._calls.get("credits/details")

    @lenient(None)
    @operation
    def get_task_status(self, task_id: str) -> dict[str, Any] | None:
        """A task: ``status`` is spooled, running, executed or failed; ``response`` or ``error`` tell more."""
        return self._calls.task(task_id)

    @lenient(None)
    @operation
    def wait_for_task(self, task_id: str, timeout: float = 120) -> dict[str, Any] | None:
        """A task once it is executed or failed. InfomaniakTimeoutError after ``timeout`` seconds."""
        return wait_for_task(self._calls, task_id, timeout)


def _search(text: str | None) -> dict[str, Any]:
    return {} if text is None else {"filter[search]": text}


def _items(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """What an answer without pages lists."""
    items = answer.get("data", answer)
    return items if isinstance(items, list) else [items] if items else []
