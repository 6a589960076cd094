"""`InfomaniakComputeClient`: servers by OpenStack Nova (spec 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar, Literal, Unpack, cast

from codomyrmex.cloud.common import ComputeClient, lenient, operation
from codomyrmex.cloud.infomaniak.compute import _request, _results
from codomyrmex.cloud.infomaniak.compute.options import ServerAttributes
from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError, InfomaniakValidationError
from codomyrmex.cloud.infomaniak.openstack import (
    SDK_ERRORS,
    WAIT_CHECKS,
    OpenStackClient,
    Progress,
    check_choice,
    check_id,
    check_name_or_id,
    check_size,
    wait_gone,
)
from codomyrmex.cloud.infomaniak.openstack import wait as wait_until  # methods have a parameter of that name
from openstack.compute.v2._proxy import Proxy
from openstack.compute.v2.flavor import Flavor
from openstack.compute.v2.server import Server
from openstack.image.v2._proxy import Proxy as ImageProxy

_FAULT_DELAY = 5
"""Seconds for which a server in ERROR is asked for its reason, also after the time-out of the method."""
_Reboot = Literal["SOFT", "HARD"]
_AT_REST = ("ACTIVE", "SHUTOFF")


def _check_size(value: Any) -> None:
    if value is not None:
        check_size(value)


_CHECKS: dict[str, Callable[[Any], None]] = {
    "name": check_name_or_id,
    "server_id": check_name_or_id,
    "instance_id": check_name_or_id,
    "flavor": check_name_or_id,
    "security_group": check_name_or_id,
    "reboot_type": partial(check_choice, "reboot_type", _Reboot),
    "boot_volume_size": _check_size,
    **WAIT_CHECKS,
}


class InfomaniakComputeClient(OpenStackClient, ComputeClient):
    """Servers, and what they are made of: flavors, images, key pairs (spec 4.2).

    Servers, flavors, images, networks and security groups are named by id or by name; a name that means
    several is an `InfomaniakConflictError` with their ids. Methods give the spec's results on failure,
    and raise an `InfomaniakCloudError` where the client is ``strict``, as `get_client` makes it.

    Methods return when the server is in the state it should reach: `InfomaniakTimeoutError` after ``timeout``
    seconds, `InfomaniakCloudError` with Nova's reason if it ends in ERROR, both with the server's id as
    ``resource``. ``progress`` is called with a `ResourceStatus` each time Nova was asked. A KeyboardInterrupt has a
    note with the id of what goes on. With ``wait=False`` they return as soon as Nova has accepted.

    A server is a dict of ``id``, ``name``, ``status``, ``flavor`` (its name), ``image`` (its id; None where the
    server started from a volume), ``addresses`` (as Nova gives them, by network), ``key_name``, ``created_at``
    and ``updated_at`` (ISO 8601, UTC), ``availability_zone``, ``security_groups`` (names).
    """

    service: ClassVar[str] = "compute"
    service_type: ClassVar[str | None] = "compute"

    @property
    def _nova(self) -> Proxy:
        return self.connection.compute

    @property
    def _glance(self) -> ImageProxy:
        return cast("ImageProxy", self.connection.image)

    # Servers

    @lenient([])
    @operation(effect="list")
    def list_instances(self) -> list[dict[str, Any]]:
        """All servers of the project, in one request for each page of them."""
        return [_results.instance(server) for server in self._nova.servers()]

    @lenient(None)
    @operation(effect="read", checks=_CHECKS)
    def get_instance(self, server_id: str) -> dict[str, Any] | None:
        """One server."""
        return _results.instance(self._nova.get_server(self._server_id(server_id)))

    @lenient(None)
    @operation(effect="write", checks=_CHECKS, aliases={"instance_type": "flavor", "image_id": "image"})
    def create_instance(  # type: ignore[override]  # takes the contract's two names as well: see aliases
        self,
        name: str,
        flavor: str | None = None,
        image: str | None = None,
        network: str | Sequence[str] | None = None,
        *,
        key_name: str | None = None,
        security_groups: Sequence[str] | None = None,
        user_data: str | bytes | None = None,
        availability_zone: str | None = None,
        boot_volume: str | None = None,
        boot_volume_size: int | None = None,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
        **attributes: Unpack[ServerAttributes],
    ) -> dict[str, Any]:
        """Make a server, and return it when it is ACTIVE. None on failure, unless strict.

        :param network: one or several; none at all if empty; left out, the one network that the project has.
        :param security_groups: the project's group ``default`` if left out.
        :param user_data: the script or cloud-config for the first start, as it is.
        :param boot_volume: a bootable volume to start from, in place of an image; it stays when the server goes.
        :param boot_volume_size: GiB; start from a new volume of this size, made of the image and deleted with the
            server. Needed where the flavor has no disk.
        :param attributes: what else Nova takes, by openstacksdk's names, as `options.ServerAttributes` has them.
            TypeError for any other.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.

        ``flavor`` and ``image`` may be named as `ComputeClient` does, ``instance_type`` and ``image_id``.
        A server that ends in ERROR is not deleted.
        """
        if flavor is None:
            raise TypeError("create_instance() needs a flavor")
        if (image is None) == (boot_volume is None) or (boot_volume and boot_volume_size):
            raise TypeError("a server starts from an image, which boot_volume_size puts on a volume, or a boot_volume")
        _request.check_attributes(attributes)
        request = _request.given(
            key_name=key_name,
            security_groups=_request.groups(security_groups),
            user_data=_request.encoded(user_data),
            availability_zone=availability_zone,
        )
        found = self._find(self._nova.find_flavor, flavor, "flavor")
        request |= self._disk(found, image, boot_volume, boot_volume_size)
        request |= {"networks": self._networks(network)} | attributes
        server = self._nova.create_server(name=name, flavor_id=found.id, **request)
        made = self._wait_for(server.id, ("ACTIVE",), timeout, progress) if wait else self._nova.get_server(server.id)
        return _results.instance(made)

    @lenient(False)
    @operation(effect="write", checks=_CHECKS, aliases={"instance_id": "server_id"})
    def start_instance(
        self, server_id: str, *, wait: bool = True, timeout: float = 300, progress: Progress | None = None
    ) -> bool:
        """Start a stopped server. One that runs is an `InfomaniakConflictError`.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        found = self._server_id(server_id)
        self._nova.start_server(found)
        return self._done(found, ("ACTIVE",), wait, timeout, progress)

    @lenient(False)
    @operation(effect="write", checks=_CHECKS, aliases={"instance_id": "server_id"})
    def stop_instance(
        self, server_id: str, *, wait: bool = True, timeout: float = 300, progress: Progress | None = None
    ) -> bool:
        """Shut a running server down. One that is stopped is an `InfomaniakConflictError`.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        found = self._server_id(server_id)
        self._nova.stop_server(found)
        return self._done(found, ("SHUTOFF",), wait, timeout, progress)

    @lenient(False)
    @operation(effect="write", checks=_CHECKS)
    def reboot_instance(
        self,
        server_id: str,
        reboot_type: _Reboot = "SOFT",
        *,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> bool:
        """Restart a server: ``SOFT`` asks its system, ``HARD`` cuts the power. ValueError for anything else.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        found = self._server_id(server_id)
        self._nova.reboot_server(found, reboot_type)
        return self._done(found, ("ACTIVE",), wait, timeout, progress)

    @lenient(False)
    @operation(effect="delete", checks=_CHECKS)
    def delete_instance(
        self,
        server_id: str,
        *,
        force: bool = False,
        wait: bool = True,
        timeout: float = 300,
        progress: Progress | None = None,
    ) -> bool:
        """Delete a server; one that does not exist is an `InfomaniakNotFoundError`.

        :param force: at once, also where the cloud would keep it for a while, and in whatever state it is.
        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        found = self._server_id(server_id)
        self._nova.delete_server(found, ignore_missing=False, force=force)
        if wait:
            # a server in ERROR stays in it until it is gone
            wait_gone(self._nova.get_server, "server", found, failures=(), timeout=timeout, progress=progress)
        return True

    @lenient(False)
    @operation(effect="delete", checks=_CHECKS)
    def terminate_instance(
        self, instance_id: str, *, wait: bool = True, timeout: float = 300, progress: Progress | None = None
    ) -> bool:
        """`delete_instance`, by the name that `ComputeClient` has for it.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        return self.delete_instance(instance_id, wait=wait, timeout=timeout, progress=progress)

    @lenient(False)
    @operation(effect="write", checks=_CHECKS)
    def rename_instance(self, server_id: str, name: str) -> bool:
        """Give a server another name. Its host name stays."""
        self._nova.update_server(self._server_id(server_id), name=name)
        return True

    @lenient(False)
    @operation(effect="write", checks=_CHECKS)
    def resize_instance(
        self,
        server_id: str,
        flavor: str,
        *,
        wait: bool = True,
        timeout: float = 600,
        progress: Progress | None = None,
    ) -> bool:
        """Give a server another flavor. It is restarted, and stays in VERIFY_RESIZE until `confirm_resize`
        makes that final or `revert_resize` takes it back.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        found = self._server_id(server_id)
        self._nova.resize_server(found, self._find(self._nova.find_flavor, flavor, "flavor").id)
        return self._done(found, ("VERIFY_RESIZE",), wait, timeout, progress)

    @lenient(False)
    @operation(effect="write", checks=_CHECKS)
    def confirm_resize(
        self, server_id: str, *, wait: bool = True, timeout: float = 300, progress: Progress | None = None
    ) -> bool:
        """Keep the new flavor of a resized server.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        found = self._server_id(server_id)
        self._nova.confirm_server_resize(found)
        return self._done(found, _AT_REST, wait, timeout, progress)

    @lenient(False)
    @operation(effect="write", checks=_CHECKS)
    def revert_resize(
        self, server_id: str, *, wait: bool = True, timeout: float = 600, progress: Progress | None = None
    ) -> bool:
        """Give a resized server its old flavor back.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        found = self._server_id(server_id)
        self._nova.revert_server_resize(found)
        return self._done(found, _AT_REST, wait, timeout, progress)

    @lenient(None)
    @operation(effect="read", checks=_CHECKS)
    def get_console_log(self, server_id: str, *, lines: int | None = None) -> str | None:
        """What the server wrote to its console.

        :param lines: the last ones only.
        """
        return str(self._nova.get_server_console_output(self._server_id(server_id), length=lines)["output"])

    @lenient(False)
    @operation(effect="write", checks=_CHECKS)
    def add_security_group(self, server_id: str, security_group: str) -> bool:
        """Put a server into one more security group."""
        self._nova.add_security_group_to_server(self._server_id(server_id), security_group)
        return True

    @lenient(False)
    @operation(effect="write", checks=_CHECKS)
    def remove_security_group(self, server_id: str, security_group: str) -> bool:
        """Take a server out of a security group; `InfomaniakNotFoundError` if it is not in it."""
        self._nova.remove_security_group_from_server(self._server_id(server_id), security_group)
        return True

    # Flavors and images

    @lenient([])
    @operation(effect="list")
    def list_flavors(self) -> list[dict[str, Any]]:
        """The sizes there are: id, name, vcpus, ram (MiB), disk (GiB; 0: starts from a volume), is_public."""
        return [_results.flavor(found) for found in self._nova.flavors()]

    @lenient(None)
    @operation(effect="read", checks=_CHECKS)
    def get_flavor(self, flavor: str) -> dict[str, Any] | None:
        """One flavor."""
        return _results.flavor(self._find(self._nova.find_flavor, flavor, "flavor"))

    @lenient([])
    @operation(effect="list")
    def list_images(self) -> list[dict[str, Any]]:
        """The images there are: id, name, status, min_disk (GiB), min_ram (MiB), size (bytes), created_at."""
        return [_results.image(found) for found in self._glance.images()]

    @lenient(None)
    @operation(effect="write", checks=_CHECKS)
    def create_image(
        self, server_id: str, name: str, *, wait: bool = True, timeout: float = 1800, progress: Progress | None = None
    ) -> dict[str, Any] | None:
        """Make an image of a server's disk, to start others from; keys as in `list_images`.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        made = Server.existing(id=self._server_id(server_id)).create_image(self._nova, name)
        get = self._glance.get_image
        if not wait:
            return _results.image(get(made))
        ends = ("killed", "deleted")
        return _results.image(
            wait_until(get, "image", made, until=("active",), failures=ends, timeout=timeout, progress=progress)
        )

    @lenient(False)
    @operation(effect="delete", checks=_CHECKS)
    def delete_image(self, image: str) -> bool:
        """Delete an image of the project."""
        self._glance.delete_image(self._image_id(image), ignore_missing=False)
        return True

    # Key pairs

    @lenient([])
    @operation(effect="list")
    def list_keypairs(self) -> list[dict[str, Any]]:
        """The user's SSH key pairs: name, fingerprint, type."""
        return [_results.keypair(found) for found in self._nova.keypairs()]

    @lenient(None)
    @operation(effect="admin", checks=_CHECKS)
    def create_keypair(self, name: str, public_key: str | None = None) -> dict[str, Any] | None:
        """Make a key pair known: name, fingerprint, type, public_key, private_key.

        :param public_key: the text of such as ``id_ed25519.pub``. Left out, Nova makes a pair; its private key is in
            the result, and nowhere else.

        Hooks are told ``admin``: who has the private key may log in to the servers made with it.
        """
        given = {} if public_key is None else {"public_key": public_key}
        made = self._nova.create_keypair(name=name, **given)
        return _results.keypair(made) | {"public_key": made.public_key, "private_key": made.private_key}

    @lenient(False)
    @operation(effect="admin", checks={"name": check_id})
    def delete_keypair(self, name: str) -> bool:
        """Forget a key pair. Servers keep the public key they have."""
        self._nova.delete_keypair(name, ignore_missing=False)
        return True

    # Names and states

    def _disk(self, flavor: Flavor, image: str | None, volume: str | None, size: int | None) -> dict[str, Any]:
        """What a server starts from: a volume there is, a new one of ``size`` GiB, or the flavor's own disk."""
        if image is None:
            return _request.from_volume(self._volume_id(volume or ""))
        if size is not None:
            return _request.from_new_volume(self._image_id(image), size)
        if not flavor.disk:  # Nova answers 403, as if a role were missing
            raise InfomaniakValidationError(f"flavor {flavor.name} has no disk: give boot_volume_size, in GiB")
        return {"image_id": self._image_id(image)}

    def _networks(self, network: str | Iterable[str] | None) -> str | list[dict[str, str]]:
        if network is None:
            return "auto"
        names = [network] if isinstance(network, str) else network
        ids = [self._id(each, "network", lambda name: self.connection.network.networks(name=name)) for each in names]
        return [{"uuid": each} for each in ids] or "none"

    def _done(
        self, server_id: str, states: Collection[str], waits: bool, timeout: float, progress: Progress | None
    ) -> bool:
        if waits:
            self._wait_for(server_id, states, timeout, progress)
        return True

    def _wait_for(self, server_id: str, states: Collection[str], timeout: float, progress: Progress | None) -> Server:
        """The server, in one of these states; while Nova has a task with it, no state is the last."""
        return wait_until(
            self._nova.get_server,
            "server",
            server_id,
            until=lambda s: s.status in states and not s.task_state,
            failures=lambda s: s.status == "ERROR" and not s.task_state,
            timeout=timeout,
            progress=progress,
            reason=self._reason,
        )

    def _reason(self, server: Server) -> str:
        """Why it is in ERROR. Nova writes that down after the state, so it may come a moment later."""
        get, has_fault = self._nova.get_server, lambda s: bool(s.fault)
        with suppress(InfomaniakCloudError, *SDK_ERRORS):  # they would hide the failure itself
            server = wait_until(get, "server", server.id, until=has_fault, failures=(), timeout=_FAULT_DELAY)
        return str((server.fault or {}).get("message", "Nova does not say why"))
