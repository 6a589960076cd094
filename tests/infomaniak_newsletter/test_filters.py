"""Lists that the service filters."""

import json
from typing import get_args

import pytest
from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError
from codomyrmex.cloud.infomaniak.newsletter import params
from codomyrmex.cloud.testing.services import Response
from codomyrmex.cloud.testing.services.newsletter import success
from support import newsletter_document as vendor

from .test_contract import needs_document


@pytest.fixture
def group(service):
    group = service.add_group()
    for name, status in [("ada", "active"), ("bob", "unsubscribed"), ("eve", "bounced")]:
        service.add_subscriber(f"{name}@example.org", group, status=status)
    return group


def names(contacts):
    return [contact["email"].partition("@")[0] for contact in contacts]


def test_contacts_are_filtered_by_status(client, service, group):
    assert names(client.list_contacts()) == ["ada", "bob", "eve"]
    assert names(client.list_contacts(status="unsubscribed")) == ["bob"]
    assert names(client.get_list_contacts(group)) == ["ada", "bob", "eve"]
    assert names(client.get_list_contacts(group, status="active")) == ["ada"]
    assert names(client.get_list_contacts(group, status="bounced", search="bob")) == []


def test_contacts_of_a_segment_are_filtered_by_status(client, service, group):
    segment = service.add_segment("Some", members=list(service.subscribers))
    assert names(client.get_segment_contacts(segment)) == ["ada", "bob", "eve"]
    assert names(client.get_segment_contacts(segment, status="bounced")) == ["eve"]
    assert names(client.get_segment_contacts(segment, search="eve")) == ["eve"]


def test_campaigns_are_filtered_by_one_status_or_several(client, service):
    campaigns = [service.add_campaign(status) for status in ("draft", "scheduled", "sent", "sent")]
    assert [c["id"] for c in client.list_campaigns(status="draft")] == campaigns[:1]
    assert [c["id"] for c in client.list_campaigns(status=("draft", "sent"))] == [campaigns[0], *campaigns[2:]]
    assert service.received("list_campaigns")[0].query == {
        "filter[status][]": "draft", "page": "1", "per_page": "100",
    }  # fmt: skip


def test_what_became_of_a_campaign_is_filtered_by_what_was_done(client, service):
    campaign = service.add_campaign()
    client.get_campaign_activity(campaign, action="click", search="ada")
    query = service.received("activity")[0].query
    assert (query["filter[action]"], query["filter[search]"]) == ("click", "ada")


def test_fields_are_searched(client, service):
    field = service.add_field("Town")
    service.add_field("Size")
    assert [f["id"] for f in client.list_fields(search="Town")] == [field]


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.list_contacts(status="gone"),
        lambda c: c.list_contacts(status=None),
        lambda c: c.get_list_contacts(1, status="all"),
        lambda c: c.get_segment_contacts(1, status="gone"),
        lambda c: c.list_campaigns(status="gone"),
        lambda c: c.list_campaigns(status=["sent", "gone"]),
        lambda c: c.list_campaigns(status=[]),
        lambda c: c.get_campaign_activity(1, action="gone"),
    ],
)
@pytest.mark.parametrize("strict", [True, False])
def test_a_status_that_there_is_not_is_refused_before_a_request(connect, service, call, strict):
    with pytest.raises(ValueError, match=r"none of .*(active|sent|click)|is empty"):
        call(connect(strict=strict))
    assert service.requests == []


# What is begun


@pytest.mark.parametrize("data", [False, 0, "", "false"])
def test_an_answer_that_nothing_was_begun_is_no_task(client, service, group, data):
    service.fail("unsubscribe", Response(202, success(data)), times=9)
    with pytest.raises(InfomaniakCloudError, match="not done"):
        client.unsubscribe_contacts([1])


@pytest.mark.parametrize("body", [{"result": "success"}, success(None), success(True), success([]), success({"id": 1})])
def test_an_answer_without_the_id_of_a_task_is_none_that_can_be_waited_for(connect, service, group, body):
    service.fail("unsubscribe", Response(202, body))
    with pytest.raises(InfomaniakCloudError, match="the answer cannot be read"):
        connect(retry_budget=0).unsubscribe_contacts([1])


# Each list has the filters that the service knows of it


def test_contacts_of_some_lists_are_found(client, service, group):
    other = service.add_group("Others")
    service.add_subscriber("kim@example.org", other)
    service.add_subscriber("pat@example.org")
    assert names(client.list_contacts(groups=[other])) == ["kim"]
    assert names(client.list_contacts(groups=(group, other), status="active")) == ["ada", "kim"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: c.get_segment_contacts(1, status="under_verification"), "none of active, bounced"),
        (lambda c: c.list_contacts(groups=[]), "groups is empty"),
        (lambda c: c.list_contacts(groups="x"), "groups is a positive integer"),
        (lambda c: c.list_campaigns(status=[None]), "None is none of"),
        (lambda c: c.list_campaigns(status=7), "7 is none of"),
    ],
)
def test_what_the_service_knows_of_other_lists_is_refused_before_a_request(client, service, call, message):
    with pytest.raises(ValueError, match=message):
        call(client)
    assert service.requests == []


@needs_document
@pytest.mark.parametrize(
    ("path", "name", "literal"),
    [
        ("campaigns", "status", params.CampaignStatus),
        ("campaigns/{campaign}/report/activity", "action", params.Action),
        ("groups/{group}/subscribers", "status", params.ContactStatus),
        ("subscribers", "status", params.AnyContactStatus),
        ("segments/{segment}/subscribers", "status", params.SegmentContactStatus),
    ],
)
def test_the_states_are_those_of_the_vendors_document(path, name, literal):
    operation = json.loads(vendor.DOCUMENT.file.read_text("utf-8"))["paths"][f"/1/newsletters/{{domain}}/{path}"]["get"]
    [parameter] = [p for p in operation["parameters"] if p.get("name") == "filter"]
    schema = parameter["schema"]["properties"][name]
    assert sorted(get_args(literal)) == sorted(schema.get("items", schema)["enum"])
