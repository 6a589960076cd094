import os
import pickle
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from codomyrmex.cloud.transfer import Prefix, TransferFailed, copy, copying, sync

from .conftest import errors, read_prefix, read_tree, write_tree


@pytest.fixture
def many(tmp_path):
    return write_tree(tmp_path / "many", {f"{n % 7}/{n:03}": f"{n}".encode() * n for n in range(200)})


def test_any_executor_does_the_work(many, local, tmp_path):
    one, two = local("one"), local("two")
    with ProcessPoolExecutor(2) as processes, ThreadPoolExecutor(2) as threads:
        assert copy(many, one, executor=processes).copied == 200
        assert copy(one, two, executor=threads).copied == 200
        assert sync(one, tmp_path / "out", executor=processes).bytes == sum(map(len, read_tree(many).values()))
        assert processes.submit(os.getpid).result()  # still the caller's
    assert read_prefix(two) == read_tree(tmp_path / "out") == read_tree(many)


def test_a_worker_that_dies_is_told_and_the_run_goes_on_later(many, local, tmp_path):
    place, journal = local("one"), tmp_path / "journal"
    with ProcessPoolExecutor(1) as processes:
        run = copying(many, place, executor=processes, batch_objects=10, window=2, journal=journal)
        outcomes = iter(run)
        next(outcomes)
        os.kill(processes.submit(os.getpid).result(), 9)
        for _ in outcomes:
            pass
        assert "BrokenProcessPool" in str(run.summary.failures[-1].error)
        assert 10 <= run.summary.copied < 200
    assert copy(many, place, journal=journal).resumed == run.summary.copied
    assert read_prefix(place) == read_tree(many)


class Watched(Executor):
    """One that runs a call when it is told to, and knows how many wait."""

    def __init__(self):
        self.waiting = []
        self.most = 0

    def submit(self, function, /, *arguments, **keywords):
        future = Future()
        self.waiting.append((future, function, arguments))
        self.most = max(self.most, len(self.waiting))
        if len(self.waiting) == 3:
            threading.Timer(0.01, self.run).start()
        return future

    def run(self):
        while self.waiting:
            future, function, arguments = self.waiting.pop()
            future.set_result(function(*arguments))


def test_no_more_batches_are_under_way_than_the_window(many, local):
    place, executor = local("one"), Watched()
    assert copy(many, place, executor=executor, window=3, batch_objects=200 // 30 + 1, batch_bytes=10**9).copied == 200
    assert executor.most == 3


def test_batches_are_bounded_by_count_and_by_bytes(many, local):
    class Recording(ThreadPoolExecutor):
        batches = []

        def submit(self, function, job, number, actions):
            self.batches.append((len(actions), sum(action.size for action in actions)))
            return super().submit(function, job, number, actions)

    with Recording() as executor:
        copy(many, local("one"), executor=executor, batch_objects=10, batch_bytes=2000)
    assert sum(count for count, _ in executor.batches) == 200
    assert all(count <= 10 and (size <= 2000 or count == 1) for count, size in executor.batches)
    assert len(executor.batches) < 100


def test_what_travels_has_no_secret_and_makes_one_client_in_each_process(local, tmp_path, settle_aws):
    from codomyrmex.cloud.aws import S3Storage
    from codomyrmex.cloud.common import CloudCredentials

    secret = CloudCredentials("aws", access_key="AKIA-NOBODY", secret_key="top-secret")
    with S3Storage("us-east-1", endpoint_url="http://127.0.0.1:1", credentials=secret) as storage:
        travels = pickle.dumps(Prefix(storage, "box", "in"))
        assert b"top-secret" not in travels
        assert b"AKIA" not in travels
        first, second = pickle.loads(travels), pickle.loads(travels)
    assert (first.name, first.storage.endpoint_url) == ("s3://box/in/", "http://127.0.0.1:1")
    assert first.storage is second.storage
    first.storage.close()


def test_a_storage_that_cannot_travel_says_so(many, stranger):
    with ProcessPoolExecutor(1) as processes, pytest.raises(TransferFailed, match="does not pickle") as failed:
        copy(many, stranger, executor=processes)
    assert set(errors(failed.value.summary).values()) == {"InvalidRequest"}
