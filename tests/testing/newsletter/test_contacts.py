"""Contacts, mailing lists and fields are changed and refused as by the service."""

import pytest
from codomyrmex.cloud.infomaniak.errors import InfomaniakValidationError

# Addresses


GOOD = ["ada@example.org", "Ada.L+x@sub.example.org", "o'neil@example.org", '"a b"@example.org', "a@münchen.example"]
BAD = [
    "", "ada", "ada@", "@example.org", "ada@example", "a b@example.org", "ada@example..org", "ada@-example.org",
    "ada@example.org\n", "ada@example.org, b@example.org", "Ada <ada@example.org>", "ada.@example.org",
    "a..b@example.org",
    "ada@exa mple.org", f"{'x' * 65}@example.org", f"a@{'x' * 64}.org", f"a@{'x.' * 130}org", "ada@x@example.org",
    "ada@[127.0.0.1]", "x@refused.example", "(c)ada@example.org",
]  # fmt: skip


@pytest.mark.parametrize("email", GOOD)
def test_an_address_is_taken(server, client, email):
    assert client.create_contact(email)["email"] == email


@pytest.mark.parametrize("email", BAD)
def test_what_is_no_address_is_refused_by_its_name(server, call, email):
    status, content = call("POST", "subscribers", {"email": email})
    assert (status, content["result"], content["error"]["code"]) == (422, "error", "validation_failed")
    assert content["error"]["errors"] == [{"description": "validation.email", "context": {"attribute": "email"}}]
    assert server.subscribers == {}


@pytest.mark.parametrize(
    ("body", "attribute"),
    [({"email_from_addr": "nobody"}, "email_from_addr"), ({"recipients": {"emails": ["nobody"]}}, "recipients.emails"),
     ({"template_id": 7}, "template_id")],
)  # fmt: skip
def test_a_campaign_that_could_not_be_sent_is_refused(server, call, body, attribute):
    campaign = server.add_campaign()
    status, content = call("PUT", f"campaigns/{campaign}", body)
    assert (status, content["error"]["errors"][0]["context"]["attribute"]) == (422, attribute)


@pytest.mark.parametrize(
    "recipients",
    [{"group": {}}, {"groups": [1]}, {"groups": {"include": ["1"]}}, {"groups": {"only": [1]}}, {"all_subscribers": 1},
     {"emails": "a@example.org"}, {"segments": {"include": 1}}, {"expert": []},
     {"expert": {"conditions": {"closure": 1}}}],
    ids=repr,
)  # fmt: skip
def test_recipients_that_cannot_be_are_refused(server, call, recipients):
    campaign = server.add_campaign()
    assert call("PUT", f"campaigns/{campaign}", {"recipients": recipients})[0] == 422
    assert len(server.violations) == 1
    server.violations.clear()


# Contacts, lists, fields


def test_a_contact_is_made_once_and_what_is_left_out_stays(server, client):
    group = server.add_group()
    server.add_field("firstname")
    one = client.create_contact("ada@example.org", fields={"firstname": "Ada"}, groups=[group, "New"])
    assert client.create_contact("ADA@example.org")["id"] == one["id"]
    found = client.get_contact(one["id"])
    assert [(field["key"], field["value"]) for field in found["fields"]] == [("firstname", "Ada")]
    assert [each["name"] for each in found["groups"]] == ["Readers", "New"]


def test_fields_that_an_update_leaves_out_are_deleted(server, client):
    contact = server.add_subscriber("ada@example.org", firstname="Ada", city="Bern")
    client.update_contact(contact, fields={"city": "Basel"})
    assert server.subscribers[contact]["fields"] == {"city": "Basel"}


def test_a_group_that_is_not_there_is_refused(server, client):
    with pytest.raises(InfomaniakValidationError, match="no group 99"):
        client.create_contact("ada@example.org", groups=[99])
    assert server.subscribers == {}


def test_a_list_that_is_deleted_leaves_its_members(server, client):
    group = server.add_group()
    contact = server.add_subscriber("ada@example.org", group)
    client.delete_mailing_list(group)
    assert server.subscribers[contact]["groups"] == []


def test_a_field_that_is_deleted_takes_its_values_along(server, client):
    field = server.add_field("City")
    contact = server.add_subscriber("ada@example.org", city="Bern")
    client.delete_field(field)
    assert server.subscribers[contact]["fields"] == {}


def test_fields_of_the_same_name_have_keys_of_their_own(server, client):
    assert [client.create_field("City")["key"] for _ in range(3)] == ["city", "city_2", "city_3"]


@pytest.mark.parametrize(
    ("select", "left"),
    [({"all": False, "include": [2, 99]}, "bob"), ({"all": True}, "ada bob"), ({"all": True, "exclude": [2]}, "ada")],
)
def test_those_who_are_selected_are_unsubscribed(server, call, select, left):
    assert [server.add_subscriber(f"{name}@example.org") for name in ("ada", "bob")] == [1, 2]
    status, content = call("PUT", "subscribers/unsubscribe", {"select": select})
    assert (status, content["result"]) == (202, "asynchronous")
    gone = [s["email"].partition("@")[0] for s in server.subscribers.values() if s["status"] == "unsubscribed"]
    assert gone == left.split()
    assert call("GET", f"/1/async/tasks/{content['data']}")[1]["data"]["status"] == "executed"
