"""Servers as lists and results have them, how they are named, and what they are made of."""

import re
from contextlib import ExitStack
from time import sleep

import pytest
from codomyrmex.cloud import CloudProvider, get_client
from codomyrmex.cloud.common import ComputeClient, ResourceType
from codomyrmex.cloud.infomaniak import (
    InfomaniakCloudError,
    InfomaniakComputeClient,
    InfomaniakConflictError,
    InfomaniakNotFoundError,
    InfomaniakServerError,
    InfomaniakTimeoutError,
    InfomaniakValidationError,
)
from codomyrmex.cloud.testing.backends import FaultProxy, Reset, Stall, Status
from support.interrupts import IN_THE_PAUSE, interrupt, notes_of_interrupt
from support.project import FLAVOR, connect, make_image, make_network, nowhere, recorded

KEYS = [
    "id",
    "name",
    "status",
    "flavor",
    "image",
    "addresses",
    "key_name",
    "created_at",
    "updated_at",
    "availability_zone",
    "security_groups",
]

ONE_SERVER = {"method": "GET", "path": "/servers/"}
"""The requests by which a wait asks for its server."""


@pytest.fixture
def create(compute):
    """`create_instance` of a server without network, which is gone after the test."""
    made = []

    def create(name, flavor=FLAVOR, image="Tiny 1.0", network=(), **options):
        made.append(compute.create_instance(name, flavor, image, network, **options))
        return made[-1]

    yield create
    for each in made:
        compute.delete_instance(each["id"])  # else it may vanish between two requests of the next test


def test_a_server_tells_what_it_is_made_of(project, compute, server):
    assert list(server) == KEYS
    (image,) = project.connection.image.images(name="Tiny 1.0")
    assert (server["name"], server["status"], server["flavor"], server["image"]) == (
        "still",
        "ACTIVE",
        FLAVOR,
        image.id,
    )
    assert server["addresses"]["inside"][0]["addr"].startswith("10.1.0.")
    assert (server["key_name"], server["security_groups"]) == (None, ["default"])
    assert server["availability_zone"] in [zone.name for zone in project.connection.compute.availability_zones()]
    for time in (server["created_at"], server["updated_at"]):
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", time)
    assert compute.get_instance("still") == compute.get_instance(server["id"])


def test_a_list_has_every_server_as_get_has_it(compute, server):
    listed = {each["id"]: each for each in compute.list_instances()}
    assert listed[server["id"]] == compute.get_instance(server["id"])


def test_a_list_of_many_servers_takes_no_more_requests_than_one_of_few(compute, create, server):
    with recorded(compute) as for_few:
        few = compute.list_instances()
    for n in range(3):
        create(f"many-{n}", wait=False)
    with recorded(compute) as for_many:
        many = compute.list_instances()
    assert len(many) == len(few) + 3
    assert for_few == for_many == [("GET", "/v2.1/servers/detail")]


def test_pages_of_servers_are_followed(compute, create, server):
    create("paged")  # Nova repeats one that waits for its host on every page
    with recorded(compute) as sent:
        pages = [each.id for each in compute.connection.compute.servers(limit=1)]
    assert set(pages) == {each["id"] for each in compute.list_instances()}
    assert len(sent) == len(pages) + 1  # what `servers` does page by page; the last is empty


def test_an_id_costs_no_request_to_look_it_up(compute, server):
    with recorded(compute) as sent:
        compute.get_instance(server["id"])
    assert sent == [("GET", f"/v2.1/servers/{server['id']}")]


@pytest.mark.parametrize("name", ["web[1]", "web(1", "a/b ?#%", "../flavors", "."])
def test_a_name_of_any_characters_means_that_server_alone(compute, create, name):
    made = create(name, wait=False)
    assert compute.get_instance(name)["id"] == made["id"]


@pytest.mark.parametrize("name", ["sti", "st.ll", "STILL", "../images", "..", "still/", "%73till"])
def test_a_name_that_is_like_that_of_a_server_means_none(compute, server, name):
    with pytest.raises(InfomaniakNotFoundError, match=f"no server has the id or name {re.escape(repr(name))}"):
        compute.get_instance(name)


def test_a_name_of_two_servers_tells_their_ids(compute, create):
    ids = [create("twin", wait=False)["id"] for _ in range(2)]
    with pytest.raises(InfomaniakConflictError) as caught:
        compute.stop_instance("twin")
    assert all(each in str(caught.value) for each in ids)


@pytest.mark.parametrize("name", ["", None, 5, b"x"])
def test_what_is_no_name_is_refused_at_once(compute, name):
    with recorded(compute) as sent, pytest.raises((TypeError, ValueError)):
        compute.get_instance(name)
    assert sent == []


def test_an_image_and_a_network_of_two_resources_tell_their_ids(openstack_lab):
    member = openstack_lab.new_project()
    images = [make_image(member, "same").id for _ in range(2)]
    networks = [make_network(member, "same", "10.9.0.0/24").id for _ in range(2)]
    with connect(InfomaniakComputeClient, member) as client:
        for options, ids in ((("same", []), images), ((images[0], "same"), networks)):
            with pytest.raises(InfomaniakConflictError) as caught:
                client.create_instance("x", FLAVOR, *options)
            assert all(each in str(caught.value) for each in ids)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"flavor": "none such"}, "no flavor"),
        ({"image": "none such"}, "no image"),
        ({"network": "none such"}, "no network"),
        ({"network": ["inside", "none such"]}, "no network"),
        ({"image": None, "boot_volume": "none such"}, "no volume"),
    ],
)
def test_a_part_that_does_not_exist_is_named(compute, options, what):
    with pytest.raises(InfomaniakNotFoundError, match=f"{what} has the id or name 'none such'"):
        compute.create_instance("x", **{"flavor": FLAVOR, "image": "Tiny 1.0", "network": [], **options})


@pytest.mark.parametrize(
    "options",
    [{"key_name": "none such"}, {"security_groups": ["none such"], "network": "inside"}, {"image": nowhere()}],
)
def test_a_part_that_nova_does_not_find_is_an_invalid_argument(compute, options):
    with pytest.raises(InfomaniakValidationError):
        compute.create_instance("x", **{"flavor": FLAVOR, "image": "Tiny 1.0", "network": [], **options})


def test_all_that_nova_takes_is_given(openstack_lab, compute, create):
    made = create("full", description="of all", metadata={"role": "test"}, tags=["a"], config_drive=True, wait=False)
    seen = openstack_lab.admin.compute.get_server(made["id"])
    assert (seen.description, seen.metadata, seen.tags, seen.has_config_drive) == (
        "of all",
        {"role": "test"},
        ["a"],
        "True",
    )


@pytest.mark.parametrize(
    "options",
    [
        {"key_nam": "laptop"},
        {"status": "ACTIVE"},
        {"security_groups": "web"},
        {"user_data": 5},
        {"boot_volume_size": "20"},
        {"boot_volume_size": True},
        {"boot_volume": "data"},
        {"image": None},
        {"image": None, "boot_volume": "data", "boot_volume_size": 5},
        {"flavor": None},
        {"name": None},
    ],
    ids=str,
)
def test_arguments_of_a_wrong_kind_are_type_errors_and_nothing_is_sent(lenient, options):
    with recorded(lenient) as sent, pytest.raises(TypeError):
        lenient.create_instance(**{"name": "x", "flavor": FLAVOR, "image": "Tiny 1.0", "network": [], **options})
    assert sent == []


@pytest.mark.parametrize("call", [
    lambda c: c.create_instance("x", FLAVOR, "Tiny 1.0", boot_volume_size=0),
    lambda c: c.create_instance("", FLAVOR, "Tiny 1.0"),
    lambda c: c.reboot_instance("still", "GENTLE"),
    lambda c: c.reboot_instance("still", "soft"),
])  # fmt: skip
def test_arguments_of_a_wrong_value_are_value_errors_and_nothing_is_sent(lenient, call):
    with recorded(lenient) as sent, pytest.raises(ValueError, match=r"0|empty|SOFT, HARD"):
        call(lenient)
    assert sent == []


def test_a_server_is_in_all_networks_it_was_given(project, compute, create):
    make_network(project, "outside", "10.2.0.0/24")
    made = create("between", network=["inside", "outside"])
    assert sorted(made["addresses"]) == ["inside", "outside"]


def test_a_server_without_a_network_has_no_address(create):
    assert create("lonely")["addresses"] == {}


def test_the_network_may_be_left_out_where_there_is_one(openstack_lab):
    member = openstack_lab.new_project()
    make_image(member, "Tiny")
    shared = [n.name for n in member.connection.network.networks(is_shared=True)]
    if not shared:
        shared = [make_network(member, "only", "10.3.0.0/24").name]
    with connect(InfomaniakComputeClient, member) as client:
        made = client.create_instance("x", FLAVOR, "Tiny")
        assert list(made["addresses"]) == shared
        make_network(member, "another", "10.4.0.0/24")
        with pytest.raises(InfomaniakConflictError, match="Multiple possible networks"):
            client.create_instance("y", FLAVOR, "Tiny")
        client.delete_instance("x")


def test_a_flavor_without_disk_asks_for_the_size_of_a_volume(compute):
    with pytest.raises(InfomaniakValidationError, match="a2-ram4-disk0 has no disk: give boot_volume_size"):
        compute.create_instance("x", "a2-ram4-disk0", "Tiny 1.0", [])


def test_a_server_starts_from_a_new_volume_that_goes_with_it(project, compute):
    made = compute.create_instance("diskless", "a2-ram4-disk0", "Tiny 1.0", [], boot_volume_size=1)
    (volume,) = project.connection.block_storage.volumes()
    assert made["image"] is None
    assert (volume.size, volume.attachments[0]["server_id"]) == (1, made["id"])
    compute.delete_instance("diskless")
    project.connection.block_storage.wait_for_delete(volume, interval=0.2)
    assert list(project.connection.block_storage.volumes()) == []


def test_a_server_starts_from_a_volume_that_stays(project, compute):
    storage = project.connection.block_storage
    (image,) = project.connection.image.images(name="Tiny 1.0")
    volume = storage.create_volume(size=1, name="root", image_id=image.id)
    storage.wait_for_status(volume, "available", interval=0.5)
    made = compute.create_instance("from-volume", "a2-ram4-disk0", network=[], boot_volume="root")
    assert storage.get_volume(volume.id).attachments[0]["server_id"] == made["id"]
    compute.delete_instance("from-volume")
    assert storage.get_volume(volume.id).status == "available"
    storage.delete_volume(volume, ignore_missing=False)


@pytest.fixture
def impossible(openstack_lab):
    """The name of a flavor for which there is no host."""
    flavors = openstack_lab.admin.compute
    flavor = flavors.create_flavor(name=f"impossible-{nowhere()}", ram=1024, vcpus=1, disk=99_999_999)
    yield flavor.name
    flavors.delete_flavor(flavor)


def test_a_server_that_fails_says_why_and_which_it_is(compute, lenient, impossible):
    with pytest.raises(InfomaniakCloudError, match="server big is in state ERROR: No valid host was found") as caught:
        compute.create_instance("big", impossible, "Tiny 1.0", [])
    failed = compute.get_instance("big")
    assert (failed["status"], failed["id"]) == ("ERROR", caught.value.resource)
    assert compute.delete_instance("big")  # also from that state
    assert lenient.create_instance("big", impossible, "Tiny 1.0", []) is None
    assert "No valid host" in str(lenient.last_error)
    assert lenient.delete_instance(lenient.last_error.resource)


def test_the_reason_of_a_failure_may_come_after_it(openstack_lab, compute, impossible):
    with ExitStack() as held:
        held.enter_context(openstack_lab.held("faults"))
        with pytest.raises(InfomaniakCloudError, match="server late is in state ERROR: No valid host was found"):
            compute.create_instance(
                "late", impossible, "Tiny 1.0", [], progress=lambda seen: seen.state == "ERROR" and held.close()
            )
    compute.delete_instance("late")


@pytest.fixture
def proxied(openstack_lab, project):
    """A client whose requests to Nova go through its ``proxy``."""
    with FaultProxy(openstack_lab.endpoint("nova")) as proxy, connect(InfomaniakComputeClient, project) as client:
        client.connection.config.config["compute_endpoint_override"] = f"{proxy.endpoint_url}/v2.1"
        client.proxy = proxy
        yield client


def test_a_failure_is_told_also_where_its_reason_cannot_be_asked_for(openstack_lab, proxied, impossible):
    def progress(seen):
        if seen.state == "ERROR":
            proxied.proxy.inject(Reset(), times=None)

    message = "server mute is in state ERROR: Nova does not say why"
    with openstack_lab.held("faults"), pytest.raises(InfomaniakCloudError, match=message) as caught:
        proxied.create_instance("mute", impossible, "Tiny 1.0", [], progress=progress)
    proxied.proxy.clear()
    assert proxied.get_instance("mute")["id"] == caught.value.resource
    proxied.delete_instance("mute")


def test_a_wait_ends_in_time_and_says_for_what_it_was(openstack_lab, compute):
    with openstack_lab.held() as name:
        with pytest.raises(InfomaniakTimeoutError, match=r"still in state BUILD after 0\.1 seconds") as caught:
            compute.create_instance(name, FLAVOR, "Tiny 1.0", [], timeout=0.1)
        assert compute.get_instance(name)["id"] == caught.value.resource
    compute.delete_instance(name)


def test_progress_tells_which_server_it_is_of(create):
    told = []
    made = create("watched", progress=told.append)
    assert {(seen.kind, seen.id) for seen in told} == {("server", made["id"])}
    assert str(told[-1]) == f"server {made['id']}: ACTIVE"


def test_a_wait_that_cannot_ask_any_more_says_for_what_it_was(proxied):
    proxied.proxy.inject(Status(500), **ONE_SERVER)
    with pytest.raises(InfomaniakServerError) as caught:
        proxied.create_instance("unseen", FLAVOR, "Tiny 1.0", [])
    assert proxied.get_instance("unseen")["id"] == caught.value.resource
    proxied.delete_instance("unseen")


def test_who_interrupts_a_wait_is_told_what_goes_on(openstack_lab, compute):
    with openstack_lab.held() as name:
        notes = notes_of_interrupt(lambda: compute.create_instance(name, FLAVOR, "Tiny 1.0", [], progress=interrupt))
        made = compute.get_instance(name)
    assert notes == [f"the service goes on with server {made['id']}"]
    notes = notes_of_interrupt(lambda: compute.delete_instance(name, progress=interrupt))
    assert notes == [f"the service goes on with the deletion of server {made['id']}"]


def test_who_interrupts_a_request_is_told_what_goes_on(proxied):
    proxied.proxy.inject(Stall(), **ONE_SERVER)

    def create():
        proxied.create_instance("asked-for", FLAVOR, "Tiny 1.0", [])

    def is_asked_for():
        return any(request.method == "GET" and "/servers/" in request.path for request in proxied.proxy.requests)

    notes = notes_of_interrupt(create, when=is_asked_for)
    proxied.proxy.clear()
    assert notes == [f"the service goes on with server {proxied.get_instance('asked-for')['id']}"]
    proxied.delete_instance("asked-for")


def test_who_interrupts_the_wait_for_the_reason_of_a_failure_is_told_once(openstack_lab, compute, impossible):
    failed = []

    def is_asked_why():
        return failed and IN_THE_PAUSE()

    def create():
        options = {"progress": lambda seen: seen.state == "ERROR" and failed.append(seen.id)}
        compute.create_instance("sick", impossible, "Tiny 1.0", [], **options)

    with openstack_lab.held("faults"):
        notes = notes_of_interrupt(create, when=is_asked_why)
    assert notes == [f"the service goes on with server {failed[0]}"]
    compute.delete_instance("sick")


def test_without_wait_a_server_is_told_as_it_is(openstack_lab, create):
    with openstack_lab.held() as name:
        made = create(name, wait=False)
    assert list(made) == KEYS
    assert (made["status"], made["flavor"], made["security_groups"]) == ("BUILD", FLAVOR, [])


def test_without_wait_nova_is_asked_nothing_after_it_has_accepted(compute):
    made = compute.create_instance("hasty", FLAVOR, "Tiny 1.0", [])["id"]
    nova = compute.connection.compute
    for change, status in (("stop_instance", "SHUTOFF"), ("start_instance", "ACTIVE"), ("reboot_instance", "ACTIVE")):
        with recorded(compute) as sent:
            assert getattr(compute, change)(made, wait=False)
        assert sent == [("POST", f"/v2.1/servers/{made}/action")]
        while (server := nova.get_server(made)).status != status or server.task_state:
            assert server.status != "ERROR"
            sleep(0.1)
    with recorded(compute) as sent:
        assert compute.terminate_instance(made, wait=False)
    assert sent == [("DELETE", f"/v2.1/servers/{made}")]
    nova.wait_for_delete(server, interval=0.1)


def test_it_is_what_the_factory_gives_and_the_contract_wants(project, monkeypatch, server):
    for name, value in project.environment().items():
        monkeypatch.setenv(name, value)
    with get_client(CloudProvider.INFOMANIAK, ResourceType.COMPUTE) as client:
        assert isinstance(client, ComputeClient)
        assert type(client) is InfomaniakComputeClient
        assert server["id"] in [each["id"] for each in client.list_instances()]
        made = client.create_instance("portable", FLAVOR, "Tiny 1.0", network=[], wait=False)
        named = client.create_instance(name="named", instance_type=FLAVOR, image_id="Tiny 1.0", network=[], wait=False)
        assert client.terminate_instance(made["id"])
        assert client.terminate_instance(named["id"])
        with pytest.raises(InfomaniakNotFoundError):
            client.terminate_instance(nowhere())
