"""The suite on the storage in memory, and on broken ones: see test_broken.py."""

import broken
import pytest
from codomyrmex.cloud.cli.gateway import running
from codomyrmex.cloud.testing import Proxied, StorageConformance, Topic, Untrusted
from codomyrmex.cloud.testing.conformance import Faults
from codomyrmex.cloud.testing.conformance._http import send
from memory import MemoryStorage, Service
from remote import RemoteStorage, serving
from test_broken import CAUGHT_BY

PASSWORD = "correct horse"
READER = "may do nothing"


class InMemory(Topic):
    separate_process = False  # its data live in this one
    deadline = 1
    clock_skew = 1.5

    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls):
        Service(cls.kind.__name__, {PASSWORD: True, READER: False})
        yield cls.client(PASSWORD)
        del Service.running[cls.kind.__name__]

    @classmethod
    def client(cls, password):
        return cls.kind(cls.kind.__name__, password=password)

    @pytest.fixture(scope="class")
    @classmethod
    def http(cls, storage):
        """Started here, as few classes ask for it."""
        behind = MemoryStorage(storage.name, password=PASSWORD)
        with running(behind, storage.signer()) as gateway:
            storage.endpoint_url = gateway.endpoint_url
            yield send

    @pytest.fixture(scope="class")
    @classmethod
    def denied(cls):
        return cls.client(READER)

    @pytest.fixture(scope="class")
    @classmethod
    def wrong_credentials(cls):
        return cls.client("wrong")

    @pytest.fixture(scope="class")
    @classmethod
    def unreachable(cls):
        return cls.kind("switched off", password=PASSWORD)

    @pytest.fixture(scope="class")
    @classmethod
    def secrets(cls):
        return [PASSWORD]

    @pytest.fixture(scope="class")
    @classmethod
    def environment(cls):
        return {"MEMORY_PASSWORD": PASSWORD}


class Remote(Topic):
    deadline = 6
    stream_size = 16 * 1024 * 1024
    stream_memory = 8 * 1024 * 1024

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls):
        Service(cls.kind.__name__, {PASSWORD: True})
        with serving(MemoryStorage(cls.kind.__name__, password=PASSWORD)) as server:
            yield server
        del Service.running[cls.kind.__name__]

    @classmethod
    def connect(cls, url):
        return cls.kind(cls.kind.__name__, password=PASSWORD, endpoint_url=url)

    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls, server):
        with cls.connect(server.endpoint_url) as storage:
            yield storage

    @pytest.fixture(scope="class")
    @classmethod
    def proxied(cls, server):
        with Proxied.before(server.endpoint_url, cls.connect) as proxied:
            yield proxied

    @pytest.fixture(scope="class")
    @classmethod
    def untrusted(cls):
        with Untrusted.connected(cls.connect) as untrusted:
            yield untrusted

    @pytest.fixture(scope="class")
    @classmethod
    def leftovers(cls, server):
        return lambda bucket: list(server.uploads)


class TestMemory(InMemory, StorageConformance):
    kind = MemoryStorage


class TestRemote(Remote, Faults):
    kind = RemoteStorage


def topic_of(test):
    """The topic alone: a class for each broken storage with all tests takes long to collect."""
    name = test.partition("[")[0]
    return next(topic for topic in StorageConformance.__mro__ if name in vars(topic))


for name, test in CAUGHT_BY.items():
    kind = vars(broken)[name]
    base = Remote if issubclass(kind, RemoteStorage) else InMemory
    globals()[f"Test{name}"] = type(f"Test{name}", (base, topic_of(test)), {"kind": kind})
