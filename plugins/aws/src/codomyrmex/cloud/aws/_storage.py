"""Amazon S3 as a `StorageClient`. Sections named are those of the Amazon S3 user guide."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain, islice
from typing import Any, BinaryIO, ClassVar, NamedTuple, NoReturn, Unpack

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from botocore.handlers import sse_md5
from codomyrmex.cloud.aws import _connection
from codomyrmex.cloud.aws._arguments import PassedThrough, headers
from codomyrmex.cloud.aws._copy import CopyInParts, directed, reading_arguments
from codomyrmex.cloud.aws._download import Source, body_of, chunks, get_range
from codomyrmex.cloud.aws._errors import from_response, translate
from codomyrmex.cloud.aws._integrity import Verifier, checksums, confirm, content_md5, etag, verifier
from codomyrmex.cloud.aws._parts import PartPool
from codomyrmex.cloud.aws._upload import UploadInParts, part_size
from codomyrmex.cloud.aws.options import Copying, CreatingBucket, Deleting, DeletingMany, Listing, Reading, Writing
from codomyrmex.cloud.common import operation
from codomyrmex.cloud.common.resources import CloudCredentials
from codomyrmex.cloud.common.storage import (
    Capability,
    ObjectInfo,
    Path,
    PresignedRequest,
    StorageClient,
    guess_content_type,
)
from codomyrmex.cloud.errors import AlreadyExists, CloudError, ObjectNotFound
from codomyrmex.cloud.plugin import CHECKS, Progress, atomic_write, check_key
from codomyrmex.cloud.rest.headers import decode_text, encode_text
from codomyrmex.cloud.rest.parts import read_parts

LONGEST_EXPIRY = 7 * 86400
"""Seconds ("Download and upload objects with presigned URLs")."""
BUFFER = 256 * 1024
"""Bytes that `S3Storage.open_read` reads ahead."""


class MultipartUpload(NamedTuple):
    """An upload in parts that was begun and neither completed nor aborted. Its parts are billed."""

    bucket: str
    key: str
    upload_id: str
    initiated: datetime
    """With time zone."""


class S3Storage(StorageClient):
    """Buckets of Amazon S3, or of any store that speaks its API.

    :param region_name: of the buckets it makes, and to ask first; a bucket elsewhere is found.
        Default: that of the environment or profile.
    :param endpoint_url: of an S3-compatible store; default AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or
        the profile's, else AWS itself.
    :param profile_name: of ~/.aws/config.
    :param credentials: access_key and secret_key, ``metadata={"session_token": ...}``; or a profile.
        Default: boto3's credential chain (environment, profile, SSO, container, instance...).
    :param config: options of `botocore.config.Config`: timeouts in seconds, ``retries``, ``proxies``...
    :param client: a boto3 S3 client to use as it is, in place of all the above.
    :param capabilities: of a store that is not AWS's and known to do more than `PLAIN_S3`.

    Methods that read or write take further arguments of the SDK's operation by their names, such as
    ``StorageClass="GLACIER"``, ``ServerSideEncryption="aws:kms"``, ``ACL="public-read"``,
    ``VersionId=...``; TypeError for one that the operation does not know.
    `codomyrmex.cloud.aws.options` has their types.
    """

    provider: ClassVar[str] = "aws"
    scheme: ClassVar[str] = "s3"
    recipe: ClassVar[tuple[str, ...] | None] = (
        "region_name",
        "endpoint_url",
        "profile_name",
        "config",
        "capabilities",
    )
    capabilities = frozenset(Capability)
    PLAIN_S3: ClassVar[frozenset[Capability]] = frozenset(Capability) - {
        Capability.CONDITIONAL_CREATE,
        Capability.ATOMIC_CREATE,
        Capability.CONDITIONAL_REPLACE,
    }
    """What is expected of a store other than AWS. Some ignore conditions and would overwrite."""
    deleted_at_once: ClassVar[int] = 1000
    """Keys of one DeleteObjects, which takes no more."""
    largest_copy: ClassVar[int] = 5 * 1024**3
    """Bytes that are copied at once; more is copied in parts ("Copying objects")."""
    aws_settings: ClassVar[bool] = True
    """Whether variables AWS_... and files of ~/.aws are read. A store with settings of its own gives credentials
    and endpoint, and sets False: then another account's settings neither lead it elsewhere nor stop it."""

    def __init__(
        self,
        region_name: str | None = None,
        *,
        endpoint_url: str | None = None,
        profile_name: str | None = None,
        credentials: CloudCredentials | None = None,
        config: Mapping[str, Any] | None = None,
        client: Any = None,
        capabilities: Iterable[Capability] | None = None,
    ) -> None:
        self.region_name = region_name
        self.endpoint_url = endpoint_url
        self.profile_name = profile_name
        self._options = dict(config or {})
        self._session: boto3.session.Session | None = None
        if client is None:
            try:
                self._session = _connection.session(
                    region_name, profile_name, credentials, aws_settings=self.aws_settings
                )
                client = _connection.connect(self._session, endpoint_url, self._options)
            except BotoCoreError as error:
                raise self.typed_error(error, "connect", endpoint_url) from error
        self._client = client
        self._is_aws = _connection.is_aws(self._client)
        if capabilities is None:
            capabilities = S3Storage.capabilities if self._is_aws else self.PLAIN_S3
        self.capabilities = frozenset(capabilities)
        self._pool = PartPool()
        self._lock = threading.Lock()
        self._regional: dict[str, Any] = {}  # clients of other regions
        self._regions: dict[str, str] = {}  # of buckets
        self._found: set[str] = set()  # buckets that are known to be there

    @property
    def config(self) -> dict[str, Any]:
        """The options given, without what may hold a password."""
        return {name: value for name, value in self._options.items() if not name.startswith("prox")}

    @property
    def native(self) -> Any:
        """The boto3 client."""
        return self._client

    # Buckets

    def list_buckets(self) -> list[str]:
        pages = self._client.get_paginator("list_buckets").paginate()
        return sorted(bucket["Name"] for page in pages for bucket in page.get("Buckets", ()))

    def create_bucket(self, name: str, region: str | None = None, **s3: Unpack[CreatingBucket]) -> bool:
        """Make a bucket, in ``region`` where given, else in the client's. True; AlreadyExists if it is there."""
        arguments = PassedThrough(self._client, s3, "CreateBucket")("CreateBucket")
        client = self._client_in(region)
        place = region or (client.meta.region_name if self._is_aws else None)
        if place in (None, "us-east-1", "aws-global"):
            # named for no other region; and there S3 does not tell its owner that a bucket exists
            if self.bucket_exists(name):
                raise AlreadyExists(f"bucket {name!r} exists already", code="BucketAlreadyOwnedByYou")
        else:
            arguments.setdefault("CreateBucketConfiguration", {"LocationConstraint": place})
        client.create_bucket(Bucket=name, **arguments)
        return True

    def ensure_bucket(self, name: str, region: str | None = None, **s3: Unpack[CreatingBucket]) -> bool:
        """Make the bucket unless it is there. True when this call made it. Another owner's is an error."""
        PassedThrough(self._client, s3, "CreateBucket")
        if self.bucket_exists(name):
            return False
        try:
            return self.create_bucket(name, region, **s3)
        except AlreadyExists:
            if self.bucket_exists(name):  # made meanwhile, by its owner
                return False
            raise

    def bucket_exists(self, bucket: str) -> bool:
        try:
            self._client.head_bucket(Bucket=bucket)
        except ClientError as error:
            if _status(error) == 404:
                return False
            if _status(error) not in (400, 403):
                raise
            self._client.list_objects_v2(Bucket=bucket, MaxKeys=1)  # an answer to HEAD does not say why
        return True

    def delete_bucket(self, bucket: str) -> bool:
        self._client.delete_bucket(Bucket=bucket)
        self._found.discard(bucket)
        self._regions.pop(bucket, None)
        return True

    # Looking

    def iter_objects(
        self, bucket: str, prefix: str = "", *, start_after: str = "", **s3: Unpack[Listing]
    ) -> Iterator[ObjectInfo]:
        arguments = {**PassedThrough(self._client, s3, "ListObjectsV2")("ListObjectsV2"), "Prefix": prefix}
        if start_after:
            arguments["StartAfter"] = start_after
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, **arguments)
        for page in pages:
            for found in page.get("Contents", ()):
                modified = found["LastModified"].astimezone(UTC)
                yield ObjectInfo(bucket, found["Key"], found["Size"], etag(found) or None, modified)

    def stat(self, bucket: str, key: str, **s3: Unpack[Reading]) -> ObjectInfo:
        arguments = PassedThrough(self._client, s3, "HeadObject", "GetObject")
        return _info(bucket, key, self._head(bucket, key, arguments))

    # Reading

    def download_file(self, bucket: str, key: str, **s3: Unpack[Reading]) -> bytes:
        target, answer = self._get(bucket, key, s3)
        data = io.BytesIO()
        for chunk in self._chunks(target, answer):
            data.write(chunk)
        return data.getvalue()

    def download_path(
        self, bucket: str, key: str, path: Path, *, progress: Progress | None = None, **s3: Unpack[Reading]
    ) -> ObjectInfo:
        target, answer = self._get(bucket, key, s3)
        with answer["Body"], atomic_write(path) as file:
            for chunk in self._chunks(target, answer):
                file.write(chunk)
                if progress is not None:
                    progress(len(chunk))
        return _info(bucket, key, answer)

    def open_read(
        self, bucket: str, key: str, *, start: int = 0, length: int | None = None, **s3: Unpack[Reading]
    ) -> BinaryIO:
        if length == 0:
            self.stat(bucket, key, **s3)
            return io.BytesIO()
        if start or length is not None:
            target = self._target(bucket, key, s3)
            try:
                answer, end = get_range(self._client, target, start, None if length is None else start + length)
            except ClientError as error:
                if _status(error) != 416:
                    raise
                return io.BytesIO()  # there is nothing at or behind ``start``
            whole = None
        else:
            target, answer = self._get(bucket, key, s3)
            end, whole = answer["ContentLength"], self._verifier(target, answer)

        typed_error = partial(self.typed_error, operation="open_read", resource=self.url(bucket, key))
        source = Source(self._client, target, answer)
        return io.BufferedReader(body_of(source, answer["Body"], start, end, whole, typed_error), BUFFER)

    def read_range(
        self, bucket: str, key: str, start: int = 0, length: int | None = None, **s3: Unpack[Reading]
    ) -> bytes:
        with self.open_read(bucket, key, start=start, length=length, **s3) as file:
            return file.read()

    # Writing

    def upload_file(
        self, bucket: str, key: str, data: bytes, content_type: str | None = None, **s3: Unpack[Writing]
    ) -> str:
        self._upload(bucket, key, io.BytesIO(data), len(data), _about(key, content_type), {}, s3)
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
        **s3: Unpack[Writing],
    ) -> ObjectInfo:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size or None  # a pipe has none
            about, conditions = _about(key, content_type, metadata), self._conditions(if_match, if_none_match)
            return self._upload(bucket, key, file, size, about, conditions, s3, progress)

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
        **s3: Unpack[Writing],
    ) -> ObjectInfo:
        about, conditions = _about(key, content_type, metadata), self._conditions(if_match, if_none_match)
        return self._upload(bucket, key, stream, None, about, conditions, s3, progress)

    def copy(self, source_bucket: str, source_key: str, bucket: str, key: str, **s3: Unpack[Copying]) -> ObjectInfo:
        """Copy an object within this storage, content type, metadata and tags included, at any size.

        A header or ``Tagging`` that is given replaces that of the object alone. ``MetadataDirective="REPLACE"`` keeps
        no header and no metadata of the object, and the content type is guessed; ``TaggingDirective="REPLACE"`` keeps
        no tag.
        """
        PassedThrough(
            self._client, s3, "CopyObject", "CreateMultipartUpload", "UploadPartCopy", "CompleteMultipartUpload"
        )
        source, target = {"Bucket": source_bucket, "Key": source_key}, {"Bucket": bucket, "Key": key}
        reading = PassedThrough(self._client, reading_arguments(s3))
        head = self._head(source_bucket, source_key, reading)
        if source == target and not s3:
            return _info(bucket, key, head)  # S3 refuses a copy that changes nothing
        directions = directed(s3, head, key)
        arguments = PassedThrough(self._client, directions)
        if head["ContentLength"] > self.largest_copy:
            parts = CopyInParts(self._client, self._pool, target, arguments, source=source, head=head, reading=reading)
            answer = parts.copy(self.largest_copy)
        else:
            answer = self._client.copy_object(
                **target, CopySource=source, CopySourceIfMatch=head["ETag"], **arguments("CopyObject")
            )
            answer |= answer["CopyObjectResult"]
        return _info(bucket, key, {**head, **directions, **answer})

    # Removing

    def delete_file(self, bucket: str, key: str, **s3: Unpack[Deleting]) -> bool:
        """Delete an object. True: S3 does not tell whether there was one."""
        arguments = PassedThrough(self._client, s3, "DeleteObject")("DeleteObject")
        self._client.delete_object(Bucket=bucket, Key=key, **arguments)
        return True

    def delete_many(self, bucket: str, keys: Iterable[str], **s3: Unpack[DeletingMany]) -> dict[str, CloudError]:
        arguments = PassedThrough(self._client, s3, "DeleteObjects")
        failures: dict[str, CloudError] = {}
        remaining = iter(keys)
        while batch := list(dict.fromkeys(islice(remaining, self.deleted_at_once))):
            for key in batch:
                check_key(key)
            for key in [key for key in batch if not _fits_xml(key)]:
                batch.remove(key)
                try:
                    self._client.delete_object(Bucket=bucket, Key=key, **arguments("DeleteObject"))
                except ClientError as error:
                    failures[key] = from_response(error.response)
            if batch:
                delete = {"Objects": [{"Key": key} for key in batch], "Quiet": True}
                answer = self._client.delete_objects(Bucket=bucket, Delete=delete, **arguments("DeleteObjects"))
                failures |= {error["Key"]: from_response(error) for error in answer.get("Errors", ())}
        for key, failure in failures.items():
            self.typed_error(failure, "delete_many", self.url(bucket, key))
        return {key: failure for key, failure in failures.items() if not isinstance(failure, ObjectNotFound)}

    @operation(effect="list", checks=CHECKS, lazy=True)
    def iter_multipart_uploads(self, bucket: str, prefix: str = "") -> Iterator[MultipartUpload]:
        """Uploads in parts that were begun and not ended, of any program, lazily ("Multipart upload overview")."""
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for upload in page.get("Uploads", ()):
                initiated = upload["Initiated"].astimezone(UTC)
                yield MultipartUpload(bucket, upload["Key"], upload["UploadId"], initiated)

    @operation(effect="delete", checks=CHECKS)
    def abort_multipart_uploads(
        self, bucket: str, older_than: float = 86400, *, prefix: str = ""
    ) -> list[MultipartUpload]:
        """Remove the parts of uploads that were begun more than ``older_than`` seconds ago and not ended.

        A process that was killed leaves such parts; all else cleans up after itself. Returns what was
        removed. An upload of that age that still goes on fails.
        """
        begun_before = datetime.now(UTC) - timedelta(seconds=older_than)
        stale = [u for u in self.iter_multipart_uploads(bucket, prefix) if u.initiated <= begun_before]
        for upload in stale:
            with suppress(self._client.exceptions.NoSuchUpload):  # ended meanwhile
                self._client.abort_multipart_upload(Bucket=bucket, Key=upload.key, UploadId=upload.upload_id)
        return stale

    # Presigned requests

    def generate_presigned_url(self, bucket: str, key: str, expires_in: int = 3600, **s3: Unpack[Reading]) -> str:
        arguments = PassedThrough(self._client, s3, "GetObject")("GetObject")
        return self._presigned("get_object", bucket, key, expires_in, arguments)

    def generate_presigned_upload(
        self, bucket: str, key: str, expires_in: int = 3600, *, content_type: str | None = None, **s3: Unpack[Writing]
    ) -> PresignedRequest:
        """A request by which anyone may PUT the object, for ``expires_in`` seconds.

        Without ``content_type`` the sender chooses it.
        """
        arguments = PassedThrough(self._client, s3, "PutObject")("PutObject")
        if content_type is not None:
            arguments["ContentType"] = content_type
        sse_md5(arguments)  # as the SDK does, so that the headers are told as they must be sent
        url = self._presigned("put_object", bucket, key, expires_in, arguments)
        target = {"Bucket": bucket, "Key": key}
        return PresignedRequest("PUT", url, headers(self._client, "PutObject", {**target, **arguments}))

    # Inside

    @classmethod
    def credential_source(cls) -> str | None:
        try:
            return _connection.credential_source()
        except BotoCoreError as error:
            raise translate(error) or error from error

    def translate_error(self, error: Exception) -> CloudError | None:
        return translate(error) or super().translate_error(error)

    def close(self) -> None:
        self._pool.close()
        if self._session is not None:
            for client in (self._client, *self._regional.values()):
                client.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(region_name={self.region_name!r}, endpoint_url={self.endpoint_url!r})"

    def __reduce__(self) -> Any:
        if self._session is None:
            raise TypeError(
                f"{type(self).__name__} was given a client, and does not pickle; give it region_name, endpoint_url..."
            )
        return super().__reduce__()

    def _client_in(self, region: str | None) -> Any:
        if region is None or not self._is_aws or self._session is None or region == self._client.meta.region_name:
            return self._client
        with self._lock:  # sessions are not for several threads
            if region not in self._regional:
                options = {**self._options, "region_name": region}
                self._regional[region] = _connection.connect(self._session, self.endpoint_url, options)
            return self._regional[region]

    def _head(self, bucket: str, key: str, arguments: PassedThrough) -> dict[str, Any]:
        try:
            head: dict[str, Any] = self._client.head_object(Bucket=bucket, Key=key, **arguments("HeadObject"))
        except ClientError as error:
            self._explain(error, bucket, key, arguments)
        return head

    def _explain(self, error: ClientError, bucket: str, key: str, arguments: PassedThrough) -> NoReturn:
        """Raise what a refused HEAD was about. The answer to one has no body that says it, that to a GET has."""
        status = _status(error)
        if status in (400, 403) or (status == 404 and bucket not in self._found):
            target = {"Bucket": bucket, "Key": key, **arguments("GetObject")}
            with suppress(self._client.exceptions.NoSuchKey):
                self._client.get_object(**target, Range="bytes=0-0")["Body"].close()
            self._found.add(bucket)
        if status == 404:
            raise ObjectNotFound(f"no object {key!r} in bucket {bucket!r}", code="NoSuchKey") from error
        raise error

    def _target(self, bucket: str, key: str, s3: Mapping[str, Any]) -> dict[str, Any]:
        """What to GET."""
        return {"Bucket": bucket, "Key": key, **PassedThrough(self._client, s3, "GetObject")("GetObject")}

    def _get(self, bucket: str, key: str, s3: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """What was asked for, and the answer with its open body."""
        target = self._target(bucket, key, s3)
        return target, self._client.get_object(**target)

    def _verifier(self, target: Mapping[str, Any], answer: Mapping[str, Any]) -> Verifier | None:
        def size_of(**part: int) -> int | None:
            with suppress(BotoCoreError, ClientError):  # not every store tells
                return int(self._client.head_object(**target, **part, IfMatch=answer["ETag"])["ContentLength"])
            return None

        return verifier(answer, size_of)

    def _chunks(self, target: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[bytes | memoryview]:
        source = Source(self._client, target, answer)
        return chunks(source, answer["Body"], answer["ContentLength"], self._pool, self._verifier(target, answer))

    def _conditions(self, if_match: str | None, if_none_match: str | None) -> dict[str, str]:
        conditions = {}
        if if_none_match is not None:
            if Capability.CONDITIONAL_CREATE not in self.capabilities:
                self._unsupported("write only if there is no such object, unless capabilities= says so")
            conditions["IfNoneMatch"] = if_none_match
        if if_match is not None:
            if Capability.CONDITIONAL_REPLACE not in self.capabilities:
                self._unsupported("replace only what is still the same, unless capabilities= says so")
            conditions["IfMatch"] = f'"{etag({"ETag": if_match})}"'
        return conditions

    def _upload(
        self,
        bucket: str,
        key: str,
        stream: BinaryIO,
        size: int | None,
        about: Mapping[str, Any],
        conditions: Mapping[str, str],
        s3: Mapping[str, Any],
        progress: Progress | None = None,
    ) -> ObjectInfo:
        arguments = PassedThrough(
            self._client, s3, "PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"
        )
        target = {"Bucket": bucket, "Key": key}
        parts = read_parts(stream, partial(part_size, size))
        begun = list(islice(parts, 2))
        if len(begun) == 1:
            size = len(begun[0])
            answer = self._put(begun[0], {**target, **about, **conditions, **arguments("PutObject")})
            if progress is not None:
                progress(size)
        else:
            crc32 = self._is_aws
            upload = UploadInParts(self._client, self._pool, target, arguments, about, conditions, crc32=crc32)
            answer = upload.run(chain((begun.pop(0) for _ in range(2)), parts), progress)  # and hold none here
            size = upload.size
        return _info(bucket, key, {**about, **answer, "ContentLength": size})

    def _put(self, data: bytes, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if self._is_aws:
            answer: dict[str, Any] = self._client.put_object(**arguments, Body=data, ChecksumAlgorithm="CRC32")
            return answer
        md5 = hashlib.md5(data).digest()
        answer = self._client.put_object(**arguments, Body=data, ContentMD5=content_md5(md5))
        confirm(answer, md5)
        return answer

    def _presigned(self, method: str, bucket: str, key: str, expires_in: int, arguments: Mapping[str, Any]) -> str:
        if expires_in > LONGEST_EXPIRY:
            raise ValueError(f"expires_in is at most {LONGEST_EXPIRY} seconds (7 days), not {expires_in}")
        client = self._client_in(self._region_of(bucket))  # a URL names the region, and is signed for it
        url: str = client.generate_presigned_url(
            method, {"Bucket": bucket, "Key": key, **arguments}, ExpiresIn=expires_in
        )
        return url

    def _region_of(self, bucket: str) -> str | None:
        """The region of a bucket of AWS's, None where it is not told. Also a refusal tells it."""
        if self._is_aws and bucket not in self._regions:
            try:
                answer = self._client.head_bucket(Bucket=bucket)
            except ClientError as error:
                answer = error.response
            except BotoCoreError:
                return None
            if region := answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region"):
                self._regions[bucket] = region
        return self._regions.get(bucket)


def _about(key: str, content_type: str | None, metadata: Mapping[str, str] | None = None) -> dict[str, Any]:
    about: dict[str, Any] = {"ContentType": content_type or guess_content_type(key)}
    if metadata:
        about["Metadata"] = {key: encode_text(value) for key, value in metadata.items()}
    return about


def _info(bucket: str, key: str, answer: Mapping[str, Any]) -> ObjectInfo:
    modified: datetime | None = answer.get("LastModified")
    return ObjectInfo(
        bucket,
        key,
        answer["ContentLength"],
        etag(answer) or None,
        modified and modified.astimezone(UTC),
        answer.get("ContentType"),
        {key.lower(): decode_text(value) for key, value in answer.get("Metadata", {}).items()},
        checksums(answer),
    )


def _status(error: ClientError) -> int:
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status


def _fits_xml(key: str) -> bool:
    """Whether XML 1.0 has all its characters; botocore would send others, and S3 refuse the whole batch."""
    return all(c >= " " or c in "\t\n" for c in key) and "\ufffe" not in key and "\uffff" not in key
