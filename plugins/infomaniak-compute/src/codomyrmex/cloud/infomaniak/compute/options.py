"""What `InfomaniakComputeClient.create_instance` takes besides, by openstacksdk's names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict


class ServerAttributes(TypedDict, total=False):
    """Attributes of a new server (https://docs.openstack.org/api-ref/compute/#create-server)."""

    access_ipv4: str
    access_ipv6: str
    admin_password: str
    block_device_mapping: Sequence[Mapping[str, Any]]
    """In place of ``boot_volume`` and ``boot_volume_size``; ``block_device_mapping_v2`` of Nova."""
    config_drive: bool
    description: str
    disk_config: Literal["AUTO", "MANUAL"]
    hostname: str
    metadata: Mapping[str, str]
    networks: str | Sequence[Mapping[str, Any]]
    """In place of ``network``: ``auto``, ``none``, or as Nova takes them."""
    scheduler_hints: Mapping[str, Any]
    tags: Sequence[str]
    trusted_image_certificates: Sequence[str]
