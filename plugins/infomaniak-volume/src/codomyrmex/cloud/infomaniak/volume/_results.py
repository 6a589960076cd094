"""What Cinder tells, as dicts with the keys of the documentation, all of them always; sizes in GiB."""

from __future__ import annotations

from typing import Any

from codomyrmex.cloud.infomaniak.openstack import iso
from openstack.block_storage.v3.backup import Backup
from openstack.block_storage.v3.snapshot import Snapshot
from openstack.block_storage.v3.volume import Volume


def volume(found: Volume) -> dict[str, Any]:
    """A volume."""
    return {
        "id": found.id,
        "name": found.name,
        "status": found.status,
        "size": found.size,
        "volume_type": found.volume_type,
        "availability_zone": found.availability_zone,
        "bootable": found.is_bootable,
        "encrypted": found.is_encrypted,
        "attachments": found.attachments,
        "created_at": iso(found.created_at),
    }


def copy(found: Snapshot | Backup) -> dict[str, Any]:
    """A snapshot or a backup."""
    return {
        "id": found.id,
        "name": found.name,
        "status": found.status,
        "volume_id": found.volume_id,
        "size": found.size,
        "created_at": iso(found.created_at),
    }
