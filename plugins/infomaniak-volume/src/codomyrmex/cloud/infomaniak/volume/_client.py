"""`InfomaniakVolumeClient`: block storage by OpenStack Cinder (spec 4.3)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any, ClassVar, Literal, cast

from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakCloudError,
    InfomaniakConflictError,
    InfomaniakValidationError,
)
from codomyrmex.cloud.infomaniak.openstack import (
    SDK_ERRORS,
    WAIT_CHECKS,
    OpenStackClient,
    Progress,
    check_name_or_id,
    check_size,
    wait_gone,
)
from codomyrmex.cloud.infomaniak.openstack import wait as wait_until  # methods have a parameter of that name
from codomyrmex.cloud.infomaniak.volume import _results
from openstack.block_storage.v3._proxy import Proxy
from openstack.block_storage.v3.volume import Volume
from openstack.compute.v2.server import Server

Kind = Literal["volume", "snapshot", "backup"]
_AT_REST = ("available", "in-use")
_ERRORS = ("error", "error_deleting", "error_extending", "error_restoring")
_STATE = re.compile("Invalid (volume|snapshot|backup): ")


def _is_attached(volume: Volume, server_id: str) -> bool:
    return any(each["server_id"] == server_id for each in volume.attachments)


def _check_optional(value: Any) -> None:
    if value is not None:
        check_name_or_id(value)


_CHECKS = {
    "size": check_size,
    "new_size": check_size,
    "server_id": check_name_or_id,
    **dict.fromkeys(("name", "volume_id", "snapshot_id", "backup_id", "image_id", "source_volume_id"), _check_optional),
    **WAIT_CHECKS,
}


class InfomaniakVolumeClient(OpenStackClient):
    """Volumes, their snapshots and backups (spec 4.3). Sizes are in GiB.

    Volumes, snapshots, backups, servers and images are named by id or by name; a name that means several is an
    `InfomaniakConflictError` with their ids. Methods give the spec's results on failure, and raise an
    `InfomaniakCloudError` where the client is ``strict``, as `get_client` makes it. What the state of a volume,
    snapshot or backup does not allow is an `InfomaniakConflictError`.

    Methods return when it is done: `InfomaniakTimeoutError` after ``timeout`` seconds, `InfomaniakCloudError` with
    Cinder's reason if it ends in an error, both with the id as ``resource``. ``progress`` is called with a
    `ResourceStatus` (Cinder tells no percentage) each time Cinder was asked. A KeyboardInterrupt on the way has a note
    with the id of what goes on. With ``wait=False`` they return as soon as Cinder has accepted.

    A volume is a dict of ``id``, ``name``, ``status``, ``size``, ``volume_type``, ``availability_zone``, ``bootable``,
    ``encrypted``, ``attachments`` (as Cinder gives them, with ``server_id`` and ``device``) and ``created_at`` (ISO
    8601, UTC); a snapshot or backup one of ``id``, ``name``, ``status``, ``volume_id``, ``size``, ``created_at``.
    """

    service: ClassVar[str] = "volume"
    service_type: ClassVar[str | None] = "block-storage"

    @property
    def _cinder(self) -> Proxy:
        return cast("Proxy", self.connection.block_storage)

    def translate_error(self, error: Exception) -> CloudError | None:
        typed = super().translate_error(error)
        if isinstance(typed, InfomaniakValidationError) and _STATE.match(typed.message):  # 400, though it is a state
            return InfomaniakConflictError(typed.message, typed.status_code, request_id=typed.request_id)
        return typed

    # Volumes

    @lenient([])
    @operation(effect="list")
    def list_volumes(self) -> list[dict[str, Any]]:
        """All volumes of the project."""
        return [_results.volume(found) for found in self._cinder.volumes()]

    @lenient(None)
    @operation(effect="read", checks=_CHECKS)
    def get_volume(self, volume_id: str) -> dict[str, Any] | None:
        """One volume."""
        return _results.volume(self._cinder.get_volume(self._volume_id(volume_id)))

    @lenient(None)
    @operation(effect="write", checks=_CHECKS)
    def create_volume(
        self,
        size: int,
        name: str,
        *,
        description: str | None = None,
        volume_type: str | None = None,
        availability_zone: str | None = None,
        snapshot_id: str | None = None,
        image_id: str | None = None,
        source_volume_id: str | None = None,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """Make a volume: empty, or with the content of a snapshot, an image (it is bootable then) or another volume.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        given = {
            "description": description,
            "volume_type": volume_type,
            "availability_zone": availability_zone,
            "snapshot_id": snapshot_id and self._snapshot_id(snapshot_id),
            "image_id": image_id and self._image_id(image_id),
            "source_volume_id": source_volume_id and self._volume_id(source_volume_id),
        }
        request = {key: value for key, value in given.items() if value is not None}
        made = self._cinder.create_volume(size=size, name=name, **request)
        return self._volume(made.id, wait, timeout, progress)

    @lenient(False)
    @operation(effect="delete", checks=_CHECKS)
    def delete_volume(
        self,
        volume_id: str,
        *,
        force: bool = False,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> bool:
        """Delete a volume that is attached to no server and has no snapshots.

        :param force: in whatever state it is. Most clouds allow that to administrators alone.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        found = self._volume_id(volume_id)
        self._cinder.delete_volume(found, ignore_missing=False, force=force)
        return self._gone("volume", found, wait, timeout, progress)

    @lenient(False)
    @operation(effect="write", checks=_CHECKS)
    def extend_volume(
        self,
        volume_id: str,
        new_size: int,
        *,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> bool:
        """Make a volume larger, also while it is attached. It cannot be made smaller.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        found = self._volume_id(volume_id)
        self._cinder.extend_volume(found, new_size)
        if wait:
            self._wait_for("volume", found, _AT_REST, timeout, progress)
        return True

    @lenient(False)
    @operation(effect="write", checks=_CHECKS)
    def set_bootable(self, volume_id: str, bootable: bool = True) -> bool:
        """Say whether servers may start from a volume."""
        self._cinder.set_volume_bootable_status(self._volume_id(volume_id), bootable)
        return True

    @lenient([])
    @operation(effect="list")
    def list_volume_types(self) -> list[dict[str, Any]]:
        """The kinds of volume there are: id, name, description."""
        return [{"id": t.id, "name": t.name, "description": t.description} for t in self._cinder.types()]

    # Servers

    @lenient(False)
    @operation(effect="write", checks=_CHECKS)
    def attach_volume(
        self,
        volume_id: str,
        server_id: str,
        *,
        device: str | None = None,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> bool:
        """Give a server a volume.

        :param device: such as ``/dev/vdb``, where the hypervisor lets one choose.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        volume, server = self._volume_id(volume_id), self._server_id(server_id)
        given = {} if device is None else {"device": device}
        self.connection.compute.create_volume_attachment(server, volume=volume, **given)
        if wait:
            ended = lambda v: _is_attached(v, server) or v.status == "available"  # noqa: E731
            found = self._wait_for("volume", volume, ended, timeout, progress)
            if found.status == "available":
                raise InfomaniakCloudError(f"volume {found.name} could not be attached", resource=volume)
        return True

    @lenient(False)
    @operation(effect="write", checks=_CHECKS)
    def detach_volume(
        self,
        volume_id: str,
        server_id: str,
        *,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> bool:
        """Take a volume from a server. `InfomaniakNotFoundError` if it is not attached to it.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        volume, server = self._volume_id(volume_id), self._server_id(server_id)
        typed = Server.existing(id=server)  # of two texts the SDK asks Nova which is the server, and may swap them
        self.connection.compute.delete_volume_attachment(typed, volume, ignore_missing=False)
        if wait:
            ended = lambda v: v.status in _AT_REST and not _is_attached(v, server)  # noqa: E731
            self._wait_for("volume", volume, ended, timeout, progress)
        return True

    # Snapshots

    @lenient([])
    @operation(effect="list")
    def list_snapshots(self) -> list[dict[str, Any]]:
        """All snapshots of the project."""
        return [_results.copy(found) for found in self._cinder.snapshots()]

    @lenient(None)
    @operation(effect="read", checks=_CHECKS)
    def get_snapshot(self, snapshot_id: str) -> dict[str, Any] | None:
        """One snapshot."""
        return _results.copy(self._cinder.get_snapshot(self._snapshot_id(snapshot_id)))

    @lenient(None)
    @operation(effect="write", checks=_CHECKS)
    def create_snapshot(
        self,
        volume_id: str,
        name: str,
        *,
        description: str | None = None,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """Keep a volume as it is now; one that is attached, as if the power had failed.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        given = {} if description is None else {"description": description}
        made = self._cinder.create_snapshot(
            volume_id=self._volume_id(volume_id),
            name=name,
            is_forced=True,  # what Cinder does unasked from microversion 3.66 on: the SDK stops at 3.65
            **given,
        )
        return self._copy("snapshot", made.id, wait, timeout, progress)

    @lenient(False)
    @operation(effect="delete", checks=_CHECKS)
    def delete_snapshot(
        self,
        snapshot_id: str,
        *,
        force: bool = False,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> bool:
        """Delete a snapshot. ``force`` as in `delete_volume`.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        found = self._snapshot_id(snapshot_id)
        self._cinder.delete_snapshot(found, ignore_missing=False, force=force)
        return self._gone("snapshot", found, wait, timeout, progress)

    @lenient(None)
    @operation(effect="write", checks=_CHECKS)
    def restore_snapshot(
        self,
        snapshot_id: str,
        volume_id: str | None = None,
        *,
        name: str | None = None,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """Bring a snapshot's content back, and return the volume it is in.

        :param volume_id: the volume that the snapshot was made of: what was written to it since is lost. Cinder does
            that with the last snapshot of a volume that is not attached. Left out, it is a new volume.
        :param name: of the new volume; that of the snapshot if left out.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        snapshot = self._cinder.get_snapshot(self._snapshot_id(snapshot_id))
        if volume_id is None:
            restored = self._cinder.create_volume(
                size=snapshot.size, snapshot_id=snapshot.id, name=name or snapshot.name
            ).id
        else:
            restored = self._volume_id(volume_id)
            self._cinder.revert_volume_to_snapshot(restored, snapshot.id)
        return self._volume(restored, wait, timeout, progress)

    # Backups

    @lenient([])
    @operation(effect="list")
    def list_backups(self) -> list[dict[str, Any]]:
        """All backups of the project."""
        return [_results.copy(found) for found in self._cinder.backups()]

    @lenient(None)
    @operation(effect="read", checks=_CHECKS)
    def get_backup(self, backup_id: str) -> dict[str, Any] | None:
        """One backup."""
        return _results.copy(self._cinder.get_backup(self._backup_id(backup_id)))

    @lenient(None)
    @operation(effect="write", checks=_CHECKS)
    def create_backup(
        self,
        volume_id: str,
        name: str,
        *,
        description: str | None = None,
        incremental: bool = False,
        force: bool = False,
        wait: bool = True,
        timeout: float = 3600,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """Copy a volume to where backups are kept; it may be deleted then.

        :param incremental: only what has changed since the last backup, which is then needed to restore this one.
        :param force: also while it is attached, as if the power had failed.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        given = {} if description is None else {"description": description}
        made = self._cinder.create_backup(
            volume_id=self._volume_id(volume_id), name=name, is_incremental=incremental, force=force, **given
        )
        return self._copy("backup", made.id, wait, timeout, progress)

    @lenient(False)
    @operation(effect="delete", checks=_CHECKS)
    def delete_backup(
        self,
        backup_id: str,
        *,
        force: bool = False,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> bool:
        """Delete a backup that no incremental one needs. ``force`` as in `delete_volume`.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        found = self._backup_id(backup_id)
        self._cinder.delete_backup(found, ignore_missing=False, force=force)
        return self._gone("backup", found, wait, timeout, progress)

    @lenient(None)
    @operation(effect="write", checks=_CHECKS)
    def restore_backup(
        self,
        backup_id: str,
        volume_id: str | None = None,
        *,
        name: str | None = None,
        wait: bool = True,
        timeout: float = 3600,
        progress: Progress | None = None,
    ) -> dict[str, Any] | None:
        """Bring a backup's content back, and return the volume it is in.

        :param volume_id: a volume of at least its size, not attached, whose content is replaced. Left out, it is a
            new volume.
        :param name: of the new volume; ``restore_backup_<id>``, as Cinder has it, if left out.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        backup, started = self._backup_id(backup_id), time.monotonic()
        new = {"name": name or f"restore_backup_{backup}"}
        into = new if volume_id is None else {"volume": self._volume_id(volume_id)}
        restored = self._cinder.restore_backup(backup, **into).volume_id
        if wait:
            self._wait_for("backup", backup, ("available",), timeout, progress, begun=f"volume {restored}")
        return self._volume(restored, wait, timeout, progress, since=started)

    # Names and states

    def _snapshot_id(self, snapshot: str) -> str:
        return self._id(snapshot, "snapshot", lambda name: self._cinder.snapshots(details=False, name=name))

    def _backup_id(self, backup: str) -> str:
        return self._id(backup, "backup", lambda name: self._cinder.backups(details=False, name=name))

    def _volume(
        self, volume_id: str, waits: bool, timeout: float, progress: Progress | None, since: float | None = None
    ) -> dict[str, Any]:
        if waits:
            return _results.volume(self._wait_for("volume", volume_id, ("available",), timeout, progress, since=since))
        return _results.volume(self._cinder.get_volume(volume_id))

    def _copy(self, kind: Kind, copy_id: str, waits: bool, timeout: float, progress: Progress | None) -> dict[str, Any]:
        if waits:
            return _results.copy(self._wait_for(kind, copy_id, ("available",), timeout, progress))
        return _results.copy(self._get(kind)(copy_id))

    def _gone(self, kind: Kind, resource_id: str, waits: bool, timeout: float, progress: Progress | None) -> bool:
        if waits:
            wait_gone(self._get(kind), kind, resource_id, failures=_ERRORS, timeout=timeout, progress=progress)
        return True

    def _wait_for(
        self,
        kind: Kind,
        resource_id: str,
        until: Collection[str] | Callable[[Any], bool],
        timeout: float,
        progress: Progress | None,
        begun: str | None = None,
        since: float | None = None,
    ) -> Any:
        """The volume, snapshot or backup, when it is in one of these states."""
        return wait_until(
            self._get(kind),
            kind,
            resource_id,
            until=until,
            failures=_ERRORS,
            timeout=timeout,
            progress=progress,
            reason=lambda found: self._reason(found.id),
            begun=begun,
            since=since,
        )

    def _get(self, kind: Kind) -> Callable[[str], Any]:
        get: Callable[[str], Any] = getattr(self._cinder, f"get_{kind}")
        return get

    def _reason(self, resource_id: str) -> str:
        """What Cinder tells users of a failure; the SDK asks for it in a version that had no such thing."""
        with suppress(*SDK_ERRORS):  # they would hide the failure itself
            answer = self._cinder.get(f"/messages?resource_uuid={resource_id}", microversion="3.5")
            messages = answer.json().get("messages", []) if answer.ok else []
            return str(messages[0]["user_message"]) if messages else ""
        return ""
