"""Infomaniak's object storage by its S3 API: `InfomaniakS3Storage`, and `InfomaniakS3Client` (spec 4.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypedDict, Unpack
from urllib.parse import urlsplit

from codomyrmex.cloud.aws import S3Storage
from codomyrmex.cloud.common import Capability, CloudClient, CloudCredentials, lenient
from codomyrmex.cloud.common.storage import Path
from codomyrmex.cloud.infomaniak.object_storage import _s3_settings
from codomyrmex.cloud.plugin import make_client

if TYPE_CHECKING:
    from codomyrmex.cloud.infomaniak.identity import InfomaniakIdentityClient


class InfomaniakS3Storage(S3Storage):
    """Buckets of Infomaniak's Public Cloud, by the S3 API of OpenStack Swift; URLs are ``infomaniak://bucket/key``.

    :param endpoint_url: of the S3 API. Default: INFOMANIAK_S3_ENDPOINT, else that of the region.
    :param region_name: ``dc3-a`` or ``dc4-a``, where the buckets are; any other is what requests are signed for at
        the endpoint. Default: INFOMANIAK_S3_REGION, else INFOMANIAK_REGION, else ``dc3-a``; signed for ``us-east-1``.
    :param credentials: access_key and secret_key of Keystone's EC2 credentials.
        Default: INFOMANIAK_S3_ACCESS_KEY and INFOMANIAK_S3_SECRET_KEY.
    :param config: options of `botocore.config.Config`: timeouts in seconds, ``retries``, ``proxies``...
    :param client: a boto3 S3 client to use as it is, in place of all the above.
    :param capabilities: where the service is known to do more or less than upstream's Swift, `PLAIN_S3`.

    InfomaniakAuthError names what is missing, ValueError a region whose endpoint is not known. Settings of AWS's
    (variables AWS_..., files of ~/.aws) are never read, but for AWS_CA_BUNDLE.

    All else is as in `S3Storage`: methods take further arguments of S3's operations by their names, such as
    ``CacheControl``, ``ContentDisposition`` or ``Expires``. What AWS alone has, such as ``ServerSideEncryption``, the
    service refuses. An object that is written only if there is none (``if_none_match="*"``) may be written by several
    that race for it.
    """

    provider: ClassVar[str] = "infomaniak"
    scheme: ClassVar[str] = "infomaniak"
    recipe: ClassVar[tuple[str, ...] | None] = ("endpoint_url", "region_name", "config", "capabilities")
    aws_settings: ClassVar[bool] = False
    PLAIN_S3: ClassVar[frozenset[Capability]] = S3Storage.PLAIN_S3 | {Capability.CONDITIONAL_CREATE}
    """What upstream's Swift does."""
    capabilities = PLAIN_S3
    deleted_at_once: ClassVar[int] = 200
    """Keys of one DeleteObjects. Swift deletes them one after another, and answers when all are gone."""

    def __init__(
        self,
        *,
        endpoint_url: str | None = None,
        region_name: str | None = None,
        credentials: CloudCredentials | None = None,
        config: Mapping[str, Any] | None = None,
        client: Any = None,
        capabilities: Iterable[Capability] | None = None,
    ) -> None:
        self.access_key: str | None = None
        """Which key is used; None with a client given."""
        if client is None:
            found = _s3_settings.find(credentials, endpoint_url, region_name)
            self.access_key = found.access_key
            credentials = CloudCredentials("infomaniak", found.access_key, found.secret_key)
            endpoint_url, region_name = found.endpoint_url, found.region_name
        super().__init__(
            region_name,
            endpoint_url=endpoint_url,
            credentials=credentials,
            config=config,
            client=client,
            capabilities=capabilities,
        )

    @classmethod
    def credential_source(cls) -> str | None:
        """Which key of the environment would be used, and where, without the secret."""
        return _s3_settings.credential_source()


class KeyOptions(TypedDict, total=False):
    """What `InfomaniakS3Client` takes beside keys and their place."""

    config: Mapping[str, Any] | None
    """Options of `botocore.config.Config`."""


class ClientOptions(KeyOptions, total=False):
    """What `InfomaniakS3Client.from_env` takes beside ``strict``."""

    endpoint_url: str | None
    region: str | None


class InfomaniakS3Client(CloudClient):
    """Buckets and objects by the S3 API (spec 4.5). Methods return False, [], b"" or None on failure (spec 8);
    ``last_error`` says why.

    :param credentials: access_key and secret_key of Keystone's EC2 credentials.
    :param endpoint_url: of the S3 API.
    :param region: ``dc3-a`` or ``dc4-a``; any other is what requests are signed for.
    :param config: options of `botocore.config.Config`.
    :param client: a boto3 S3 client to use as it is.
    :param strict: raise the `CloudError` instead.

    Defaults are those of `InfomaniakS3Storage`: INFOMANIAK_S3_ACCESS_KEY, INFOMANIAK_S3_SECRET_KEY and so on.
    Arguments that no service could take raise TypeError or ValueError at once. ``storage`` is the
    `InfomaniakS3Storage` that does the work, with all else that it can do: streams, ranges, copies, metadata.
    """

    provider: ClassVar[str] = "infomaniak"
    service: ClassVar[str] = "storage"
    recipe: ClassVar[tuple[str, ...] | None] = ("endpoint_url", "region", "config")

    def __init__(
        self,
        *,
        credentials: CloudCredentials | None = None,
        endpoint_url: str | None = None,
        region: str | None = None,
        config: Mapping[str, Any] | None = None,
        client: Any = None,
        strict: bool = False,
    ) -> None:
        options = {
            "credentials": credentials,
            "endpoint_url": endpoint_url,
            "region_name": region,
            "config": config,
            "client": client,
        }
        self.storage: InfomaniakS3Storage = make_client("infomaniak.storage", InfomaniakS3Storage, options)
        self.endpoint_url, self.region = self.storage.endpoint_url, self.storage.region_name
        self.config = self.storage.config
        self.strict = strict

    @classmethod
    def from_env(cls, *, strict: bool = False, **options: Unpack[ClientOptions]) -> Self:
        """A client by the keys of the environment; ``options`` are those of the class."""
        return cls(strict=strict, **options)

    @classmethod
    def from_credentials(
        cls,
        access_key: str,
        secret_key: str,
        endpoint_url: str | None = None,
        region: str | None = None,
        *,
        strict: bool = False,
        **options: Unpack[KeyOptions],
    ) -> Self:
        """A client by these keys; ``options`` are those of the class."""
        given = CloudCredentials("infomaniak", access_key, secret_key)
        return cls(credentials=given, endpoint_url=endpoint_url, region=region, strict=strict, **options)

    @classmethod
    def from_identity(
        cls,
        identity_client: InfomaniakIdentityClient,
        *,
        endpoint_url: str | None = None,
        strict: bool = False,
        **options: Unpack[KeyOptions],
    ) -> Self:
        """A client by keys that are made here, for the project of this identity client; it is not used afterwards.

        :param endpoint_url: of the S3 API. Default: the host of the catalogue's object store, else the region's.
        :param options: those of the class.

        Each call makes a pair of keys, which holds until it is deleted:
        ``identity_client.delete_ec2_credentials(client.access_key)``. A program that runs again and again keeps one
        pair instead: ``identity_client.create_ec2_credentials()`` once, then `from_env` or `from_credentials`.

        Raises what Keystone refuses: by default it gives keys neither to a restricted application credential nor,
        since 2026, to any; a connection by password gets them.
        """
        keys = identity_client.create_ec2_credentials()
        if keys is None:
            raise identity_client.last_error or RuntimeError("no keys and no reason")
        try:
            place = endpoint_url or _object_store(identity_client)
            region = None if place else identity_client.region
            return cls.from_credentials(keys["access"], keys["secret"], place, region, strict=strict, **options)
        except BaseException:
            identity_client.delete_ec2_credentials(keys["access"])
            raise

    @property
    def access_key(self) -> str | None:
        """Which key is used; None with a client given."""
        return self.storage.access_key

    @property
    def native(self) -> Any:
        """The boto3 client."""
        return self.storage.native

    @classmethod
    def credential_source(cls) -> str | None:
        """Which key of the environment would be used, and where, without the secret."""
        return _s3_settings.credential_source()

    @lenient(False)
    def validate_connection(self) -> bool:
        """Send a signed request: whether the keys hold now."""
        self.storage.list_buckets()
        return True

    # Buckets

    @lenient([])
    def list_buckets(self) -> list[str]:
        """The names of all buckets, sorted: the containers of the project."""
        return self.storage.list_buckets()

    @lenient(False)
    def bucket_exists(self, bucket: str) -> bool:
        """Whether the bucket is there. False also on failure, such as of somebody else's; ``last_error`` tells."""
        return self.storage.bucket_exists(bucket)

    @lenient(False)
    def create_bucket(self, bucket: str) -> bool:
        """Make a bucket. One that is there already is a failure."""
        return self.storage.create_bucket(bucket)

    @lenient(False)
    def ensure_bucket(self, bucket: str) -> bool:
        """Make the bucket unless it is there. True when it is there now."""
        self.storage.ensure_bucket(bucket)
        return True

    @lenient(False)
    def delete_bucket(self, bucket: str) -> bool:
        """Delete an empty bucket."""
        return self.storage.delete_bucket(bucket)

    # Objects

    @lenient([])
    def list_objects(self, bucket: str, prefix: str = "") -> list[str]:
        """The keys of all objects, or of those that start with ``prefix``, however many, in UTF-8 order."""
        return [found.key for found in self.storage.iter_objects(bucket, prefix)]

    @lenient(False)
    def upload_data(self, bucket: str, key: str, data: bytes, *, content_type: str | None = None) -> bool:
        """Store ``data``, replacing what is there. The content type is guessed from the key when not given."""
        self.storage.upload_file(bucket, key, data, content_type)
        return True

    @lenient(b"")
    def download_data(self, bucket: str, key: str) -> bytes:
        """The object's data, verified. b"" also on failure: ``last_error`` tells it from an empty object."""
        return self.storage.download_file(bucket, key)

    @lenient(False)
    def upload_file(self, bucket: str, key: str, file_path: Path, *, content_type: str | None = None) -> bool:
        """Upload a file of any size."""
        self.storage.upload_path(bucket, key, file_path, content_type=content_type)
        return True

    @lenient(False)
    def download_file(self, bucket: str, key: str, file_path: Path) -> bool:
        """Download to a file, which is replaced as a whole or not at all."""
        self.storage.download_path(bucket, key, file_path)
        return True

    @lenient(False)
    def delete_object(self, bucket: str, key: str) -> bool:
        """Delete an object. True also if there was none: S3 does not tell."""
        return self.storage.delete_file(bucket, key)

    @lenient(None)
    def get_metadata(self, bucket: str, key: str) -> dict[str, Any] | None:
        """``content_length`` (bytes), ``content_type``, ``etag``, ``last_modified`` (datetime with time
        zone) and ``metadata`` (the user's own, a dict).
        """
        found = self.storage.stat(bucket, key)
        return {
            "content_length": found.size,
            "content_type": found.content_type,
            "etag": found.etag,
            "last_modified": found.last_modified,
            "metadata": dict(found.metadata),
        }

    @lenient(None)
    def generate_presigned_url(
        self, bucket: str, key: str, expires_in: int = 3600, *, method: Literal["GET", "PUT"] = "GET"
    ) -> str | None:
        """A URL by which anyone may GET the object, or PUT it, for ``expires_in`` seconds, at most seven days.

        :param method: ``"GET"`` or ``"PUT"``, which takes any content type.
        """
        if method == "GET":
            return self.storage.generate_presigned_url(bucket, key, expires_in)
        if method == "PUT":
            return self.storage.generate_presigned_upload(bucket, key, expires_in).url
        raise ValueError(f"method is 'GET' or 'PUT', not {method!r}")

    def close(self) -> None:
        """Close its connections. Safe to call twice."""
        self.storage.close()

    def __reduce__(self) -> Any:
        self.storage.__reduce__()  # TypeError where it was given a client
        return super().__reduce__()


def _object_store(identity_client: InfomaniakIdentityClient) -> str | None:
    """Where the catalogue has the object store, without the path: there is its S3 API."""
    url = identity_client.connection.endpoint_for("object-store")
    return url and urlsplit(url)._replace(path="", query="").geturl()
