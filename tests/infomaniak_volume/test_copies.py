"""Snapshots and backups, and what is made of them."""

from secrets import token_hex

import pytest
from codomyrmex.cloud.infomaniak import InfomaniakConflictError, InfomaniakNotFoundError, InfomaniakTimeoutError
from support.interrupts import interrupt, notes_of_interrupt

KEYS = ["id", "name", "status", "volume_id", "size", "created_at"]


def test_a_snapshot_is_restored_in_place_and_into_a_new_volume(volumes, create):
    made = create("data")
    snapshot = volumes.create_snapshot("data", "before", description="as it was")
    assert list(snapshot) == KEYS
    assert (snapshot["name"], snapshot["status"], snapshot["size"]) == ("before", "available", 1)
    assert (snapshot["volume_id"], volumes.get_snapshot("before")) == (made["id"], snapshot)
    assert snapshot in volumes.list_snapshots()
    with pytest.raises(InfomaniakConflictError, match="have snapshots"):
        volumes.delete_volume("data")

    reverted = volumes.restore_snapshot("before", "data")
    assert (reverted["id"], reverted["status"]) == (made["id"], "available")

    states = []
    new = volumes.restore_snapshot("before", name="again", progress=lambda seen: states.append(seen.state))
    assert (new["name"], new["status"], new["size"], states[-1]) == ("again", "available", 1, "available")
    assert volumes.connection.block_storage.get_volume(new["id"]).snapshot_id == snapshot["id"]
    assert volumes.delete_volume("again")

    assert volumes.delete_snapshot("before")
    with pytest.raises(InfomaniakNotFoundError):
        volumes.get_snapshot("before")


def test_a_new_volume_of_a_snapshot_has_its_name_unless_told(volumes, create):
    create("data")
    snapshot = volumes.create_snapshot("data", "kept")
    made = volumes.create_volume(2, "larger", snapshot_id="kept")
    restored = volumes.restore_snapshot("kept")
    assert (made["size"], restored["size"], restored["name"]) == (2, 1, "kept")
    assert volumes.delete_volume(restored["id"])
    assert volumes.delete_volume(made["id"])
    assert volumes.delete_snapshot(snapshot["id"])


def test_a_volume_in_use_has_a_snapshot_too(volumes, create, server):
    create("busy")
    volumes.attach_volume("busy", "holder")
    try:
        assert volumes.create_snapshot("busy", "meanwhile")["status"] == "available"
        assert volumes.delete_snapshot("meanwhile")
    finally:
        volumes.detach_volume("busy", "holder")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_backups_are_made_one_on_the_other_and_restored(openstack_lab, volumes, create):
    data = f"data-{token_hex(4)}"
    made = create(data)
    states = []
    full = volumes.create_backup(data, "full", progress=lambda seen: states.append(seen.state))
    assert list(full) == KEYS
    assert (full["name"], full["status"], full["size"], full["volume_id"]) == ("full", "available", 1, made["id"])
    assert states[-1] == "available"
    change = volumes.create_backup(data, "change", incremental=True)
    assert volumes.connection.block_storage.get_backup(change["id"]).is_incremental
    assert {each["name"] for each in volumes.list_backups()} == {"full", "change"}
    with pytest.raises(InfomaniakConflictError, match="Incremental backups exist"):
        volumes.delete_backup("full")

    new = volumes.restore_backup("change", name="rescued")
    assert (new["name"], new["status"], new["size"]) == ("rescued", "available", 1)
    assert volumes.delete_volume("rescued")
    notes = notes_of_interrupt(lambda: volumes.restore_backup("full", name="interrupted", progress=interrupt))
    restored = volumes.get_volume("interrupted")["id"]
    assert notes == [f"the service goes on with volume {restored}"]
    cinder = volumes.connection.block_storage
    cinder.wait_for_status(cinder.get_volume(restored), "available", interval=1, wait=240)
    cinder.wait_for_status(cinder.get_backup(full["id"]), "available", interval=1, wait=60)
    assert volumes.delete_volume(restored)
    with openstack_lab.held(data):
        with pytest.raises(InfomaniakTimeoutError) as caught:
            volumes.restore_backup("full", data, timeout=0.1)
        assert caught.value.resource == full["id"]
        assert volumes.get_volume(data)["status"] == "restoring-backup"
    cinder.wait_for_status(cinder.get_volume(made["id"]), "available", interval=1, wait=240)
    cinder.wait_for_status(cinder.get_backup(full["id"]), "available", interval=1, wait=60)

    assert volumes.delete_backup("change")
    assert volumes.delete_backup("full")
    assert volumes.list_backups() == []
