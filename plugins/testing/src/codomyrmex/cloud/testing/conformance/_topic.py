"""What the topics of the suite share: settings, fixtures, and which tests apply to a storage."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, ClassVar, NamedTuple, NoReturn, Protocol, Self, TypeVar

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.errors import CloudError, InvalidRequest
from codomyrmex.cloud.testing._outcomes import Outcome
from codomyrmex.cloud.testing.backends import FaultProxy, UntrustedServer
from codomyrmex.cloud.testing.conformance._data import MIB, ODD_KEYS, memory, stream
from codomyrmex.cloud.testing.conformance._http import Http, send

Test = TypeVar("Test", bound=Callable[..., None])


class NewBucket(Protocol):
    """Makes a bucket and returns its name; with ``create=False`` it returns a name to make one of."""

    def __call__(self, *, create: bool = True) -> str: ...


class Proxied(NamedTuple):
    """A client whose requests pass a proxy that breaks them."""

    storage: StorageClient
    proxy: FaultProxy

    @classmethod
    @contextmanager
    def before(cls, server_url: str, connect: Callable[[str], StorageClient]) -> Iterator[Self]:
        """A `FaultProxy` before a server, and a client that reaches the server through it, for a ``with`` block.

        At the end of the block the client is closed and the proxy stopped.

        :param server_url: of the server: ``http://``, host, port, and a path if it has one.
        :param connect: makes the client, from the URL of the proxy.
        """
        with FaultProxy(server_url) as proxy, connect(proxy.endpoint_url) as storage:
            yield cls(storage, proxy)


class Untrusted(NamedTuple):
    """A client whose server has a certificate that nobody vouches for."""

    storage: StorageClient
    server: UntrustedServer

    @classmethod
    @contextmanager
    def connected(cls, connect: Callable[[str], StorageClient]) -> Iterator[Self]:
        """An `UntrustedServer`, and a client of it, for a ``with`` block.

        At the end of the block the client is closed and the server stopped.

        :param connect: makes the client, from the URL of the server: ``https://``, host and port.
        """
        with UntrustedServer() as server, connect(server.endpoint_url) as storage:
            yield cls(storage, server)


def needs(*capabilities: Capability) -> Callable[[Test], Test]:
    """The test is of what storages do that claim all of these."""

    def mark(test: Test) -> Test:
        vars(test)["needs"] = capabilities
        return test

    return mark


def without(capability: Capability) -> Callable[[Test], Test]:
    """The test is of what storages do that do not claim this."""

    def mark(test: Test) -> Test:
        vars(test)["without"] = capability
        return test

    return mark


def require(storage: StorageClient, *capabilities: Capability) -> None:
    """Skip the test unless the storage claims all of these: for fixtures whose making takes long."""
    for capability in capabilities:
        if capability not in storage.capabilities:
            pytest.skip(f"{Outcome.NOT_CLAIMED}: {capability.name}")


def not_applicable(reason: str) -> NoReturn:
    """Skip the test, because it has no meaning for this storage."""
    pytest.skip(f"{Outcome.NOT_APPLICABLE}: {reason}")


def in_threads(function: Callable[..., Any], *arguments: Sequence[Any], threads: int = 16) -> list[Any]:
    """What ``function`` gives for each of ``arguments``, called by several threads."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(function, *arguments))


class Topic:
    """The base of every topic. The attributes are settings, which a storage's test class may change."""

    topic: ClassVar[str]
    """Its name in the report."""

    title: ClassVar[str] = ""
    """Of the storage in the report; default: the name of the test class without ``Test``."""
    known_defects: ClassVar[Mapping[str, str]] = {}
    """Test, as ``test_name`` or ``test_name[parameter]``, to why the service fails it and where its
    vendor says so. Such a test must fail, and is reported as a known defect."""
    unsupported_keys: ClassVar[Mapping[str, str]] = {}
    """Name in `ODD_KEYS` to why the service cannot hold that key; it must be refused by InvalidRequest."""
    page_size: ClassVar[int] = 1000
    """Keys that the service lists at a time; the suite makes 100 more."""
    stream_size: ClassVar[int] = 64 * MIB
    """Bytes of the large object; more than one part where the service has uploads in parts."""
    stream_memory: ClassVar[int] = 16 * MIB
    """Bytes that streaming may allocate at a time, at any size of the object."""
    data_request: ClassVar[int] = 1
    """Which request of a small upload carries the data: 2 where the storage looks first at what it replaces."""
    clock_skew: ClassVar[float] = 20.0
    """Seconds to wait for a presigned request of one second to be refused."""
    deadline: ClassVar[float] = 60.0
    """Seconds within which an operation ends on a network that fails for good."""
    separate_process: ClassVar[bool] = True
    """Whether another process that unpickles the client finds the same data."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.stream_memory > cls.stream_size / 2:
            raise TypeError(f"stream_memory of {cls.__name__} is so near to stream_size that nothing is shown by it")
        for test in cls.known_defects:
            if not callable(getattr(cls, test.partition("[")[0], None)):
                raise TypeError(f"known_defects of {cls.__name__} names {test!r}, which is no test of it")
        if unknown := sorted(cls.unsupported_keys.keys() - ODD_KEYS.keys()):
            raise TypeError(f"unsupported_keys of {cls.__name__} names {unknown}, which are not in ODD_KEYS")

    @pytest.fixture(autouse=True)
    def _applies(self, request: pytest.FixtureRequest, storage: StorageClient) -> None:
        """Skip tests of what the storage does not claim, and expect known defects to fail."""
        test = request.node
        test.user_properties.append(("cloud_storage", describe(storage)))
        require(storage, *getattr(request.function, "needs", ()))
        unclaimed: Capability | None = getattr(request.function, "without", None)
        if unclaimed in storage.capabilities:
            not_applicable(f"{unclaimed.name} is claimed")
        reason = self.known_defects.get(test.name) or self.known_defects.get(request.function.__name__)
        if reason:
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))

    # What a storage's test class may give, beside `storage`

    @pytest.fixture(scope="class")
    @classmethod
    def new_bucket(cls, storage: StorageClient) -> Iterator[NewBucket]:
        """Makes buckets, and removes them at the end where the storage can."""
        names: list[str] = []

        def new_bucket(*, create: bool = True) -> str:
            name = f"conformance-{os.urandom(8).hex()}"
            names.append(name)
            if create:
                storage.create_bucket(name)
            return name

        yield new_bucket
        for name in names:
            remove(storage, name)
            if Capability.DELETE_BUCKET in storage.capabilities:
                with suppress(CloudError):
                    storage.delete_bucket(name)

    @pytest.fixture(scope="class")
    @classmethod
    def bucket(cls, new_bucket: NewBucket) -> str:
        """A bucket that is there."""
        return new_bucket()

    @pytest.fixture(scope="class")
    @classmethod
    def http(cls) -> Http:
        """How presigned requests are sent."""
        return send

    @pytest.fixture(scope="class")
    @classmethod
    def denied(cls) -> StorageClient:
        """The same service by credentials that it knows and that may do nothing with ``bucket``."""
        not_applicable("no fixture `denied` gives a client that may not look")

    @pytest.fixture(scope="class")
    @classmethod
    def wrong_credentials(cls) -> StorageClient:
        """The same service by credentials that it does not know, or with a wrong secret."""
        not_applicable("no fixture `wrong_credentials` gives a client with wrong credentials")

    @pytest.fixture(scope="class")
    @classmethod
    def unreachable(cls) -> StorageClient:
        """A client whose service does not answer, such as one on a port where nobody listens."""
        not_applicable("no fixture `unreachable` gives a client whose service does not answer")

    @pytest.fixture(scope="class")
    @classmethod
    def untrusted(cls) -> Untrusted:
        """A client of a server whose certificate nobody vouches for, and that server: `Untrusted.connected`."""
        not_applicable("no fixture `untrusted` gives a client of a server whose certificate nobody vouches for")

    @pytest.fixture(scope="class")
    @classmethod
    def proxied(cls) -> Proxied:
        """A client of the same service that reaches it through a `FaultProxy`, and that proxy: `Proxied.before`.

        Its timeouts are longer than the service needs on a busy machine: five seconds or so.
        """
        not_applicable("no fixture `proxied` gives a client behind a FaultProxy")

    @pytest.fixture(scope="class")
    @classmethod
    def impatient(cls, request: pytest.FixtureRequest) -> Proxied:
        """As `proxied`, for a service that falls silent; default: the same.

        Tests wait for its timeouts and for nothing else, so that these are best half a second or less.
        """
        proxied: Proxied = request.getfixturevalue("proxied")
        return proxied

    @pytest.fixture(scope="class")
    @classmethod
    def environment(cls) -> Mapping[str, str]:
        """Environment variables by which a client that is unpickled finds its credentials."""
        return {}

    @pytest.fixture(scope="class")
    @classmethod
    def secrets(cls) -> Sequence[str]:
        """What no repr, log, error or pickle may hold: the passwords, keys and tokens of the client."""
        return ()

    @pytest.fixture(scope="class")
    @classmethod
    def leftovers(cls) -> Callable[[str], Sequence[object]]:
        """A function of the bucket that lists uploads which were begun and neither ended nor removed."""
        not_applicable("no fixture `leftovers` lists unfinished uploads")

    # What tests use

    @pytest.fixture(params=ODD_KEYS)
    def odd_key(self, request: pytest.FixtureRequest, storage: StorageClient, bucket: str) -> Iterator[str]:
        """A key of `ODD_KEYS` as it is, so not in the test's folder."""
        key = ODD_KEYS[request.param]
        if request.param in self.unsupported_keys:
            with pytest.raises(InvalidRequest):
                storage.upload_file(bucket, key, b"data")
            not_applicable(f"the service cannot hold this key: {self.unsupported_keys[request.param]}")
        yield key
        with suppress(CloudError):
            storage.delete_file(bucket, key)  # the bucket may not be ours alone

    @pytest.fixture(scope="class")
    @classmethod
    def many(cls, storage: StorageClient, bucket: str, root: str) -> tuple[str, list[str]]:
        """More keys than the service lists at a time, in order, and the prefix that they share."""
        require(storage, Capability.LISTING)
        prefix = f"{root}many/"
        keys = [f"{prefix}{number:06}" for number in range(cls.page_size + 100)]
        in_threads(lambda key: storage.upload_file(bucket, key, b"x"), keys)
        return prefix, keys

    @pytest.fixture(scope="class")
    @classmethod
    def uploaded(cls, storage: StorageClient, bucket: str, root: str) -> tuple[str, int]:
        """The key of an object of ``stream_size`` bytes, and the bytes that its upload allocated at a time."""
        key = f"{root}large"
        with memory() as used:
            info = storage.upload_stream(bucket, key, stream(cls.stream_size))
        assert info.size == cls.stream_size
        return key, used.peak

    @pytest.fixture(scope="class")
    @classmethod
    def large(cls, uploaded: tuple[str, int]) -> str:
        """The key of an object of ``stream_size`` bytes."""
        return uploaded[0]

    @pytest.fixture(scope="class")
    @classmethod
    def root(cls, storage: StorageClient, bucket: str) -> Iterator[str]:
        """What the keys of this class begin with."""
        root = f"conformance-{os.urandom(4).hex()}/"
        yield root
        remove(storage, bucket, root)

    @pytest.fixture
    def folder(self, root: str) -> str:
        """What the keys of this test begin with; it ends with a slash."""
        return f"{root}{os.urandom(4).hex()}/"

    @pytest.fixture
    def key(self, folder: str) -> str:
        """A key of which there is no object yet."""
        return f"{folder}key"


def describe(storage: StorageClient) -> dict[str, Any]:
    """What a report tells of a storage; only what JSON knows."""
    kind = type(storage)
    return {
        "class": f"{kind.__module__}.{kind.__qualname__}",
        "provider": storage.provider,
        "capabilities": sorted(c.name for c in storage.capabilities),
    }


def remove(storage: StorageClient, bucket: str, prefix: str = "") -> None:
    """Remove the objects with this prefix, as well as the storage can."""
    if Capability.LISTING not in storage.capabilities:
        return
    with suppress(CloudError):
        keys = [info.key for info in storage.iter_objects(bucket, prefix)]
        in_threads(lambda part: storage.delete_many(bucket, part), [keys[n::8] for n in range(8)])
