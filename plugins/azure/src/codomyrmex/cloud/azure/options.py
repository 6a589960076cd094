"""What the methods of `AzureStorage` take besides: arguments of the SDK, azure-storage-blob, by its names.

They annotate your own functions, too: ``def archive(data: bytes, **azure: Unpack[Writing]) -> str``. None is what
leaving an option out is. Of ``timeout``:
https://learn.microsoft.com/rest/api/storageservices/setting-timeouts-for-blob-service-operations
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypedDict

from azure.storage.blob import (
    BlobLeaseClient,
    ContainerEncryptionScope,
    CustomerProvidedEncryptionKey,
    ImmutabilityPolicy,
    PublicAccess,
    RehydratePriority,
    StandardBlobTier,
)


class Headers(TypedDict, total=False):
    """Headers of answers, beside the content type (https://learn.microsoft.com/rest/api/storageservices/get-blob)."""

    cache_control: str | None
    content_disposition: str | None
    content_encoding: str | None
    content_language: str | None


class Listing(TypedDict, total=False):
    """Arguments of List Blobs (https://learn.microsoft.com/rest/api/storageservices/list-blobs)."""

    results_per_page: int | None
    """Of one request; all are listed."""
    timeout: int | None
    """Seconds that the service itself may take."""


class Reading(TypedDict, total=False):
    """Arguments of Get Blob (https://learn.microsoft.com/rest/api/storageservices/get-blob)."""

    cpk: CustomerProvidedEncryptionKey | None
    lease: BlobLeaseClient | str | None
    snapshot: str | None
    """The time of one, as the service writes it."""
    timeout: int | None
    """Seconds that the service itself may take."""
    version_id: str | None


class Staging(TypedDict, total=False):
    """Arguments of Put Block (https://learn.microsoft.com/rest/api/storageservices/put-block)."""

    cpk: CustomerProvidedEncryptionKey | None
    encryption_scope: str | None
    lease: BlobLeaseClient | str | None
    timeout: int | None
    """Seconds that the service itself may take."""


class Writing(Headers, Staging, total=False):
    """Arguments of Put Blob (https://learn.microsoft.com/rest/api/storageservices/put-blob)."""

    immutability_policy: ImmutabilityPolicy | None
    legal_hold: bool | None
    standard_blob_tier: StandardBlobTier | str | None
    """Such as ``Cool``."""
    tags: Mapping[str, str] | None


class Copying(TypedDict, total=False):
    """Arguments of Copy Blob (https://learn.microsoft.com/rest/api/storageservices/copy-blob)."""

    destination_lease: BlobLeaseClient | str | None
    rehydrate_priority: RehydratePriority | str | None
    """``Standard`` or ``High``, of an archived blob."""
    source_lease: BlobLeaseClient | str | None
    standard_blob_tier: StandardBlobTier | str | None
    """Such as ``Cool``."""
    tags: Mapping[str, str] | None
    """Of the copy, which has none otherwise."""
    timeout: int | None
    """Seconds that the service itself may take."""


class DeletingMany(TypedDict, total=False):
    """Arguments of Blob Batch (https://learn.microsoft.com/rest/api/storageservices/blob-batch)."""

    delete_snapshots: Literal["include", "only"] | None
    """A blob that has some is deleted with them, or they alone; without it such a blob is a Conflict."""
    timeout: int | None
    """Seconds that the service itself may take."""


class Deleting(DeletingMany, total=False):
    """Arguments of Delete Blob (https://learn.microsoft.com/rest/api/storageservices/delete-blob)."""

    lease: BlobLeaseClient | str | None
    snapshot: str | None
    version_id: str | None


class CreatingBucket(TypedDict, total=False):
    """Arguments of Create Container (https://learn.microsoft.com/rest/api/storageservices/create-container)."""

    container_encryption_scope: ContainerEncryptionScope | dict[str, Any] | None
    metadata: Mapping[str, str] | None
    public_access: PublicAccess | str | None
    """``blob`` or ``container``: what everybody may read."""
    timeout: int | None
    """Seconds that the service itself may take."""


class Presigning(TypedDict, total=False):
    """What a SAS says besides (https://learn.microsoft.com/rest/api/storageservices/create-service-sas)."""

    ip: str | None
    """Who may use it: an address, or a range such as ``168.1.5.60-168.1.5.70``."""
    start: datetime | None
    """From when on; in UTC where it has no time zone."""


class PresigningDownload(Headers, Presigning, total=False):
    """What a SAS says besides, headers of the answer too
    (https://learn.microsoft.com/rest/api/storageservices/create-service-sas).
    """

    content_type: str | None
