"""Google Cloud Storage as a `StorageClient`. Titles named are those of the Cloud Storage documentation."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any, BinaryIO, ClassVar, Unpack

import requests
from codomyrmex.cloud.common.resources import CloudCredentials
from codomyrmex.cloud.common.storage import (
    Capability,
    ObjectInfo,
    Path,
    PresignedRequest,
    StorageClient,
    guess_content_type,
)
from codomyrmex.cloud.errors import (
    AlreadyExists,
    BucketNotFound,
    CloudError,
    IntegrityError,
    InvalidRequest,
    NotFound,
    ObjectNotFound,
    PermissionDenied,
    PreconditionFailed,
)
from codomyrmex.cloud.gcp import _arguments, _connection
from codomyrmex.cloud.gcp._download import Source, body_of, chunks, verifier
from codomyrmex.cloud.gcp._errors import from_response, translate, translated
from codomyrmex.cloud.gcp._integrity import Crc32c
from codomyrmex.cloud.gcp._requests import Requests
from codomyrmex.cloud.gcp._resources import conditions_of, encryption_headers, info, info_of_data, size_of
from codomyrmex.cloud.gcp._retry import ATTEMPTS, Repeats
from codomyrmex.cloud.gcp._signing import signed_url
from codomyrmex.cloud.gcp._upload import Parts, Session
from codomyrmex.cloud.gcp.options import Copying, CreatingBucket, Deleting, Presigning, Reading, Writing
from codomyrmex.cloud.plugin import Progress, atomic_write, check_key
from codomyrmex.cloud.rest.parallel import THREADS, in_order
from google.api_core.exceptions import Conflict as Conflicting
from google.api_core.exceptions import Forbidden, GoogleAPICallError
from google.api_core.exceptions import NotFound as Missing
from google.api_core.exceptions import PreconditionFailed as NotMet
from google.api_core.exceptions import RequestRangeNotSatisfiable as RangeNotSatisfiable
from google.auth.credentials import Credentials
from google.cloud.storage import Blob, Bucket, Client

LONGEST_EXPIRY = 7 * 86400
"""Seconds ("Signed URLs")."""
LISTED_AT_ONCE = 1000
"""Objects of a page; Cloud Storage gives no more."""
DELETED_AT_ONCE = 100
"""Keys of one request ("Sending batch requests")."""
BUFFER = 256 * 1024
"""Bytes that `GCSStorage.open_read` reads ahead."""
_RANGE = re.compile(r"bytes \d+-(\d+)/")
_LISTED = "items(name,size,generation,updated,contentType,metadata,crc32c,md5Hash),nextPageToken"
_KEPT_BY_COPIES = (
    "cache_control",
    "content_disposition",
    "content_encoding",
    "content_language",
    "content_type",
    "custom_time",
    "metadata",
)


class GCSStorage(StorageClient):
    """Buckets of Google Cloud Storage.

    ``etag`` of an `ObjectInfo` is the object's generation, a number that changes with each write. It is
    what ``if_match`` takes, as Cloud Storage knows no conditional upload by ETag ("Request preconditions").

    :param project: whose buckets are listed and made; default GOOGLE_CLOUD_PROJECT, or that of the credentials.
    :param endpoint_url: of an emulator, or a regional endpoint; default STORAGE_EMULATOR_HOST, else Google's.
    :param credentials: of google-auth; or `CloudCredentials` with the content of a credential file as
        ``secret_key`` or ``metadata``. Default: Application Default Credentials (GOOGLE_APPLICATION_CREDENTIALS,
        gcloud's, the machine's).
    :param anonymous: send no credentials: for public buckets, and emulators.
    :param service_account_email: whose signature signed URLs get, where the credentials hold no key of their own.
    :param user_project: that pays for requests to buckets whose requester pays.
    :param timeout: seconds to connect, and without a byte.
    :param attempts: how often a request is sent at most, where what went wrong may pass.
    :param client: a google.cloud.storage.Client to use as it is, in place of project, endpoint and credentials.
    :param capabilities: of an emulator that does more or less than is expected.

    Methods that read, write or make buckets take further arguments by the names that the SDK's `Blob` or
    `Bucket` has for them, such as ``storage_class="NEARLINE"``, ``cache_control="no-store"``,
    ``encryption_key=...``, ``generation=...``; TypeError for one that it does not know.
    `codomyrmex.cloud.gcp.options` has their types.
    """

    provider: ClassVar[str] = "gcp"
    scheme: ClassVar[str] = "gs"
    recipe: ClassVar[tuple[str, ...] | None] = (
        "project",
        "endpoint_url",
        "anonymous",
        "service_account_email",
        "user_project",
        "timeout",
        "attempts",
        "capabilities",
    )
    capabilities = frozenset(Capability)
    EMULATED: ClassVar[frozenset[Capability]] = frozenset(Capability) - {Capability.BATCH_DELETE}
    """What is expected of an endpoint that is not Google's."""

    def __init__(
        self,
        project: str | None = None,
        *,
        endpoint_url: str | None = None,
        credentials: CloudCredentials | Credentials | None = None,
        anonymous: bool = False,
        service_account_email: str | None = None,
        user_project: str | None = None,
        timeout: tuple[float, float] = (_connection.CONNECT_TIMEOUT, _connection.READ_TIMEOUT),
        attempts: int = ATTEMPTS,
        client: Client | None = None,
        capabilities: Iterable[Capability] | None = None,
    ) -> None:
        _connection.check_endpoint(endpoint_url)
        self.project = project
        self.endpoint_url = endpoint_url
        self.anonymous = anonymous
        self.service_account_email = service_account_email
        self.user_project = user_project
        self.timeout = timeout
        self.attempts = attempts
        self._credentials = credentials
        self._given = client
        self._client = client
        if capabilities is None:
            googles = _connection.is_google(client.api_endpoint if client else endpoint_url)
            capabilities = GCSStorage.capabilities if googles else self.EMULATED
        self.capabilities = frozenset(capabilities)
        self._lock = threading.Lock()
        self._found: set[str] = set()  # buckets that are known to be there

    @property
    def native(self) -> Client:
        """Google's client, made when first needed. AuthenticationError if there are no credentials."""
        with self._lock:
            if self._client is None:
                try:
                    self._client = _connection.connect(
                        self.project, self.endpoint_url, self._credentials, anonymous=self.anonymous
                    )
                except Exception as error:
                    raise self.typed_error(error, "connect", None) from error
            return self._client

    # Buckets

    def list_buckets(self) -> list[str]:
        project = self._needed_project("buckets are listed of a project")
        return sorted(bucket.name for bucket in self.native.list_buckets(project=project, **self._sending()))

    def create_bucket(self, name: str, location: str | None = None, **gcs: Unpack[CreatingBucket]) -> bool:
        """Make a bucket. True; AlreadyExists if it is there, whoever owns it.

        :param location: such as ``"EU"`` or ``"europe-west6"`` ("Bucket locations"); default ``"US"``.
        """
        _arguments.check(gcs, _arguments.TO_CREATE)
        bucket = self._bucket(name)
        arguments = _arguments.apply(gcs, _arguments.OF_BUCKET, bucket)
        project = self._needed_project("a bucket is made in a project")
        try:
            self.native.create_bucket(bucket, location=location, project=project, **arguments, **self._sending())
        except Conflicting as error:
            raise AlreadyExists(translated(error).message, code="conflict") from error
        return True

    def ensure_bucket(self, name: str, location: str | None = None, **gcs: Unpack[CreatingBucket]) -> bool:
        """Make the bucket unless it is there. True when this call made it. One that is not yours to see is an error."""
        _arguments.check(gcs, _arguments.TO_CREATE)
        if self.bucket_exists(name):
            return False
        try:
            return self.create_bucket(name, location, **gcs)
        except AlreadyExists:
            if self.bucket_exists(name):  # made meanwhile
                return False
            raise

    def bucket_exists(self, bucket: str) -> bool:
        try:
            return bool(self._bucket(bucket).exists(**self._sending()))
        except Forbidden:  # who may see objects may often not see their bucket
            return self._lists(bucket)

    def delete_bucket(self, bucket: str) -> bool:
        with self._telling_what_is_missing(bucket):
            self._bucket(bucket).delete(**self._sending())
        self._found.discard(bucket)
        return True

    # Looking

    def iter_objects(self, bucket: str, prefix: str = "", *, start_after: str = "") -> Iterator[ObjectInfo]:
        found = self.native.list_blobs(
            self._bucket(bucket),
            prefix=prefix,
            start_offset=start_after,
            fields=_LISTED,
            page_size=LISTED_AT_ONCE,
            **self._sending(),
        )
        found.item_to_value = lambda _, item: item  # no `Blob` of each, of which there may be millions
        with self._telling_what_is_missing(bucket):
            for item in found:
                if item["name"] != start_after:  # an offset includes the key itself
                    yield info(bucket, item["name"], item)

    def stat(self, bucket: str, key: str, **gcs: Unpack[Reading]) -> ObjectInfo:
        return info(bucket, key, self._looked_up(bucket, key, gcs)._properties)

    # Reading

    def download_file(self, bucket: str, key: str, **gcs: Unpack[Reading]) -> bytes:
        source, response = self._get(bucket, key, gcs)
        data = io.BytesIO()
        for chunk in chunks(source, response, size_of(response)):
            data.write(chunk)
        return data.getvalue()

    def download_path(
        self, bucket: str, key: str, path: Path, *, progress: Progress | None = None, **gcs: Unpack[Reading]
    ) -> ObjectInfo:
        source, response = self._get(bucket, key, gcs)
        with response, atomic_write(path) as file:
            for chunk in chunks(source, response, size_of(response)):
                file.write(chunk)
                if progress is not None:
                    progress(len(chunk))
        return info_of_data(bucket, key, response)

    def open_read(
        self, bucket: str, key: str, *, start: int = 0, length: int | None = None, **gcs: Unpack[Reading]
    ) -> BinaryIO:
        if length == 0:
            self.stat(bucket, key, **gcs)
            return io.BytesIO()
        try:
            source, response = self._get(bucket, key, gcs, start, None if length is None else start + length)
        except RangeNotSatisfiable:
            return io.BytesIO()  # there is nothing at or behind ``start``
        part = _RANGE.match(response.headers.get("Content-Range", ""))
        whole, end = (None, int(part[1]) + 1) if part else (verifier(response), size_of(response))
        typed_error = partial(self.typed_error, operation="open_read", resource=self.url(bucket, key))
        return io.BufferedReader(body_of(source, response, start, end, whole, typed_error), BUFFER)

    def read_range(
        self, bucket: str, key: str, start: int = 0, length: int | None = None, **gcs: Unpack[Reading]
    ) -> bytes:
        with self.open_read(bucket, key, start=start, length=length, **gcs) as file:
            return file.read()

    # Writing

    def upload_file(
        self, bucket: str, key: str, data: bytes, content_type: str | None = None, **gcs: Unpack[Writing]
    ) -> str:
        self._upload(bucket, key, io.BytesIO(data), content_type, gcs=gcs)
        return self.url(bucket, key)

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
        **gcs: Unpack[Writing],
    ) -> ObjectInfo:
        conditions = conditions_of(if_match, if_none_match)
        return info(bucket, key, self._upload(bucket, key, stream, content_type, metadata, conditions, gcs, progress))

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
        **gcs: Unpack[Writing],
    ) -> ObjectInfo:
        conditions = conditions_of(if_match, if_none_match)
        with open(path, "rb") as file:
            return info(bucket, key, self._upload(bucket, key, file, content_type, metadata, conditions, gcs, progress))

    def copy(self, source_bucket: str, source_key: str, bucket: str, key: str, **gcs: Unpack[Copying]) -> ObjectInfo:
        """Copy an object within Cloud Storage, what is kept with it included, at any size."""
        _arguments.check(gcs, _arguments.TO_COPY)
        source = self._looked_up(source_bucket, source_key, {})
        target = self._blob(bucket, key)
        for name in _KEPT_BY_COPIES:  # a rewrite that sets anything keeps nothing
            setattr(target, name, getattr(source, name))
        _arguments.apply(gcs, _arguments.OF_BLOB, target)
        token = None
        with self._telling_what_is_missing(bucket):
            while True:
                token, _, _ = target.rewrite(source, token=token, **self._sending())
                if token is None:
                    return info(bucket, key, target._properties)

    # Removing

    def delete_file(self, bucket: str, key: str, **gcs: Unpack[Deleting]) -> bool:
        _arguments.check(gcs, _arguments.TO_DELETE)
        return self._delete(bucket, key, **gcs)

    def delete_many(self, bucket: str, keys: Iterable[str]) -> dict[str, CloudError]:
        at_once = DELETED_AT_ONCE if Capability.BATCH_DELETE in self.capabilities else 1
        delete = self._delete_batch if Capability.BATCH_DELETE in self.capabilities else self._delete_each
        failures: dict[str, CloudError] = {}
        remaining = iter(keys)
        while window := list(dict.fromkeys(islice(remaining, THREADS * DELETED_AT_ONCE))):
            for key in window:
                check_key(key)
            batches = [window[start : start + at_once] for start in range(0, len(window), at_once)]
            for failed in in_order(partial(delete, bucket), batches):
                failures |= failed
        return failures

    # Presigned requests

    def generate_presigned_url(self, bucket: str, key: str, expires_in: int = 3600, **gcs: Unpack[Presigning]) -> str:
        """A URL by which anyone may GET the object, for ``expires_in`` seconds, at most seven days.

        AuthenticationError where the credentials cannot sign, PermissionDenied where Google may not sign for
        them; they say what to do.
        """
        return self._presigned("GET", bucket, key, expires_in, gcs)

    def generate_presigned_upload(
        self,
        bucket: str,
        key: str,
        expires_in: int = 3600,
        *,
        content_type: str | None = None,
        **gcs: Unpack[Presigning],
    ) -> PresignedRequest:
        """A request by which anyone may PUT the object, for ``expires_in`` seconds.

        Without ``content_type`` the sender chooses it.
        """
        headers = dict(gcs.get("headers") or {})
        if content_type is not None:
            headers["Content-Type"] = content_type
        url = self._presigned("PUT", bucket, key, expires_in, {**gcs, "headers": headers})
        return PresignedRequest("PUT", url, headers)

    # Inside

    @classmethod
    def credential_source(cls) -> str | None:
        return _connection.credential_source()

    def translate_error(self, error: Exception) -> CloudError | None:
        return translate(error) or super().translate_error(error)

    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, self._given
        if client is not None and client is not self._given:
            client.close()

    def __repr__(self) -> str:
        return f"GCSStorage(project={self.project!r}, endpoint_url={self.endpoint_url!r})"

    def __reduce__(self) -> Any:
        if self._given is not None:
            raise TypeError("a GCSStorage that was given a client does not pickle; give it project, endpoint_url...")
        return super().__reduce__()

    def _repeats(self) -> Repeats:
        return Repeats(self.attempts)

    def _sending(self) -> dict[str, Any]:
        """What every method of the SDK takes."""
        return {"retry": self._repeats(), "timeout": self.timeout}

    def _bucket(self, name: str) -> Bucket:
        return self.native.bucket(name, user_project=self.user_project)

    def _blob(self, bucket: str, key: str, **gcs: Any) -> Blob:
        """The SDK's object. InvalidRequest for a key that no object has ("Object names").

        Not left to the service: what leads to ``..`` would be taken for the bucket itself, and deleted.
        """
        if key in (".", "..") or "\r" in key or "\n" in key:
            raise InvalidRequest(f"Cloud Storage has no object named {key!r}: neither '.' nor '..', and no line ends")
        return self._bucket(bucket).blob(key, **gcs)

    def _needed_project(self, why: str) -> str | None:
        project = self.project or self.native.project
        if not project and not _connection.is_emulated():
            raise InvalidRequest(f"{why}: give project=, or set GOOGLE_CLOUD_PROJECT")
        return project

    def _looked_up(self, bucket: str, key: str, gcs: Mapping[str, Any]) -> Blob:
        _arguments.check(gcs, _arguments.TO_READ)
        blob = self._blob(bucket, key, **gcs)
        with self._telling_what_is_missing(bucket, of_object=True):
            blob.reload(**self._sending())
        return blob

    def _get(
        self, bucket: str, key: str, gcs: Mapping[str, Any], start: int = 0, end: int | None = None
    ) -> tuple[Source, requests.Response]:
        """The object's data, and the answer with its open body."""
        _arguments.check(gcs, _arguments.TO_READ)
        client, blob = self.native, self._blob(bucket, key)
        parameters = {"userProject": self.user_project, "generation": gcs.get("generation")}
        source = Source(
            Requests(client, self.timeout),
            f"{client.api_endpoint}/download/storage/v1{blob.path}",
            {name: str(value) for name, value in parameters.items() if value is not None},
            encryption_headers(gcs.get("encryption_key")),
            self._repeats,
        )
        with self._telling_what_is_missing(bucket, of_object=True):
            return source, source.open(start, end)

    def _upload(
        self,
        bucket: str,
        key: str,
        stream: BinaryIO,
        content_type: str | None,
        metadata: Mapping[str, str] | None = None,
        conditions: Mapping[str, Any] | None = None,
        gcs: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> Mapping[str, Any]:
        """Store what the stream holds; returns what the service knows of it then."""
        _arguments.check(gcs or {}, _arguments.TO_UPLOAD)
        parts = Parts(stream)
        blob = self._blob(bucket, key)
        arguments = {**_arguments.apply(gcs or {}, _arguments.OF_BLOB, blob), **(conditions or {})}
        blob.metadata = dict(metadata or {}) or None
        sending = self._sending()
        arguments |= {"content_type": content_type or guess_content_type(key), "checksum": None, **sending}
        with self._telling_what_is_missing(bucket), _telling_what_was_repeated(sending["retry"]):
            if parts.is_last:
                data = parts.take()
                if progress is not None:
                    progress(len(data))
                crc32c = blob.crc32c = Crc32c(data).base64()  # the service refuses what differs
                blob.upload_from_file(io.BytesIO(data), size=len(data), **arguments)
                resource: Mapping[str, Any] = blob._properties
            else:
                url = blob.create_resumable_upload_session(**arguments)
                session = Session(Requests(self.native, self.timeout), url, sending["retry"])
                resource = session.run(parts, progress)
                crc32c = session.crc32c
        if resource.get("crc32c") not in (None, crc32c):  # an emulator may not compare
            blob.delete(if_generation_match=resource.get("generation"), **self._sending())
            raise IntegrityError("the service keeps other data than was sent: send it again", retryable=True)
        return resource

    def _delete(self, bucket: str, key: str, **gcs: Any) -> bool:
        sending = self._sending()
        try:
            with self._telling_what_is_missing(bucket, of_object=True):
                self._blob(bucket, key, **gcs).delete(**sending)
        except ObjectNotFound:
            repeats: Repeats = sending["retry"]
            return repeats.happened  # the first request may have deleted it
        return True

    def _delete_each(self, bucket: str, keys: Iterable[str]) -> dict[str, CloudError]:
        failures = {}
        for key in keys:
            try:
                self._delete(bucket, key)
            except BucketNotFound:
                raise
            except CloudError as error:
                failures[key] = error
            except GoogleAPICallError as error:
                failures[key] = translated(error)
        return failures

    def _delete_batch(self, bucket: str, keys: list[str]) -> dict[str, CloudError]:
        """Delete in one request; what was not done of it, as the service was busy, one by one."""

        def send() -> list[requests.Response]:
            with self.native.batch(raise_exception=False) as batch:
                for key in keys:
                    self._blob(bucket, key).delete(timeout=self.timeout, retry=None)
            return list(batch._responses)

        answers = self._repeats()(send)()
        done = (answer.ok or isinstance(from_response(answer), ObjectNotFound) for answer in answers)
        return self._delete_each(bucket, [key for key, is_done in zip(keys, done, strict=True) if not is_done])

    def _presigned(self, method: str, bucket: str, key: str, expires_in: int, gcs: Mapping[str, Any]) -> str:
        _arguments.check(gcs, _arguments.TO_PRESIGN)
        if expires_in > LONGEST_EXPIRY:
            raise ValueError(f"expires_in is at most {LONGEST_EXPIRY} seconds (7 days), not {expires_in}")
        return signed_url(
            self._blob(bucket, key),
            self.native._credentials,
            self.service_account_email,
            method=method,
            expiration=timedelta(seconds=expires_in),
            **{**gcs, "headers": dict(gcs.get("headers") or {})},  # to which the SDK adds
        )

    @contextmanager
    def _telling_what_is_missing(self, bucket: str, *, of_object: bool = False) -> Iterator[None]:
        """Make of a 404 within the block an error that says whether it was the bucket or the object."""
        try:
            yield
        except Missing as error:
            typed = translated(error)
            if type(typed) is NotFound:  # it does not say; Google does
                kind = ObjectNotFound if of_object and self._is_there(bucket) else BucketNotFound
                what = "no such object in" if kind is ObjectNotFound else "no"
                typed = kind(f"{what} bucket {bucket!r}", code="notFound", request_id=typed.request_id)
            raise typed from error

    def _is_there(self, bucket: str) -> bool:
        if bucket not in self._found:
            with suppress(PermissionDenied, Forbidden):
                if not self._lists(bucket):
                    return False
            self._found.add(bucket)
        return True

    def _lists(self, bucket: str) -> bool:
        """Whether the bucket is there, for one who may list its objects."""
        try:
            list(self.native.list_blobs(self._bucket(bucket), max_results=1, fields="items/name", **self._sending()))
        except Missing:
            return False
        return True


@contextmanager
def _telling_what_was_repeated(repeats: Repeats) -> Iterator[None]:
    """Add to a condition that failed after a request was sent again what may stand in its way."""
    try:
        yield
    except NotMet as error:
        message = translated(error).message
        if repeats.happened:
            message += "; it was sent again after no answer came, so what stands in its way may be this very write"
        raise PreconditionFailed(message, code="conditionNotMet") from error
