"""What a user says of a new server, as Nova wants it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from codomyrmex.cloud.infomaniak.compute.options import ServerAttributes


def check_attributes(attributes: Mapping[str, Any]) -> None:
    """TypeError for a keyword that openstacksdk would leave out in silence, such as one with a typing error."""
    for name in attributes:
        if name not in ServerAttributes.__optional_keys__:
            raise TypeError(f"create_instance() got an unexpected keyword argument {name!r}")


def given(**values: Any) -> dict[str, Any]:
    """What is not None: Nova takes no null."""
    return {name: value for name, value in values.items() if value is not None}


def encoded(user_data: str | bytes | None) -> str | None:
    """Base64, as Nova takes it."""
    if user_data is None:
        return None
    if not isinstance(user_data, (str, bytes)):
        raise TypeError(f"user_data is str or bytes, not {type(user_data).__name__}")
    return b64encode(user_data.encode() if isinstance(user_data, str) else user_data).decode()


def groups(names: Iterable[str] | None) -> list[dict[str, str]] | None:
    """Security groups; Nova itself finds them by name or id."""
    if isinstance(names, str):
        raise TypeError("security_groups are several names, such as a list of str, not str")
    return None if names is None else [{"name": name} for name in names]


def from_volume(volume_id: str) -> dict[str, Any]:
    """Start from this volume, which stays when the server goes."""
    return _boot_from(uuid=volume_id, source_type="volume", delete_on_termination=False)


def from_new_volume(image_id: str, size: int) -> dict[str, Any]:
    """Start from a new volume with this image, which goes with the server."""
    return _boot_from(uuid=image_id, source_type="image", volume_size=size, delete_on_termination=True)


def _boot_from(**volume: Any) -> dict[str, Any]:
    return {"block_device_mapping": [{"boot_index": 0, "destination_type": "volume", **volume}]}
