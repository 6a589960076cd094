"""The keyword arguments of `InfomaniakNewsletterClient`, by call, and their names in the service's API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypedDict, get_args

from codomyrmex.cloud.infomaniak.newsletter import _recipients
from codomyrmex.cloud.infomaniak.newsletter._addresses import checked_address
from codomyrmex.cloud.infomaniak.newsletter._values import one_or_several

Language = Literal["de_DE", "en_GB", "es_ES", "fr_FR", "it_IT"]
FieldType = Literal["boolean", "date_en", "date_fr", "email", "float", "number", "text"]
CampaignStatus = Literal[
    "blocked", "canceled", "draft", "scheduled", "scheduled_v1", "sending", "sending_failed", "sending_v1", "sent",
    "unknown",
]  # fmt: skip
ContactStatus = Literal["active", "bounced", "junk", "unconfirmed", "under_verification", "unsubscribed"]
AnyContactStatus = Literal["active", "all", "bounced", "junk", "unconfirmed", "under_verification", "unsubscribed"]
SegmentContactStatus = Literal["active", "bounced", "junk", "unconfirmed", "unsubscribed"]
Action = Literal["bounce", "click", "complaint", "not_open", "open", "sbounce", "unsub"]
"""What a recipient did with a campaign; ``sbounce`` is a soft bounce."""
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
    segment_id: int | Iterable[int] | None
    """The segment that receives it, or several, beside the mailing lists. Who is in several receives it once."""
    exclude_mailing_list_id: int | Iterable[int] | None
    """The mailing list, or several, whose contacts do not receive it."""
    exclude_segment_id: int | Iterable[int] | None
    """The segment, or several, whose contacts do not receive it."""
    recipients: Mapping[str, Any] | None
    """In place of all these, whatever the API can: ``groups`` and ``segments``, each with ids to ``include`` and to
    ``exclude``, ``emails``, ``all_subscribers``, ``expert``."""


class CampaignChanges(CampaignOptions, total=False):
    """What `InfomaniakNewsletterClient.update_campaign` changes."""

    subject: str
    sender_email: str
    sender_name: str
    content_html: str
    mailing_list_id: int | Iterable[int] | None
    """The list that receives it, or several. What is said of recipients replaces all that was said before."""
    lang: Language


class ContactChanges(TypedDict, total=False):
    """What `InfomaniakNewsletterClient.update_contact` changes; what is left out stays."""

    fields: Mapping[str, Any]
    """All the values, by the keys of the fields: the service deletes those left out."""
    groups: Sequence[int | str]
    """The mailing lists, by id, or by name to make new ones."""
    status: Literal["active", "unsubscribed"]
    """For all lists."""


def campaign(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The body for a campaign with these arguments, which may also have their names in the service's API.

    Who receives it is not spoken of by an argument that is None.
    """
    names = _recipients.NAMES
    given = {name: value for name, value in arguments.items() if name not in names or value is not None}
    check(given, CampaignChanges, *_OTHER_NAMES.values())
    body = {_OTHER_NAMES.get(name, name): value for name, value in given.items() if name not in names}
    if wanted := {name: given[name] for name in names if name in given}:
        body["recipients"] = _recipients.recipients(wanted)
    if "email_from_addr" in body:
        body["email_from_addr"] = checked_address(body["email_from_addr"], "sender_email")
    return body


def one_of(value: str | None, literal: Any) -> str | None:
    """``value``; ValueError if it is neither one of a Literal's nor None."""
    if value is not None:
        check_one_of(value, literal)
    return value


def several_of(values: str | Iterable[str], literal: Any) -> list[str]:
    """The values, or the only one, as a list. ValueError if one is none of a Literal's, or if there is none."""
    listed = one_or_several(values, "the filter")
    for value in listed:
        check_one_of(value, literal)
    return listed


def check_one_of(value: Any, literal: Any) -> None:
    """ValueError for what is none of a Literal's."""
    if value not in get_args(literal):
        raise ValueError(f"{value!r} is none of {', '.join(get_args(literal))}")


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
