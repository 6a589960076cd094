"""Imports take what the service would take."""

import pytest


@pytest.fixture
def imported(server, call):
    """``imported(text, **body)``: what became of a CSV text; columns are the address and the field 1."""
    server.add_field("City", field_id=1)
    group = server.add_group(group_id=50)

    def imported(text, **body):
        upload = int(call("POST", "subscribers/import/upload", {"content": text})[1]["data"][0])
        columns = [{"type": "email", "name": "email"}, 1]
        status, content = call(
            "POST", "subscribers/import", {"upload_id": upload, "fields": columns, "groups": [group], **body}
        )
        assert status == 200, content
        return {email: member["fields"] for email, member in server.members(group).items()}

    return imported


@pytest.mark.parametrize(("separator", "enclosure"), [(",", '"'), (";", "'"), ("\t", '"'), ("|", "~")])
def test_an_import_reads_the_csv_as_it_is_told(imported, separator, enclosure):
    quoted = f"{enclosure}a {separator} b{enclosure}"
    text = f"email{separator}city\r\nada@example.org{separator}{quoted}\r\n"
    assert imported(text, csv_separator=separator, csv_enclosure=enclosure) == {
        "ada@example.org": {"city": f"a {separator} b"}
    }


def test_an_import_leaves_out_what_it_refuses_and_takes_the_others(imported):
    text = "ada@example.org,Bern\nwrong,x\nx@refused.example,x\nbob@example.org\neve@example.org,a,b\n\n"
    assert imported(text) == {"ada@example.org": {"city": "Bern"}, "bob@example.org": {}}


def test_of_rows_with_the_same_address_the_last_one_counts(imported):
    assert imported("ada@example.org,Bern\nADA@example.org,Basel\n") == {"ada@example.org": {"city": "Basel"}}


@pytest.mark.parametrize(("replaces", "city"), [({}, "Basel"), ({"replace_fields": False}, "Bern")])
def test_who_is_there_is_updated_and_stays_unsubscribed(server, imported, replaces, city):
    known = server.add_subscriber("ada@example.org", status="unsubscribed", city="Bern", name="Ada")
    imported("Ada@example.org,Basel\n", **replaces)
    assert server.subscribers[known]["fields"] == {"city": city, "name": "Ada"}
    assert (server.subscribers[known]["status"], server.subscribers[known]["groups"]) == ("unsubscribed", [50])
    assert len(server.subscribers) == 1


def test_columns_and_groups_that_are_new_are_made(server, imported):
    imported(
        "x,ada@example.org\n", fields=[{"type": "text", "name": "Town"}, {"type": "email", "name": "e"}], groups=["New"]
    )
    [subscriber] = server.subscribers.values()
    assert subscriber["fields"] == {"town": "x"}
    assert [server.groups[key]["name"] for key in subscriber["groups"]] == ["New"]


def test_an_import_is_done_when_its_time_has_come(server, imported):
    server.import_delay = 3600
    assert imported("ada@example.org,Bern\n") == {}
    server.advance(3601)
    assert list(server.members(50)) == ["ada@example.org"]


@pytest.mark.parametrize(
    ("body", "attribute"),
    [({"upload_id": 999}, "upload_id"), ({"csv_separator": ""}, "csv_separator"),
     ({"csv_separator": ";;"}, "csv_separator"), ({"csv_separator": '"'}, "csv_separator"),
     ({"fields": [999]}, "fields"), ({"fields": [1]}, "fields"), ({"groups": [999]}, "groups")],
)  # fmt: skip
def test_an_import_that_cannot_be_is_refused(server, call, body, attribute):
    server.add_field("City", field_id=1)
    upload = int(call("POST", "subscribers/import/upload", {"content": "ada@example.org,x"})[1]["data"][0])
    whole = {"upload_id": upload, "fields": [{"type": "email", "name": "email"}, 1], **body}
    status, content = call("POST", "subscribers/import", whole)
    assert (status, content["error"]["errors"][0]["context"]["attribute"]) == (422, attribute)
    assert server.subscribers == {}
    server.violations.clear()
