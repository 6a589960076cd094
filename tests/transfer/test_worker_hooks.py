"""Policies that an application registers hold in the worker processes of an executor, or nothing starts."""

import importlib
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from codomyrmex.cloud import hooks
from codomyrmex.cloud.errors import OperationRefused, PluginError
from codomyrmex.cloud.transfer import TransferFailed, copy, sync

from .conftest import errors, read_prefix, write_tree

POLICY = """
from codomyrmex.cloud.errors import OperationRefused
from codomyrmex.cloud.hooks import hookimpl


class Policy:
    @hookimpl
    def cloud_before_operation(self, operation):
        if operation.effect == "write" and "precious" in (operation.resource or ""):
            raise OperationRefused("it is precious")


instance = Policy()


@hookimpl
def cloud_before_operation(operation):
    instance.cloud_before_operation(operation)
"""


@pytest.fixture
def policy_module(tmp_path, monkeypatch):
    """A module on ``sys.path`` that is a policy, and holds one as ``instance``."""
    (tmp_path / "carried_policy.py").write_text(POLICY)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("carried_policy")
    del sys.modules["carried_policy"]


@pytest.fixture
def tree(tmp_path):
    return write_tree(tmp_path / "tree", {"precious": b"x", **{f"{n:02}": b"data" for n in range(10)}})


@pytest.fixture(params=["fork", "spawn"])
def processes(request):
    context = multiprocessing.get_context(request.param)
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        yield executor


@pytest.mark.parametrize("registered", ["module", "instance"])
def test_a_registered_policy_holds_in_worker_processes(processes, tree, local, policy_module, registered):
    processes.submit(int).result()  # the worker is there before the policy is
    hooks.register(policy_module if registered == "module" else policy_module.instance)
    for _ in range(2):  # the worker knows it by then
        with pytest.raises(TransferFailed) as failed:
            copy(tree, place := local("one"), executor=processes, batch_objects=2)
        assert errors(failed.value.summary) == {"precious": "OperationRefused"}
        assert failed.value.summary.copied == 10
        assert "precious" not in read_prefix(place)


class Policy:
    @hooks.hookimpl
    def cloud_before_operation(self, operation):
        if operation.effect == "write":
            raise OperationRefused("nothing is written")


def test_a_policy_that_workers_cannot_import_lets_nothing_start(processes, tree, local):
    place = local("one")
    hooks.register(Policy())
    for transfer in (copy, sync):
        with pytest.raises(PluginError, match=r"Policy of .* are in force in this process alone.*use threads"):
            transfer(tree, place, executor=processes)
    assert read_prefix(place) == {}


def test_a_policy_that_the_workers_lack_fails_what_they_do(processes, tree, local, policy_module, tmp_path):
    hooks.register(policy_module)
    hidden = f"import sys; sys.modules['carried_policy'] = None; sys.path.remove({str(tmp_path)!r})"
    processes.submit(exec, hidden).result()
    with pytest.raises(TransferFailed, match="a worker cannot import the hooks carried_policy"):
        copy(tree, place := local("one"), executor=processes)
    assert read_prefix(place) == {}


def test_threads_need_no_importable_policy(tree, local):
    place = local("one")
    hooks.register(Policy())
    with ThreadPoolExecutor(2) as threads, pytest.raises(TransferFailed) as failed:
        copy(tree, place, executor=threads)
    assert {type(outcome.error) for outcome in failed.value.summary.failures} == {OperationRefused}
