"""What type checkers tell users of our providers. Checked by mypy, never run."""

import csv
import sqlite3
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple, Unpack, assert_type

from codomyrmex.cloud import (
    AzureStorage,
    CloudProvider,
    CodaClient,
    GCSStorage,
    InfomaniakCloud,
    InfomaniakComputeClient,
    InfomaniakDNSClient,
    InfomaniakIdentityClient,
    InfomaniakNetworkClient,
    InfomaniakNewsletterClient,
    InfomaniakObjectStorageClient,
    InfomaniakS3Client,
    InfomaniakS3Storage,
    InfomaniakSwiftStorage,
    ResourceType,
    S3Storage,
    get_client,
)
from codomyrmex.cloud.aws import options as aws
from codomyrmex.cloud.azure import options as azure
from codomyrmex.cloud.coda import Row
from codomyrmex.cloud.gcp import options as gcp

# What get_client gives: the class of each provider of this project, by its enum's member or its name

assert_type(get_client(CloudProvider.AWS), S3Storage)
assert_type(get_client("aws", "storage", region_name="eu-west-1"), S3Storage)
assert_type(get_client(CloudProvider.GCP, ResourceType.STORAGE), GCSStorage)
assert_type(get_client(CloudProvider.AZURE), AzureStorage)
assert_type(get_client(CloudProvider.INFOMANIAK), InfomaniakS3Storage)
assert_type(get_client("infomaniak", "swift"), InfomaniakSwiftStorage)
assert_type(get_client(CloudProvider.INFOMANIAK, ResourceType.COMPUTE, region="dc3-a"), InfomaniakComputeClient)
assert_type(get_client("infomaniak", service="compute"), InfomaniakComputeClient)
assert_type(get_client("infomaniak", ResourceType.NETWORK), InfomaniakNetworkClient)
assert_type(get_client("infomaniak", "dns"), InfomaniakDNSClient)
assert_type(get_client("coda", "documents"), CodaClient)

get_client(CloudProvider.AWS).upload_file("bucket", "key", b"", StorageClass="GLACIER")
get_client("gcp").upload_file("bucket", "key", b"", storage_class="NEARLINE")
get_client(CloudProvider.AZURE).upload_file("bucket", "key", b"", standard_blob_tier="Cool")
get_client(CloudProvider.INFOMANIAK, ResourceType.COMPUTE).start_instance("web", wait=False)
get_client("infomaniak", "compute").reboot_instance("web", "HARD")
get_client("infomaniak", "compute").reboot_instance("web", "hard")  # type: ignore[arg-type]
get_client("infomaniak", "compute").start_instance("web", wait=30)  # type: ignore[arg-type]
get_client("infomaniak", "swift").generate_temp_url("bucket", "key", method="PATCH")  # type: ignore[arg-type]

# Options of a vendor's SDK are known by name and type: a misspelt one is an error

NOW = datetime.now(UTC)
S3Storage().upload_file("b", "k", b"", StorageClass="GLACIER", SSECustomerKey=b"k", Expires=NOW, BucketKeyEnabled=True)
S3Storage().upload_path("b", "k", "f", if_none_match="*", ACL="private", ObjectLockLegalHoldStatus="ON")
S3Storage().copy("b", "k", "b", "k", StorageClass="GLACIER", MetadataDirective="COPY")
S3Storage().create_bucket("b", "eu-west-1", ACL="private", CreateBucketConfiguration={"Location": {"Type": "x"}})
S3Storage().generate_presigned_url("b", "k", 60, ResponseContentType="text/plain", VersionId="1")
S3Storage().delete_file("b", "k", VersionId="1", RequestPayer="requester")
S3Storage().create_bucket("b", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
list(S3Storage().iter_objects("b", OptionalObjectAttributes=["RestoreStatus"]))
S3Storage().iter_objects("b", OptionalObjectAttributes="RestoreStatus")  # type: ignore[arg-type]
S3Storage().create_bucket("b", CreateBucketConfiguration=MappingProxyType({}))  # type: ignore[arg-type]
S3Storage().upload_file("b", "k", b"", StorageClass=None)  # type: ignore[arg-type]
S3Storage().upload_file("b", "k", b"", StorageClas="GLACIER")  # type: ignore[call-arg]
S3Storage().upload_file("b", "k", b"", StorageClass=5)  # type: ignore[arg-type]
S3Storage().upload_file("b", "k", b"", VersionId="1")  # type: ignore[call-arg]
S3Storage().copy("b", "k", "b", "k", MetadataDirective="MOVE")  # type: ignore[arg-type]
S3Storage().delete_many("b", ["k"], VersionId="1")  # type: ignore[call-arg]
S3Storage().upload_path("b", "k", "f", Metadata={})  # type: ignore[call-arg]
InfomaniakS3Storage().upload_file("b", "k", b"", CacheControl="no-store")
InfomaniakS3Storage().upload_file("b", "k", b"", CacheControll="no-store")  # type: ignore[call-arg]

GCSStorage().upload_file("b", "k", b"", storage_class="NEARLINE", custom_time=NOW, temporary_hold=True)
GCSStorage().create_bucket("b", "EU", labels={"team": "ants"}, cors=[{"origin": ["*"]}], data_locations=["a", "b"])
GCSStorage().download_file("b", "k", generation=1, encryption_key=b"k")
GCSStorage().create_bucket("b", ip_filter=object(), lifecycle_rules=[MappingProxyType({"action": {}})])
GCSStorage().create_bucket("b", data_locations="EU")  # type: ignore[arg-type]
GCSStorage().create_bucket("b", cors=[MappingProxyType({"origin": ["*"]})])  # type: ignore[list-item]
GCSStorage().upload_file("b", "k", b"", storage_clas="NEARLINE")  # type: ignore[call-arg]
GCSStorage().download_file("b", "k", generation="1")  # type: ignore[arg-type]
GCSStorage().copy("b", "k", "b", "k", predefined_acl="private")  # type: ignore[call-arg]

AzureStorage().upload_file("b", "k", b"", standard_blob_tier="Cool", tags={"a": "b"}, lease="id")
AzureStorage().delete_file("b", "k", delete_snapshots="include")
AzureStorage().generate_presigned_url("b", "k", start=NOW, content_disposition="attachment")
AzureStorage().upload_file("b", "k", b"", standard_blob_teir="Cool")  # type: ignore[call-arg]
AzureStorage().upload_file("b", "k", b"", tags="a=b")  # type: ignore[arg-type]
AzureStorage().delete_file("b", "k", delete_snapshots="all")  # type: ignore[arg-type]
AzureStorage().generate_presigned_upload("b", "k", cache_control="x")  # type: ignore[call-arg]


def archive(data: bytes, **s3: Unpack[aws.Writing]) -> str:
    """A user's own function that passes them on."""
    return S3Storage().upload_file("b", "k", data, **s3)


archive(b"", StorageClass="GLACIER")
archive(b"", StorageClas="GLACIER")  # type: ignore[call-arg]
extra: aws.Writing = {"StorageClass": "GLACIER"}
S3Storage().upload_file("b", "k", b"", **extra)
more: gcp.Writing = {"storage_class": "NEARLINE"}
GCSStorage().upload_file("b", "k", b"", **more)
less: azure.Writing = {"standard_blob_tier": "Cool"}
AzureStorage().upload_file("b", "k", b"", **less)


def forwards(
    text: str | None = None, tags: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> None:
    """A user's own function that passes on what may be None."""
    AzureStorage().upload_file("b", "k", b"", tags=tags, standard_blob_tier=text, cache_control=text, lease=text)
    AzureStorage().download_file("b", "k", version_id=text)
    GCSStorage().upload_file("b", "k", b"", storage_class=text, predefined_acl=text)
    GCSStorage().generate_presigned_upload("b", "k", headers=headers, response_type=text)


wrong: azure.Writing = {"teir": "Cool"}  # type: ignore[typeddict-unknown-key]


class Strangers(S3Storage):
    """A subclass of a stranger's may take the same, or whatever it likes."""

    def upload_file(
        self, bucket: str, key: str, data: bytes, content_type: str | None = None, **s3: Unpack[aws.Writing]
    ) -> str:
        return super().upload_file(bucket, key, data, content_type, **s3)

    def download_file(self, bucket: str, key: str, **s3: Any) -> bytes:
        return super().download_file(bucket, key, **s3)


Strangers().upload_file("b", "k", b"", StorageClas="GLACIER")  # type: ignore[call-arg]

# What makes clients, and Nova's attributes of a server

CodaClient.from_env(timeout=7, limits=None)
CodaClient.from_env(time_out=7)  # type: ignore[call-arg]


class Task(NamedTuple):
    Name: str


def move_rows(coda: CodaClient, row: Row) -> None:
    """What was read, and whatever else holds a row, is a row to write."""
    coda.insert_rows("doc", "Archive", coda.iter_rows("doc", "Tasks", use_column_names=True))
    coda.insert_rows("doc", "Archive", coda.list_rows("doc", "Tasks"))
    coda.insert_rows("doc", "Archive", [Task("a"), {"Name": "b"}, [{"column": "Name", "value": "c"}]])
    coda.insert_rows("doc", "Archive", csv.DictReader(["Name"]))
    coda.insert_rows("doc", "Archive", sqlite3.connect("tasks.db").execute("select * from tasks"))
    coda.insert_rows("doc", "Archive", [7])  # type: ignore[list-item]
    coda.update_row("doc", "Tasks", "i-1", row)
    assert_type(dict(row), dict[str, Any])


InfomaniakNewsletterClient.from_env(strict=True, requests_per_minute=7)
InfomaniakNewsletterClient.from_env(stric=True)  # type: ignore[call-arg]
InfomaniakNewsletterClient.from_credentials("token", 7, timeout="7")  # type: ignore[arg-type]
InfomaniakCloud(strict=True, region="dc4-a")
InfomaniakCloud.from_env(regoin="dc4-a")  # type: ignore[call-arg]
InfomaniakCloud.from_credentials("id", "secret", timeout=7, project_id="p")
InfomaniakCloud.from_credentials("id", "secret", time_out=7)  # type: ignore[call-arg]
InfomaniakComputeClient.from_env(strict=True, region="dc4-a", timeout=7)
InfomaniakComputeClient.from_env(regoin="dc4-a")  # type: ignore[call-arg]
InfomaniakComputeClient.from_credentials("id", "secret", project_id="p").create_instance("n", "f", "i", tags=["a"])
InfomaniakComputeClient.from_credentials("id", "secret", project="p")  # type: ignore[call-arg]
InfomaniakComputeClient().create_instance("n", "f", "i", metadata={"a": "b"}, config_drive=True, description="d")
InfomaniakComputeClient().create_instance("n", "f", "i", meta_data={"a": "b"})  # type: ignore[call-arg]
InfomaniakComputeClient().create_instance("n", "f", "i", description=7)  # type: ignore[arg-type]
InfomaniakObjectStorageClient(region="dc4-a", strict=True)
InfomaniakObjectStorageClient(regoin="dc4-a")  # type: ignore[call-arg]
InfomaniakSwiftStorage.from_env(endpoint_url="https://host/v1/AUTH_p", timeout=7)
InfomaniakSwiftStorage.from_env(endpiont_url="https://host/v1/AUTH_p")  # type: ignore[call-arg]
InfomaniakSwiftStorage.from_credentials("id", "secret", endpoint_url="https://host/v1/AUTH_p", project_id="p")
InfomaniakS3Client.from_env(strict=True, region="dc4-a", config={"read_timeout": 7})
InfomaniakS3Client.from_env(regoin="dc4-a")  # type: ignore[call-arg]
InfomaniakS3Client.from_credentials("access", "secret", config={"read_timeout": 7})
InfomaniakS3Client.from_credentials("access", "secret", confg={})  # type: ignore[call-arg]
InfomaniakS3Client.from_identity(InfomaniakIdentityClient(), config={"read_timeout": 7})
InfomaniakS3Client.from_identity(InfomaniakIdentityClient(), confg={})  # type: ignore[call-arg]
