"""On a real Dask cluster of several worker processes."""

import importlib
import os
import signal
import sys

import pytest
from codomyrmex.cloud import hooks
from codomyrmex.cloud.transfer import Prefix, copying, sync

from .conftest import read_prefix, read_tree, results, write_tree

pytestmark = pytest.mark.slow
distributed = pytest.importorskip("distributed", reason="pip install distributed")


@pytest.fixture(scope="module")
def cluster():
    options = {"n_workers": 2, "threads_per_worker": 2, "processes": True, "dashboard_address": "127.0.0.1:0"}
    with distributed.LocalCluster(**options, host="127.0.0.1", silence_logs=50) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster) as client:
        yield client


@pytest.fixture
def many(tmp_path):
    return write_tree(tmp_path / "many", {f"{n % 7}/{n:03}": f"{n}".encode() * n for n in range(300)})


def test_a_cluster_copies_and_syncs(client, many, local, tmp_path):
    one = local("one")
    executor = client.get_executor(pure=False)
    run = copying(many, one, executor=executor, batch_objects=5)
    pids = set(client.run(os.getpid).values())
    assert len(pids) == 2
    assert os.getpid() not in pids
    assert run.finish().copied == 300
    assert sync(one, tmp_path / "out", executor=executor).copied == 300
    assert read_prefix(one) == read_tree(tmp_path / "out") == read_tree(many)


@pytest.mark.parametrize("s3", ["moto_server"], indirect=True)
def test_credentials_are_found_on_the_workers(client, many, s3):
    place = s3("in")
    settings = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    client.run(lambda: os.environ.update(settings))
    run = copying(many, place, executor=client.get_executor(pure=False), include=["3/"])
    assert run.finish().copied == sum(key.startswith("3/") for key in read_tree(many))
    assert read_prefix(place) == {key: data for key, data in read_tree(many).items() if key.startswith("3/")}


def test_a_worker_that_is_killed_has_its_batches_repeated(cluster, client, many, local):
    place = local("one")
    client.wait_for_workers(2)
    before = set(client.run(os.getpid).values())
    run = copying(many, place, executor=client.get_executor(pure=False), batch_objects=2, window=40)
    outcomes = iter(run)
    told = {next(outcomes).key}
    os.kill(min(before), signal.SIGKILL)
    told |= results(outcomes).keys()
    assert run.summary.ok
    assert (run.summary.copied, len(told)) == (300, 300)
    assert read_prefix(place) == read_tree(many)
    assert min(before) not in set(client.run(os.getpid).values())


def test_a_run_that_is_stopped_leaves_the_cluster(client, many, local, tmp_path):
    place = Prefix(local("one").storage, "box", "in")
    run = copying(many, place, executor=client.get_executor(pure=False), batch_objects=2, journal=tmp_path / "journal")
    for number, _ in enumerate(run):
        if number == 10:
            run.stop()
    assert run.summary.interrupted
    assert 10 < run.summary.copied < 300
    again = copying(many, place, executor=client.get_executor(pure=False), journal=tmp_path / "journal")
    assert again.finish().resumed == run.summary.copied
    assert read_prefix(place) == read_tree(many)


POLICY = """
from codomyrmex.cloud.errors import OperationRefused
from codomyrmex.cloud.hooks import hookimpl


@hookimpl
def cloud_before_operation(operation):
    if operation.effect == "write" and "/3/" in (operation.resource or ""):
        raise OperationRefused("kept as it is")
"""


def test_a_registered_policy_holds_on_the_workers(client, many, local, tmp_path, monkeypatch):
    (tmp_path / "cluster_policy.py").write_text(POLICY)
    monkeypatch.syspath_prepend(tmp_path)
    client.upload_file(str(tmp_path / "cluster_policy.py"))
    policy = importlib.import_module("cluster_policy")
    hooks.register(policy)
    run = copying(many, local("one"), executor=client.get_executor(pure=False), batch_objects=5)
    refused = {outcome.key for outcome in run if outcome.result == "failed"}
    assert refused == {key for key in read_tree(many) if key.startswith("3/")}
    hooks.unregister(policy)
    client.run(lambda: hooks.unregister(sys.modules["cluster_policy"]))  # else the workers keep it
