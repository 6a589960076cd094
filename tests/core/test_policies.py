"""Policies fail closed: what cannot be loaded, what is misspelt, what fails. And they are told the truth."""

import io
import logging

import pytest
from codomyrmex.cloud import get_client, hooks, providers
from codomyrmex.cloud.common import CloudClient, lenient, operation
from codomyrmex.cloud.errors import CloudError, ObjectNotFound, OperationRefused, ProviderLoadError, Timeout
from codomyrmex.cloud.hooks import StreamInfo, hookimpl
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
}


@pytest.fixture
def install_policy(install_plugin):
    """Install ``acme-retention`` with this source as its hooks."""

    def install(source, target="acme_retention"):
        install_plugin("acme-retention", source, {"hooks": {"retention": target}})

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
        for _ in range(2):
            for value in operation.arguments.values():
                if hasattr(value, "__iter__"):
                    list(value)
                if hasattr(value, "read"):
                    value.read()

    @hookimpl
    def cloud_after_operation(self, result):
        self.results.append(result)
        if hasattr(result, "read"):
            result.read()


@pytest.fixture
def curious():
    plugin = Curious()
    hooks.register(plugin)
    yield plugin
    hooks.unregister(plugin)


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


def test_hooks_of_a_class_instead_of_an_object_are_refused(storage, install_policy):
    install_policy(A_CLASS, "acme_retention:Policy")
    with pytest.raises(ProviderLoadError, match="not to a class"):
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


def test_the_core_is_admitted_unless_it_is_ignored(monkeypatch):
    monkeypatch.setenv("CLOUD_PLUGINS", "another")
    assert get_client("local")


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
        StreamInfo("BytesIO", None),
        StreamInfo("BufferedReader", str(tmp_path / "file")),
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
    with pytest.raises(OperationRefused, match="does not support item assignment"):
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
