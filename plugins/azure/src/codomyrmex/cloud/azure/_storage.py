"""Azure Blob Storage as a `StorageClient`: a bucket is a container, an object a blob."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from functools import partial
from itertools import chain, islice
from typing import Any, BinaryIO, ClassVar, Self, Unpack

from azure.core import MatchConditions
from azure.core.credentials import AzureSasCredential
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobClient, BlobProperties, BlobSasPermissions, BlobServiceClient, BlobType
from codomyrmex.cloud.azure import _arguments, _connection, _metadata
from codomyrmex.cloud.azure._download import RANGE, READ_AHEAD, Reader, Source, chunks
from codomyrmex.cloud.azure._errors import from_response, translate
from codomyrmex.cloud.azure._listing import by_utf8
from codomyrmex.cloud.azure._names import check_blob, check_container
from codomyrmex.cloud.azure._signing import Signer
from codomyrmex.cloud.azure._upload import Upload, block_size
from codomyrmex.cloud.azure.options import (
    Copying,
    CreatingBucket,
    Deleting,
    DeletingMany,
    Listing,
    Presigning,
    PresigningDownload,
    Reading,
    Writing,
)
from codomyrmex.cloud.common.resources import CloudCredentials
from codomyrmex.cloud.common.storage import (
    Capability,
    ObjectInfo,
    Path,
    PresignedRequest,
    StorageClient,
    guess_content_type,
)
from codomyrmex.cloud.errors import AlreadyExists, BucketNotFound, CloudError, Conflict, ObjectNotFound
from codomyrmex.cloud.plugin import Progress, atomic_write, check_key
from codomyrmex.cloud.rest.parts import read_parts
from codomyrmex.cloud.rest.polling import looks, note_on_interrupt

DELETED_AT_ONCE = 256
"""Blobs of a batch ("Blob Batch")."""
_FIRST_POLL, _LONGEST_POLL = 0.1, 5.0


class AzureStorage(StorageClient):
    """Containers of one storage account.

    :param account_url: such as ``https://<account>.blob.core.windows.net``. Default:
        AZURE_STORAGE_ACCOUNT_URL, else the account of AZURE_STORAGE_CONNECTION_STRING.
    :param credential: whatever the SDK takes: a credential of azure-identity, an account key, a SAS. Default:
        the SAS in the URL; else AZURE_STORAGE_CONNECTION_STRING where it is of this account; else
        azure-identity's DefaultAzureCredential.
    :param connection_string: in place of both.
    :param credentials: ``access_key``, the account's name, and ``secret_key``, its key; or
        ``metadata={"sas_token": ...}`` or ``{"connection_string": ...}``.
    :param config: options of `azure.storage.blob.BlobServiceClient`: ``connection_timeout`` and
        ``read_timeout`` in seconds, ``retry_total``, ``proxies``, ``api_version``...
    :param client: a BlobServiceClient to use as it is, in place of all the above.

    Methods that read or write take further arguments of the SDK by their names, such as
    ``standard_blob_tier="Cool"``, ``tags={...}``, ``cache_control="no-store"``, ``lease=...``,
    ``version_id=...``; TypeError for one that the operation does not know. `codomyrmex.cloud.azure.options` has them
    all, with their types.
    """

    provider: ClassVar[str] = "azure"
    scheme: ClassVar[str] = "az"
    recipe: ClassVar[tuple[str, ...] | None] = ("account_url", "config")

    def __init__(
        self,
        account_url: str | None = None,
        *,
        credential: Any = None,
        connection_string: str | None = None,
        credentials: CloudCredentials | None = None,
        config: Mapping[str, Any] | None = None,
        client: BlobServiceClient | None = None,
    ) -> None:
        self._options = dict(config or {})
        self._given = client is not None
        self._client = client or _connection.connect(
            account_url, credential, connection_string, credentials, self._options
        )
        self.account_url = _connection.url_of(self._client)
        found = self._client.credential
        self._own_credential = None if self._given or found is credential or not hasattr(found, "close") else found
        self._signer = Signer(self._client)
        presigned = {Capability.PRESIGNED_GET, Capability.PRESIGNED_PUT}
        self.capabilities = frozenset(Capability) - (set() if self._signer.can_sign else presigned)

    @property
    def config(self) -> dict[str, Any]:
        """The options given, without what may hold a password or does not pickle."""
        return {n: v for n, v in self._options.items() if n != "proxies" and isinstance(v, str | int | float)}

    @property
    def native(self) -> BlobServiceClient:
        """The SDK's BlobServiceClient."""
        return self._client

    # URLs

    @classmethod
    def split_url(cls, url: str) -> tuple[str, str]:
        """Container and blob of ``az://container/blob`` or ``az://container@host/blob``."""
        container, key = super().split_url(url)
        return container.partition("@")[0], key

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """The storage for ``az://container/blob``, or ``az://container@account.blob.core.windows.net/blob``."""
        host = super().split_url(url)[0].partition("@")[2]
        if host:
            options.setdefault("account_url", f"https://{host}")
        return cls(**options)

    # Buckets

    def list_buckets(self) -> list[str]:
        return sorted(container.name for container in self._client.list_containers())

    def create_bucket(self, name: str, **azure: Unpack[CreatingBucket]) -> bool:
        _arguments.check(azure, _arguments.CREATING)
        check_container(name)
        self._client.create_container(name, **_arguments.how(azure))
        return True

    def ensure_bucket(self, name: str, **azure: Unpack[CreatingBucket]) -> bool:
        _arguments.check(azure, _arguments.CREATING)
        if self.bucket_exists(name):
            return False
        try:
            return self.create_bucket(name, **azure)
        except AlreadyExists:  # made meanwhile
            return False

    def bucket_exists(self, bucket: str) -> bool:
        check_container(bucket)
        try:
            self._client.get_container_client(bucket).get_container_properties()
        except ResourceNotFoundError as error:
            if isinstance(translate(error), BucketNotFound):
                return False
            raise
        return True

    def delete_bucket(self, bucket: str) -> bool:
        """Delete an empty container. Conflict if it holds blobs.

        Azure itself deletes those too. So what is written between the look and the deletion is lost.
        """
        if next(self.iter_objects(bucket, results_per_page=1), None):
            raise Conflict(f"container {bucket!r} is not empty", code="ContainerNotEmpty")
        self._client.delete_container(bucket)
        return True

    # Looking

    def iter_objects(
        self, bucket: str, prefix: str = "", *, start_after: str = "", **azure: Unpack[Listing]
    ) -> Iterator[ObjectInfo]:
        """As every storage does; with ``start_after``, the names before it are read and left out."""
        _arguments.check(azure, _arguments.LISTING)
        check_container(bucket)
        found = self._client.get_container_client(bucket).list_blobs(prefix or None, include=["metadata"], **azure)
        for info in by_utf8((_info(bucket, blob.name, blob) for blob in found), prefix):
            if info.key > start_after:
                yield info

    def stat(self, bucket: str, key: str, **azure: Unpack[Reading]) -> ObjectInfo:
        _arguments.check(azure, _arguments.READING)
        properties = self._blob(bucket, key, azure).get_blob_properties(**_arguments.how(azure))
        return _info(bucket, key, properties)

    # Reading

    def download_file(self, bucket: str, key: str, **azure: Unpack[Reading]) -> bytes:
        source = self._source(bucket, key, azure)
        data = io.BytesIO()  # a join would hold all of it twice
        for chunk in chunks(source, source.first(0, RANGE)):
            data.write(chunk)
        return data.getvalue()

    def download_path(
        self, bucket: str, key: str, path: Path, *, progress: Progress | None = None, **azure: Unpack[Reading]
    ) -> ObjectInfo:
        source = self._source(bucket, key, azure)
        first = source.first(0, RANGE)
        with atomic_write(path) as file:
            for chunk in chunks(source, first):
                file.write(chunk)
                if progress is not None:
                    progress(len(chunk))
        return _info(bucket, key, source.properties, source.size)

    def open_read(
        self, bucket: str, key: str, *, start: int = 0, length: int | None = None, **azure: Unpack[Reading]
    ) -> BinaryIO:
        if length == 0:
            self.stat(bucket, key, **azure)
            return io.BytesIO()
        source = self._source(bucket, key, azure)
        first = source.first(start, READ_AHEAD if length is None else min(length, READ_AHEAD))
        end = source.size if length is None else min(start + length, source.size)
        typed_error = partial(self.typed_error, operation="open_read", resource=self.url(bucket, key))
        whole = start == 0 and length is None
        return io.BufferedReader(Reader(source, first, start, end, whole=whole, typed_error=typed_error), READ_AHEAD)

    def read_range(
        self, bucket: str, key: str, start: int = 0, length: int | None = None, **azure: Unpack[Reading]
    ) -> bytes:
        with self.open_read(bucket, key, start=start, length=length, **azure) as file:
            return file.read()

    # Writing

    def upload_file(
        self, bucket: str, key: str, data: bytes, content_type: str | None = None, **azure: Unpack[Writing]
    ) -> str:
        self._upload(bucket, key, io.BytesIO(data), len(data), content_type, None, {}, None, azure)
        return self.url(bucket, key)

    def upload_path(
        self,
        bucket: str,
        key: str,
        path: Path,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
        progress: Progress | None = None,
        **azure: Unpack[Writing],
    ) -> ObjectInfo:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size or None  # a pipe has none
            conditions = _conditions(if_match, if_none_match)
            return self._upload(bucket, key, file, size, content_type, metadata, conditions, progress, azure)

    def upload_stream(
        self,
        bucket: str,
        key: str,
        stream: BinaryIO,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
        progress: Progress | None = None,
        **azure: Unpack[Writing],
    ) -> ObjectInfo:
        conditions = _conditions(if_match, if_none_match)
        return self._upload(bucket, key, stream, None, content_type, metadata, conditions, progress, azure)

    def copy(self, source_bucket: str, source_key: str, bucket: str, key: str, **azure: Unpack[Copying]) -> ObjectInfo:
        """Copy a blob within the account, content type and metadata included, without moving data here."""
        _arguments.check(azure, _arguments.COPYING)
        source, target = self._blob(source_bucket, source_key), self._blob(bucket, key)
        properties = source.get_blob_properties()
        if source.url == target.url and all(value is None for value in azure.values()):
            return _info(bucket, key, properties)
        copied = target.start_copy_from_url(
            self._readable_url(source),
            source_etag=properties.etag,
            source_match_condition=MatchConditions.IfNotModified,
            **_arguments.how(azure),
        )
        if copied["copy_status"] != "success":
            _await_copy(target, str(copied["copy_id"]))
        return _info(bucket, key, target.get_blob_properties())

    # Removing

    def delete_file(self, bucket: str, key: str, **azure: Unpack[Deleting]) -> bool:
        """Delete an object. True; False if there was none."""
        _arguments.check(azure, _arguments.DELETING)
        try:
            self._blob(bucket, key, azure).delete_blob(**_arguments.how(azure))
        except ResourceNotFoundError as error:
            if isinstance(translate(error), ObjectNotFound):
                return False
            raise
        return True

    def delete_many(self, bucket: str, keys: Iterable[str], **azure: Unpack[DeletingMany]) -> dict[str, CloudError]:
        _arguments.check(azure, _arguments.DELETING_MANY)
        check_container(bucket)
        container = self._client.get_container_client(bucket)
        failures: dict[str, CloudError] = {}
        remaining = iter(keys)
        while batch := list(dict.fromkeys(islice(remaining, DELETED_AT_ONCE))):
            for key in batch:
                check_key(key)
                check_blob(key)
            answers = container.delete_blobs(*batch, raise_on_any_failure=False, **azure)
            refused = {k: from_response(a) for k, a in zip(batch, answers, strict=True) if a.status_code >= 300}
            failures |= {k: error for k, error in refused.items() if not isinstance(error, ObjectNotFound)}
        return failures

    # Presigned requests

    def generate_presigned_url(
        self, bucket: str, key: str, expires_in: int = 3600, **azure: Unpack[PresigningDownload]
    ) -> str:
        _arguments.check(azure, _arguments.SIGNING_GET)
        return self._signer.sign(self._blob(bucket, key), BlobSasPermissions(read=True), expires_in, **azure)

    def generate_presigned_upload(
        self,
        bucket: str,
        key: str,
        expires_in: int = 3600,
        *,
        content_type: str | None = None,
        **azure: Unpack[Presigning],
    ) -> PresignedRequest:
        """A request by which anyone may PUT the object, for ``expires_in`` seconds.

        Azure does not hold the sender to ``content_type``, which is one of the headers.
        """
        _arguments.check(azure, _arguments.SIGNING_PUT)
        permission = BlobSasPermissions(create=True, write=True)
        url = self._signer.sign(self._blob(bucket, key), permission, expires_in, **azure)
        headers = {"x-ms-blob-type": "BlockBlob", **({"Content-Type": content_type} if content_type else {})}
        return PresignedRequest("PUT", url, headers)

    # Inside

    @classmethod
    def credential_source(cls) -> str | None:
        return _connection.credential_source()

    def translate_error(self, error: Exception) -> CloudError | None:
        return translate(error) or super().translate_error(error)

    def close(self) -> None:
        if not self._given:
            self._client.close()
        if self._own_credential is not None:
            self._own_credential.close()

    def __repr__(self) -> str:
        return f"AzureStorage({self.account_url!r})"

    def __reduce__(self) -> Any:
        if self._given:
            raise TypeError("an AzureStorage that was given a client does not pickle; give it account_url...")
        return super().__reduce__()

    def _blob(self, bucket: str, key: str, azure: Mapping[str, Any] | None = None) -> BlobClient:
        check_container(bucket)
        check_blob(key)
        return self._client.get_blob_client(bucket, key, **_arguments.which(azure or {}))

    def _source(self, bucket: str, key: str, azure: Mapping[str, Any]) -> Source:
        _arguments.check(azure, _arguments.READING)
        return Source(self._blob(bucket, key, azure), _arguments.how(azure))

    def _readable_url(self, blob: BlobClient) -> str:
        """The blob's URL by which the service itself can read it: a SAS must be in it."""
        if isinstance(self._client.credential, AzureSasCredential):
            return f"{blob.url}?{self._client.credential.signature.lstrip('?')}"
        return blob.url

    def _upload(
        self,
        bucket: str,
        key: str,
        stream: BinaryIO,
        size: int | None,
        content_type: str | None,
        metadata: Mapping[str, str] | None,
        conditions: Mapping[str, Any],
        progress: Progress | None,
        azure: Mapping[str, Any],
    ) -> ObjectInfo:
        _arguments.check(azure, _arguments.WRITING)
        content_type = content_type or guess_content_type(key)
        upload = Upload(self._blob(bucket, key), content_type, _metadata.encode(metadata or {}), conditions, azure)
        blocks = read_parts(stream, partial(block_size, size))
        first, second = next(blocks), next(blocks, None)
        if second is None:
            if progress is not None:
                progress(len(first))  # before, as what it raises cancels the upload
            answer = upload.whole(first)
        else:
            answer = upload.in_blocks(chain((first, second), blocks), progress)
        modified = answer["last_modified"].astimezone(UTC)
        etag = answer["etag"].strip('"')
        checksums = {"md5": upload.md5}
        return ObjectInfo(bucket, key, upload.size, etag, modified, content_type, dict(metadata or {}), checksums)


def _conditions(if_match: str | None, if_none_match: str | None) -> dict[str, Any]:
    if if_none_match is not None:
        return {"match_condition": MatchConditions.IfMissing}
    if if_match is not None:
        etag = if_match.strip('"')
        return {"etag": f'"{etag}"', "match_condition": MatchConditions.IfNotModified}
    return {}


def _info(bucket: str, key: str, properties: BlobProperties, size: int | None = None) -> ObjectInfo:
    settings = properties.content_settings
    kept = properties.blob_type == BlobType.BLOCKBLOB and settings.content_md5
    return ObjectInfo(
        bucket,
        key,
        properties.size if size is None else size,
        properties.etag.strip('"'),
        properties.last_modified.astimezone(UTC),
        settings.content_type,
        _metadata.decode(properties.metadata or {}),
        {"md5": bytes(kept).hex()} if kept else {},
    )


def _await_copy(blob: BlobClient, copy_id: str) -> None:
    """Wait until the service has copied; it does large and distant blobs later ("Copy Blob").

    Whatever ends the wait before, an interrupt too, aborts the copy, and has a note that says so.
    """
    try:
        for _ in looks(math.inf, first=_FIRST_POLL, longest=_LONGEST_POLL):
            copy = blob.get_blob_properties().copy
            if copy.status != "pending":
                break
    except BaseException as error:
        error.add_note(_abort_copy(blob, copy_id))
        raise
    if copy.status != "success":
        raise Conflict(f"the service did not copy it: {copy.status_description or copy.status}", code="CopyFailed")


def _abort_copy(blob: BlobClient, copy_id: str) -> str:
    """Abort a copy, and say in words what became of that: a failure here would hide why it is aborted."""
    try:
        with note_on_interrupt(f"copy {copy_id}"):
            blob.abort_copy(copy_id)
    except AzureError as failure:
        return f"copy {copy_id} could not be aborted ({type(failure).__name__})"
    return f"copy {copy_id} was aborted; an empty blob is left"  # "Abort Copy Blob": of zero length, with metadata
