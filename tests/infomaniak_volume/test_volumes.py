"""Volumes: as lists have them, made of what there is, extended, attached."""

import re

import pytest
from codomyrmex.cloud import get_client
from codomyrmex.cloud.infomaniak import (
    InfomaniakCloudError,
    InfomaniakConflictError,
    InfomaniakNotFoundError,
    InfomaniakTimeoutError,
    InfomaniakVolumeClient,
)
from codomyrmex.cloud.testing.backends import FaultProxy, Reset, Status
from support.interrupts import interrupt, notes_of_interrupt
from support.project import connect, recorded

KEYS = [
    "id",
    "name",
    "status",
    "size",
    "volume_type",
    "availability_zone",
    "bootable",
    "encrypted",
    "attachments",
    "created_at",
]


def test_a_volume_tells_what_it_is(volumes, still):
    assert list(still) == KEYS
    assert (still["name"], still["status"], still["size"], still["attachments"]) == ("still", "available", 1, [])
    assert (still["bootable"], still["encrypted"]) == (False, False)
    assert still["availability_zone"] in [zone.name for zone in volumes.connection.block_storage.availability_zones()]
    assert still["volume_type"] in [each["name"] for each in volumes.list_volume_types()]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", still["created_at"])
    assert volumes.get_volume("still") == volumes.get_volume(still["id"]) == still
    assert still in volumes.list_volumes()


def test_a_list_of_many_volumes_takes_no_more_requests_than_one_of_few(volumes, create, still):
    with recorded(volumes) as for_few:
        few = volumes.list_volumes()
    for n in range(4):
        create(f"many-{n}")
    with recorded(volumes) as for_many:
        many = volumes.list_volumes()
    assert len(many) == len(few) + 4
    assert len(for_few) == len(for_many) == 1


def test_pages_of_volumes_are_followed(volumes, create, still):
    for n in range(2):
        create(f"paged-{n}")
    with recorded(volumes) as sent:
        pages = [each.id for each in volumes.connection.block_storage.volumes(limit=1)]
    assert pages == [each["id"] for each in volumes.list_volumes()]
    assert len(sent) >= len(pages)


@pytest.mark.parametrize("name", ["a/b ?#%", "../types", "..", "data*"])
def test_a_name_of_any_characters_means_that_volume_alone(volumes, create, name):
    made = create(name)
    assert volumes.get_volume(name)["id"] == made["id"]


@pytest.mark.parametrize("name", ["sti", "STILL", "../types", "..", "still/"])
def test_a_name_that_is_like_that_of_a_volume_means_none(volumes, still, name):
    with pytest.raises(InfomaniakNotFoundError, match=f"no volume has the id or name {re.escape(repr(name))}"):
        volumes.get_volume(name)


def test_a_name_of_two_volumes_tells_their_ids(volumes, create):
    ids = [create("twin")["id"] for _ in range(2)]
    with pytest.raises(InfomaniakConflictError) as caught:
        volumes.delete_volume("twin")
    assert all(each in str(caught.value) for each in ids)


def test_all_that_is_said_of_a_new_volume_is_given(volumes, create, still):
    kind, zone = volumes.list_volume_types()[0]["name"], still["availability_zone"]
    made = create("full", description="of all", volume_type=kind, availability_zone=zone)
    assert (made["volume_type"], made["availability_zone"]) == (kind, zone)
    assert volumes.connection.block_storage.get_volume(made["id"]).description == "of all"


def test_a_volume_of_an_image_is_bootable(create):
    assert create("root", image_id="Tiny 1.0")["bootable"] is True


def test_a_volume_is_a_copy_of_another(volumes, create, still):
    made = create("copy", source_volume_id="still")
    assert volumes.connection.block_storage.get_volume(made["id"]).source_volume_id == still["id"]


def test_a_volume_is_made_bootable(volumes, create):
    create("flag")
    assert volumes.set_bootable("flag")
    assert volumes.get_volume("flag")["bootable"] is True
    assert volumes.set_bootable("flag", False)
    assert volumes.get_volume("flag")["bootable"] is False


def test_progress_tells_each_state(create):
    told = []
    made = create("watched", progress=told.append)
    assert told[-1] == ("volume", made["id"], "available", None)
    assert {seen.state for seen in told} <= {"creating", "downloading", "available"}


def test_who_interrupts_a_wait_is_told_what_goes_on(openstack_lab, volumes):
    with openstack_lab.held() as name:
        call = lambda: volumes.create_volume(1, name, image_id="Tiny 1.0", progress=interrupt)  # noqa: E731
        notes = notes_of_interrupt(call)
        made = volumes.get_volume(name)["id"]
    assert notes == [f"the service goes on with volume {made}"]
    cinder = volumes.connection.block_storage
    cinder.wait_for_status(cinder.get_volume(made), "available", interval=0.2)
    notes = notes_of_interrupt(lambda: volumes.delete_volume(made, progress=interrupt))
    assert notes == [f"the service goes on with the deletion of volume {made}"]


def test_without_wait_a_volume_is_told_as_it_is(openstack_lab, volumes, create):
    with openstack_lab.held() as name:
        made = create(name, wait=False)
    assert list(made) == KEYS
    assert made["status"] == "creating"
    volumes.connection.block_storage.wait_for_status(
        volumes.connection.block_storage.get_volume(made["id"]), "available", interval=0.2
    )


def test_a_wait_ends_in_time_and_says_for_what_it_was(openstack_lab, volumes, lenient):
    with openstack_lab.held() as name:
        with pytest.raises(InfomaniakTimeoutError, match=f"volume {name} is still in state creating") as caught:
            volumes.create_volume(1, name, image_id="Tiny 1.0", timeout=0.1)
        late = caught.value.resource
        assert volumes.get_volume(name)["id"] == late
    volumes.connection.block_storage.wait_for_status(
        volumes.connection.block_storage.get_volume(late), "available", interval=0.2
    )
    assert volumes.delete_volume(late)


@pytest.fixture
def boundless(openstack_lab):
    """A client of a project that may have volumes for which there is no host."""
    member = openstack_lab.new_project(quota={"cinder": {"gigabytes": -1, "per_volume_gigabytes": -1}})
    with connect(InfomaniakVolumeClient, member) as client:
        yield client


def test_a_volume_that_fails_says_why_and_which_it_is(boundless):
    with pytest.raises(InfomaniakCloudError, match=r"huge is in state error: .*avail") as caught:
        boundless.create_volume(90_000_000, "huge")
    assert boundless.get_volume("huge")["id"] == caught.value.resource
    assert boundless.delete_volume("huge")


@pytest.mark.parametrize("fault", [Reset(after=0), Status(503), Status(200, body=b"<html>")], ids=repr)
def test_a_failure_is_told_also_where_its_reason_cannot_be_asked_for(openstack_lab, boundless, fault):
    with FaultProxy(openstack_lab.endpoint("cinder")) as proxy:
        project = boundless.connection.current_project_id
        endpoint = f"{proxy.endpoint_url}/v3/{project}"
        boundless.connection.config.config["block_storage_endpoint_override"] = endpoint
        proxy.inject(fault, path="/messages", times=None)
        with pytest.raises(InfomaniakCloudError, match=r"^volume huge is in state error \(code error\)$") as caught:
            boundless.create_volume(90_000_000, "huge")
        assert [each.path for each in proxy.requests if "/messages" in each.path]
        assert boundless.get_volume("huge")["id"] == caught.value.resource
        assert boundless.delete_volume("huge")


@pytest.mark.parametrize(("size", "error"), [("1", TypeError), (True, TypeError), (1.5, TypeError), (None, TypeError),
                                             (0, ValueError), (-1, ValueError)])  # fmt: skip
def test_a_size_that_is_none_is_refused_at_once(lenient, size, error):
    with recorded(lenient) as sent:
        with pytest.raises(error, match="a size is"):
            lenient.create_volume(size, "x")
        with pytest.raises(error, match="a size is"):
            lenient.extend_volume("x", size)
    assert sent == []


def test_a_volume_is_attached_extended_and_detached(volumes, create, server):
    made = create("data")
    assert volumes.attach_volume("data", "holder", device="/dev/vdk")
    attached = volumes.get_volume("data")
    assert attached["status"] == "in-use"
    assert [each["server_id"] for each in attached["attachments"]] == [server["id"]]
    assert attached["attachments"][0]["device"].endswith("k")  # the letter is ours, the bus the hypervisor's
    for refused in (
        lambda: volumes.attach_volume("data", "holder"),
        lambda: volumes.delete_volume("data"),
        lambda: volumes.create_backup("data", "x"),
    ):
        with pytest.raises(InfomaniakConflictError, match="Invalid volume"):
            refused()
    assert volumes.extend_volume("data", 2)
    assert volumes.get_volume("data")["size"] == 2
    assert volumes.detach_volume(made["id"], server["id"])
    assert volumes.get_volume("data")["attachments"] == []
    with pytest.raises(InfomaniakNotFoundError, match="not attached"):
        volumes.detach_volume("data", "holder")


def test_it_is_what_the_factory_gives(project, monkeypatch, still):
    for name, value in project.environment().items():
        monkeypatch.setenv(name, value)
    with get_client("infomaniak", "volume") as client:
        assert type(client) is InfomaniakVolumeClient
        assert client.validate_connection()
        assert still["id"] in [each["id"] for each in client.list_volumes()]
