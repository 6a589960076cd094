"""The keyword arguments of `InfomaniakNewsletterClient`, by call, and their names in the service's API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

Language = Literal["de_DE", "en_GB", "es_ES", "fr_FR", "it_IT"]
FieldType = Literal["boolean", "date_en", "date_fr", "email", "float", "number", "text"]
_OTHER_NAMES = {"sender_email": "email_from_addr", "sender_name": "email_from_name"}


class ClientOptions(TypedDict, total=False):
    """What `from_env` and `from_credentials` take besides; see `InfomaniakNewsletterClient`."""

    base_url: str
    timeout: float
    """Seconds that connecting, and each wait for data, may take."""
    requests_per_minute: int | None
    retry_budget: float
    """Seconds that one request may wait in all between its repeats."""
    strict: bool


class CampaignOptions(TypedDict, total=False):
    """What a campaign may have beside subject, sender, content and list."""

    preheader: str
    """The text that mail programs show after the subject."""
    template_id: int
    """A template to take the looks from."""
    tracking_link: bool
    """Whether clicks are counted."""
    tracking_opening: bool
    """Whether openings are counted."""
    tracking_utm: Mapping[str, str]
    """``utm_campaign``, ``utm_medium`` and ``utm_source`` for all links."""
    unsub_link: bool
    """Whether the service adds a link to unsubscribe."""
    force_sended: bool
    """As the service's API has it; it does not say what it means."""


class CampaignChanges(CampaignOptions, total=False):
    """What `InfomaniakNewsletterClient.update_campaign` changes."""

    subject: str
    sender_email: str
    sender_name: str
    content_html: str
    mailing_list_id: int
    """The one list that receives it."""
    lang: Language
    recipients: Mapping[str, Any]
    """In place of one list, whatever the API can: ``groups``, ``segments``, ``emails``, ``all_subscribers``."""


class ContactChanges(TypedDict, total=False):
    """What `InfomaniakNewsletterClient.update_contact` changes; what is left out stays."""

    fields: Mapping[str, Any]
    """All the values, by the keys of the fields: the service deletes those left out."""
    groups: Sequence[int | str]
    """The mailing lists, by id, or by name to make new ones."""
    status: Literal["active", "unsubscribed"]
    """For all lists."""


def campaign(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The body for a campaign with these arguments, which may also have their names in the service's API."""
    check(arguments, CampaignChanges, *_OTHER_NAMES.values())
    body = {_OTHER_NAMES.get(name, name): value for name, value in arguments.items()}
    if "mailing_list_id" in body:
        if "recipients" in body:
            raise TypeError("a campaign takes mailing_list_id or recipients, not both")
        body["recipients"] = {"groups": {"include": [body.pop("mailing_list_id")]}}
    return body


def contact(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The body for changes to a contact."""
    check(arguments, ContactChanges)
    return dict(arguments)


def check(arguments: Mapping[str, Any], known: Any, *more: str) -> None:
    """TypeError for an argument that is none of these, or if there is none at all."""
    names = ", ".join(sorted(known.__optional_keys__))
    if not arguments:
        raise TypeError(f"nothing to change: give one of {names}")
    if unknown := sorted(arguments.keys() - {*known.__optional_keys__, *more}):
        raise TypeError(f"unknown arguments: {', '.join(unknown)}; there are {names}")
