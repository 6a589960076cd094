"""Campaigns: how they are made, sent, and what is told of them afterwards."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from codomyrmex.cloud.testing.services._api_server import Refused
from codomyrmex.cloud.testing.services.newsletter import _segmentation
from codomyrmex.cloud.testing.services.newsletter._addresses import is_acceptable
from codomyrmex.cloud.testing.services.newsletter._envelope import error, invalid, success
from codomyrmex.cloud.testing.services.newsletter._operations import (
    Call,
    change,
    delete,
    find,
    forbid,
    made,
    operation,
    page,
)
from codomyrmex.cloud.testing.services.newsletter._recipients import recipients
from codomyrmex.cloud.testing.services.newsletter._state import (
    CAMPAIGN_STATUSES,
    NewsletterState,
    Record,
    campaign_values,
    new_campaign,
)

FILTERS = (*CAMPAIGN_STATUSES, "unknown")
"""What campaigns are filtered by."""
EXTRAS = ("recipients", "content", "statistics", "advanced_statistics")
"""What a campaign has only if it is asked for ``with`` it."""
COUNTS = ("sent", "delivery", "open", "click", "unsubscribe", "bounce", "soft_bounce", "complaint")


@operation
def list_campaigns(newsletter: NewsletterState, call: Call) -> Record:
    wanted = call.query.get("filter[status]", [])
    if unknown := [status for status in wanted if status not in FILTERS]:
        forbid(newsletter, "filter.status", f"{unknown[0]} is none of {', '.join(FILTERS)}")
    first, last = (int(call.query[name][-1]) if name in call.query else None for name in ("date_from", "date_to"))
    found = [
        campaign
        for campaign in newsletter.campaigns.values()
        if (not wanted or campaign["status"] in wanted)
        and (first is None or campaign["created_at"] >= first)
        and (last is None or campaign["created_at"] <= last)
    ]
    return page(newsletter, call, found, lambda campaign: _view(newsletter, campaign, call.extras), "subject")


@operation
def create_campaign(newsletter: NewsletterState, call: Call) -> Record:
    _check(newsletter, call.body)
    key = newsletter.new_key(newsletter.campaigns)
    newsletter.campaigns[key] = new_campaign(key, _filled(newsletter, call.body), int(newsletter.now()))
    return made(newsletter, "create_campaign", key, _view(newsletter, newsletter.campaigns[key]))


@operation
def get_campaign(newsletter: NewsletterState, call: Call) -> Record:
    return success(_view(newsletter, find(newsletter.campaigns, call.key), call.extras))


@operation
def update_campaign(newsletter: NewsletterState, call: Call) -> Record:
    find(newsletter.campaigns, call.key)
    _check(newsletter, call.body)
    values = campaign_values(_filled(newsletter, call.body))
    return success(_view(newsletter, change(newsletter, "update_campaign", newsletter.campaigns, call.key, values)))


@operation
def delete_campaign(newsletter: NewsletterState, call: Call) -> Record:
    delete(newsletter, "delete_campaign", newsletter.campaigns, call.key)
    return success(True)


@operation
def duplicate(newsletter: NewsletterState, call: Call) -> Record:
    original = find(newsletter.campaigns, call.key)
    key = newsletter.new_key(newsletter.campaigns)
    own = {"id": key, "status": "draft", "created_at": int(newsletter.now()), "started_at": None}
    newsletter.campaigns[key] = {name: value for name, value in original.items() if "statistics" not in name} | own
    return made(newsletter, "duplicate", key, _view(newsletter, newsletter.campaigns[key]))


@operation
def test(newsletter: NewsletterState, call: Call) -> Record:
    find(newsletter.campaigns, call.key)
    if not is_acceptable(call.body["email"]):
        raise Refused(invalid("email", "validation.email"))
    newsletter.tests.append(newsletter.mail(call.key, [call.body["email"]]))
    newsletter.effects.append(("test", call.key))
    return success(True)


@operation
def schedule(newsletter: NewsletterState, call: Call) -> Record:
    """Have it leave as often as it is asked to: a second time is the client's fault, and a test must see it."""
    find(newsletter.campaigns, call.key)
    started_at = call.body.get("started_at")
    newsletter.sends.append((call.key, started_at))
    newsletter.effects.append(("schedule", call.key))
    newsletter.send(call.key, started_at)
    return success(True)


@operation
def cancel(newsletter: NewsletterState, call: Call) -> Record:
    """Make it a draft. Whether the service calls it ``canceled`` then, its document does not say."""
    find(newsletter.campaigns, call.key)
    if not newsletter.take_back(call.key):
        raise Refused(error(400, "the campaign is not scheduled"))
    newsletter.effects.append(("cancel", call.key))
    return success(True)


@operation
def links(newsletter: NewsletterState, call: Call) -> Record:
    """What was clicked: nobody clicks here."""
    find(newsletter.campaigns, call.key)
    return success([])


@operation
def activity(newsletter: NewsletterState, call: Call) -> Record:
    """What each recipient did: nobody opens anything here."""
    find(newsletter.campaigns, call.key)
    mailed = newsletter.mailed(call.key) if call.filter("action") in (None, "not_open") else []
    items = [{"email": email, "open_count": 0, "click_count": 0} for email in mailed]
    return page(newsletter, call, items, dict, "email")


def _check(newsletter: NewsletterState, body: Record) -> None:
    """Refuse what the service could not send: a sender that is no address, recipients that cannot be."""
    if "email_from_addr" in body and not is_acceptable(body["email_from_addr"]):
        raise Refused(invalid("email_from_addr", "validation.email"))
    wanted = body.get("recipients", {})
    if wrong := list(_wrong_recipients(wanted)):
        forbid(newsletter, "recipients", "; ".join(wrong))
    if wrong_emails := [email for email in wanted.get("emails", ()) if not is_acceptable(email)]:
        raise Refused(invalid("recipients.emails", f"validation.email: {wrong_emails[0]}"))


def _wrong_recipients(wanted: Record) -> list[str]:
    wrong = [f"unknown key {key!r}" for key in wanted if key not in _RECIPIENTS]
    if not isinstance(wanted.get("all_subscribers", False), bool):
        wrong.append("all_subscribers is no bool")
    emails = wanted.get("emails", [])
    if not isinstance(emails, list) or not all(isinstance(email, str) for email in emails):
        wrong.append("emails is no list of text")
    for name in ("groups", "segments"):
        choice = wanted.get(name, {})
        if not isinstance(choice, dict) or not all(
            key in ("include", "exclude") and isinstance(ids, list) and all(type(each) is int for each in ids)
            for key, ids in choice.items()
        ):
            wrong.append(f"{name} has ids to include and to exclude, and nothing else")
    expert = wanted.get("expert", {})
    if not isinstance(expert, dict):
        return [*wrong, "expert is no object"]
    return [*wrong, *_segmentation.problems(expert.get("conditions") or {})]


_RECIPIENTS = ("all_subscribers", "emails", "expert", "groups", "segments")


def _filled(newsletter: NewsletterState, body: Record) -> Record:
    """The body, with the content of its template where it has none of its own."""
    if "template_id" not in body or "content_html" in body:
        return body
    if body["template_id"] not in newsletter.templates:
        raise Refused(invalid("template_id", "there is no such template"))
    return body | {"content_html": newsletter.templates[body["template_id"]]["html"]}


def _view(newsletter: NewsletterState, campaign: Record, extras: Collection[str] = ()) -> Record:
    """A campaign as the API shows it, with the extras that are asked for."""
    mailed = newsletter.mailed(campaign["id"])
    whole = {
        "statistics": _statistics(len(mailed)),
        "advanced_statistics": {"mobile": {}, "browser": {}},
        "subscribers_count": len(mailed or recipients(newsletter, campaign["recipients"])),
        **campaign,
    }
    return {name: value for name, value in whole.items() if name not in EXTRAS or name in extras}


def _statistics(sent: int) -> dict[str, Any]:
    counts = {f"{name}_count": sent if name in ("sent", "delivery") else 0 for name in COUNTS}
    rates = {f"{name}_rate": 100.0 if sent and name == "delivery" else 0.0 for name in COUNTS if name != "sent"}
    return counts | rates
