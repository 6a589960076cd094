"""What the tests of Swift's own API share."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from codomyrmex.cloud.infomaniak.object_storage import InfomaniakSwiftStorage
from codomyrmex.cloud.testing.backends import FaultProxy
from support.project import connect


@pytest.fixture(scope="session")
def member(lab):
    return lab.new_project()


@pytest.fixture(scope="session")
def swift(member):
    with connect(InfomaniakSwiftStorage, member) as storage:
        yield storage


@pytest.fixture
def container(swift):
    name = f"test-{os.urandom(6).hex()}"
    swift.create_bucket(name)
    return name


@pytest.fixture
def segments(member):
    """``segments(container)``: the names of its segments, as the SDK tells them."""

    def segments(container):
        if member.connection.object_store.head(f"/{container}+segments").status_code == 404:
            return []
        return [found.name for found in member.connection.object_store.objects(f"{container}+segments")]

    return segments


@pytest.fixture(scope="session")
def proxy(member):
    with FaultProxy(member.connection.endpoint_for("object-store")) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def behind(proxy, member):
    with connect(InfomaniakSwiftStorage, member, endpoint_url=proxy.endpoint_url, timeout=30) as storage:
        yield storage


@pytest.fixture
def faulty(proxy, behind):
    """A proxy, and a storage that reaches Swift through it."""
    proxy.clear()
    yield proxy, behind
    proxy.clear()


@pytest.fixture
def start(member):
    """Start a function of swift_workers.py in a process of its own, which the end of the test ends."""
    running = []

    def start(job, *arguments):
        command = [sys.executable, Path(__file__).with_name("swift_workers.py"), job, *map(str, arguments)]
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        running.append(subprocess.Popen(command, env={**os.environ, **member.environment()}, **streams))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()
