"""The calls of every method of the client, for the cases in which the relay breaks an exchange of them."""

import time
from collections.abc import Callable
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import Any, NamedTuple

from codomyrmex.cloud import errors as tree
from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError
from codomyrmex.cloud.infomaniak.newsletter import InfomaniakNewsletterClient, InfomaniakOutcomeUnknownError
from codomyrmex.cloud.testing.services.newsletter import NewsletterServer
from support import newsletter_document as vendor
from support import relay as faults
from support.matrix import not_broken, repeated, truth_or_error

from .account import DOMAIN, TOKEN, make_newsletter

WHEN = int(time.time()) + 86_400
CONDITIONS = {"closure": "OR", "conds": []}
_THOUSANDS = count(1)


def make() -> NewsletterServer:
    """A newsletter with two of each thing, whose ids no other has: what was sent is on record by them."""
    service = make_newsletter()
    service.next_id = 1000 * next(_THOUSANDS)
    campaign, scheduled = service.add_campaign(), service.add_campaign("scheduled")
    group, other = service.add_group(), service.add_group("Others")
    subscriber = service.add_subscriber("ada@example.org", other)
    service.add_subscriber("bob@example.org", other)
    service.add_subscriber("eve@example.org", other)
    service.add_segment("s", conditions=CONDITIONS)
    service.add_segment("t", conditions=CONDITIONS)
    service.add_field("f")
    service.add_field("g")
    service.add_task("5cb09b3c")
    everybody = service.add_campaign(recipients={"all_subscribers": True})
    service.send(everybody)
    service.ids = SimpleNamespace(
        campaign=campaign, scheduled=scheduled, everybody=everybody, group=group, other=other, subscriber=subscriber,
        segment=min(service.segments), field=min(service.fields),
    )  # fmt: skip
    return service


def violations(service: NewsletterServer) -> list[str]:
    return [*service.violations, *vendor.DOCUMENT.problems(service.requests)]


def connect(relay, **options) -> InfomaniakNewsletterClient:
    defaults = {"timeout": relay.timeout, "requests_per_minute": None, "retry_budget": 1.5, "strict": True}
    return InfomaniakNewsletterClient(TOKEN, DOMAIN, base_url=relay.url, **{**defaults, **options})


class Write(NamedTuple):
    """A method that changes something, as it is called here."""

    operation: str
    """The contract's name."""
    request: str
    """Its request line."""
    call: Callable[[InfomaniakNewsletterClient, Any], Any]
    """With the client, and the ids of what there is."""
    once: bool = False
    """Whether to do it again does more."""

    def effects(self, service: NewsletterServer) -> int:
        """How often it was carried out."""
        return len(service.changed(self.operation))


WRITES = {
    "send_campaign": Write("schedule", "PUT .*/schedule ", lambda c, i: c.send_campaign(i.campaign), once=True),
    "schedule_campaign": Write(
        "schedule", "PUT .*/schedule ", lambda c, i: c.schedule_campaign(i.campaign, WHEN), once=True
    ),
    "unschedule_campaign": Write("cancel", "PUT ", lambda c, i: c.unschedule_campaign(i.scheduled), once=True),
    "create_campaign": Write(
        "create_campaign", "POST ", lambda c, i: c.create_campaign("s", "a@example.org", "n", "<p>", i.group), once=True
    ),
    "update_campaign": Write("update_campaign", "PUT ", lambda c, i: c.update_campaign(i.campaign, subject="s")),
    "duplicate_campaign": Write("duplicate", "POST ", lambda c, i: c.duplicate_campaign(i.campaign), once=True),
    "delete_campaign": Write("delete_campaign", "DELETE ", lambda c, i: c.delete_campaign(i.campaign)),
    "send_test": Write("test", "POST ", lambda c, i: c.send_test(i.campaign, "a@example.org"), once=True),
    "create_mailing_list": Write("create_group", "POST ", lambda c, i: c.create_mailing_list("n"), once=True),
    "update_mailing_list": Write("update_group", "PUT ", lambda c, i: c.update_mailing_list(i.group, name="n")),
    "delete_mailing_list": Write("delete_group", "DELETE ", lambda c, i: c.delete_mailing_list(i.group)),
    "manage_contact": Write("assign", "POST ", lambda c, i: c.manage_contact(i.group, i.subscriber, "subscribe")),
    "manage_contact out of it": Write(
        "unassign", "POST ", lambda c, i: c.manage_contact(i.other, i.subscriber, "unsubscribe")
    ),
    "create_contact": Write("create_subscriber", "POST ", lambda c, i: c.create_contact("x@example.org")),
    "create_contact that is there": Write(
        "create_subscriber", "POST ", lambda c, i: c.create_contact("ada@example.org", fields={"f": "x"})
    ),
    "create_contact in a list to make": Write(
        "create_subscriber", "POST ", lambda c, i: c.create_contact("x@example.org", groups=["New"]), once=True
    ),
    "update_contact": Write(
        "update_subscriber", "PUT ", lambda c, i: c.update_contact(i.subscriber, status="unsubscribed")
    ),
    "delete_contact": Write("delete_subscriber", "DELETE ", lambda c, i: c.delete_contact(i.subscriber)),
    "forget_contact": Write("forget", "DELETE ", lambda c, i: c.forget_contact(i.subscriber)),
    "unsubscribe_contacts": Write("unsubscribe", "PUT ", lambda c, i: c.unsubscribe_contacts([i.subscriber])),
    "create_segment": Write("create_segment", "POST ", lambda c, i: c.create_segment("n", CONDITIONS), once=True),
    "update_segment": Write("update_segment", "PUT ", lambda c, i: c.update_segment(i.segment, name="n")),
    "delete_segment": Write("delete_segment", "DELETE ", lambda c, i: c.delete_segment(i.segment)),
    "create_field": Write("create_field", "POST ", lambda c, i: c.create_field("n"), once=True),
    "update_field": Write("update_field", "PUT ", lambda c, i: c.update_field(i.field, name="n")),
    "delete_field": Write("delete_field", "DELETE ", lambda c, i: c.delete_field(i.field)),
}
DISPATCHES = ("send_campaign", "schedule_campaign")


def succeeded(result: Any) -> bool:
    """Whether a result tells what a success tells."""
    return result is True or (isinstance(result, dict) and ("task_id" in result or isinstance(result.get("id"), int)))


def wrong_error(write: Write, sure: bool, raised: tree.CloudError):
    """What is wrong with the error of a write. ``sure``: whether it says that nothing was done."""
    if not isinstance(raised, InfomaniakCloudError):
        yield f"no InfomaniakCloudError: {raised!r}"
    elif write.once and not sure:
        yield from wrong_unknown(raised)


def wrong_unknown(raised: tree.CloudError):
    """What is wrong with an error that must say that nobody knows whether it was done."""
    if not isinstance(raised, InfomaniakOutcomeUnknownError):
        yield f"no InfomaniakOutcomeUnknownError: {raised!r}"
    elif not isinstance(raised, tree.OutcomeUnknown) or isinstance(raised, ConnectionError | TimeoutError):
        yield f"of other kinds: {type(raised).__mro__}"
    if raised.retryable or not raised.maybe_executed:
        yield f"invites to repeat it, or tells not that it may be done: {raised!r}"


def one_client(write: Write, name: str, service: NewsletterServer, relay):
    """A case: the exchange of a write is broken."""
    relay.arm(faults.ALL[name], write.request)
    with connect(relay) as client:
        judge, effects = partial(wrong_error, write, name == "429"), lambda: write.effects(service)
        yield from repeated(lambda: write.call(client, service.ids), effects, judge, succeeded)
    yield from not_broken(relay, faults.ALL[name])


class Read(NamedTuple):
    """A method that reads, as it is called here."""

    call: Callable[[InfomaniakNewsletterClient, Any], Any]
    request: str = "GET "
    pages: bool = False
    """Whether it is a list of several pages."""


SECOND_PAGE = "(GET|POST) .*[?&]page=2"
READS = {
    "list_campaigns": Read(lambda c, i: c.list_campaigns(), pages=True),
    "get_campaign": Read(lambda c, i: c.get_campaign(i.campaign)),
    "get_campaign_statistics": Read(lambda c, i: c.get_campaign_statistics(i.campaign)),
    "get_campaign_links": Read(lambda c, i: c.get_campaign_links(i.campaign)),
    "get_campaign_activity": Read(lambda c, i: c.get_campaign_activity(i.everybody), pages=True),
    "list_mailing_lists": Read(lambda c, i: c.list_mailing_lists(), pages=True),
    "get_mailing_list": Read(lambda c, i: c.get_mailing_list(i.group)),
    "get_list_contacts": Read(lambda c, i: c.get_list_contacts(i.other), pages=True),
    "get_list_contacts, second page": Read(lambda c, i: c.get_list_contacts(i.other), SECOND_PAGE),
    "list_contacts": Read(lambda c, i: c.list_contacts(), pages=True),
    "list_contacts, second page": Read(lambda c, i: c.list_contacts(), SECOND_PAGE),
    "get_contact": Read(lambda c, i: c.get_contact(i.subscriber)),
    "list_segments": Read(lambda c, i: c.list_segments(), pages=True),
    "get_segment": Read(lambda c, i: c.get_segment(i.segment)),
    "get_segment_contacts": Read(lambda c, i: c.get_segment_contacts(i.segment), pages=True),
    "list_fields": Read(lambda c, i: c.list_fields(), pages=True),
    "list_templates": Read(lambda c, i: c.list_templates()),
    "get_template_html": Read(lambda c, i: c.get_template_html(5)),
    "get_credits": Read(lambda c, i: c.get_credits()),
    "get_task_status": Read(lambda c, i: c.get_task_status("5cb09b3c")),
    "validate_connection": Read(lambda c, i: c.validate_connection()),
}


def broken_read(read: Read, fault: faults.Fault, must: bool, service: NewsletterServer, relay):
    """A case: an exchange of a read is broken. ``must``: whether the true result is to come all the same."""
    service.largest_page = 1

    def call():
        with connect(relay, retry_budget=2) as client:
            return read.call(client, service.ids)

    yield from truth_or_error(call, relay, fault, read.request, InfomaniakCloudError, must=must)
