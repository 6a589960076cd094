"""What type checkers tell users of the core alone. Checked by mypy, never run."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, ClassVar, Protocol, assert_type

from codomyrmex.cloud import (
    CloudClient,
    CloudError,
    CloudProvider,
    ComputeClient,
    LocalStorage,
    ObjectInfo,
    ProviderInfo,
    ResourceType,
    ServerlessClient,
    StorageClient,
    __version__,
    get_client,
    open_storage,
    providers,
    register,
)
from codomyrmex.cloud.common import lenient, operation
from codomyrmex.cloud.common.client import CloudClient as CloudClientWhereItLives

# What get_client gives of the core's own provider

assert_type(get_client(CloudProvider.LOCAL), LocalStorage)
assert_type(get_client("local", root="/tmp/x"), LocalStorage)

# What get_client gives of a stranger's provider, and of one known at run time alone: what all of its service have alike


class Acme(StrEnum):
    ACME = "acme"


def choose(provider: CloudProvider, name: str) -> None:
    assert_type(get_client(provider), StorageClient)
    assert_type(get_client(name, ResourceType.COMPUTE), ComputeClient)
    assert_type(get_client("aws", ResourceType.SERVERLESS), ServerlessClient)
    assert_type(get_client("aws", "serverless"), ServerlessClient)
    assert_type(get_client(Acme.ACME), StorageClient)
    assert_type(get_client("acme", "compute"), ComputeClient)
    assert_type(get_client("acme", "queue"), Any)
    assert_type(get_client("acme", name), Any)


class Maker(Protocol):
    def __call__(self, provider: CloudProvider | str, service: ResourceType | str = ..., **options: Any) -> Any: ...


maker: Maker = get_client

get_client(1)  # type: ignore[call-overload]
get_client(ResourceType.COMPUTE)  # type: ignore[call-overload]
get_client("aws", CloudProvider.AWS)  # type: ignore[call-overload]

# The other names of codomyrmex.cloud

assert_type(open_storage("local://bucket/key"), StorageClient)
assert_type(LocalStorage("/tmp/x"), LocalStorage)
assert_type(providers(), list[ProviderInfo])
assert_type(register("acme.storage", LocalStorage, scheme="acme"), None)
assert_type(__version__, str)
assert_type(CloudClient, type[CloudClientWhereItLives])
from codomyrmex.cloud import NoSuchName  # type: ignore[attr-defined]  # noqa: E402, F401

# A storage's methods keep their signatures under the decorator that makes them operations


def use(storage: StorageClient) -> None:
    assert_type(storage.download_file("bucket", "key"), bytes)
    assert_type(storage.upload_file("bucket", "key", b""), str)
    assert_type(storage.iter_objects("bucket", start_after="a"), Iterator[ObjectInfo])
    assert_type(storage.delete_many("bucket", ["a"]), dict[str, CloudError])
    storage.upload_file("bucket", "key", "text")  # type: ignore[arg-type]
    storage.download_file("bucket")  # type: ignore[call-arg]
    storage.stat("bucket", "key", "more")  # type: ignore[call-arg]
    with storage as same:
        assert_type(same, StorageClient)


class Six(StorageClient):
    """A stranger's provider needs these and no decorator."""

    provider: ClassVar[str] = "six"

    def list_buckets(self) -> list[str]:
        return []

    def create_bucket(self, name: str) -> bool:
        return True

    def upload_file(self, bucket: str, key: str, data: bytes, content_type: str | None = None) -> str:
        return self.url(bucket, key)

    def download_file(self, bucket: str, key: str) -> bytes:
        return b""

    def delete_file(self, bucket: str, key: str) -> bool:
        return True

    def generate_presigned_url(self, bucket: str, key: str, expires_in: int = 3600) -> str:
        return ""


class Five(StorageClient):
    pass


assert_type(Six.from_url("six://bucket"), Six)
Five()  # type: ignore[abstract]


class Face(CloudClient):
    """A documented class, with the spec's results."""

    @operation
    def count(self, bucket: str, *, deep: bool = False) -> int:
        return 0

    @operation(lazy=True)
    def names(self, bucket: str) -> Iterator[str]:
        return iter(())

    @lenient(on_failure=None)
    def find(self, key: str) -> ObjectInfo | None:
        return None


assert_type(Face().count("b", deep=True), int)
assert_type(Face().names("b"), Iterator[str])
assert_type(Face().find("k"), ObjectInfo | None)
assert_type(Face().last_error, CloudError | None)
Face().count(1)  # type: ignore[arg-type]
Face().find()  # type: ignore[call-arg]
