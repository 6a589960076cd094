"""Subscribers, as the API calls contacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from codomyrmex.cloud.testing.services._api_server import Refused
from codomyrmex.cloud.testing.services.newsletter._addresses import is_acceptable
from codomyrmex.cloud.testing.services.newsletter._envelope import invalid, success
from codomyrmex.cloud.testing.services.newsletter._operations import (
    NOT_IMITATED,
    Call,
    change,
    delete,
    find,
    forbid,
    not_imitated,
    operation,
    page,
    with_status,
)
from codomyrmex.cloud.testing.services.newsletter._state import STATUSES, NewsletterState, Record
from codomyrmex.cloud.testing.services.newsletter._views import subscriber_view


@operation
def list_subscribers(newsletter: NewsletterState, call: Call) -> Record:
    """Those that are active, where no status is asked for: else the document would need no status ``all``."""
    not_imitated(newsletter, call, "validation_status")
    found = with_status(newsletter, newsletter.subscribers.values(), call.filter("status"), "active")
    if groups := {int(group) for group in call.query.get("filter[groups]", [])}:
        found = [subscriber for subscriber in found if groups & {*subscriber["groups"]}]
    return page(newsletter, call, found, lambda each: subscriber_view(newsletter, each, call.extras), "email")


@operation
def create_subscriber(newsletter: NewsletterState, call: Call) -> Record:
    """Make a subscriber, or update the one with this address; what is left out stays."""
    body = call.body
    if not is_acceptable(body["email"]):
        raise Refused(invalid("email", "validation.email"))
    if body.get("status", "active") not in STATUSES:
        raise Refused(invalid("status", f"it is none of {', '.join(STATUSES)}"))
    groups = known_groups(newsletter, body.get("groups", []))
    known = by_address(newsletter, body["email"])
    key = known["id"] if known else newsletter.add_subscriber(body["email"])
    subscriber = newsletter.subscribers[key]
    before = dict(subscriber)
    if known is None:
        subscriber["created_at"] = int(newsletter.now())
    update(subscriber, body.get("fields", {}), groups)
    subscriber["status"] = body.get("status", subscriber["status"])
    if known is None or subscriber != before:
        newsletter.effects.append(("create_subscriber", key))
    return success(subscriber_view(newsletter, subscriber))


@operation
def filter_subscribers(newsletter: NewsletterState, call: Call) -> Record:
    if call.body.get("segment"):
        forbid(newsletter, "segment", NOT_IMITATED)
    found = selected(newsletter, call.body.get("filter", {}), "active")
    return page(newsletter, call, found, lambda each: subscriber_view(newsletter, each, call.extras), "email")


@operation
def get_subscriber(newsletter: NewsletterState, call: Call) -> Record:
    return success(subscriber_view(newsletter, find(newsletter.subscribers, call.key), call.extras))


@operation
def update_subscriber(newsletter: NewsletterState, call: Call) -> Record:
    """Change a subscriber. What is left out stays, but of ``fields`` what is left out is deleted."""
    find(newsletter.subscribers, call.key)
    if call.body.get("status", "active") not in ("active", "unsubscribed"):
        forbid(newsletter, "status", "it is neither active nor unsubscribed")
    values = dict(call.body)
    if "groups" in values:
        values["groups"] = sorted({*known_groups(newsletter, values["groups"])})
    subscriber = change(newsletter, "update_subscriber", newsletter.subscribers, call.key, values)
    return success(subscriber_view(newsletter, subscriber, call.extras))


@operation
def delete_subscriber(newsletter: NewsletterState, call: Call) -> Record:
    delete(newsletter, "delete_subscriber", newsletter.subscribers, call.key)
    return success(True)


@operation
def forget(newsletter: NewsletterState, call: Call) -> Record:
    delete(newsletter, "forget", newsletter.subscribers, call.key)
    newsletter.forgotten.append(call.key)
    return success(True)


@operation
def unsubscribe(newsletter: NewsletterState, call: Call) -> Record:
    """Unsubscribe those who are selected, as a task. Ids of nobody are left out."""
    select = call.body["select"]
    if call.body.get("segment"):
        forbid(newsletter, "segment", NOT_IMITATED)
    included, excluded = select.get("include", []), select.get("exclude", [])
    if not isinstance(select.get("all"), bool) or not _are_ids(included) or not _are_ids(excluded):
        forbid(newsletter, "select", "it has all, a bool, and ids to include and to exclude")
    for subscriber in selected(newsletter, call.body.get("filter", {}), "all"):
        key = subscriber["id"]
        if (select["all"] or key in included) and key not in excluded:
            change(newsletter, "unsubscribe", newsletter.subscribers, key, {"status": "unsubscribed"})
    return success(newsletter.add_task(), "asynchronous")


def selected(newsletter: NewsletterState, wanted: Any, status: str) -> list[Record]:
    """The subscribers that the ``filter`` of a body means; by default of this status."""
    if not isinstance(wanted, dict) or not _are_ids(wanted.get("groups", [])):
        forbid(newsletter, "filter", "it has groups, a list of ids, search and status")
    if unknown := [key for key in wanted if key not in ("groups", "search", "status")]:
        forbid(newsletter, "filter", f"this server does not know {unknown[0]}")
    found = with_status(newsletter, newsletter.subscribers.values(), str(wanted.get("status") or ""), status)
    groups, text = {*wanted.get("groups", [])}, str(wanted.get("search") or "").lower()
    return [s for s in found if (not groups or groups & {*s["groups"]}) and text in s["email"].lower()]


def by_address(newsletter: NewsletterState, email: str) -> Record | None:
    """The subscriber with an address, whatever its case."""
    return next((s for s in newsletter.subscribers.values() if s["email"].lower() == email.lower()), None)


def known_groups(newsletter: NewsletterState, groups: Iterable[int | str]) -> list[int]:
    """The ids of these mailing lists; those given by a name are made. 422 for an id of none."""
    wanted = list(groups)
    for group in wanted:
        if isinstance(group, int) and group not in newsletter.groups:
            raise Refused(invalid("groups", f"there is no group {group}"))
    return [group if isinstance(group, int) else newsletter.add_group(group) for group in wanted]


def update(subscriber: Record, fields: Mapping[str, Any], groups: Iterable[int]) -> None:
    """Add these values and groups to a subscriber's; those it has stay."""
    subscriber["fields"] = {**subscriber["fields"], **fields}
    subscriber["groups"] = sorted({*subscriber["groups"], *groups})


def _are_ids(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) is int for each in value)
