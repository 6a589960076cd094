"""What the methods of `S3Storage` take besides: arguments of S3's operations, by the names that boto3 has for them.

They annotate your own functions, too: ``def archive(data: bytes, **s3: Unpack[Writing]) -> str``. What boto3
takes its version says when a call is made, so that an older or newer one may know fewer or more.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypedDict


class Requesting(TypedDict, total=False):
    """What every request of objects takes (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html)."""

    ExpectedBucketOwner: str
    """The number of an account: PermissionDenied where the bucket is another's."""
    RequestPayer: Literal["requester"]
    """Confirms that who asks pays, where the bucket says so."""


class CustomerKey(TypedDict, total=False):
    """A key of your own, with which S3 encrypts and which it does not keep
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html).
    """

    SSECustomerAlgorithm: str
    """``AES256``."""
    SSECustomerKey: str | bytes
    """The 32 bytes themselves; boto3 encodes them."""
    SSECustomerKeyMD5: str
    """Made by boto3 where it is left out."""


class Listing(Requesting, total=False):
    """Arguments of ListObjectsV2 (https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html)."""

    FetchOwner: bool
    MaxKeys: int
    """Of one request; all are listed."""
    OptionalObjectAttributes: list[str]
    """Such as ``RestoreStatus``."""


class Reading(Requesting, CustomerKey, total=False):
    """Arguments of GetObject and HeadObject (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html)."""

    IfModifiedSince: datetime
    IfUnmodifiedSince: datetime
    ResponseCacheControl: str
    """This header of the answer, as the others that begin so; of a presigned URL's, above all."""
    ResponseContentDisposition: str
    ResponseContentEncoding: str
    ResponseContentLanguage: str
    ResponseContentType: str
    ResponseExpires: datetime
    VersionId: str


class Writing(Requesting, CustomerKey, total=False):
    """Arguments of PutObject (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html).

    An upload in parts gives each to those of its requests that take it, from CreateMultipartUpload to
    CompleteMultipartUpload.
    """

    ACL: str
    """Such as ``public-read``."""
    BucketKeyEnabled: bool
    CacheControl: str
    ContentDisposition: str
    ContentEncoding: str
    ContentLanguage: str
    Expires: datetime
    """A header that readers get; nothing is deleted by it."""
    GrantFullControl: str
    """To whom: ``id=..., uri=...``; so do the others that begin with Grant."""
    GrantRead: str
    GrantReadACP: str
    GrantWriteACP: str
    ObjectLockEventHold: Literal["ON", "OFF"]
    ObjectLockEventHoldDurationDays: int
    ObjectLockEventHoldDurationYears: int
    ObjectLockLegalHoldStatus: Literal["ON", "OFF"]
    ObjectLockMode: str
    """``GOVERNANCE`` or ``COMPLIANCE``."""
    ObjectLockRetainUntilDate: datetime
    SSEKMSEncryptionContext: str
    """JSON in base64."""
    SSEKMSKeyId: str
    ServerSideEncryption: str
    """Such as ``AES256`` or ``aws:kms``."""
    StorageClass: str
    """Such as ``STANDARD_IA`` or ``GLACIER``."""
    Tagging: str
    """As in a URL: ``team=ants&year=2026``."""
    WebsiteRedirectLocation: str


class Copying(Writing, total=False):
    """Arguments of CopyObject (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html).

    A copy in parts gives each to those of its requests that take it, UploadPartCopy among them.
    """

    AnnotationDirective: Literal["COPY", "EXCLUDE"]
    CopySourceIfModifiedSince: datetime
    CopySourceIfNoneMatch: str
    CopySourceIfUnmodifiedSince: datetime
    CopySourceSSECustomerAlgorithm: str
    CopySourceSSECustomerKey: str | bytes
    CopySourceSSECustomerKeyMD5: str
    ExpectedSourceBucketOwner: str
    MetadataDirective: Literal["COPY", "REPLACE"]
    TaggingDirective: Literal["COPY", "REPLACE"]


class DeletingMany(Requesting, total=False):
    """Arguments of DeleteObjects (https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html)."""

    BypassGovernanceRetention: bool
    MFA: str
    """The device's serial number, a space and its code."""


class Deleting(DeletingMany, total=False):
    """Arguments of DeleteObject (https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html)."""

    IfMatchLastModifiedTime: datetime
    """This and `IfMatchSize`: conditions of directory buckets alone."""
    IfMatchSize: int
    VersionId: str


class CreatingBucket(TypedDict, total=False):
    """Arguments of CreateBucket (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html)."""

    ACL: str
    """Such as ``private``."""
    BucketNamespace: str
    CreateBucketConfiguration: dict[str, Any]
    """In place of ``region``, where more is to be said than the place."""
    GrantFullControl: str
    GrantRead: str
    GrantReadACP: str
    GrantWrite: str
    GrantWriteACP: str
    ObjectLockEnabledForBucket: bool
    ObjectOwnership: str
    """Such as ``BucketOwnerEnforced``."""
