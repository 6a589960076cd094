"""What each method does when it fails, in both faces: it raises when strict, and gives the spec's result otherwise."""

import pytest
from codomyrmex.cloud.infomaniak import (
    InfomaniakAuthError,
    InfomaniakConflictError,
    InfomaniakForbiddenError,
    InfomaniakNotFoundError,
    InfomaniakQuotaExceededError,
    InfomaniakValidationError,
    InfomaniakVolumeClient,
)
from support.project import connect, nowhere

NOWHERE = nowhere()
MISSING = {
    "get_volume": ((NOWHERE,), {}, None),
    "create_volume": ((1, "x"), {"snapshot_id": NOWHERE}, None),
    "delete_volume": ((NOWHERE,), {}, False),
    "extend_volume": ((NOWHERE, 2), {}, False),
    "set_bootable": ((NOWHERE,), {}, False),
    "attach_volume": ((NOWHERE, NOWHERE), {}, False),
    "detach_volume": ((NOWHERE, NOWHERE), {}, False),
    "get_snapshot": ((NOWHERE,), {}, None),
    "create_snapshot": ((NOWHERE, "x"), {}, None),
    "delete_snapshot": ((NOWHERE,), {}, False),
    "restore_snapshot": ((NOWHERE,), {}, None),
    "get_backup": ((NOWHERE,), {}, None),
    "create_backup": ((NOWHERE, "x"), {}, None),
    "delete_backup": ((NOWHERE,), {}, False),
    "restore_backup": ((NOWHERE,), {}, None),
}
LISTS = ("list_volumes", "list_volume_types", "list_snapshots", "list_backups")


@pytest.mark.parametrize("method", MISSING)
def test_what_does_not_exist_is_a_failure_of_both_faces(volumes, lenient, method):
    arguments, options, result = MISSING[method]
    with pytest.raises(InfomaniakNotFoundError) as caught:
        getattr(volumes, method)(*arguments, **options)
    assert caught.value.operation == method
    assert getattr(lenient, method)(*arguments, **options) is result
    assert type(lenient.last_error) is InfomaniakNotFoundError


@pytest.mark.parametrize("method", ["delete_volume", "delete_snapshot", "delete_backup"])
def test_deleting_by_force_what_does_not_exist_is_a_failure_too(volumes, method):
    with pytest.raises(InfomaniakNotFoundError):
        getattr(volumes, method)(NOWHERE, force=True)


@pytest.mark.parametrize("method", ["get_snapshot", "get_backup", "delete_snapshot", "delete_backup"])
def test_a_name_of_nothing_is_told(volumes, method):
    with pytest.raises(InfomaniakNotFoundError, match="has the id or name 'none such'"):
        getattr(volumes, method)("none such")


@pytest.mark.parametrize("method", LISTS)
def test_a_list_that_nobody_may_see_is_not_taken_for_an_empty_one(openstack_lab, method, caplog):
    options = {"auth_url": openstack_lab.auth_url, "region": openstack_lab.region}
    with InfomaniakVolumeClient.from_credentials(NOWHERE, "wrong", **options) as stranger:
        assert getattr(stranger, method)() == []
        assert type(stranger.last_error) is InfomaniakAuthError
        assert f"infomaniak {method} failed: InfomaniakAuthError" in caplog.text


def test_a_role_that_is_missing_is_told(project, openstack_lab, still):
    reader = openstack_lab.new_user(project.project, roles=["reader"])
    with connect(InfomaniakVolumeClient, reader) as client:
        assert still["id"] in [each["id"] for each in client.list_volumes()]
        for call in (lambda: client.create_volume(1, "x"), lambda: client.delete_volume("still")):
            with pytest.raises(InfomaniakForbiddenError):
                call()
        client.strict = False
        assert client.create_volume(1, "x") is None
        assert client.delete_volume("still") is False


def test_force_is_for_those_whom_the_cloud_allows_it(volumes, still):
    with pytest.raises(InfomaniakForbiddenError, match="force_delete"):
        volumes.delete_volume("still", force=True)


@pytest.mark.parametrize(("quota", "size"), [({"volumes": 0}, 1), ({"gigabytes": 2}, 3)], ids=["volumes", "gigabytes"])
def test_a_quota_that_is_used_up_is_told(openstack_lab, quota, size):
    with connect(InfomaniakVolumeClient, openstack_lab.new_project(quota={"cinder": quota})) as client:
        with pytest.raises(InfomaniakQuotaExceededError):
            client.create_volume(size, "x")
        client.strict = False
        assert client.create_volume(size, "x") is None
        assert type(client.last_error) is InfomaniakQuotaExceededError


def test_what_the_state_does_not_allow_is_a_conflict(volumes, lenient, still):
    with pytest.raises(InfomaniakConflictError, match="No backups available to do an incremental backup"):
        volumes.create_backup("still", "x", incremental=True)
    assert lenient.create_backup("still", "x", incremental=True) is None
    assert type(lenient.last_error) is InfomaniakConflictError


def test_a_volume_does_not_shrink(volumes, lenient, still):
    with pytest.raises(InfomaniakValidationError, match="must be greater than current size"):
        volumes.extend_volume("still", 1)
    assert lenient.extend_volume("still", 1) is False
