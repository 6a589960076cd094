"""What the tests of S3 share: storages of moto, of Swift, of AWS as `regions` plays it, and through faults."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from codomyrmex.cloud.aws import S3Storage
from codomyrmex.cloud.common import CloudCredentials

from .regions import Aws

IMPATIENT = {"connect_timeout": 2, "read_timeout": 5, "retries": {"total_max_attempts": 2}}
"""Options of a client that a test sees fail."""
HASTY = {**IMPATIENT, "read_timeout": 0.5}
"""Options of a client whose service falls silent."""


@pytest.fixture(autouse=True)
def no_aws(monkeypatch):
    """Nothing of this machine's user reaches the SDK, nor the network beyond this machine."""
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def settle(monkeypatch):
    """Put these variables into the environment for this test."""

    def settle(variables, **more):
        for name, value in {**variables, **more}.items():
            monkeypatch.setenv(name, str(value))

    return settle


def credentials(server):
    return CloudCredentials("aws", access_key=server.access_key, secret_key=server.secret_key)


@pytest.fixture
def connect():
    """A storage of this server, for this test: ``connect(server, config={...})``."""
    storages = []

    def connect(server, region_name="us-east-1", **options):
        options = {"endpoint_url": server.endpoint_url, "credentials": credentials(server), **options}
        storages.append(S3Storage(region_name, **options))
        return storages[-1]

    yield connect
    for storage in storages:
        storage.close()


@pytest.fixture(scope="session")
def on_moto(moto_server):
    with S3Storage("us-east-1", endpoint_url=moto_server.endpoint_url, credentials=credentials(moto_server)) as storage:
        yield storage


@pytest.fixture(scope="session")
def on_swift(swift):
    with S3Storage("us-east-1", endpoint_url=swift.endpoint_url, credentials=credentials(swift)) as storage:
        yield storage


@pytest.fixture(params=["moto", "swift"])
def storage(request):
    """A storage on moto, and one on Swift."""
    return request.getfixturevalue(f"on_{request.param}")


@pytest.fixture
def bucket(new_bucket, storage):
    """A new bucket of ``storage``."""
    return new_bucket(storage)


@pytest.fixture
def new_bucket():
    """Make a bucket of this storage; returns its name."""

    def new_bucket(storage):
        name = f"bucket-{uuid4()}"
        storage.native.create_bucket(Bucket=name)
        return name

    return new_bucket


@pytest.fixture
def faulty(swift, fault_proxy, on_swift, new_bucket, connect):
    """Swift through a `FaultProxy`, by an impatient storage: ``proxy, storage, bucket``."""
    proxy = fault_proxy(swift.endpoint_url)
    bucket = new_bucket(on_swift)
    return proxy, connect(swift, endpoint_url=proxy.endpoint_url, config=IMPATIENT), bucket


@pytest.fixture(scope="session")
def aws_server(moto_server, tmp_path_factory):
    with Aws(moto_server, tmp_path_factory.mktemp("aws")) as aws:
        yield aws


@pytest.fixture
def aws(moto, aws_server, settle):
    """AWS's S3 in all regions, as new, for clients that are given no endpoint."""
    aws_server.faults.clear()
    aws_server.rules.reset()
    settle(aws_server.environment())
    return aws_server


@pytest.fixture
def in_region(aws):
    """A storage of AWS's: ``in_region("eu-west-1")``."""
    storages = []

    def in_region(region_name=None, **options):
        storages.append(S3Storage(region_name, **options))
        return storages[-1]

    yield in_region
    for storage in storages:
        storage.close()


@pytest.fixture
def unused_port():
    """A port of this machine that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and never listens, so that nobody else does
        yield held.getsockname()[1]


@pytest.fixture
def uploads():
    """The keys of uploads in parts that were begun and not ended."""
    return lambda storage, bucket: [upload.key for upload in storage.iter_multipart_uploads(bucket)]


@pytest.fixture
def start():
    """Start a function of workers.py in a process of its own, which the end of the test ends."""
    running = []

    def start(job, *arguments, **environment):
        command = [sys.executable, Path(__file__).with_name("workers.py"), job, *map(str, arguments)]
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        running.append(subprocess.Popen(command, env={**os.environ, **environment}, **streams))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()
