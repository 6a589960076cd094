"""Policies that an application registers hold in the worker processes of an executor, or nothing starts."""

import importlib
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from types import ModuleType

import pytest
from codomyrmex.cloud import get_client, hooks, register
from codomyrmex.cloud.errors import OperationRefused, PluginError
from codomyrmex.cloud.transfer import Prefix, TransferFailed, copy, sync

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


VAULT = """
import os

from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.hooks import hookimpl


@hookimpl
def cloud_credentials(provider):
    return CloudCredentials(provider, "key", "secret") if provider == "carried" else None
"""
STORAGE = """
from codomyrmex.cloud.local import LocalStorage


class Carried(LocalStorage):
    provider = "carried"
    recipe = ("root",)

    def __init__(self, root, credentials=None):
        super().__init__(root)
        assert credentials.access_key == "key", "made without the vault"
"""


def test_a_registered_vault_is_asked_in_worker_processes(processes, tree, tmp_path, monkeypatch):
    for name, source in (("carried_vault", VAULT), ("carried_storage", STORAGE)):
        (tmp_path / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    vault, module = importlib.import_module("carried_vault"), importlib.import_module("carried_storage")
    hooks.register(vault)
    register("carried.storage", module.Carried)
    storage = get_client("carried", root=tmp_path / "root")
    storage.create_bucket("box")
    assert copy(tree, Prefix(storage, "box"), executor=processes).copied == 11
    for name in ("carried_vault", "carried_storage"):
        del sys.modules[name]


def test_a_module_that_its_name_does_not_lead_to_lets_nothing_start(processes, tree, local, policy_module):
    place = local("one")
    other = ModuleType("carried_policy")
    exec(POLICY, vars(other))
    hooks.register(other)
    with pytest.raises(PluginError, match="carried_policy are in force in this process alone"):
        copy(tree, place, executor=processes)


class Policy:
    @hooks.hookimpl
    def cloud_before_operation(self, operation):
        if operation.effect == "write":
            raise OperationRefused("nothing is written")


def test_a_policy_that_workers_cannot_import_lets_nothing_start(processes, tree, local):
    place = local("one")
    hooks.register(Policy())
    for transfer in (copy, sync):
        with pytest.raises(PluginError, match=r"Policy are in force in this process alone.*use threads"):
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
