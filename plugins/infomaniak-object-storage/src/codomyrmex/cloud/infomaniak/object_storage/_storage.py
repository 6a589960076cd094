"""`InfomaniakSwiftStorage`: OpenStack Swift as a `StorageClient`."""

from __future__ import annotations

import hashlib
import io
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from itertools import chain, islice
from os.path import commonprefix
from typing import Any, BinaryIO, ClassVar, Self, Unpack

from codomyrmex.cloud.common import CloudCredentials, operation
from codomyrmex.cloud.common.storage import (
    Capability,
    ObjectInfo,
    Path,
    PresignedRequest,
    StorageClient,
    guess_content_type,
)
from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.infomaniak.credentials import DEFAULT_REGION
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakAlreadyExistsError,
    InfomaniakContainerNotFoundError,
    InfomaniakPreconditionFailedError,
)
from codomyrmex.cloud.infomaniak.object_storage import _bulk, _large, _manifests, _metadata, _names, _results, _signing
from codomyrmex.cloud.infomaniak.object_storage import _unfinished as unfinished
from codomyrmex.cloud.infomaniak.object_storage._download import Source, body_of, chunks
from codomyrmex.cloud.infomaniak.object_storage._results import AccountInfo, ContainerInfo
from codomyrmex.cloud.infomaniak.object_storage._swift import Swift
from codomyrmex.cloud.infomaniak.object_storage._unfinished import UnfinishedUpload
from codomyrmex.cloud.infomaniak.openstack import ClientOptions, OpenStackClient, ProjectOptions
from codomyrmex.cloud.plugin import CHECKS, Progress, atomic_write, check_key, make_client
from codomyrmex.cloud.rest.parallel import in_order
from codomyrmex.cloud.rest.parts import read_parts
from openstack.connection import Connection

BUFFER = 256 * 1024
"""Bytes that `InfomaniakSwiftStorage.open_read` reads ahead."""
_COPIED_A_SECOND = 10 * 1024 * 1024
"""Bytes, of a slow cluster."""
_ABSENT = (HTTPStatus.NOT_FOUND,)
_logger = logging.getLogger("codomyrmex.cloud.infomaniak")


def _check_acl(value: Any) -> None:
    if value is not None and not isinstance(value, str):
        raise TypeError(f"an ACL is str, not {type(value).__name__}")
    if value and not (value.isascii() and value.isprintable()):
        raise ValueError("an ACL is printable ASCII, such as .r:*,.rlistings")


_CHECKS = {**CHECKS, "read": _check_acl, "write": _check_acl}


class InfomaniakSwiftStorage(OpenStackClient, StorageClient):
    """Containers of one project by OpenStack Swift: buckets are containers, ``swift://container/object``.

    Parameters are those of `OpenStackClient`, but ``strict``: methods raise; and

    :param endpoint_url: the account's URL, such as ``https://host/v1/AUTH_project``. Default: the catalogue's.

    What is larger than a segment of 16 MiB is a Static Large Object: its segments are in the container
    ``<bucket>+segments``, beside the parts of the S3 API, and go with the object when it is deleted or replaced
    here. Segments that other programs keep elsewhere stay.

    Swift's ``if_none_match="*"`` is not atomic: of writers that race more than one may win.
    """

    service: ClassVar[str] = "storage"
    scheme: ClassVar[str] = "swift"
    service_type: ClassVar[str | None] = "object-store"
    recipe: ClassVar[tuple[str, ...] | None] = ("auth_url", "region", "project_id", "timeout", "endpoint_url")
    capabilities = frozenset(Capability) - {Capability.ATOMIC_CREATE, Capability.CONDITIONAL_REPLACE}
    listed_at_once: ClassVar[int] = 10_000
    """Objects of a page of a listing, unless the cluster gives fewer."""
    deleted_at_once: ClassVar[int] = _bulk.DELETED_AT_ONCE
    """Objects that a request deletes, unless the cluster takes fewer."""

    def __init__(
        self,
        connection: Connection | None = None,
        *,
        credentials: CloudCredentials | None = None,
        auth_url: str | None = None,
        region: str | None = None,
        project_id: str | None = None,
        timeout: float = 60,
        endpoint_url: str | None = None,
        strict: bool = True,
    ) -> None:
        super().__init__(
            connection,
            credentials=credentials,
            auth_url=auth_url,
            region=region,
            project_id=project_id,
            timeout=timeout,
            strict=strict,
        )
        self.endpoint_url = endpoint_url
        self._account = Swift(self._connection, endpoint_url, self.listed_at_once)

    @classmethod
    def from_env(
        cls, *, strict: bool = False, endpoint_url: str | None = None, **options: Unpack[ClientOptions]
    ) -> Self:
        """A storage by the environment alone; ``options`` are those of the class."""
        return cls(strict=strict, endpoint_url=endpoint_url, **options)

    @classmethod
    def from_credentials(
        cls,
        application_credential_id: str,
        application_credential_secret: str,
        auth_url: str | None = None,
        region: str = DEFAULT_REGION,
        *,
        strict: bool = False,
        endpoint_url: str | None = None,
        **options: Unpack[ProjectOptions],
    ) -> Self:
        """A storage by this application credential; ``options`` are those of the class."""
        given = CloudCredentials("infomaniak", application_credential_id, application_credential_secret)
        return cls(
            credentials=given, auth_url=auth_url, region=region, strict=strict, endpoint_url=endpoint_url, **options
        )

    # Containers

    def list_buckets(self) -> list[str]:
        """The names of all containers, sorted, without those of segments."""
        return sorted(e["name"] for e in self._swift.entries() if not e["name"].endswith(_names.SEGMENTS))

    def create_bucket(self, name: str) -> bool:
        _names.check_container(name)
        made = self._swift.send("PUT", name, repeats=False)
        if made.status_code == HTTPStatus.ACCEPTED:
            raise InfomaniakAlreadyExistsError(f"container {name!r} exists already")
        return True

    def bucket_exists(self, bucket: str) -> bool:
        return self._swift.send("HEAD", bucket, accept=_ABSENT).status_code != HTTPStatus.NOT_FOUND

    def delete_bucket(self, bucket: str) -> bool:
        """Delete an empty container. Conflict if it holds objects.

        Its container of segments goes too, unless there are some: `remove_unfinished_uploads` removes them.
        """
        self._swift.send("DELETE", bucket)
        if _names.may_have_segments(bucket):
            self._swift.send("DELETE", _names.segments_of(bucket), accept=(*_ABSENT, HTTPStatus.CONFLICT))
        return True

    @operation(effect="read", checks=_CHECKS)
    def container_info(self, bucket: str) -> ContainerInfo:
        """How much the container holds, its ACLs and its metadata."""
        return _results.container_info(bucket, self._swift.send("HEAD", bucket).headers)

    @operation(effect="admin", checks=_CHECKS)
    def set_container_acl(self, bucket: str, *, read: str | None = None, write: str | None = None) -> bool:
        """Say who else may read or write the objects; None leaves it, ``""`` lets nobody.

        :param read: such as ``.r:*`` (everybody may read) or ``.r:*,.rlistings`` (and list), or
            ``<project id>:<user id>`` ("Container ACLs", Swift).
        :param write: such as ``<project id>:<user id>``.

        Segments get the same ACL.
        """
        given = {"X-Container-Read": read, "X-Container-Write": write}
        headers = {name: acl for name, acl in given.items() if acl is not None}
        if headers:
            self._swift.send("POST", bucket, headers=headers)
            if _names.may_have_segments(bucket):
                self._swift.send("POST", _names.segments_of(bucket), headers=headers, accept=_ABSENT)
        return True

    @operation(effect="admin", checks=_CHECKS)
    def set_container_metadata(self, bucket: str, metadata: Mapping[str, str], *, remove: Iterable[str] = ()) -> bool:
        """Set or replace this metadata of the container, and remove that of these names. The rest stays.

        Hooks are told ``admin``: names such as ``temp-url-key`` and ``access-control-allow-origin`` say who else may
        reach the objects.
        """
        removed = {f"X-Remove-{_metadata.CONTAINER[2:]}{_metadata.name_of(name)}": "x" for name in remove}
        self._swift.send("POST", bucket, headers={**_metadata.encode(metadata, _metadata.CONTAINER), **removed})
        return True

    @operation(effect="read")
    def account_info(self) -> AccountInfo:
        """How much the project's account holds, and may hold."""
        return _results.account_info(self._swift.send("HEAD").headers)

    # Looking

    def iter_objects(self, bucket: str, prefix: str = "", *, start_after: str = "") -> Iterator[ObjectInfo]:
        for entry in self._swift.entries(bucket, prefix=prefix, marker=start_after):
            yield _results.listed(bucket, entry)

    def stat(self, bucket: str, key: str) -> ObjectInfo:
        return _results.object_info(bucket, key, self._swift.send("HEAD", bucket, self._key(key)).headers)

    # Reading

    def download_file(self, bucket: str, key: str) -> bytes:
        source = Source(self._swift, bucket, self._key(key))
        data = io.BytesIO()
        for chunk in chunks(source, source.open_whole()):
            data.write(chunk)
        return data.getvalue()

    def download_path(self, bucket: str, key: str, path: Path, *, progress: Progress | None = None) -> ObjectInfo:
        source = Source(self._swift, bucket, self._key(key))
        answer = source.open_whole()
        with answer, atomic_write(path) as file:
            for chunk in chunks(source, answer):
                file.write(chunk)
                if progress is not None:
                    progress(len(chunk))
        return _results.object_info(bucket, key, answer.headers)

    def open_read(self, bucket: str, key: str, *, start: int = 0, length: int | None = None) -> BinaryIO:
        if length == 0:
            self.stat(bucket, key)
            return io.BytesIO()
        source = Source(self._swift, bucket, self._key(key))
        if start or length is not None:
            answer = source.open(start, None if length is None else start + length)
            if answer is None:
                return io.BytesIO()
            end = int(answer.headers["Content-Range"].partition("-")[2].partition("/")[0]) + 1
            whole = None
        else:
            answer = source.open_whole()
            end, whole = int(answer.headers["Content-Length"]), source.verifier(answer)
        typed_error = partial(self.typed_error, operation="open_read", resource=self.url(bucket, key))
        return io.BufferedReader(body_of(source, answer, start, end, whole, typed_error), BUFFER)

    def read_range(self, bucket: str, key: str, start: int = 0, length: int | None = None) -> bytes:
        with self.open_read(bucket, key, start=start, length=length) as file:
            return file.read()

    # Writing

    def upload_file(self, bucket: str, key: str, data: bytes, content_type: str | None = None) -> str:
        self._upload(bucket, key, io.BytesIO(data), len(data), content_type)
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
    ) -> ObjectInfo:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size or None  # a pipe has none
            return self._upload(bucket, key, file, size, content_type, metadata, if_match, if_none_match, progress)

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
    ) -> ObjectInfo:
        return self._upload(bucket, key, stream, None, content_type, metadata, if_match, if_none_match, progress)

    def copy(self, source_bucket: str, source_key: str, bucket: str, key: str) -> ObjectInfo:
        """Copy an object within the account, content type and metadata included, at any size; no data come here.

        A large object's segments are copied too, so that each has its own.
        """
        head = self._swift.send("HEAD", source_bucket, self._key(source_key)).headers
        if (source_bucket, source_key) != (bucket, self._key(key)):  # else there is nothing to do
            with self._replacing(bucket, key):
                copied = self._copy_large if _results.is_large(head) else self._copy_plain
                copied(head, (source_bucket, source_key), bucket, key)
        return self.stat(bucket, key)

    # Removing

    def delete_file(self, bucket: str, key: str) -> bool:
        """Delete an object, and its segments. True; False if there was none."""
        head = self._swift.send("HEAD", bucket, self._key(key), accept=_ABSENT)
        if head.status_code == HTTPStatus.NOT_FOUND:
            self._require(bucket)
            return False
        segments = _manifests.read_large(self._swift, bucket, key) if _results.is_large(head.headers) else None
        self._swift.send("DELETE", bucket, key, accept=_ABSENT)
        self._remove_segments(bucket, _manifests.own_segments(bucket, segments))
        return True

    def delete_many(self, bucket: str, keys: Iterable[str]) -> dict[str, CloudError]:
        failures: dict[str, CloudError] = {}
        self._require(bucket)
        remaining = iter(keys)
        while batch := list(dict.fromkeys(islice(remaining, self.deleted_at_once))):
            for key in batch:
                check_key(key)
                _names.check_key(key)
            large = self._large_among(bucket, batch)
            refused = _bulk.delete(self._swift, bucket, batch)
            failures |= refused
            gone = chain.from_iterable(segments for key, segments in large.items() if key not in refused)
            self._remove_segments(bucket, list(gone))
        for key, failure in failures.items():
            self.typed_error(failure, "delete_many", self.url(bucket, key))
        return failures

    @operation(effect="list", checks=_CHECKS, lazy=True)
    def iter_unfinished_uploads(self, bucket: str, prefix: str = "") -> Iterator[UnfinishedUpload]:
        """Large uploads of this class that were begun and not ended, or still go on.

        Reads the manifests of the bucket's large objects: a request for each.
        """
        yield from unfinished.find(self._swift, bucket, prefix)

    @operation(effect="delete", checks=_CHECKS)
    def remove_unfinished_uploads(
        self, bucket: str, older_than: float = 86400, *, prefix: str = ""
    ) -> list[UnfinishedUpload]:
        """Remove the segments of uploads that sent none for more than ``older_than`` seconds, and never ended.

        A process that was killed leaves such segments; all else cleans up after itself. Returns what was removed.
        Segments that a manifest in the bucket refers to stay; parts of the S3 API are the business of
        `InfomaniakS3Storage.abort_multipart_uploads`.
        """
        before = datetime.now(UTC) - timedelta(seconds=older_than)
        stale = [upload for upload in unfinished.find(self._swift, bucket, prefix) if upload.last_modified <= before]
        for upload in stale:
            unfinished.remove(self._swift, bucket, upload)
        return stale

    # Presigned requests

    @operation(effect="write", checks=_CHECKS)
    def generate_presigned_url(self, bucket: str, key: str, expires_in: int = 3600) -> str:
        """A URL by which anyone may GET the object, for ``expires_in`` seconds.

        It is signed by the account's temporary-URL key or the container's. If there is none, a random one is set:
        on the container, or on the account to read a large object, which a container's key does not open. As that
        changes the container, hooks are told ``write``, where other storages tell ``read``.
        """
        return _signing.sign(self._swift, "GET", bucket, self._key(key), expires_in)

    def generate_presigned_upload(
        self, bucket: str, key: str, expires_in: int = 3600, *, content_type: str | None = None
    ) -> PresignedRequest:
        """A request by which anyone may PUT the object, for ``expires_in`` seconds; 5 GiB at most.

        Signed as by `generate_presigned_url`. Swift does not hold the sender to ``content_type``, which is one of
        the headers.
        """
        url = _signing.sign(self._swift, "PUT", bucket, self._key(key), expires_in)
        return PresignedRequest("PUT", url, {"Content-Type": content_type} if content_type else {})

    @operation(effect="delete", checks=_CHECKS)
    def generate_temp_url(self, bucket: str, key: str, expires_in: int = 3600, *, method: _signing.Method) -> str:
        """A URL by which anyone may send ``method`` for the object, for ``expires_in`` seconds.

        Signed as by `generate_presigned_url`. Hooks are told ``delete``, the strongest of what a method may do.

        Args:
            bucket: The container.
            key: The object's name.
            expires_in: Seconds.
            method: ``"DELETE"``, ``"GET"``, ``"HEAD"``, ``"POST"`` or ``"PUT"``; ValueError for any other.
        """
        return _signing.sign(self._swift, method, bucket, self._key(key), expires_in)

    # Inside

    def __reduce__(self) -> Any:
        super().__reduce__()  # TypeError where it was given a connection
        return _rebuild, (type(self), {name: getattr(self, name) for name in self.recipe or ()})

    @property
    def _swift(self) -> Swift:
        if not self._account.url:
            raise self._missing_endpoint()
        return self._account

    def _key(self, key: str) -> str:
        _names.check_key(key)
        return key

    def _require(self, bucket: str) -> None:
        self._swift.send("HEAD", bucket)

    def _upload(
        self,
        bucket: str,
        key: str,
        stream: BinaryIO,
        size: int | None,
        content_type: str | None,
        metadata: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
        progress: Progress | None = None,
    ) -> ObjectInfo:
        if if_match is not None:
            self._unsupported("replace only what is still the same")
        content_type = content_type or guess_content_type(self._key(key))
        headers = {"Content-Type": content_type, **_metadata.encode(metadata or {})}
        if if_none_match is not None:
            headers["If-None-Match"] = "*"
        most = self._swift.limit("slo", "max_manifest_segments", _large.MOST_SEGMENTS)
        segments = read_parts(stream, lambda sent: _large.segment_size(size, sent, most))
        begun = list(islice(segments, 2))
        checksums = {}
        with self._replacing(bucket, key) if if_none_match is None else nullcontext():
            if len(begun) == 1:
                size = len(begun[0])
                if progress is not None:
                    progress(size)  # before, as what it raises cancels the upload
                answer = self._put(bucket, key, begun[0], headers)
                checksums["md5"] = _results.etag(answer)
            else:
                if if_none_match is not None and self.exists(bucket, key):  # told before the data are sent
                    raise InfomaniakPreconditionFailedError("the object is there already", 412)
                large = _large.LargeObject(self._swift, bucket, key, headers)
                held = (begun.pop(0) for _ in range(2))  # and none is held here
                answer = large.upload(chain(held, segments), progress)
                size = large.size
        modified, kept = _results.modified(answer), dict(metadata or {})
        return ObjectInfo(bucket, key, size, _results.etag(answer), modified, content_type, kept, checksums)

    def _put(self, bucket: str, key: str, data: bytes, headers: Mapping[str, str]) -> Mapping[str, str]:
        headers = {**headers, "ETag": hashlib.md5(data).hexdigest()}
        repeats = "If-None-Match" not in headers
        return self._swift.send("PUT", bucket, key, headers=headers, data=data, repeats=repeats).headers

    @contextmanager
    def _replacing(self, bucket: str, key: str) -> Iterator[None]:
        """The segments of the object that is replaced in the block go at its end."""
        old = _manifests.own_segments(bucket, _manifests.read(self._swift, bucket, key))
        yield
        self._remove_segments(bucket, old)

    def _remove_segments(self, bucket: str, names: list[str]) -> None:
        """Remove segments of what is gone. What is left of them `remove_unfinished_uploads` finds."""
        if not names:
            return
        try:
            failures: object = _bulk.delete(self._swift, _names.segments_of(bucket), names)
        except CloudError as error:
            failures = error
        if failures:
            _logger.warning("segments of %s are left: remove_unfinished_uploads() removes them", self.url(bucket))

    def _copy_plain(self, head: Mapping[str, str], source: tuple[str, str], bucket: str, key: str) -> None:
        headers = {"X-Copy-From": _names.path(*source)}
        timeout = self._time_to_copy(int(head["Content-Length"]))
        try:
            self._swift.send("PUT", bucket, key, headers=headers, data=b"", timeout=timeout)
        except InfomaniakContainerNotFoundError:
            if self.bucket_exists(bucket):
                self._swift.missing("GET", *source)
            raise

    def _copy_large(self, head: Mapping[str, str], source: tuple[str, str], bucket: str, key: str) -> None:
        segments = _manifests.read_large(self._swift, *source)
        if segments is None or _manifests.etag_of(segments) != _results.etag(head):
            raise InfomaniakPreconditionFailedError("the object was replaced while it was copied; copy it again")
        large = _large.LargeObject(self._swift, bucket, key, _large.copied_headers(head))
        large.copy(segments, self._time_to_copy(max(segment.size for segment in segments)))

    def _time_to_copy(self, size: int) -> float:
        """Seconds for the service to copy so many bytes, which it answers when all is done."""
        return self.timeout + size / _COPIED_A_SECOND

    def _large_among(self, bucket: str, keys: list[str]) -> dict[str, list[str]]:
        """The large objects of these, and the segments of each that go with it.

        The names of segments tell which may be, so that no object is asked for that is not.
        """
        if not _names.may_have_segments(bucket):
            return {}
        wanted = set(keys)
        maybe = {key for key in keys if len(key.encode()) > _large.LONGEST_IN_NAME}
        beginning = commonprefix(keys)  # noqa: RUF071 - of texts, which are no paths
        try:
            for entry in self._swift.entries(_names.segments_of(bucket), prefix=beginning):
                maybe |= wanted.intersection(_large.keys_of(entry["name"]))
        except InfomaniakContainerNotFoundError:
            return {}

        def read(key: str) -> tuple[str, list[str]]:
            return key, _manifests.own_segments(bucket, _manifests.read(self._swift, bucket, key))

        return dict(in_order(read, sorted(maybe)))


def _rebuild(cls: type[InfomaniakSwiftStorage], options: dict[str, Any]) -> Any:
    """Of a pickle; a vault's hook that knows ``infomaniak.swift`` brings credentials here too."""
    return make_client("infomaniak.swift", cls, options)
