"""Groups, as the API calls mailing lists."""

from __future__ import annotations

from collections.abc import Callable

from codomyrmex.cloud.testing.services.newsletter._envelope import success
from codomyrmex.cloud.testing.services.newsletter._operations import (
    Call,
    change,
    delete,
    find,
    made,
    not_imitated,
    operation,
    page,
    with_status,
)
from codomyrmex.cloud.testing.services.newsletter._state import NewsletterState, Record
from codomyrmex.cloud.testing.services.newsletter._views import group_view, subscriber_view


@operation
def list_groups(newsletter: NewsletterState, call: Call) -> Record:
    not_imitated(newsletter, call, "status")  # the document has those of subscribers there
    return page(newsletter, call, newsletter.groups.values(), lambda group: group_view(newsletter, group), "name")


@operation
def create_group(newsletter: NewsletterState, call: Call) -> Record:
    key = newsletter.add_group(call.body["name"])
    newsletter.groups[key]["updated_at"] = int(newsletter.now())
    return made(newsletter, "create_group", key, group_view(newsletter, newsletter.groups[key]))


@operation
def get_group(newsletter: NewsletterState, call: Call) -> Record:
    return success(group_view(newsletter, find(newsletter.groups, call.key)))


@operation
def update_group(newsletter: NewsletterState, call: Call) -> Record:
    return success(group_view(newsletter, change(newsletter, "update_group", newsletter.groups, call.key, call.body)))


@operation
def delete_group(newsletter: NewsletterState, call: Call) -> Record:
    """Delete a group; who was in it stays a subscriber."""
    delete(newsletter, "delete_group", newsletter.groups, call.key)
    for subscriber in newsletter.subscribers.values():
        subscriber["groups"] = [group for group in subscriber["groups"] if group != call.key]
    return success(True)


@operation
def group_subscribers(newsletter: NewsletterState, call: Call) -> Record:
    """Who is in a group. Without a filter those of any status: there is no filter ``all`` in the document."""
    find(newsletter.groups, call.key)
    members = newsletter.members(call.key).values()
    found = with_status(newsletter, members, call.filter("status"), "all")
    return page(newsletter, call, found, lambda each: subscriber_view(newsletter, each, call.extras), "email")


@operation
def assign(newsletter: NewsletterState, call: Call) -> Record:
    return _move(newsletter, "assign", call, lambda groups: sorted({*groups, call.key}))


@operation
def unassign(newsletter: NewsletterState, call: Call) -> Record:
    return _move(newsletter, "unassign", call, lambda groups: [group for group in groups if group != call.key])


def _move(newsletter: NewsletterState, name: str, call: Call, regrouped: Callable[[list[int]], list[int]]) -> Record:
    find(newsletter.groups, call.key)
    moved = [find(newsletter.subscribers, key) for key in call.body["subscriber_ids"]]
    for subscriber in moved:
        groups = regrouped(subscriber["groups"])
        change(newsletter, name, newsletter.subscribers, subscriber["id"], {"groups": groups})
    return success([subscriber_view(newsletter, subscriber) for subscriber in moved])
