"""Flavors, images, key pairs, security groups, consoles; resizing."""

import pytest
from codomyrmex.cloud.infomaniak import InfomaniakAlreadyExistsError, InfomaniakNotFoundError, InfomaniakValidationError
from support.project import FLAVOR, recorded

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHDJyOT7ms46JqGYgXkGyuBALRu5kRoBhNyOvFDnAj0G someone@example.com"


def test_flavors_tell_their_sizes(compute):
    flavors = {each["name"]: each for each in compute.list_flavors()}
    found = flavors[FLAVOR]
    assert list(found) == ["id", "name", "vcpus", "ram", "disk", "is_public"]
    assert (found["vcpus"], found["ram"], found["disk"], found["is_public"]) == (1, 2048, 20, True)
    assert compute.get_flavor(FLAVOR) == compute.get_flavor(found["id"]) == found


def test_images_tell_what_they_need(project, compute):
    (found,) = [each for each in compute.list_images() if each["name"] == "Tiny 1.0"]
    assert list(found) == ["id", "name", "status", "min_disk", "min_ram", "size", "created_at"]
    assert (found["status"], found["min_disk"], found["min_ram"], found["size"]) == ("active", 1, 0, 1024)
    assert found["created_at"].endswith("Z")


def test_images_are_listed_beyond_the_first_page(project, compute):
    """Glance gives 25 at a time unless asked for more."""
    glance = project.connection.image
    kind = {"disk_format": "raw", "container_format": "bare", "allow_duplicates": True}
    made = [glance.create_image(name=f"page-{n}", **kind) for n in range(25)]
    try:
        with recorded(compute) as sent:
            names = {each["name"] for each in compute.list_images()}
        assert names >= {each.name for each in made}
        assert sent.count(("GET", "/v2/images")) > 1
    finally:
        for each in made:
            glance.delete_image(each, ignore_missing=False)


def test_a_public_key_is_imported(compute):
    made = compute.create_keypair("mine", KEY)
    assert list(made) == ["name", "fingerprint", "type", "public_key", "private_key"]
    assert (made["name"], made["type"], made["public_key"], made["private_key"]) == ("mine", "ssh", KEY, None)
    (listed,) = [each for each in compute.list_keypairs() if each["name"] == "mine"]
    assert listed == {"name": "mine", "fingerprint": made["fingerprint"], "type": "ssh"}
    with pytest.raises(InfomaniakAlreadyExistsError, match="'mine' already exists"):
        compute.create_keypair("mine", KEY)
    assert compute.delete_keypair("mine")
    with pytest.raises(InfomaniakNotFoundError):
        compute.delete_keypair("mine")


def test_a_key_pair_is_made_and_its_private_key_told_once(compute):
    made = compute.create_keypair("made here")
    assert made["private_key"].startswith("-----BEGIN")
    assert "private_key" not in compute.list_keypairs()[0]
    assert compute.delete_keypair("made here")


def test_a_key_that_is_none_is_refused(compute):
    with pytest.raises(InfomaniakValidationError, match="invalid"):
        compute.create_keypair("mine", "rubbish")
    with pytest.raises(ValueError, match="not an id"):
        compute.delete_keypair("../servers")


def test_many_key_pairs_are_all_listed(openstack_lab, compute):
    names = [f"key-{n}" for n in range(12)]
    for name in names:
        compute.create_keypair(name, KEY)
    assert {each["name"] for each in compute.list_keypairs()} >= set(names)
    for name in names:
        compute.delete_keypair(name)


def test_the_console_is_read_whole_or_its_last_lines(compute, server):
    whole = compute.get_console_log("still").splitlines()
    assert len(whole) > 1
    assert compute.get_console_log("still", lines=1).splitlines() == whole[-1:]


def test_a_server_changes_its_name_and_groups(compute, server):
    assert compute.rename_instance("still", "renamed")
    assert compute.get_instance("renamed")["id"] == server["id"]
    assert compute.rename_instance("renamed", "still")
    assert compute.add_security_group("still", "web")
    assert compute.get_instance("still")["security_groups"] == ["default", "web"]
    assert compute.remove_security_group("still", "web")
    assert compute.get_instance("still")["security_groups"] == ["default"]
    with pytest.raises(InfomaniakNotFoundError):
        compute.remove_security_group("still", "web")


@pytest.mark.slow
def test_a_server_becomes_larger_and_its_disk_an_image(compute):
    compute.create_instance("grows", FLAVOR, "Tiny 1.0", [])
    assert compute.resize_instance("grows", "a2-ram4-disk20-perf1")
    assert compute.get_instance("grows")["status"] == "VERIFY_RESIZE"
    assert compute.revert_resize("grows")
    assert compute.get_instance("grows")["flavor"] == FLAVOR
    assert compute.resize_instance("grows", "a2-ram4-disk20-perf1")
    assert compute.confirm_resize("grows")
    assert compute.get_instance("grows")["flavor"] == "a2-ram4-disk20-perf1"
    states = []
    made = compute.create_image("grows", "grown", progress=lambda seen: states.append(seen.state))
    assert (made["name"], made["status"], states[-1]) == ("grown", "active", "active")
    assert compute.delete_image("grown")
    assert "grown" not in [each["name"] for each in compute.list_images()]
    assert compute.delete_instance("grows", force=True)
