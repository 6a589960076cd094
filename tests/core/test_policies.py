"""Policies fail closed: what cannot be loaded, what is misspelt, what fails. And they are told the truth."""

import asyncio
import io
import ipaddress
import logging
import os
import pickle
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pytest
from codomyrmex.cloud import get_client, hooks, providers
from codomyrmex.cloud.common import CloudClient, lenient, operation
from codomyrmex.cloud.errors import CloudError, ObjectNotFound, OperationRefused, ProviderLoadError, Timeout
from codomyrmex.cloud.hooks import StreamInfo, hookimpl
from codomyrmex.cloud.plugin import COMMANDS, EntryPoint, left_out
from codomyrmex.cloud.registry import isolated
from pluggy import PluginValidationError

REFUSE_DELETIONS = """
from codomyrmex.cloud.errors import OperationRefused
from codomyrmex.cloud.hooks import hookimpl


@hookimpl
def cloud_before_operation(operation):
    if operation.effect == "delete":
        raise OperationRefused("kept for seven years")
"""
MISSPELT = REFUSE_DELETIONS.replace("cloud_before_operation(", "cloud_before_opertion(")
WRONG_ARGUMENT = REFUSE_DELETIONS.replace("(operation)", "(what)")
UNMARKED = REFUSE_DELETIONS.replace("@hookimpl", "")
EMPTY = "rules = ['kept for seven years']"
A_CLASS = """
from codomyrmex.cloud.hooks import hookimpl


class Policy:
    @hookimpl
    def cloud_before_operation(self, operation):
        raise AssertionError("never called")
"""
BROKEN = {
    "a library is missing": "import a_library_that_is_not_there",
    "it exits": "raise SystemExit('no')",
    "a syntax error": "def x(:",
    "a misspelt hook": MISSPELT,
    "an argument that there is not": WRONG_ARGUMENT,
    "@hookimpl forgotten": UNMARKED,
    "no hook at all": EMPTY,
    "async": REFUSE_DELETIONS.replace("def ", "async def "),
    "a generator": REFUSE_DELETIONS + "    yield\n",
    "an async generator": REFUSE_DELETIONS.replace("def ", "async def ") + "    yield\n",
    "a default, which pluggy never replaces": REFUSE_DELETIONS.replace("(operation)", "(operation=None)"),
    "names that are never given": REFUSE_DELETIONS.replace("(operation)", "(operation, **others)"),
    "by name alone": REFUSE_DELETIONS.replace("(operation)", "(*, operation)"),
    "misspelt and optional": MISSPELT.replace("@hookimpl", "@hookimpl(optionalhook=True)"),
    "an object, which pluggy passes over": f"""{REFUSE_DELETIONS}

class Check:
    def __call__(self, operation):
        raise OperationRefused("no")


cloud_after_operation = hookimpl(Check())
""",
    "misspelt and not marked, beside a good one": f"{REFUSE_DELETIONS}\n\ndef cloud_before_operations(what):\n    0",
    "an error of its own": "class Odd(BaseException):\n    pass\n\nraise Odd",
}
RETURNS = {
    "an awaitable": """
class Promise:
    def __await__(self):
        yield
@hookimpl
def cloud_before_operation(operation):
    return Promise()
""",
    "a context manager": """
import contextlib
@hookimpl
@contextlib.contextmanager
def cloud_before_operation(operation):
    yield
""",
    "a verdict": """
@hookimpl
def cloud_before_operation(operation):
    return False
""",
    "an exit": """
@hookimpl
def cloud_before_operation(operation):
    raise SystemExit(0)
""",
}


@pytest.fixture
def install_policy(install_plugin):
    """Install ``acme-retention`` with this source as its hooks."""

    def install(source, target="acme_retention"):
        return install_plugin("acme-retention", source, {"hooks": {"retention": target}})

    return install


@pytest.fixture
def storage(install_acme):
    """A client that was made and filled before any hook was looked for."""
    client = install_acme()()
    client.buckets["box"] = {f"key-{n:04}": b"data" for n in range(2500)}
    return client


class Curious:
    """Hooks that read all there is to read, twice."""

    def __init__(self):
        self.operations = []
        self.results = []

    @hookimpl
    def cloud_before_operation(self, operation):
        self.operations.append(operation)
        for value in (*operation.arguments.values(), *operation.arguments.values()):
            if isinstance(value, Iterable):
                list(value)
            if not isinstance(value, Unreadable) and hasattr(value, "read"):
                value.read()

    @hookimpl
    def cloud_after_operation(self, result):
        self.results.append(result)
        if not isinstance(result, Unreadable) and hasattr(result, "read"):
            result.read()


@pytest.fixture
def curious():
    plugin = Curious()
    hooks.register(plugin)
    return plugin


# What cannot be loaded


@pytest.mark.parametrize("source", BROKEN.values(), ids=BROKEN)
def test_hooks_that_would_not_run_fail_the_first_operation_and_all_after_it(storage, install_policy, source):
    install_policy(source)
    for _ in range(2):
        with pytest.raises(ProviderLoadError) as caught:
            storage.delete_file("box", "key-0000")
    assert "key-0000" in storage.buckets["box"]
    error = caught.value
    assert error.__cause__ is not None
    assert (error.entry_point, error.distribution) == ("retention", "acme-retention")
    assert (error.provider, error.operation, error.retryable) == ("acme", "delete_file", False)
    for part in (
        "retention = acme_retention (acme-retention 1.0)",
        "'pip install -U acme-retention' may mend it",
        "nothing runs without these hooks, unless CLOUD_IGNORE_PLUGINS=acme-retention is set",
    ):
        assert part in str(error)


@pytest.mark.parametrize("source", BROKEN.values(), ids=BROKEN)
def test_no_client_is_made_without_a_vault_that_cannot_be_loaded(storage, install_policy, source):
    install_policy(source.replace("cloud_before_operation(operation)", "cloud_credentials(provider)"))
    with pytest.raises(ProviderLoadError, match="acme-retention"):
        get_client("acme")


def test_hooks_for_another_version_say_the_way_out_too(storage, install_policy):
    install_policy(f"{REFUSE_DELETIONS}\n\nAPI_VERSION = 99\n")
    with pytest.raises(ProviderLoadError, match=r"plugin API 99.*unless CLOUD_IGNORE_PLUGINS=acme-retention is set"):
        storage.list_buckets()


@pytest.mark.parametrize("source", RETURNS.values(), ids=RETURNS)
def test_a_policy_that_gives_anything_but_none_refuses(storage, install_policy, source):
    install_policy(f"from codomyrmex.cloud.hooks import hookimpl\n{source}")
    with pytest.raises(OperationRefused, match="refused by retention of acme-retention"):
        storage.delete_file("box", "key-0000")
    assert "key-0000" in storage.buckets["box"]


def test_hooks_of_a_class_instead_of_an_object_are_refused(storage, install_policy):
    install_policy(A_CLASS, "acme_retention:Policy")
    with pytest.raises(ProviderLoadError, match="not to a class"):
        storage.list_buckets()


@pytest.mark.parametrize(
    "source", ["policy = None", "class Odd:\n    def __getattr__(self, name): 1 / 0\npolicy = Odd()"]
)
def test_what_is_no_plugin_is_refused(storage, install_policy, source):
    install_policy(source, "acme_retention:policy")
    with pytest.raises(ProviderLoadError, match="unless CLOUD_IGNORE_PLUGINS=acme-retention is set"):
        storage.list_buckets()


def test_an_application_cannot_register_past_hooks_that_cannot_be_loaded(storage, install_policy):
    install_policy(MISSPELT)
    with pytest.raises(ProviderLoadError):
        hooks.register(Curious())


def test_what_was_mended_while_the_program_runs_is_found(storage, install_policy, tmp_path, monkeypatch):
    install_policy("import a_library_that_is_not_there")
    with pytest.raises(ProviderLoadError):
        storage.list_buckets()
    (tmp_path / "a_library_that_is_not_there.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ProviderLoadError, match="no function in it is marked"):
        storage.list_buckets()


@pytest.mark.parametrize("source", [UNMARKED, EMPTY, MISSPELT])
def test_an_application_is_told_of_hooks_that_would_never_run(source):
    module = type("Module", (), {})()
    exec(
        source.replace("def cloud_before_opertion(operation", "def cloud_before_opertion(self, operation"), vars(module)
    )
    with pytest.raises(PluginValidationError):
        hooks.register(module)


EQUAL = """
from typing import NamedTuple

from codomyrmex.cloud.errors import OperationRefused
from codomyrmex.cloud.hooks import hookimpl


class Metrics(NamedTuple):
    @hookimpl
    def cloud_after_operation(self, operation):
        pass


class KeepAll(NamedTuple):
    @hookimpl
    def cloud_before_operation(self, operation):
        raise OperationRefused("all is kept")


metrics, keep_all = Metrics(), KeepAll()
"""


def test_plugins_that_compare_equal_are_two(storage, install_plugin):
    targets = {"metrics": "acme_both:metrics", "policy": "acme_both:keep_all"}
    install_plugin("acme-both", EQUAL, {"hooks": targets})
    with pytest.raises(OperationRefused, match="all is kept"):
        storage.list_buckets()


@dataclass
class Unhashable:
    token: str

    @hookimpl
    def cloud_before_operation(self):
        raise OperationRefused("no")


def test_a_plugin_need_not_be_hashable(storage):
    plugin = Unhashable("a")
    hooks.register(plugin)
    hooks.unregister(Unhashable("a"))  # another one
    with pytest.raises(OperationRefused):
        storage.list_buckets()
    hooks.unregister(plugin)
    assert storage.list_buckets() == ["box"]


def test_a_plugin_is_registered_once(storage):
    plugin = Unhashable("very-secret")
    hooks.register(plugin)
    with pytest.raises(PluginValidationError, match="Unhashable is in force already") as caught:
        hooks.register(plugin)
    assert "very-secret" not in str(caught.value)


@dataclass
class Misspelt:
    token: str

    @hookimpl
    def cloud_before_opertion(self):
        raise AssertionError


def test_what_is_wrong_with_a_plugin_is_told_without_its_repr():
    with pytest.raises(PluginValidationError, match="Misspelt: unknown hook 'cloud_before_opertion'") as caught:
        hooks.register(Misspelt("very-secret"))
    assert "very-secret" not in f"{caught.value} {caught.value!r}"
    assert hooks.registered() == []


# Threads


@pytest.fixture
def slow_index(tmp_path, monkeypatch):
    """So many distributions that to look for hooks takes a while."""
    for number in range(1500):
        (tmp_path / "many" / f"fake_{number}-1.0.dist-info").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path / "many")


@pytest.mark.usefixtures("slow_index")
def test_a_policy_that_is_registered_during_the_first_operation_is_in_force(storage):
    for _ in range(5):
        with isolated():
            first = threading.Thread(target=storage.list_buckets)
            first.start()
            hooks.register(plugin := Curious())
            first.join()
            assert hooks.registered() == [plugin]


def test_policies_that_threads_register_at_once_are_all_in_force(storage):
    plugins = [Curious() for _ in range(16)]
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(hooks.register, plugins))
    storage.list_buckets()
    assert [len(plugin.operations) for plugin in plugins] == [1] * 16


def test_what_a_callback_starts_is_announced(storage, curious, tmp_path):
    """Whether in the loop of another thread, or right there."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    futures = []

    async def delete():
        return storage.delete_file("box", "key-0000")

    def progress(_):
        futures.append(asyncio.run_coroutine_threadsafe(delete(), loop))
        futures[0].result(10)
        storage.delete_file("box", "key-0001")

    storage.upload_stream("box", "new", io.BytesIO(b"data"), progress=progress)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    assert [operation.name for operation in curious.operations] == ["upload_stream", "delete_file", "delete_file"]


def test_a_callback_given_by_position_or_as_a_partial_is_outside_too(storage, curious):
    class Steps(CloudClient):
        @operation(effect="write")
        def go(self, progress, *, then):
            progress()
            then()

    Steps().go(lambda: storage.stat("box", "key-0000"), then=partial(storage.stat, "box", "key-0001"))
    assert [operation.name for operation in curious.operations] == ["go", "stat", "stat"]


def test_a_progress_that_is_no_function_is_given_as_it_is(curious):
    class Steps(CloudClient):
        @operation(effect="write")
        def go(self, *, progress):
            return progress

    assert Steps().go(progress="50%") == "50%"


class Unreadable:
    @property
    def read(self):
        raise OSError("no")


def test_a_result_that_cannot_be_looked_at_is_still_a_result(curious):
    endless = []
    endless.append(endless)

    class Odd(CloudClient):
        @operation(effect="read")
        def look(self, what):
            return what

    for what in (Unreadable(), endless):
        assert Odd().look(what) is what
    assert len(curious.results) == 2


def test_what_is_registered_while_a_registry_ends_takes_nothing_from_the_next(storage, install_plugin):
    begin = "import time\ntime.sleep(0.5)\n"
    install_plugin("acme-retention", begin + REFUSE_DELETIONS, {"hooks": {"retention": "acme_retention"}})
    with isolated():
        thread = threading.Thread(target=hooks.register, args=(Curious(),))
        thread.start()
        time.sleep(0.2)
    thread.join()
    with pytest.raises(OperationRefused):
        storage.delete_file("box", "key-0000")


def test_a_process_that_a_hook_starts_is_not_inside_of_it(storage, tmp_path):
    heard = tmp_path / "heard"

    class Forking:
        @hookimpl
        def cloud_after_operation(self, operation):
            if operation.name == "list_buckets" and not (child := os.fork()):
                storage.stat("box", "key-0000")
                os._exit(0)
            if operation.name == "list_buckets":
                os.waitpid(child, 0)
            else:
                heard.touch()

    hooks.register(Forking())
    storage.list_buckets()
    assert heard.exists()


DAMAGE = {
    "METADATA is no UTF-8": lambda info: (info / "METADATA").write_bytes(b"Name: acme-retention\nAuthor: Ren\xe9\n"),
    "METADATA is empty": lambda info: (info / "METADATA").write_bytes(b""),
    "METADATA is gone": lambda info: (info / "METADATA").unlink(),
    "Name is empty": lambda info: (info / "METADATA").write_bytes(b"Name: \nVersion: 1.0\n"),
    "another group is broken": lambda info: append(info / "entry_points.txt", b"\n[acme.other]\nbroken line\n"),
    "a comment is no UTF-8": lambda info: append(info / "entry_points.txt", b"\n# Ren\xe9\n"),
    "its folder has another name": lambda info: info.rename(info.with_name("acme-retention-1.0.dist-info")),
    "there is no Version": lambda info: (info / "METADATA").write_bytes(b"Name: acme-retention\n"),
}


def append(file, data):
    with file.open("ab") as opened:
        opened.write(data)


@pytest.mark.parametrize("damage", DAMAGE)
def test_hooks_of_a_distribution_with_damaged_metadata_are_not_passed_over(storage, install_policy, damage):
    [info] = install_policy(REFUSE_DELETIONS).glob("acme_retention-*.dist-info")
    DAMAGE[damage](info)
    with pytest.raises((OperationRefused, ProviderLoadError)) as caught:
        storage.delete_file("box", "key-0000")
    assert "key-0000" in storage.buckets["box"]
    if isinstance(caught.value, ProviderLoadError):
        assert "(acme-retention ?) has hooks, and metadata that is damaged; 'pip install -U" in str(caught.value)
        assert "unless CLOUD_IGNORE_PLUGINS=acme-retention is set" in str(caught.value)


def test_the_way_out_takes_hooks_with_damaged_metadata_too(storage, install_policy, monkeypatch):
    [info] = install_policy(REFUSE_DELETIONS).glob("acme_retention-*.dist-info")
    (info / "METADATA").unlink()
    monkeypatch.setenv("CLOUD_IGNORE_PLUGINS", "acme-retention")
    assert storage.delete_file("box", "key-0000")


def test_hooks_that_were_mended_while_the_process_runs_are_in_force(storage, install_policy):
    install_policy("import what_is_not_there")
    with pytest.raises(ProviderLoadError):
        storage.delete_file("box", "key-0000")
    install_policy(REFUSE_DELETIONS)
    with pytest.raises(OperationRefused):
        storage.delete_file("box", "key-0000")


def test_hooks_whose_metadata_was_mended_while_the_process_runs_are_in_force(storage, install_policy):
    [info] = install_policy(REFUSE_DELETIONS).glob("acme_retention-*.dist-info")
    text = (info / "METADATA").read_bytes()
    (info / "METADATA").unlink()
    with pytest.raises(ProviderLoadError):
        storage.delete_file("box", "key-0000")
    (info / "METADATA").write_bytes(text)
    with pytest.raises(OperationRefused):
        storage.delete_file("box", "key-0000")


@pytest.mark.parametrize("blank", [",", " , ", "\n", "\t", " \n,\r\n"], ids=repr)
@pytest.mark.parametrize("setting", ["CLOUD_PLUGINS", "CLOUD_IGNORE_PLUGINS"])
def test_a_setting_that_names_nothing_leaves_out_nothing(storage, install_policy, monkeypatch, setting, blank):
    install_policy(REFUSE_DELETIONS)
    monkeypatch.setenv(setting, blank)
    with pytest.raises(OperationRefused):
        storage.delete_file("box", "key-0000")


# The deliberate way out


@pytest.mark.parametrize("names", ["acme-retention", "other, Acme_Retention", "acme.retention,"])
def test_a_setting_leaves_out_the_hooks_of_a_distribution(storage, install_policy, monkeypatch, names):
    install_policy(MISSPELT)
    monkeypatch.setenv("CLOUD_IGNORE_PLUGINS", names)
    assert storage.delete_file("box", "key-0000")


def test_a_setting_admits_only_some_distributions_hooks_included(storage, install_policy, monkeypatch):
    install_policy(MISSPELT)
    monkeypatch.setenv("CLOUD_PLUGINS", "acme-cloud")
    assert storage.delete_file("box", "key-0000")
    assert {p.provider for p in providers()} == {"acme", "local"}


def test_a_setting_that_admits_the_hooks_leaves_them_in_force(storage, install_policy, monkeypatch):
    install_policy(REFUSE_DELETIONS)
    monkeypatch.setenv("CLOUD_PLUGINS", "acme-cloud,acme-retention")
    with pytest.raises(OperationRefused):
        storage.delete_file("box", "key-0000")


@pytest.mark.parametrize("setting", [("CLOUD_IGNORE_PLUGINS", "acme-cloud"), ("CLOUD_PLUGINS", "another")])
def test_what_a_setting_leaves_out_says_so(install_acme, monkeypatch, setting):
    install_acme(exports={"AcmeStorage": "acme_cloud:AcmeStorage"})
    monkeypatch.setenv(*setting)
    with pytest.raises(LookupError, match=f"acme.storage = .*acme-cloud 1.0.* is left out by {setting[0]}"):
        get_client("acme")
    with pytest.raises(ImportError, match=f"AcmeStorage = .* is left out by {setting[0]}"):
        from codomyrmex.cloud import AcmeStorage  # noqa: F401


@pytest.mark.parametrize("setting", [("CLOUD_IGNORE_PLUGINS", "codomyrmex-cloud"), ("CLOUD_PLUGINS", "another")])
def test_the_core_always_takes_part(monkeypatch, setting):
    monkeypatch.setenv(*setting)
    assert get_client("local")


@pytest.mark.parametrize("setting", [("CLOUD_IGNORE_PLUGINS", "codomyrmex-cloud-cli"), ("CLOUD_PLUGINS", "another")])
def test_the_command_always_takes_part(monkeypatch, setting):
    monkeypatch.setenv(*setting)
    command = EntryPoint(COMMANDS, "ls", "codomyrmex.cloud.cli.objects:ls", "codomyrmex_cloud_cli", "1", None)
    assert left_out(command) is None


# What hooks raise


@pytest.mark.parametrize("error", [ObjectNotFound("no such rule"), Timeout("late"), KeyError("a bug")])
def test_what_a_policy_raises_by_its_own_calls_is_not_the_error_of_the_operation(storage, error):
    class Policy:
        @hookimpl
        def cloud_before_operation(self):
            raise error

    hooks.register(Policy())
    with pytest.raises(OperationRefused) as caught:
        storage.delete_file("box", "key-0000")
    assert caught.value.__cause__ is error
    assert caught.value.plugin.endswith("Policy")
    assert caught.value.retryable is False
    assert "key-0000" in storage.buckets["box"]


@pytest.mark.parametrize("error", [ObjectNotFound("no such secret"), Timeout("late"), KeyError("a bug")])
def test_what_a_vault_raises_refuses_the_client(storage, error):
    class Vault:
        @hookimpl
        def cloud_credentials(self):
            raise error

    hooks.register(Vault())
    with pytest.raises(
        OperationRefused, match=r"credentials of acme.storage cannot be told.*refused by .*Vault"
    ) as caught:
        get_client("acme")
    assert caught.value.__cause__ is error


def test_a_refusal_is_raised_as_it_is_and_names_the_plugin(storage, install_policy):
    install_policy(REFUSE_DELETIONS)
    with pytest.raises(OperationRefused) as caught:
        storage.delete_file("box", "key-0000")
    assert caught.value.__cause__ is None
    assert caught.value.plugin == "retention of acme-retention 1.0"
    assert str(caught.value) == "kept for seven years (refused by retention of acme-retention 1.0)"


def test_a_refusal_that_is_raised_again_and_again_tells_of_each_operation(storage):
    kept = OperationRefused("kept")

    class Policy:
        @hookimpl
        def cloud_before_operation(self):
            raise kept

    hooks.register(Policy())
    for key in ("one", "two"):
        with pytest.raises(OperationRefused) as caught:
            storage.delete_file("box", key)
        assert caught.value.resource == f"acme://box/{key}"
    assert kept.resource is None


class LeakingError(Exception):
    """As of an HTTP client, whose text has the URL."""

    def __init__(self):
        super().__init__("GET https://vault.example/?token=very-secret")
        self.request = type("Request", (), {"headers": {"X-Vault-Token": "very-secret"}})()


def test_what_a_hook_fails_with_is_not_shown(storage):
    class Both:
        @hookimpl
        def cloud_before_operation(self):
            raise LeakingError

        @hookimpl
        def cloud_credentials(self):
            raise LeakingError

    hooks.register(Both())
    for call in (storage.list_buckets, lambda: get_client("acme")):
        with pytest.raises(OperationRefused, match="as a hook failed: LeakingError") as caught:
            call()
        assert "very-secret" not in str(caught.value)
        assert b"very-secret" not in pickle.dumps(caught.value)
        assert caught.value.__cause__.request is None
        assert pickle.loads(pickle.dumps(caught.value)).plugin == caught.value.plugin


def test_an_observer_that_exits_ends_nothing(storage, caplog):
    class Exiting:
        @hookimpl
        def cloud_after_operation(self):
            raise SystemExit(3)

    hooks.register(Exiting())
    assert storage.list_buckets() == ["box"]
    assert "cloud_after_operation" in caplog.text


def test_two_plugins_of_one_class_are_told_apart(storage):
    first, second = Curious(), Curious()
    for plugin in (first, second):
        hooks.register(plugin)
    storage.list_buckets()
    assert len(first.operations) == len(second.operations) == 1
    hooks.unregister(first)
    assert hooks.registered() == [second]


# What hooks are told


def test_a_hook_that_reads_the_keys_does_not_eat_them(storage, curious):
    keys = (f"key-{n:04}" for n in range(2500))
    assert storage.delete_many("box", keys) == {}
    assert storage.buckets["box"] == {}
    batches = [operation.arguments["keys"] for operation in curious.operations]
    assert [len(batch) for batch in batches] == [1000, 1000, 500]
    assert all(type(batch) is tuple for batch in batches)
    assert curious.results == [{}, {}, {}]


def test_keys_are_read_as_they_are_needed(storage, curious):
    taken = []

    def keys():
        for n in range(2500):
            taken.append(n)
            if n == 1500:
                raise ConnectionResetError("reset")
            yield f"key-{n:04}"

    with pytest.raises(ConnectionError) as caught:
        storage.delete_many("box", keys())
    assert isinstance(caught.value, CloudError)
    assert len(storage.buckets["box"]) == 1500


@pytest.mark.parametrize("keys", [[], iter([]), ()])
def test_no_keys_are_one_operation(storage, curious, keys):
    assert storage.delete_many("box", keys) == {}
    assert [operation.arguments["keys"] for operation in curious.operations] == [()]


def refuse(at):
    class Policy:
        @hookimpl
        def cloud_before_operation(self, operation):
            if at in operation.arguments["keys"]:
                raise OperationRefused("kept")

    hooks.register(Policy())


def test_a_refusal_of_the_first_batch_is_one_of_the_operation(storage):
    refuse("key-0999")
    with pytest.raises(OperationRefused):
        storage.delete_many("box", (f"key-{n:04}" for n in range(2500)))
    assert len(storage.buckets["box"]) == 2500


def test_a_refusal_of_a_later_batch_is_a_failure_of_each_of_its_keys(storage):
    refuse("key-1000")
    failures = storage.delete_many("box", (f"key-{n:04}" for n in range(2500)))
    assert list(failures) == list(storage.buckets["box"]) == [f"key-{n:04}" for n in range(1000, 2000)]
    assert {type(error) for error in failures.values()} == {OperationRefused}


def test_a_stream_is_described_and_stays_whole(storage, curious, tmp_path):
    (tmp_path / "file").write_bytes(b"from a file")
    storage.upload_stream("box", "memory", io.BytesIO(b"from memory"))
    with open(tmp_path / "file", "rb") as file:
        storage.upload_stream("box", "file", file)
    assert (storage.buckets["box"]["memory"], storage.buckets["box"]["file"]) == (b"from memory", b"from a file")
    assert [operation.arguments["stream"] for operation in curious.operations] == [
        StreamInfo(kind="BytesIO", name=None),
        StreamInfo(kind="BufferedReader", name=str(tmp_path / "file")),
    ]


def test_a_stream_that_is_a_result_stays_whole(storage, curious):
    with storage.open_read("box", "key-0000") as file:
        assert file.read() == b"data"
    assert [type(result) for result in curious.results] == [StreamInfo]


def test_an_iterator_of_any_operation_is_read_once_into_a_tuple(curious):
    class Contacts(CloudClient):
        @operation(effect="write")
        def add(self, addresses, *groups):
            return list(addresses)

    assert Contacts().add((f"{name}@example.org" for name in "ab"), map(str, [1, 2])) == [
        "a@example.org",
        "b@example.org",
    ]
    assert curious.operations[0].arguments == {"addresses": ("a@example.org", "b@example.org"), "groups": (("1", "2"),)}


def test_an_operation_gets_an_iterator_where_it_was_given_one(curious):
    class Contacts(CloudClient):
        @operation(effect="write")
        def add(self, addresses, network=None):
            return next(addresses), network

    network = ipaddress.ip_network("10.0.0.0/30")
    assert Contacts().add(iter(["a@example.org"]), network) == ("a@example.org", network)
    assert curious.operations[0].arguments == {"addresses": ("a@example.org",), "network": network}


def test_what_hooks_do_to_values_stays_with_them(storage):
    class Meddler:
        @hookimpl
        def cloud_before_operation(self, operation):
            for value in operation.arguments.values():
                if isinstance(value, dict):
                    value.clear()
                if isinstance(value, memoryview):
                    assert value.readonly

        @hookimpl
        def cloud_after_operation(self, result):
            if isinstance(result, list):
                result.clear()

    class Files(CloudClient):
        @operation(effect="write")
        def send(self, data, *files, options):
            return bytes(data), [file.read() for file in files], options

    hooks.register(Meddler())
    hooks.register(Curious())
    sent = Files().send(bytearray(b"data"), io.BytesIO(b"file"), options={"a": [1]})
    assert sent == (b"data", [b"file"], {"a": [1]})
    assert storage.list_buckets() == ["box"]


@pytest.mark.parametrize(("name", "shown"), [("report.pdf", "report.pdf"), ("https://x.example/?sig=secret", None)])
def test_a_stream_is_named_by_its_file_alone(storage, curious, name, shown):
    stream = io.BytesIO(b"data")
    stream.name = name
    storage.upload_stream("box", "new", stream)
    assert curious.operations[0].arguments["stream"] == StreamInfo(kind="BytesIO", name=shown)


def test_what_an_iterator_raises_is_translated(curious):
    class Contacts(CloudClient):
        @operation(effect="write")
        def add(self, addresses):
            return list(addresses)

    def addresses():
        yield "a@example.org"
        raise TimeoutError("late")

    with pytest.raises(Timeout):
        Contacts().add(addresses())


def test_a_hook_cannot_change_what_other_hooks_see(storage):
    class Meddler:
        @hookimpl
        def cloud_before_operation(self, operation):
            operation.arguments["key"] = "another"

    hooks.register(Meddler())
    with pytest.raises(OperationRefused, match="delete_file is refused, as a hook failed: TypeError"):
        storage.delete_file("box", "key-0000")


def test_a_lenient_face_shows_why_nothing_ran(install_policy, caplog):
    class Mail(CloudClient):
        provider = "acme"

        @lenient(False)
        @operation(effect="write")
        def send(self):
            return True

    install_policy(MISSPELT)
    client = Mail()
    assert client.send() is False
    assert isinstance(client.last_error, ProviderLoadError)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
