"""What each method does when it fails, in both faces: it raises when strict, and gives the spec's result otherwise."""

import pytest
from codomyrmex.cloud.infomaniak import (
    InfomaniakAuthError,
    InfomaniakComputeClient,
    InfomaniakConflictError,
    InfomaniakForbiddenError,
    InfomaniakNotFoundError,
    InfomaniakQuotaExceededError,
)
from support.project import FLAVOR, connect, make_image, nowhere

NOWHERE = nowhere()
MISSING = {
    "get_instance": ((NOWHERE,), None),
    "start_instance": ((NOWHERE,), False),
    "stop_instance": ((NOWHERE,), False),
    "reboot_instance": ((NOWHERE,), False),
    "delete_instance": ((NOWHERE,), False),
    "terminate_instance": ((NOWHERE,), False),
    "rename_instance": ((NOWHERE, "x"), False),
    "resize_instance": ((NOWHERE, FLAVOR), False),
    "confirm_resize": ((NOWHERE,), False),
    "revert_resize": ((NOWHERE,), False),
    "get_console_log": ((NOWHERE,), None),
    "add_security_group": ((NOWHERE, "web"), False),
    "remove_security_group": ((NOWHERE, "web"), False),
    "create_instance": (("x", "none such", "Tiny 1.0"), None),
    "get_flavor": (("none such",), None),
    "create_image": ((NOWHERE, "x"), None),
    "delete_image": ((NOWHERE,), False),
    "delete_keypair": (("none such",), False),
}
LISTS = ("list_instances", "list_flavors", "list_images", "list_keypairs")


@pytest.mark.parametrize("method", MISSING)
def test_what_does_not_exist_is_a_failure_of_both_faces(compute, lenient, method):
    arguments, result = MISSING[method]
    with pytest.raises(InfomaniakNotFoundError) as caught:
        getattr(compute, method)(*arguments)
    assert method in (caught.value.operation, "terminate_instance")
    assert getattr(lenient, method)(*arguments) is result
    assert type(lenient.last_error) is InfomaniakNotFoundError


def test_deleting_by_force_what_does_not_exist_is_a_failure_too(compute):
    with pytest.raises(InfomaniakNotFoundError):
        compute.delete_instance(NOWHERE, force=True)


@pytest.fixture(scope="module")
def stranger(openstack_lab):
    """A credential that Keystone does not know."""
    options = {"auth_url": openstack_lab.auth_url, "region": openstack_lab.region}
    with InfomaniakComputeClient.from_credentials(NOWHERE, "wrong", **options) as client:
        yield client


@pytest.mark.parametrize("method", LISTS)
def test_a_list_that_nobody_may_see_is_not_taken_for_an_empty_one(stranger, method, caplog):
    assert getattr(stranger, method)() == []
    assert type(stranger.last_error) is InfomaniakAuthError
    assert f"infomaniak {method} failed: InfomaniakAuthError" in caplog.text


def test_a_role_that_is_missing_is_told(project, openstack_lab, server):
    reader = openstack_lab.new_user(project.project, roles=["reader"])
    with connect(InfomaniakComputeClient, reader) as client:
        assert server["id"] in [each["id"] for each in client.list_instances()]
        for call in (
            lambda: client.create_instance("x", FLAVOR, "Tiny 1.0", []),
            lambda: client.stop_instance(server["id"]),
            lambda: client.delete_instance(server["id"]),
        ):
            with pytest.raises(InfomaniakForbiddenError):
                call()
        client.strict = False
        assert client.create_instance("x", FLAVOR, "Tiny 1.0", []) is None
        assert client.delete_instance(server["id"]) is False


def test_a_quota_that_is_used_up_is_told(openstack_lab):
    member = openstack_lab.new_project(quota={"nova": {"instances": 0}})
    make_image(member, "Tiny")
    with connect(InfomaniakComputeClient, member) as client:
        with pytest.raises(InfomaniakQuotaExceededError, match="instances"):
            client.create_instance("x", FLAVOR, "Tiny", [])
        client.strict = False
        assert client.create_instance("x", FLAVOR, "Tiny", []) is None
        assert type(client.last_error) is InfomaniakQuotaExceededError


def test_what_the_state_does_not_allow_is_a_conflict(compute, lenient, server):
    for call in (
        lambda c: c.start_instance("still"),
        lambda c: c.confirm_resize("still"),
        lambda c: c.revert_resize("still"),
    ):
        with pytest.raises(InfomaniakConflictError, match="vm_state active"):
            call(compute)
        assert call(lenient) is False
        assert type(lenient.last_error) is InfomaniakConflictError


def test_a_success_forgets_the_failure_before(lenient, server):
    lenient.get_instance(NOWHERE)
    assert lenient.get_instance("still")
    assert lenient.last_error is None
