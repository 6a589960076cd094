"""`InfomaniakObjectStorageClient`: the storage with the names and results of spec 4.5."""

from __future__ import annotations

from typing import Any, ClassVar, Unpack

from codomyrmex.cloud.common import lenient
from codomyrmex.cloud.common.storage import Path
from codomyrmex.cloud.infomaniak.errors import InfomaniakObjectNotFoundError
from codomyrmex.cloud.infomaniak.object_storage._results import AccountInfo, ContainerInfo
from codomyrmex.cloud.infomaniak.object_storage._signing import Method
from codomyrmex.cloud.infomaniak.object_storage._storage import InfomaniakSwiftStorage
from codomyrmex.cloud.infomaniak.openstack import ClientOptions, OpenStackClient, iso
from openstack.connection import Connection


class InfomaniakObjectStorageClient(OpenStackClient):
    """Containers and objects by OpenStack Swift (spec 4.5).

    Methods return False, [], None or b"" on failure (spec 8), ``last_error`` says why; they raise the `CloudError`
    where the client is ``strict``, as `get_client` makes it. Arguments that no service could take raise TypeError
    or ValueError at once. ``storage`` is the `InfomaniakSwiftStorage` that does the work, with all else that Swift
    can do.
    """

    service: ClassVar[str] = "object_storage"
    service_type: ClassVar[str | None] = "object-store"

    def __init__(
        self, connection: Connection | None = None, *, strict: bool = False, **options: Unpack[ClientOptions]
    ) -> None:
        super().__init__(connection, strict=strict, **options)
        self.storage = InfomaniakSwiftStorage(self.connection, timeout=self.timeout)

    # Containers

    @lenient([])
    def list_containers(self) -> list[str]:
        """The names of all containers, sorted, without those that hold segments of large objects."""
        return self.storage.list_buckets()

    @lenient(False)
    def create_container(self, name: str) -> bool:
        """Make a container. True; `InfomaniakAlreadyExistsError` if it is there."""
        return self.storage.create_bucket(name)

    @lenient(False)
    def delete_container(self, name: str) -> bool:
        """Delete an empty container. `InfomaniakConflictError` if it holds objects."""
        return self.storage.delete_bucket(name)

    @lenient(None)
    def get_container(self, name: str) -> dict[str, Any] | None:
        """``name``, ``objects``, ``bytes``, ``read_acl``, ``write_acl`` and ``metadata`` of the container."""
        found: ContainerInfo = self.storage.container_info(name)
        return {**found._asdict(), "metadata": dict(found.metadata)}

    @lenient(False)
    def set_container_acl(self, name: str, *, read: str | None = None, write: str | None = None) -> bool:
        """Say who else may read or write the objects, as `InfomaniakSwiftStorage.set_container_acl` does."""
        return self.storage.set_container_acl(name, read=read, write=write)

    @lenient(None)
    def get_account(self) -> dict[str, Any] | None:
        """``containers``, ``objects``, ``bytes``, ``quota_bytes`` (None: no limit) and ``metadata`` of the project."""
        found: AccountInfo = self.storage.account_info()
        return {**found._asdict(), "metadata": dict(found.metadata)}

    # Objects

    @lenient([])
    def list_objects(self, container: str, prefix: str | None = None) -> list[str]:
        """The names of all objects, or of those that begin with ``prefix``, however many, in UTF-8 order."""
        return [found.key for found in self.storage.iter_objects(container, prefix or "")]

    @lenient(False)
    def upload_object(self, container: str, name: str, data: bytes, *, content_type: str | None = None) -> bool:
        """Store ``data``, replacing what is there. The content type is guessed from the name when not given."""
        self.storage.upload_file(container, name, data, content_type)
        return True

    @lenient(b"")
    def download_object(self, container: str, name: str) -> bytes:
        """The object's data, verified; ``last_error`` tells a failure from an empty object."""
        return self.storage.download_file(container, name)

    @lenient(False)
    def delete_object(self, container: str, name: str) -> bool:
        """Delete an object. One that is not there is an `InfomaniakObjectNotFoundError`."""
        if not self.storage.delete_file(container, name):
            error = InfomaniakObjectNotFoundError(f"no object {name!r} in container {container!r}", 404)
            raise self.storage.typed_error(error, "delete_file", self.storage.url(container, name))
        return True

    @lenient(False)
    def upload_file(self, container: str, name: str, path: Path, *, content_type: str | None = None) -> bool:
        """Upload a file of any size."""
        self.storage.upload_path(container, name, path, content_type=content_type)
        return True

    @lenient(False)
    def download_file(self, container: str, name: str, path: Path) -> bool:
        """Download to a file, which is replaced as a whole or not at all."""
        self.storage.download_path(container, name, path)
        return True

    @lenient(None)
    def get_object_metadata(self, container: str, name: str) -> dict[str, Any] | None:
        """``name``, ``content_length`` (bytes), ``content_type``, ``etag``, ``last_modified`` (ISO 8601, UTC) and
        ``metadata`` (the user's own, a dict).
        """
        found = self.storage.stat(container, name)
        return {
            "name": found.key,
            "content_length": found.size,
            "content_type": found.content_type,
            "etag": found.etag,
            "last_modified": iso(found.last_modified),
            "metadata": dict(found.metadata),
        }

    @lenient(None)
    def generate_temp_url(
        self, container: str, name: str, expires_in: int = 3600, *, method: Method = "GET"
    ) -> str | None:
        """A URL by which anyone may send ``method`` for the object, for ``expires_in`` seconds.

        Signed as by `InfomaniakSwiftStorage.generate_presigned_url`.
        """
        if method == "GET":
            return self.storage.generate_presigned_url(container, name, expires_in)
        if method == "PUT":
            return self.storage.generate_presigned_upload(container, name, expires_in).url
        return self.storage.generate_temp_url(container, name, expires_in, method=method)
