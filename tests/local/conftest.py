"""What the tests of the local provider share."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from codomyrmex.cloud.local import LocalStorage


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


@pytest.fixture
def storage(root):
    with LocalStorage(root) as storage:
        storage.create_bucket("bucket")
        yield storage


@pytest.fixture
def blobs(root):
    """The files that hold the data of a bucket's objects."""
    return lambda bucket="bucket": {path for path in (root / bucket / "blobs").rglob("*") if path.is_file()}


@pytest.fixture
def index(root):
    """The file of a bucket's index."""
    return lambda bucket="bucket": next((root / bucket).glob("index-*.sqlite"))


@pytest.fixture
def tree(tmp_path):
    """Every path below the test's folder."""
    return lambda below=tmp_path: {str(path.relative_to(below)) for path in below.rglob("*")}


@pytest.fixture
def start():
    """Start a function of workers.py in a process of its own, which the end of the test ends."""
    running = []

    def start(job, *arguments, python=(), **options):
        command = [sys.executable, *python, Path(__file__).with_name("workers.py"), job, *map(str, arguments)]
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        running.append(subprocess.Popen(command, **streams | options))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def together(start):
    """What several workers answer, each a list of lines, that all began when the last was ready."""

    def together(jobs):
        workers = [start(*job) for job in jobs]
        for worker in workers:
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        answers = [worker.communicate()[0].splitlines() for worker in workers]
        assert [worker.returncode for worker in workers] == [0] * len(workers)
        return answers

    return together


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], capture_output=True, text=True)
    if mounted.returncode:
        reason = f"needs the right to mount a disk of 4 MiB: {mounted.stderr.strip()}; run as root"
        pytest.fail(reason) if os.environ.get("CLOUD_REQUIRE_BACKENDS") == "1" else pytest.skip(reason)
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)  # though a failed test holds a file open


@pytest.fixture
def fill_index(index):
    """Put the rows of many objects straight into the index, without their data."""

    def fill(count):
        with closing(sqlite3.connect(index())) as db, db:
            db.execute(
                "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ? - 1) "
                "INSERT INTO objects SELECT CAST(printf('%07d', i) AS BLOB), printf('%032x', i), 0, "
                "'d41d8cd98f00b204e9800998ecf8427e', 0, 'text/plain', '{}' FROM n",
                (count,),
            )

    return fill
