"""What the tests of transfers share: trees of files, storages, and runs in processes of their own."""

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from codomyrmex.cloud import get_client
from codomyrmex.cloud.transfer import Prefix

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
