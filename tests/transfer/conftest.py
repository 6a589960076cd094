"""What the tests of transfers share: trees of files, storages, and runs in processes of their own."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from codomyrmex.cloud import get_client
from codomyrmex.cloud.transfer import Prefix

from .strangers import Stranger

KEYS = ["a", "a b", "deep/er/still", "deep/er.txt", "empty", "large", "über/ключ 🐜", "z"]


@pytest.fixture(autouse=True)
def _leave_no_trace(clean_slate):
    """Every test finds a registry with nothing but what is installed, and no hooks."""


@pytest.fixture
def tree(tmp_path):
    """A folder of a few files, one of them larger than what is read at a time."""
    return write_tree(tmp_path / "tree", {key: key.encode() * 3 for key in KEYS} | {"empty": b"", "large": LARGE})


LARGE = random.Random(5).randbytes(2_500_000)


def write_tree(folder, files):
    for key, data in files.items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def read_tree(folder):
    """Key to data, of all that is in the folder; empty folders end in a slash."""
    found = {}
    for parent, folders, names in os.walk(folder):
        below = Path(parent).relative_to(folder)
        found.update({(below / name).as_posix(): (Path(parent) / name).read_bytes() for name in names})
        if not folders and not names and below.parts:
            found[f"{below.as_posix()}/"] = None
    return found


def read_prefix(place):
    storage, bucket, prefix = place.storage, place.bucket, place.prefix
    infos = storage.iter_objects(bucket, prefix)
    return {info.key.removeprefix(prefix): storage.download_file(bucket, info.key) for info in infos}


def results(outcomes):
    return {outcome.key: outcome.result for outcome in outcomes}


def errors(summary):
    """Key to the name of its error."""
    return {outcome.key: type(outcome.error).__name__ for outcome in summary.failures}


@pytest.fixture
def local(tmp_path):
    """``local("name")``: a prefix of a local storage of that name, whose bucket is there."""
    clients = []

    def local(name, prefix="", **options):
        client = get_client("local", root=tmp_path / "storages" / name, **options)
        clients.append(client)
        client.ensure_bucket("box")
        return Prefix(client, "box", prefix)

    yield local
    for client in clients:
        client.close()


@pytest.fixture
def start():
    """Start a function of workers.py in a process of its own, which the end of the test ends."""
    running = []

    def start(job, *arguments, **options):
        command = [sys.executable, Path(__file__).with_name("workers.py"), job, *map(str, arguments)]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def stranger():
    """A prefix of a storage of six methods."""
    return Prefix(Stranger(), "box", "in")


@pytest.fixture
def settle_aws(monkeypatch):
    """Nothing of this machine's user reaches the SDK; ``settle_aws(server)``: it finds this server."""
    for name in [name for name in os.environ if name.startswith("AWS_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")

    def settle(server):
        for name, value in server.environment().items():
            monkeypatch.setenv(name, str(value))

    return settle


@pytest.fixture(params=["moto_server", "swift"])
def s3(request, settle_aws):
    """``s3(prefix)``: a prefix of a new bucket, of moto and of Swift, which the environment leads to."""
    from codomyrmex.cloud.aws import S3Storage

    settle_aws(request.getfixturevalue(request.param))
    with S3Storage() as storage:
        bucket = f"transfer-{os.urandom(6).hex()}"
        storage.create_bucket(bucket)
        yield lambda prefix="": Prefix(storage, bucket, prefix)
