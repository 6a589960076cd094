"""Contacts are imported in any number, and whoever is not in is named."""

import csv
import random

import pytest
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakAuthError,
    InfomaniakCloudError,
    InfomaniakForbiddenError,
    InfomaniakNotFoundError,
    InfomaniakTimeoutError,
    InfomaniakValidationError,
)
from codomyrmex.cloud.infomaniak.newsletter import InfomaniakOutcomeUnknownError
from codomyrmex.cloud.testing.services._http import Response
from codomyrmex.cloud.testing.services.newsletter import error, success
from support.interrupts import IN_THE_PAUSE, notes_of_interrupt

NOTHING = {"imported": 0, "failed": [], "duplicates": 0, "unsubscribed": 0, "tasks": []}


@pytest.fixture
def group(service):
    return service.add_group()


def people(number):
    return [{"email": f"p{n}@example.org", "firstname": f"P{n}", "city": None} for n in range(number)]


def test_few_go_one_by_one(client, service, group):
    known = service.add_subscriber("p1@example.org", city="Bern")
    assert client.import_contacts(group, people(3)) == {**NOTHING, "imported": 3}
    assert len(service.received("create_subscriber")) == 3
    assert set(service.members(group)) == {"p0@example.org", "p1@example.org", "p2@example.org"}
    assert service.subscribers[known]["fields"] == {"city": "Bern", "firstname": "P1"}


def test_each_of_few_that_the_service_refuses_is_named(client, service, group):
    contacts = [*people(2), {"email": "x@refused.example"}, {"email": "nobody"}, {"firstname": "Nameless"}]
    result = client.import_contacts(group, contacts)
    assert result["imported"] == 2
    assert result["failed"] == [
        {"email": "nobody", "error": "not an e-mail address: An email address must have an @-sign."},
        {"email": "", "error": "no e-mail address"},
        {"email": "x@refused.example", "error": "validation failed; email: validation.email"},
    ]


def test_more_go_by_the_services_upload(client, service, group):
    city = service.add_field("City")
    contacts = [{"email": f"p{n}@example.org", "City": 'a "b", c\nd;é', "age": n} for n in range(30)]
    result = client.import_contacts(group, iter(contacts))
    assert (result["imported"], result["failed"]) == (30, [])
    assert list(service.tasks) == result["tasks"]
    assert service.received("create_subscriber") == []
    assert service.members(group)["p7@example.org"]["fields"] == {"city": 'a "b", c\nd;é', "age": "7"}
    [age] = [field["id"] for field in service.fields.values() if field["key"] == "age"]
    columns = service.received("import_subscribers")[0].json["fields"]
    assert columns == [{"type": "email", "name": "email"}, city, age]


@pytest.mark.parametrize("answers", ["task", "nothing", "stranger"])
def test_five_thousand_with_one_percent_bad_each_named(client, service, group, answers):
    service.import_answers = answers
    contacts = people(5000)
    bad = random.Random(1).sample(range(5000), 50)
    for n in bad[:25]:
        contacts[n]["email"] = f"p{n}@refused.example"  # only the service finds these
    for n in bad[25:]:
        contacts[n]["email"] = random.Random(n).choice([f"p{n}", f"p{n}@", f"p {n}@example.org", f"@{n}.example"])
    result = client.import_contacts(group, contacts, settle=1.5)
    assert result["imported"] == 4950
    assert sorted(f["email"] for f in result["failed"]) == sorted(contacts[n]["email"] for n in bad)
    assert all(f["error"] for f in result["failed"])
    assert len(service.members(group)) == 4950
    assert len(service.requests) < 40  # far from one for each


def test_an_import_that_the_service_does_later_is_waited_for(client, service, group):
    service.polls_until_done, service.import_delay = 1, 0.2
    assert client.import_contacts(group, people(30))["failed"] == []
    service.import_answers, service.import_delay = "nothing", 0.8
    other = service.add_group()
    assert client.import_contacts(other, people(30), settle=20)["failed"] == []


def test_an_import_whose_task_nobody_knows_is_waited_for(client, service, group):
    service.import_answers, service.import_delay = "stranger", 0.8
    assert client.import_contacts(group, people(30), settle=20)["failed"] == []


@pytest.mark.parametrize(("number", "uploads"), [(20, 0), (21, 1)])
def test_up_to_twenty_go_one_by_one(client, service, group, number, uploads):
    assert client.import_contacts(group, people(number))["imported"] == number
    assert len(service.received("upload")) == uploads


def test_a_list_that_lags_behind_its_task_is_waited_for(client, service, group):
    service.import_delay = 0.8
    result = client.import_contacts(group, people(30), settle=20)
    assert (result["imported"], result["failed"]) == (30, [])


def test_a_list_is_looked_at_once_where_nothing_is_to_settle(client, service, group):
    contacts = [*people(30), {"email": "x@refused.example"}]
    assert [f["email"] for f in client.import_contacts(group, contacts, settle=0)["failed"]] == ["x@refused.example"]
    assert len(service.received("filter_subscribers")) == 1


def test_contacts_of_any_status_are_in_the_list(client, service, group):
    service.add_subscriber("P7@Example.org", group, status="unsubscribed")
    assert client.import_contacts(group, people(30))["failed"] == []


@pytest.mark.parametrize("number", [3, 30])
def test_duplicates_are_imported_once_and_counted_apart(client, service, group, number):
    again = [{"email": f"P{n}@Example.org", "firstname": "", "city": "Bern"} for n in range(number)]
    result = client.import_contacts(group, people(number) + again)
    assert (result["imported"], result["failed"], result["duplicates"]) == (number, [], number)
    assert service.members(group)["p2@example.org"]["fields"] == {"firstname": "P2", "city": "Bern"}
    assert len(service.members(group)) == number


def test_every_contact_is_counted_once(client, service, group):
    contacts = [
        *people(25), {"email": "P3@example.org"}, {"email": "none"}, {"email": "x@refused.example"},
        {"email": "X@refused.example"}, {"email": "p4@example.org", "status": "unsubscribed"},
        {"email": "gone@example.org", "status": "cleaned"},
    ]  # fmt: skip
    result = client.import_contacts(group, contacts, settle=0)
    counts = (result["imported"], len(result["failed"]), result["duplicates"], result["unsubscribed"])
    assert counts == (24, 2, 3, 2)
    assert sum(counts) == len(contacts)


@pytest.mark.parametrize("wrap", [
    lambda key: key, lambda key: str(key), lambda key: [key], lambda key: [str(key)], lambda key: {"id": key},
    lambda key: {"upload_id": str(key)}, lambda key: [{"id": key}],
])  # fmt: skip
def test_the_id_of_the_upload_is_found_in_any_answer(client, service, group, wrap):
    service.upload_answer = wrap
    assert client.import_contacts(group, people(21))["imported"] == 21


def test_an_upload_without_an_id_is_an_error(client, service, group):
    service.upload_answer = lambda key: ["email,firstname"]
    with pytest.raises(InfomaniakCloudError, match="upload_id"):
        client.import_contacts(group, people(21))


def test_an_import_that_fails_names_all_that_are_not_in(client, service, group):
    service.add_subscriber("p3@example.org", group)
    service.import_fails = "too many columns"
    result = client.import_contacts(group, people(30))
    assert result["imported"] == 1
    assert len(result["failed"]) == 29
    assert "too many columns" in result["failed"][0]["error"]
    assert len(service.received("filter_subscribers")) == 1


def test_an_upload_has_ten_thousand_rows_at_most(client, service, group):
    assert client.import_contacts(group, ({"email": f"p{n}@example.org"} for n in range(10_001)))["imported"] == 10_001
    assert [len(request.json["content"].splitlines()) for request in service.received("upload")] == [10_001, 2]


def test_an_import_that_does_not_end_is_an_error(client, service, group):
    service.polls_until_done = 999
    with pytest.raises(InfomaniakTimeoutError, match="still in state running") as caught:
        client.import_contacts(group, people(30), timeout=0.6)
    assert "30 contacts were accepted" in caught.value.__notes__[0]


@pytest.mark.parametrize("data", [False, 0, "", "0", "false", [], {}])
def test_an_import_that_the_service_says_not_to_have_begun_is_an_error(connect, service, group, data):
    client = connect(retry_budget=0)
    service.fail("import_subscribers", Response(200, success(data)), times=9)
    with pytest.raises(InfomaniakCloudError, match="not done"):
        client.import_contacts(group, people(30))
    service.fail("unsubscribe", Response(202, success(data)), times=9)
    with pytest.raises(InfomaniakCloudError, match="not done"):
        client.unsubscribe_contacts([7])


def test_who_interrupts_an_import_is_told_what_goes_on(client, service, group):
    service.polls_until_done = 999
    notes = notes_of_interrupt(lambda: client.import_contacts(group, people(30)), when=IN_THE_PAUSE)
    (task,) = service.tasks
    repeated = "30 contacts were accepted before; the import may simply be repeated"
    assert notes == [f"the service goes on with the import into list {group}, task {task}", repeated]


def test_who_interrupts_an_import_without_a_task_is_told_what_goes_on(client, service, group):
    service.import_answers, service.import_fails = "nothing", "too many columns"
    service.fail("filter_subscribers", fault="stalled")
    asked = lambda: service.received("filter_subscribers")  # noqa: E731
    notes = notes_of_interrupt(lambda: client.import_contacts(group, people(30)), when=asked)
    assert notes[0] == f"the service goes on with the import into list {group}"


@pytest.mark.parametrize(("number", "operation"), [(5, "create_subscriber"), (30, "import_subscribers")])
def test_a_failure_that_concerns_all_is_raised_and_told_how_far_it_came(client, service, group, number, operation):
    if number == 5:
        service.fail(operation, executed=True, times=2)
    service.fail(operation, error(403))
    with pytest.raises(InfomaniakForbiddenError) as caught:
        client.import_contacts(group, people(number))
    assert caught.value.__notes__ == [
        f"{2 if number == 5 else 0} contacts were accepted before; the import may simply be repeated"
    ]
    assert client.import_contacts(group, people(number))["imported"] == number


def test_a_contact_that_may_be_in_has_not_failed(client, service, group):
    """The first attempt is lost, and its repeat is refused."""
    service.fail("create_subscriber", error(502), executed=True)
    service.fail("create_subscriber", error(422))
    with pytest.raises(InfomaniakValidationError) as caught:
        client.import_contacts(group, people(1))
    assert caught.value.maybe_executed
    assert caught.value.__notes__ == ["0 contacts were accepted before; the import may simply be repeated"]
    assert client.import_contacts(group, people(1))["imported"] == 1


def test_a_field_whose_making_was_lost_is_used_if_it_is_there(client, service, group):
    service.fail("create_field", fault="reset", executed=True)
    assert client.import_contacts(group, people(30))["imported"] == 30
    assert [field["name"] for field in service.fields.values()] == ["firstname"]
    assert service.members(group)["p7@example.org"]["fields"]["firstname"] == "P7"


def test_a_field_that_may_be_made_later_is_not_made_again(client, service, group):
    service.fail("create_field", fault="reset")
    with pytest.raises(InfomaniakOutcomeUnknownError, match=r"list_fields\(\) for 'firstname'") as caught:
        client.import_contacts(group, people(30))
    assert caught.value.__notes__ == ["0 contacts were accepted before; after that look the import may be repeated"]
    assert len(service.received("create_field")) == 1
    assert service.received("import_subscribers") == []


@pytest.mark.parametrize(
    "operation", ["create_subscriber", "upload", "import_subscribers", "filter_subscribers", "task"]
)
def test_an_import_outlasts_faults(client, service, group, operation):
    service.fail(operation, fault="reset", executed=True)
    service.fail(operation, error(503))
    number = 5 if operation == "create_subscriber" else 30
    result = client.import_contacts(group, people(number))
    assert (result["imported"], len(service.members(group))) == (number, number)


@pytest.mark.parametrize("more", [0, 30])
def test_what_a_contact_has_stays_where_the_new_value_is_missing(client, service, group, tmp_path, more):
    ada = service.add_subscriber("ada@example.org", city="Bern", firstname="A")
    rows = ["email,firstname,city", "ada@example.org,Ada,", *(f"p{n}@example.org,,Rome" for n in range(more))]
    (tmp_path / "contacts.csv").write_text("\n".join(rows), encoding="utf-8")
    assert client.import_contacts(group, tmp_path / "contacts.csv")["imported"] == 1 + more
    assert service.subscribers[ada]["fields"] == {"city": "Bern", "firstname": "Ada"}
    assert len(service.received("import_subscribers")) == (2 if more else 0)


def test_what_is_not_imported_takes_no_upload_of_its_own(client, service, group):
    contacts = [{**each, "LEID": str(n)} if n % 2 else each for n, each in enumerate(people(30))]
    assert client.import_contacts(group, contacts)["imported"] == 30
    assert len(service.received("import_subscribers")) == 1


def test_a_value_that_is_empty_on_purpose_replaces_what_is_there(client, service, group):
    ada = service.add_subscriber("ada@example.org", city="Bern")
    client.import_contacts(group, [{"email": "ada@example.org", "city": ""}])
    assert service.subscribers[ada]["fields"] == {"city": ""}


# A file


@pytest.mark.parametrize("number", [3, 30])
@pytest.mark.parametrize(("delimiter", "start"), [(",", ""), (";", "\ufeff"), ("\t", "")])
def test_contacts_come_from_a_csv_file(client, service, group, tmp_path, number, delimiter, start):
    rows = [["Firstname", "E-Mail"], *([f"Zoë {n}", f"z{n}@example.org"] for n in range(number)), ["", "wrong"]]
    file = tmp_path / "contacts.csv"
    file.write_text(start + "".join(delimiter.join(row) + "\r\n" for row in rows) + "\r\n", encoding="utf-8")
    for path in (file, str(file)):
        result = client.import_contacts(group, path)
        assert result["imported"] == number
        assert [(f["email"], f["line"]) for f in result["failed"]] == [("wrong", number + 2)]
    fields = service.members(group)["z2@example.org"]["fields"]
    assert {key.lower(): value for key, value in fields.items()} == {"firstname": "Zoë 2"}


def test_a_file_that_is_not_there_is_a_failure(connect, group, tmp_path):
    with pytest.raises(FileNotFoundError):
        connect().import_contacts(group, tmp_path / "none.csv")
    client = connect(strict=False)
    assert client.import_contacts(group, tmp_path / "none.csv") is None
    assert "none.csv" in str(client.last_error)


@pytest.mark.parametrize("contacts", [None, 7, b"a@example.org", {"email": "a@example.org"}, ["a@example.org"], [None],
                                      [*people(30), None]])  # fmt: skip
def test_what_are_no_contacts_is_refused_at_once(client, service, group, contacts):
    with pytest.raises(TypeError):
        client.import_contacts(group, contacts)
    assert service.requests == []


def test_nobody_is_imported_from_nothing(client, service, group):
    assert client.import_contacts(group, []) == NOTHING
    assert service.requests == []


def test_fields_may_be_nested_and_hold_what_json_does_not(client, service, group):
    import datetime

    born = datetime.date(1815, 12, 10)
    client.import_contacts(group, [{"email": " ada@example.org ", "fields": {"born": born, "age": 36, "x": None}}])
    assert service.members(group)["ada@example.org"]["fields"] == {"born": "1815-12-10", "age": 36}


@pytest.mark.parametrize("more", [0, 30])
def test_a_number_that_is_none_is_no_value(client, service, group, more):
    """As tables of numbers have it, where a cell is empty."""
    missing = float("nan")
    ada = {"email": "ada@example.org", "firstname": missing, "unsubscribed": missing, "age": 36.5, "x": float("inf")}
    result = client.import_contacts(group, [{**ada, "fields": {"city": missing}}, *people(more)])
    assert (result["imported"], result["unsubscribed"]) == (1 + more, 0)
    fields = service.members(group)["ada@example.org"]["fields"]
    assert {key: str(value) for key, value in fields.items()} == {"age": "36.5", "x": "inf"}
    assert all(b"Infinity" not in request.body for request in service.requests)


@pytest.mark.parametrize(
    "form", [lambda frame: frame, lambda frame: frame.to_dict("records")], ids=["frame", "records"]
)
def test_a_data_frame_is_contacts(client, service, group, form):
    import numpy
    import pandas

    frame = pandas.DataFrame(
        {
            "Email Address": ["ada@example.org", "bob@example.org", "cyd@example.org"],
            "firstname": ["Ada", pandas.NA, None],
            "age": [numpy.float64(36.5), numpy.nan, 7.0],
            "joined": [pandas.Timestamp("2026-01-02"), pandas.NaT, pandas.NaT],
            "Unsubscribed": [pandas.NA, numpy.nan, "yes"],
        }
    )
    result = client.import_contacts(group, form(frame))
    assert (result["imported"], result["unsubscribed"], result["failed"]) == (2, 1, [])
    assert [m["fields"] for m in service.members(group).values()] == [
        {"firstname": "Ada", "age": 36.5, "joined": "2026-01-02T00:00:00"}, {},
    ]  # fmt: skip


@pytest.mark.parametrize("value", [["a"], {"a": 1}, b"a"])
def test_a_value_that_no_field_holds_is_refused_with_its_place(client, service, group, value):
    with pytest.raises(TypeError, match="'tags' of contact 2 is text, a number or a date, not "):
        client.import_contacts(group, [*people(1), {"email": "ada@example.org", "tags": value}])
    assert service.requests == []


@pytest.mark.parametrize("number", [1, 30])
def test_contacts_for_a_list_that_is_not_there_are_not_sent(client, service, number):
    with pytest.raises(InfomaniakNotFoundError):
        client.import_contacts(77, people(number))
    assert [request.method for request in service.requests] == ["GET"]


def test_a_row_of_a_dict_reader_with_too_many_cells_has_failed(client, service, group):
    rows = ["email,firstname", "ada@example.org,Ada, L.,x", "bob@example.org,Bob,,", "cyd@example.org"]
    result = client.import_contacts(group, csv.DictReader(rows))
    assert (result["imported"], result["failed"]) == (
        2, [{"email": "ada@example.org", "error": "more cells than the header has columns"}],
    )  # fmt: skip
    assert [m["fields"] for m in service.members(group).values()] == [{"firstname": "Bob"}, {}]


def test_a_wrong_token_imports_nothing(connect, group):
    with pytest.raises(InfomaniakAuthError):
        connect("another-token").import_contacts(group, people(3))
