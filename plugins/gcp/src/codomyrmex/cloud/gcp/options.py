"""What the methods of `GCSStorage` take besides, by the names that google-cloud-storage has for it.

They annotate your own functions, too: ``def archive(data: bytes, **gcs: Unpack[Writing]) -> str``. Which properties
objects and buckets have the SDK itself says when a call is made, so that an older or newer one may know fewer or more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict


class Deleting(TypedDict, total=False):
    """Which object is deleted (https://cloud.google.com/storage/docs/json_api/v1/objects/delete)."""

    generation: int


class Reading(Deleting, total=False):
    """Which object is read, and how (https://cloud.google.com/storage/docs/json_api/v1/objects/get)."""

    encryption_key: bytes
    """The 32 bytes of a key of your own."""


class Copying(TypedDict, total=False):
    """Properties of the object that is written (https://cloud.google.com/storage/docs/json_api/v1/objects)."""

    cache_control: str
    content_disposition: str
    content_encoding: str
    content_language: str
    contexts: Mapping[str, Any]
    """As `ObjectContexts` of the SDK, or as the API writes them."""
    custom_time: datetime
    encryption_key: bytes
    """The 32 bytes of a key of your own."""
    event_based_hold: bool
    kms_key_name: str
    """Such as ``projects/acme/locations/eu/keyRings/ring/cryptoKeys/key``."""
    storage_class: str
    """Such as ``NEARLINE``."""
    temporary_hold: bool


class Writing(Copying, total=False):
    """Properties of the object, and who may read it
    (https://cloud.google.com/storage/docs/json_api/v1/objects/insert).
    """

    predefined_acl: str
    """Such as ``publicRead``."""


class BucketProperties(TypedDict, total=False):
    """Properties of a bucket (https://cloud.google.com/storage/docs/json_api/v1/buckets)."""

    autoclass_enabled: bool
    autoclass_terminal_storage_class: str
    cors: Sequence[Mapping[str, Any]]
    default_event_based_hold: bool
    default_kms_key_name: str
    encryption: Mapping[str, Any]
    hierarchical_namespace_enabled: bool
    ip_filter: Mapping[str, Any]
    """As the API writes it."""
    labels: Mapping[str, str]
    lifecycle_rules: Sequence[Mapping[str, Any]]
    requester_pays: bool
    retention_period: int
    """Seconds for which an object is kept after its upload."""
    rpo: str
    """``DEFAULT`` or ``ASYNC_TURBO``."""
    storage_class: str
    """Of objects that are written without one; such as ``NEARLINE``."""
    versioning_enabled: bool


class CreatingBucket(BucketProperties, total=False):
    """Properties of the bucket, and what is said at its creation alone
    (https://cloud.google.com/storage/docs/json_api/v1/buckets/insert).
    """

    data_locations: Sequence[str]
    """The two regions of a configurable dual-region."""
    enable_object_retention: bool
    predefined_acl: str
    predefined_default_object_acl: str


class Presigning(TypedDict, total=False):
    """What a signed URL says besides (https://cloud.google.com/storage/docs/access-control/signed-urls)."""

    bucket_bound_hostname: str
    """A host name of your own that leads to the bucket."""
    generation: int
    headers: Mapping[str, str]
    """That the request must carry."""
    query_parameters: Mapping[str, str]
    response_disposition: str
    response_type: str
    scheme: str
    """Of ``bucket_bound_hostname``: ``http`` (default) or ``https``."""
    virtual_hosted_style: bool
    """The bucket's name stands in the host name."""
