"""What Nova and Glance tell, as dicts with the keys of the documentation, all of them always."""

from __future__ import annotations

from typing import Any

from codomyrmex.cloud.infomaniak.openstack import iso
from openstack.compute.v2.flavor import Flavor
from openstack.compute.v2.keypair import Keypair
from openstack.compute.v2.server import Server
from openstack.image.v2.image import Image


def instance(server: Server) -> dict[str, Any]:
    """A server. Nova embeds the flavor, by name, and the id of the image, so neither is asked for."""
    groups = server.security_groups or ()  # one entry for each port; none until the ports are there
    return {
        "id": server.id,
        "name": server.name,
        "status": server.status,
        "flavor": server.flavor.name or server.flavor.id,
        "image": server.image.id if server.image else None,
        "addresses": server.addresses or {},
        "key_name": server.key_name,
        "created_at": iso(server.created_at),
        "updated_at": iso(server.updated_at),
        "availability_zone": server.availability_zone or None,
        "security_groups": sorted({group["name"] for group in groups}),
    }


def flavor(found: Flavor) -> dict[str, Any]:
    """A flavor; ``ram`` in MiB, ``disk`` in GiB."""
    return {
        "id": found.id,
        "name": found.name,
        "vcpus": found.vcpus,
        "ram": found.ram,
        "disk": found.disk,
        "is_public": found.is_public,
    }


def image(found: Image) -> dict[str, Any]:
    """An image; ``size`` in bytes, ``min_disk`` in GiB, ``min_ram`` in MiB."""
    return {
        "id": found.id,
        "name": found.name,
        "status": found.status,
        "min_disk": found.min_disk,
        "min_ram": found.min_ram,
        "size": found.size,
        "created_at": iso(found.created_at),
    }


def keypair(found: Keypair) -> dict[str, Any]:
    """A key pair, as lists have it."""
    return {"name": found.name, "fingerprint": found.fingerprint, "type": found.type}
