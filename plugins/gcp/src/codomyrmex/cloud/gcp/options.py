"""What the methods of `GCSStorage` take besides, by the names that google-cloud-storage has for it.

They annotate your own functions, too: ``def archive(data: bytes, **gcs: Unpack[Writing]) -> str``. Which properties
objects and buckets have the SDK itself says when a call is made, so that an older or newer one may know fewer or more.
None is what leaving an option out is; of a copy it is a property that the copy does not have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict


class Deleting(TypedDict, total=False):
    """Which object is deleted (https://cloud.google.com/storage/docs/json_api/v1/objects/delete)."""

    generation: int | None


class Reading(Deleting, total=False):
    """Which object is read, and how (https://cloud.google.com/storage/docs/json_api/v1/objects/get)."""

    encryption_key: bytes | None
    """The 32 bytes of a key of your own."""


class Copying(TypedDict, total=False):
    """Properties of the object that is written (https://cloud.google.com/storage/docs/json_api/v1/objects)."""

    cache_control: str | None
    content_disposition: str | None
    content_encoding: str | None
    content_language: str | None
    contexts: dict[str, Any] | None
    """As `ObjectContexts` of the SDK, or as the API writes them."""
    custom_time: datetime | None
    encryption_key: bytes | None
    """The 32 bytes of a key of your own."""
    event_based_hold: bool | None
    kms_key_name: str | None
    """Such as ``projects/acme/locations/eu/keyRings/ring/cryptoKeys/key``."""
    storage_class: str | None
    """Such as ``NEARLINE``."""
    temporary_hold: bool | None


class ObjectAccess(TypedDict, total=False):
    """What is said of an object when it is written, and is no property of it
    (https://cloud.google.com/storage/docs/json_api/v1/objects/insert).
    """

    predefined_acl: str | None
    """Such as ``publicRead``."""


class Writing(Copying, ObjectAccess, total=False):
    """Properties of the object, and who may read it
    (https://cloud.google.com/storage/docs/json_api/v1/objects/insert).
    """


class BucketProperties(TypedDict, total=False):
    """Properties of a bucket (https://cloud.google.com/storage/docs/json_api/v1/buckets)."""

    autoclass_enabled: bool | None
    autoclass_terminal_storage_class: str | None
    cors: list[dict[str, Any]] | None
    default_event_based_hold: bool | None
    default_kms_key_name: str | None
    encryption: dict[str, Any] | None
    """As `BucketEncryption` of the SDK, or as the API writes it."""
    hierarchical_namespace_enabled: bool | None
    ip_filter: Any
    """An `IPFilter` of the SDK, or a dict as the API writes it."""
    labels: Mapping[str, str]
    lifecycle_rules: Sequence[Mapping[str, Any]]
    requester_pays: bool | None
    retention_period: int | None
    """Seconds for which an object is kept after its upload."""
    rpo: str | None
    """``DEFAULT`` or ``ASYNC_TURBO``."""
    storage_class: str | None
    """Of objects that are written without one; such as ``NEARLINE``."""
    versioning_enabled: bool | None


class BucketCreation(TypedDict, total=False):
    """What is said of a bucket when it is made, and cannot be set as a property
    (https://cloud.google.com/storage/docs/json_api/v1/buckets/insert).
    """

    data_locations: list[str] | None
    """The two regions of a configurable dual-region."""
    enable_object_retention: bool | None
    predefined_acl: str | None
    predefined_default_object_acl: str | None


class CreatingBucket(BucketProperties, BucketCreation, total=False):
    """Properties of the bucket, and what is said at its creation alone
    (https://cloud.google.com/storage/docs/json_api/v1/buckets/insert).
    """


class Presigning(TypedDict, total=False):
    """What a signed URL says besides (https://cloud.google.com/storage/docs/access-control/signed-urls)."""

    bucket_bound_hostname: str | None
    """A host name of your own that leads to the bucket."""
    generation: int | None
    headers: Mapping[str, str] | None
    """That the request must carry."""
    query_parameters: Mapping[str, str] | None
    response_disposition: str | None
    response_type: str | None
    scheme: str | None
    """Of ``bucket_bound_hostname``: ``http`` (default) or ``https``."""
    virtual_hosted_style: bool | None
    """The bucket's name stands in the host name."""
