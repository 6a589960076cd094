"""Stacks made, changed and deleted by the real Heat."""

import pytest
from codomyrmex.cloud import get_client
from codomyrmex.cloud.errors import LocalFileNotFound
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakAlreadyExistsError,
    InfomaniakCloudError,
    InfomaniakForbiddenError,
    InfomaniakNotFoundError,
    InfomaniakTimeoutError,
    InfomaniakValidationError,
)
from codomyrmex.cloud.infomaniak.heat import InfomaniakHeatClient
from codomyrmex.cloud.rest.polling import looks
from support.interrupts import IN_THE_PAUSE, interrupt, notes_of_interrupt

TEMPLATE = """
heat_template_version: 2018-08-31
description: a word and a test
parameters:
  length: {type: number, default: 8}
resources:
  word: {type: OS::Heat::RandomString, properties: {length: {get_param: length}}}
  test: {type: OS::Heat::TestResource, properties: {value: hello}}
outputs:
  word: {description: it, value: {get_attr: [word, value]}}
"""
FAILING = TEMPLATE.replace("value: hello", "value: hello, fail: true")
STACK_KEYS = {"id", "name", "status", "status_reason", "creation_time"}


def test_a_stack_is_made_changed_suspended_resumed_and_deleted(client, name):
    made = client.create_stack(name, TEMPLATE, parameters={"length": 5}, tags=["web", "test"])
    assert made.keys() >= STACK_KEYS | {"description", "parameters", "outputs", "updated_time"}
    assert (made["name"], made["status"], made["description"]) == (name, "CREATE_COMPLETE", "a word and a test")
    assert made["tags"] == ["web", "test"]
    word = client.get_stack_outputs(name)["word"]
    assert len(word) == 5
    changed = client.update_stack(made["id"], parameters={"length": 12})
    assert changed["status"] == "UPDATE_COMPLETE"
    assert changed["updated_time"]
    assert changed["outputs"][0]["key"] == "word"
    assert len(changed["outputs"][0]["value"]) == 12
    assert client.suspend_stack(name)
    assert client.get_stack(name)["status"] == "SUSPEND_COMPLETE"
    assert client.resume_stack(name)
    assert client.get_stack(name)["status"] == "RESUME_COMPLETE"
    assert client.delete_stack(name)
    assert name not in [stack["name"] for stack in client.list_stacks()]
    with pytest.raises(InfomaniakNotFoundError):
        client.get_stack(name)


def test_a_stack_shows_in_a_listing_with_its_resources_events_and_template(client, name):
    client.create_stack(name, TEMPLATE, timeout=None)  # a minute more than timeout_mins, as left out
    (listed,) = [stack for stack in client.list_stacks() if stack["name"] == name]
    assert listed.keys() == STACK_KEYS
    resources = {resource["name"]: resource for resource in client.list_stack_resources(name)}
    assert resources.keys() == {"word", "test"}
    assert resources["word"]["resource_type"] == "OS::Heat::RandomString"
    assert resources["word"].keys() >= {"status", "status_reason", "physical_resource_id"}
    events = client.list_stack_events(name)
    assert (events[0]["resource_name"], events[0]["status"]) == (name, "CREATE_IN_PROGRESS")
    assert (events[-1]["resource_name"], events[-1]["status"]) == (name, "CREATE_COMPLETE")
    assert client.get_stack_template(name)["resources"].keys() == {"word", "test"}


def test_each_event_is_told_once_and_in_order(client, name):
    told = []
    client.create_stack(name, TEMPLATE, on_event=told.append)
    created = len(told)
    client.update_stack(name, parameters={"length": 3}, on_event=told.append)
    client.delete_stack(name, on_event=told.append)
    of_stack = [event["status"] for event in told if event["resource_name"] == name]
    assert of_stack == [f"{a}_{s}" for a in ("CREATE", "UPDATE", "DELETE") for s in ("IN_PROGRESS", "COMPLETE")]
    assert len({event["id"] for event in told}) == len(told)
    assert 4 < created < len(told)


def test_what_an_update_does_not_give_stays(client, name):
    client.create_stack(name, TEMPLATE, parameters={"length": 5}, tags=["kept"])
    bare = client.update_stack(name, TEMPLATE.replace("value: hello", "value: bye"))
    assert (bare["parameters"]["length"], bare["tags"]) == ("5", ["kept"])


def test_a_second_update_is_not_done_when_the_first_was(client, name):
    client.create_stack(name, TEMPLATE)
    for length in (4, 6, 9):
        assert len(client.update_stack(name, parameters={"length": length})["outputs"][0]["value"]) == length


def test_without_waiting_a_stack_is_given_while_it_is_made(client, name):
    slow = TEMPLATE.replace("value: hello", "value: hello, wait_secs: 60")
    made = client.create_stack(name, slow, wait=False)
    assert made["status"] == "CREATE_IN_PROGRESS"
    assert made.keys() == STACK_KEYS


def test_waiting_ends_at_the_time_out_and_the_stack_goes_on(client, name):
    slow = TEMPLATE.replace("value: hello", "value: hello, wait_secs: 60")
    with pytest.raises(
        InfomaniakTimeoutError, match=rf"stack {name} is still in state CREATE_IN_PROGRESS after 0\.5 seconds"
    ) as caught:
        client.create_stack(name, slow, timeout=0.5)
    stack = client.get_stack(name)
    assert (stack["status"], stack["id"]) == ("CREATE_IN_PROGRESS", caught.value.resource)


@pytest.mark.parametrize(("on_event", "when"), [(interrupt, None), (None, IN_THE_PAUSE)], ids=["event", "pause"])
def test_who_interrupts_a_wait_is_told_which_stack_goes_on(client, name, on_event, when):
    slow = TEMPLATE.replace("value: hello", "value: hello, action_wait_secs: {create: 60, delete: 1}")
    notes = notes_of_interrupt(lambda: client.create_stack(name, slow, on_event=on_event), when=when)
    stack = client.get_stack(name)["id"]
    assert notes == [f"the service goes on with stack {stack}"]
    notes = notes_of_interrupt(lambda: client.delete_stack(name, on_event=on_event), when=when)
    assert notes == [f"the service goes on with the deletion of stack {stack}"]
    listings = (client.list_stacks() for _ in looks(60, first=0.2, longest=0.5))
    assert any(name not in [each["name"] for each in listing] for listing in listings)  # before the fixture looks


@pytest.mark.parametrize(("disable_rollback", "state"), [(True, "CREATE_FAILED"), (False, "ROLLBACK_COMPLETE")])
def test_a_stack_that_fails_says_why(client, name, disable_rollback, state):
    with pytest.raises(InfomaniakCloudError, match=r"test: .*Test Resource failed") as caught:
        client.create_stack(name, FAILING, disable_rollback=disable_rollback)
    assert caught.value.code == state
    stack = client.get_stack(name)
    assert (stack["status"], stack["id"]) == (state, caught.value.resource)


def test_an_update_that_fails_goes_back(client, name):
    client.create_stack(name, TEMPLATE)
    with pytest.raises(InfomaniakCloudError, match="Test Resource failed"):
        client.update_stack(name, FAILING)
    assert client.get_stack(name)["status"] == "ROLLBACK_COMPLETE"


def test_a_name_that_is_taken_is_a_conflict(client, name):
    client.create_stack(name, TEMPLATE)
    with pytest.raises(InfomaniakAlreadyExistsError, match="already exists"):
        client.create_stack(name, TEMPLATE)


def test_a_name_is_free_again_once_its_stack_is_deleted(client, name):
    for _ in range(3):
        client.create_stack(name, TEMPLATE)
        client.delete_stack(name)


@pytest.mark.parametrize(
    "call",
    [
        lambda heat: heat.get_stack("no-such"),
        lambda heat: heat.update_stack("no-such", TEMPLATE),
        lambda heat: heat.delete_stack("no-such"),
        lambda heat: heat.suspend_stack("no-such"),
        lambda heat: heat.resume_stack("no-such"),
        lambda heat: heat.list_stack_resources("no-such"),
        lambda heat: heat.list_stack_events("no-such"),
        lambda heat: heat.get_stack_outputs("no-such"),
        lambda heat: heat.get_stack_template("no-such"),
    ],
)
def test_a_stack_that_does_not_exist_is_a_failure_in_both_faces(client, call):
    with pytest.raises(InfomaniakNotFoundError, match="no-such"):
        call(client)
    lenient = InfomaniakHeatClient(client.connection)
    assert not call(lenient)
    assert isinstance(lenient.last_error, InfomaniakNotFoundError)


def test_a_credential_that_may_not_is_told_what_heat_needs(heat_lab, name):
    credential = heat_lab.new_project(roles=["reader"]).application_credential()
    with InfomaniakHeatClient.from_credentials(
        credential.id, credential.secret, heat_lab.auth_url, heat_lab.region
    ) as client:
        assert client.create_stack(name, TEMPLATE) is None
        assert isinstance(client.last_error, InfomaniakForbiddenError)
        assert "unrestricted" in str(client.last_error)
        assert client.list_stacks() == []
        assert client.last_error is None


def test_a_template_that_heat_refuses_is_refused_with_its_message(client, name):
    with pytest.raises(InfomaniakValidationError, match=r"No::Such.*could not be found"):
        client.create_stack(name, TEMPLATE.replace("OS::Heat::TestResource", "No::Such"))


def test_a_template_that_is_not_there_is_a_file_not_found(client, name):
    with pytest.raises(LocalFileNotFound, match=r"no-such\.yaml"):
        client.create_stack(name, "no-such.yaml")


def test_get_client_gives_it(heat_lab, monkeypatch):
    for variable, value in heat_lab.environment().items():
        monkeypatch.setenv(variable, value)
    with get_client("infomaniak", "heat") as client:
        assert isinstance(client, InfomaniakHeatClient)
        assert client.validate_connection()
        with pytest.raises(InfomaniakNotFoundError):
            client.get_stack("no-such")
