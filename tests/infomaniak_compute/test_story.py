"""The life of a server with all that belongs to it."""

import base64

import pytest
from codomyrmex.cloud.infomaniak import InfomaniakCloud, InfomaniakNotFoundError
from support.project import FLAVOR

SCRIPT = "#!/bin/sh\necho grüezi\n"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHDJyOT7ms46JqGYgXkGyuBALRu5kRoBhNyOvFDnAj0G someone@example.com"


def test_a_server_from_names_lives_with_a_volume_and_all_is_gone_in_the_end(project, openstack_lab):
    credential = project.application_credential()
    with InfomaniakCloud.from_credentials(
        credential.id, credential.secret, openstack_lab.auth_url, openstack_lab.region, strict=True
    ) as cloud:
        compute, volume = cloud.compute, cloud.volume
        assert compute.create_keypair("laptop", KEY)["type"] == "ssh"
        states = []
        made = compute.create_instance(
            "web-1",
            FLAVOR,
            "Tiny 1.0",
            "inside",
            key_name="laptop",
            security_groups=["web"],
            user_data=SCRIPT,
            progress=lambda seen: states.append(seen.state),
        )
        assert (made["status"], made["key_name"], made["security_groups"]) == ("ACTIVE", "laptop", ["web"])
        assert list(made["addresses"]) == ["inside"]
        assert states[-1] == "ACTIVE"
        told = openstack_lab.admin.compute.get_server(made["id"]).user_data
        assert base64.b64decode(told).decode() == SCRIPT

        def status():
            return compute.get_instance("web-1")["status"]

        assert compute.stop_instance("web-1")
        assert status() == "SHUTOFF"
        assert compute.start_instance("web-1")
        assert status() == "ACTIVE"
        assert compute.reboot_instance("web-1")
        assert compute.reboot_instance("web-1", "HARD")
        assert status() == "ACTIVE"

        data = volume.create_volume(1, "data")
        assert (data["status"], data["size"], data["attachments"]) == ("available", 1, [])
        assert volume.attach_volume("data", "web-1")
        (attached,) = volume.get_volume("data")["attachments"]
        assert attached["server_id"] == made["id"]
        assert volume.extend_volume("data", 2)
        assert volume.get_volume("data")["size"] == 2
        assert volume.detach_volume("data", "web-1")
        assert volume.get_volume("data")["attachments"] == []

        assert volume.delete_volume("data")
        assert compute.delete_instance("web-1")
        assert compute.delete_keypair("laptop")
        assert made["id"] not in [each["id"] for each in compute.list_instances()]
        assert data["id"] not in [each["id"] for each in volume.list_volumes()]
        assert "laptop" not in [each["name"] for each in compute.list_keypairs()]
        for gone in (lambda: compute.get_instance(made["id"]), lambda: volume.get_volume(data["id"])):
            with pytest.raises(InfomaniakNotFoundError):
                gone()
