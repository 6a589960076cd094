"""Groups and subscribers as the API shows them."""

from __future__ import annotations

from collections.abc import Collection

from codomyrmex.cloud.testing.services.newsletter._state import NewsletterState, Record


def group_view(newsletter: NewsletterState, group: Record) -> Record:
    """A group as the API shows it. The document has its ``subscribed_count`` and ``domain`` as text."""
    active = [s for s in newsletter.subscribers.values() if group["id"] in s["groups"] and s["status"] == "active"]
    return {
        "subscribed_count": str(len(active)), "statistics": {"open_rate": 0.0, "click_rate": 0.0},
        "domain": str(newsletter.newsletter_id), **group,
    }  # fmt: skip


def subscriber_view(newsletter: NewsletterState, subscriber: Record, extras: Collection[str] = ()) -> Record:
    """A subscriber as the API shows it, with its groups only if asked for.

    Of its fields those are shown that the newsletter has.
    """
    values = subscriber["fields"]
    view = subscriber | {
        "fields": [
            {"id": field["id"], "name": field["name"], "key": field["key"], "value": str(values[field["key"]])}
            for field in newsletter.fields.values()
            if field["key"] in values
        ]
    }
    groups = [newsletter.groups[key] for key in view.pop("groups") if key in newsletter.groups]
    return view | ({"groups": [group_view(newsletter, group) for group in groups]} if "groups" in extras else {})
