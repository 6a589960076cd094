"""What else a newsletter is made of: segments, fields, templates."""

from __future__ import annotations

from codomyrmex.cloud.testing.services.newsletter import _segmentation
from codomyrmex.cloud.testing.services.newsletter._envelope import success
from codomyrmex.cloud.testing.services.newsletter._operations import (
    Call,
    change,
    delete,
    find,
    forbid,
    made,
    not_imitated,
    operation,
    page,
    with_status,
)
from codomyrmex.cloud.testing.services.newsletter._state import NewsletterState, Record
from codomyrmex.cloud.testing.services.newsletter._views import subscriber_view


@operation
def list_segments(newsletter: NewsletterState, call: Call) -> Record:
    not_imitated(newsletter, call, "status")
    return page(newsletter, call, newsletter.segments.values(), lambda each: _segment_view(newsletter, each), "name")


@operation
def create_segment(newsletter: NewsletterState, call: Call) -> Record:
    _check_conditions(newsletter, call.body)
    key = newsletter.add_segment(call.body["name"], conditions=call.body["data"])
    newsletter.segments[key]["updated_at"] = int(newsletter.now())
    return made(newsletter, "create_segment", key, _segment_view(newsletter, newsletter.segments[key]))


@operation
def get_segment(newsletter: NewsletterState, call: Call) -> Record:
    return success(_segment_view(newsletter, find(newsletter.segments, call.key)))


@operation
def update_segment(newsletter: NewsletterState, call: Call) -> Record:
    find(newsletter.segments, call.key)
    _check_conditions(newsletter, call.body)
    values = call.body | ({"data": call.body["data"] or {}} if "data" in call.body else {})
    segment = change(newsletter, "update_segment", newsletter.segments, call.key, values)
    return success(_segment_view(newsletter, segment))


@operation
def delete_segment(newsletter: NewsletterState, call: Call) -> Record:
    delete(newsletter, "delete_segment", newsletter.segments, call.key)
    return success(True)


@operation
def segment_subscribers(newsletter: NewsletterState, call: Call) -> Record:
    """Who is in a segment. Without a filter those of any status, as of groups."""
    find(newsletter.segments, call.key)
    found = with_status(newsletter, newsletter.segment_members(call.key), call.filter("status"), "all")
    return page(newsletter, call, found, lambda each: subscriber_view(newsletter, each, call.extras), "email")


def _check_conditions(newsletter: NewsletterState, body: Record) -> None:
    if wrong := list(_segmentation.problems(body.get("data") or {})):
        forbid(newsletter, "data", "; ".join(wrong))


def _segment_view(newsletter: NewsletterState, segment: Record) -> Record:
    active = [each for each in newsletter.segment_members(segment["id"]) if each["status"] == "active"]
    shown = {name: value for name, value in segment.items() if name != "members"}
    return {"subscribed_count": len(active), **shown}


@operation
def list_fields(newsletter: NewsletterState, call: Call) -> Record:
    return page(newsletter, call, newsletter.fields.values(), _field_view, "name")


@operation
def create_field(newsletter: NewsletterState, call: Call) -> Record:
    key = newsletter.add_field(call.body["name"], call.body["type"], key=call.body.get("slug"))
    return made(newsletter, "create_field", key, _field_view(newsletter.fields[key]))


@operation
def update_field(newsletter: NewsletterState, call: Call) -> Record:
    return success(_field_view(change(newsletter, "update_field", newsletter.fields, call.key, call.body)))


@operation
def delete_field(newsletter: NewsletterState, call: Call) -> Record:
    """Delete a field, with its values of all subscribers."""
    field = delete(newsletter, "delete_field", newsletter.fields, call.key)
    for subscriber in newsletter.subscribers.values():
        subscriber["fields"].pop(field["key"], None)
    return success(_field_view(field))


def _field_view(field: Record) -> Record:
    return {name: field[name] for name in ("id", "name", "key")}


@operation
def list_templates(newsletter: NewsletterState, call: Call) -> Record:
    return page(newsletter, call, newsletter.templates.values(), _template_view)


@operation
def template_html(newsletter: NewsletterState, call: Call) -> Record:
    return success(find(newsletter.templates, call.key).get("html", ""))


def _template_view(template: Record) -> Record:
    return {name: value for name, value in template.items() if name != "html"}
