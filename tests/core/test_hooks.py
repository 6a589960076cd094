"""Hooks, as an installed distribution and as an application bring them."""

import io
import pickle
import sys
import threading

import pytest
from codomyrmex.cloud import get_client, hooks, open_storage
from codomyrmex.cloud.common import CloudClient, CloudCredentials, ObjectInfo, operation
from codomyrmex.cloud.errors import ObjectNotFound, OperationRefused
from codomyrmex.cloud.hooks import hookimpl
from pluggy import PluginValidationError

POLICY = """
from codomyrmex.cloud.errors import OperationRefused
from codomyrmex.cloud.hooks import hookimpl

heard = []


@hookimpl
def cloud_before_operation(operation):
    heard.append(operation)
    if operation.name == "delete_file":
        raise OperationRefused("kept for seven years")
    if operation.resource and operation.resource.endswith("/broken"):
        raise KeyError("a bug in the policy")
"""
AUDIT = """
from codomyrmex.cloud.hooks import hookimpl

heard = []


@hookimpl
def cloud_client_created(client):
    heard.append(("created", client))


@hookimpl
def cloud_after_operation(operation, result, error, seconds):
    assert seconds >= 0
    heard.append((operation.name, operation.resource, result, error))


@hookimpl
def cloud_transfer_event(operation, transferred):
    heard.append((operation.name, transferred))
"""
FAILING = """
from codomyrmex.cloud.hooks import hookimpl


@hookimpl
def cloud_client_created():
    raise RuntimeError("observer failed")


@hookimpl
def cloud_after_operation():
    raise RuntimeError("observer failed")


@hookimpl
def cloud_transfer_event():
    raise RuntimeError("observer failed")
"""
VAULT = """
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.hooks import hookimpl

asked = []


@hookimpl
def cloud_credentials(provider, service):
    asked.append((provider, service))
    return CloudCredentials(provider, "access", "secret")
"""


@pytest.fixture
def install_hooks(install_plugin):
    """Install a distribution that offers this source as hooks, and give its module."""

    def install(name, source):
        install_plugin(f"{name}-cloud", source, {"hooks": {name: f"{name}_cloud"}})
        return __import__(f"{name}_cloud")

    return install


@pytest.fixture
def storage(install_acme):
    """A client made and filled before any hook is in force: those come with the first operation or look-up."""
    client = install_acme()()
    client.buckets["box"] = {"key": b"0123456789"}
    return client


@pytest.fixture
def listing(storage):
    """A client whose listing is made of other operations."""

    class ListingStorage(type(storage)):
        def iter_objects(self, bucket, prefix="", *, start_after=""):
            for key in self.buckets[bucket]:
                if self.exists(bucket, key):
                    yield ObjectInfo(bucket, key, 1)

    client = ListingStorage()
    client.buckets["box"] = {"a": b"1", "b": b"2", "c": b"3"}
    return client


# The veto


def test_a_veto_refuses_the_operation_and_nothing_happens(storage, install_hooks):
    install_hooks("policy", POLICY)
    with pytest.raises(OperationRefused, match="kept for seven years"):
        storage.delete_file("box", "key")
    assert storage.buckets == {"box": {"key": b"0123456789"}}


def test_a_veto_is_a_permission_error_that_knows_where_it_was(storage, install_hooks):
    install_hooks("policy", POLICY)
    with pytest.raises(PermissionError) as caught:
        storage.delete_file("box", "key")
    error = caught.value
    assert (error.operation, error.resource) == ("delete_file", "acme://box/key")
    assert (error.provider, error.service) == ("acme", "storage")


def test_what_no_hook_objects_to_is_done(storage, install_hooks):
    install_hooks("policy", POLICY)
    assert storage.download_file("box", "key") == b"0123456789"


def test_a_policy_that_fails_refuses(storage, install_hooks):
    install_hooks("policy", POLICY)
    with pytest.raises(OperationRefused, match="upload_file is refused, as a hook failed: KeyError") as caught:
        storage.upload_file("box", "broken", b"data")
    assert isinstance(caught.value.__cause__, KeyError)
    assert "broken" not in storage.buckets["box"]


def test_a_veto_is_asked_before_a_listing_begins(listing, install_hooks):
    policy = install_hooks("policy", POLICY)
    listing.iter_objects("box")
    assert [operation.name for operation in policy.heard] == ["iter_objects"]


def test_wrong_arguments_are_refused_before_any_hook_hears_of_them(storage, install_hooks):
    policy = install_hooks("policy", POLICY)
    with pytest.raises(TypeError):
        storage.upload_file("box", "key", "text")
    assert policy.heard == []


def test_an_operation_tells_who_what_and_with_which_arguments(storage, install_hooks):
    policy = install_hooks("policy", POLICY)
    storage.upload_file("box", "new", data=b"data")
    (operation,) = policy.heard
    assert operation.client is storage
    assert operation[1:] == (
        "acme",
        "storage",
        "upload_file",
        "write",
        "acme://box/new",
        {"bucket": "box", "key": "new", "data": b"data"},
    )


def test_an_operation_shows_neither_data_nor_secrets(storage, install_hooks):
    policy = install_hooks("policy", POLICY)
    storage.upload_file("box", "new", b"very-secret")
    assert repr(policy.heard[0]) == "<Operation acme.storage upload_file acme://box/new>"


def test_no_operation_slips_through_while_another_thread_loads_the_policy(storage, install_plugin):
    """The policy's module, while it is imported, has another thread try what it will refuse."""
    begin = "import sys\nsys.modules['__main__'].while_policy_loads()\n"
    install_plugin("policy-cloud", begin + POLICY, {"hooks": {"policy": "policy_cloud"}})
    refused = []

    def delete():
        try:
            storage.delete_file("box", "key")
        except OperationRefused as error:
            refused.append(error)

    other = threading.Thread(target=delete)

    def while_policy_loads():
        other.start()
        other.join(timeout=0.2)  # it waits for the policy; where it does not, it is done long before

    sys.modules["__main__"].while_policy_loads = while_policy_loads
    try:
        storage.list_buckets()
    finally:
        del sys.modules["__main__"].while_policy_loads
    other.join()
    assert len(refused) == 1
    assert storage.buckets["box"]


# What is announced


def test_after_an_operation_observers_are_told_its_result(storage, install_hooks):
    audit = install_hooks("audit", AUDIT)
    storage.download_file("box", "key")
    assert audit.heard == [("download_file", "acme://box/key", b"0123456789", None)]


def test_after_a_failure_observers_are_told_the_error(storage, install_hooks):
    audit = install_hooks("audit", AUDIT)
    with pytest.raises(ObjectNotFound) as caught:
        storage.download_file("box", "none")
    assert audit.heard == [("download_file", "acme://box/none", None, caught.value)]
    assert caught.value.operation == "download_file"


def test_after_a_refusal_observers_are_told_the_error(storage, install_hooks):
    install_hooks("policy", POLICY)
    audit = install_hooks("audit", AUDIT)
    with pytest.raises(OperationRefused) as caught:
        storage.delete_file("box", "key")
    assert audit.heard == [("delete_file", "acme://box/key", None, caught.value)]


def test_what_an_operation_is_made_of_is_not_announced(storage, install_hooks):
    audit = install_hooks("audit", AUDIT)
    storage.exists("box", "key")
    storage.delete_many("box", ["key"])
    assert [name for name, *_ in audit.heard] == ["exists", "delete_many"]


def test_an_override_that_calls_the_original_is_announced_once(storage, install_hooks):
    class Override(type(storage)):
        def stat(self, bucket, key):
            return super().stat(bucket, key)

    override = Override()
    override.buckets = storage.buckets
    audit = install_hooks("audit", AUDIT)
    override.stat("box", "key")
    assert [name for name, *_ in audit.heard] == ["stat"]


def test_an_overridden_listing_that_calls_the_original_is_announced_once(listing, install_hooks):
    class Override(type(listing)):
        def iter_objects(self, bucket, prefix="", *, start_after=""):
            yield from super().iter_objects(bucket, prefix, start_after=start_after)

    override = Override()
    override.buckets = listing.buckets
    audit = install_hooks("audit", AUDIT)
    assert len(list(override.iter_objects("box"))) == 3
    assert [(name, result) for name, _, result, _ in audit.heard] == [("iter_objects", 3)]


def test_after_an_operation_the_next_is_announced_again(storage, install_hooks):
    audit = install_hooks("audit", AUDIT)
    with pytest.raises(ObjectNotFound):
        storage.stat("box", "none")
    storage.stat("box", "key")
    assert [name for name, *_ in audit.heard] == ["stat", "stat"]


@pytest.mark.parametrize("hook", ["cloud_before_operation", "cloud_after_operation", "cloud_client_created"])
def test_what_a_hook_itself_calls_is_not_announced(storage, hook):
    heard = []

    class Curious:
        @hookimpl(specname=hook)
        def hear(self):
            heard.append(hook)
            storage.list_buckets()

    hooks.register(Curious())
    get_client("acme").list_buckets() if hook != "cloud_client_created" else get_client("acme")
    assert heard == [hook]


# Listings


def test_a_listing_has_ended_when_its_last_object_was_read(listing, install_hooks):
    audit = install_hooks("audit", AUDIT)
    objects = listing.iter_objects("box")
    for _ in range(3):
        next(objects)
    assert [name for name, *_ in audit.heard if name == "iter_objects"] == []
    assert next(objects, None) is None
    assert ("iter_objects", "acme://box", 3, None) in audit.heard


def test_a_listing_has_ended_when_its_reader_stops(listing, install_hooks):
    audit = install_hooks("audit", AUDIT)
    objects = listing.iter_objects("box")
    next(objects)
    objects.close()
    assert ("iter_objects", "acme://box", 1, None) in audit.heard


def test_what_a_listing_is_made_of_is_not_announced(listing, install_hooks):
    audit = install_hooks("audit", AUDIT)
    list(listing.iter_objects("box"))
    assert [name for name, *_ in audit.heard] == ["iter_objects"]


def test_what_the_reader_of_a_listing_does_is_announced(listing, install_hooks):
    audit = install_hooks("audit", AUDIT)
    for info in listing.iter_objects("box"):
        listing.download_file("box", info.key)
    assert [name for name, *_ in audit.heard if name == "download_file"] == ["download_file"] * 3


def test_a_listing_that_fails_is_told_with_its_error(listing, install_hooks):
    audit = install_hooks("audit", AUDIT)
    objects = listing.iter_objects("box")
    next(objects)
    del listing.buckets["box"]["b"]
    with pytest.raises(RuntimeError, match="changed size during iteration"):
        next(objects)
    (name, _, result, error) = audit.heard[-1]
    assert (name, result, type(error)) == ("iter_objects", 1, RuntimeError)


# Transfers


@pytest.mark.parametrize("observed", [True, False], ids=["with_progress", "without"])
def test_transfer_events_sum_to_the_size(storage, install_hooks, tmp_path, observed):
    audit = install_hooks("audit", AUDIT)
    mine = []
    progress = {"progress": mine.append} if observed else {}
    storage.download_path("box", "key", tmp_path / "file", **progress)
    storage.upload_path("box", "copied", tmp_path / "file", **progress)
    storage.upload_stream("box", "streamed", io.BytesIO(b"12345"), **progress)
    moved = {}
    for name, size in (event for event in audit.heard if len(event) == 2):
        moved[name] = moved.get(name, 0) + size
    assert moved == {"download_path": 10, "upload_path": 10, "upload_stream": 5}
    assert sum(mine) == (25 if observed else 0)


def test_the_progress_of_another_service_is_no_transfer(install_hooks):
    class Servers(CloudClient):
        service = "compute"

        @operation
        def create(self, *, progress):
            progress("ACTIVE", 100)

    audit = install_hooks("audit", AUDIT)
    seen = []
    Servers().create(progress=lambda *event: seen.append(event))
    assert seen == [("ACTIVE", 100)]
    assert [event[0] for event in audit.heard] == ["create"]


# Isolation


def test_an_observer_that_fails_is_logged_and_the_operation_succeeds(storage, install_hooks, caplog, tmp_path):
    install_hooks("failing", FAILING)
    assert get_client("acme").list_buckets() == []
    storage.download_path("box", "key", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"0123456789"
    assert {r.name for r in caplog.records} == {"codomyrmex.cloud.hooks"}
    for hook in ("cloud_client_created", "cloud_after_operation", "cloud_transfer_event"):
        assert any(hook in message and "failing" in message for message in caplog.messages)
    assert "observer failed" in caplog.text


def test_an_observer_that_fails_does_not_replace_the_error_of_the_operation(storage, install_hooks):
    install_hooks("failing", FAILING)
    with pytest.raises(ObjectNotFound):
        storage.download_file("box", "none")


@pytest.mark.parametrize("order", [("failing", "audit"), ("audit", "failing")], ids=" then ".join)
def test_other_observers_still_run(storage, install_hooks, order):
    for name in order:
        install_hooks(name, {"failing": FAILING, "audit": AUDIT}[name])
    storage.download_file("box", "key")
    assert [name for name, *_ in sys.modules["audit_cloud"].heard] == ["download_file"]


# Credentials


def test_the_credentials_of_a_hook_reach_the_client(storage, install_hooks):
    vault = install_hooks("vault", VAULT)
    assert get_client("acme").credentials == CloudCredentials("acme", "access", "secret")
    assert open_storage("acme://box").credentials.access_key == "access"
    assert vault.asked == [("acme", "storage")] * 2


def test_explicit_credentials_win_and_the_hook_is_not_asked(storage, install_hooks):
    vault = install_hooks("vault", VAULT)
    mine = CloudCredentials("acme", "mine")
    assert get_client("acme", credentials=mine).credentials is mine
    assert vault.asked == []


class Vault:
    def __init__(self, found):
        self.found = found

    @hookimpl
    def cloud_credentials(self):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def test_the_first_credentials_that_are_found_win(storage):
    for found in (CloudCredentials("acme", "last"), CloudCredentials("acme", "first"), None):
        hooks.register(Vault(found))  # the last registered is asked first
    assert get_client("acme").credentials.access_key == "first"


def test_where_no_hook_finds_credentials_the_client_looks_for_itself(storage):
    hooks.register(Vault(None))
    assert get_client("acme").credentials is None


def test_a_locked_vault_stops_the_look_up(storage):
    hooks.register(Vault(CloudCredentials("acme", "behind")))
    hooks.register(Vault(RuntimeError("the vault is locked")))
    with pytest.raises(OperationRefused, match="cannot be told, as a hook failed: RuntimeError") as caught:
        get_client("acme")
    assert isinstance(caught.value.__cause__, RuntimeError)


RECIPE = """
from codomyrmex.cloud.common import CloudClient


class Mail(CloudClient):
    provider, service, recipe = "acme", "mail", ("box",)

    def __init__(self, box, credentials=None):
        self.box, self.credentials = box, credentials
"""


def test_a_client_that_a_pickle_makes_again_gets_its_credentials_anew(install_plugin, install_hooks):
    install_plugin("acme-cloud", RECIPE, {"providers": {"acme.mail": "acme_cloud:Mail"}})
    vault = install_hooks("vault", VAULT)
    client = get_client("acme", "mail", box="in")
    pickled = pickle.dumps(client)
    assert b"secret" not in pickled
    copied = pickle.loads(pickled)
    assert (copied.box, copied.credentials) == ("in", client.credentials)
    assert vault.asked == [("acme", "mail")] * 2


# Clients


@pytest.mark.parametrize("make", [lambda: get_client("acme"), lambda: open_storage("acme://box")])
def test_a_client_that_was_made_is_told(storage, install_hooks, make):
    audit = install_hooks("audit", AUDIT)
    client = make()
    assert audit.heard == [("created", client)]


# register and unregister


class Refusing:
    @hookimpl
    def cloud_before_operation(self, operation):
        raise OperationRefused("no")


def test_an_application_puts_hooks_in_force_and_out(storage):
    refusing = Refusing()
    hooks.register(refusing)
    with pytest.raises(OperationRefused):
        storage.list_buckets()
    hooks.unregister(refusing)
    assert storage.list_buckets() == ["box"]


def test_the_hooks_of_an_application_join_the_installed_ones(storage, install_hooks):
    audit = install_hooks("audit", AUDIT)
    refusing = Refusing()
    hooks.register(refusing)
    with pytest.raises(OperationRefused):
        storage.list_buckets()
    hooks.unregister(refusing)
    storage.list_buckets()
    assert [result for _, _, result, _ in audit.heard] == [None, ["box"]]


class Unknown:
    @hookimpl
    def cloud_before_opertion(self, operation):
        raise AssertionError("never called")


class UnknownArgument:
    @hookimpl
    def cloud_before_operation(self, operation, what):
        raise AssertionError("never called")


@pytest.mark.parametrize("mistake", [Unknown, UnknownArgument])
@pytest.mark.parametrize("others", [True, False], ids=["beside_others", "alone"])
def test_a_hook_that_would_never_be_called_is_an_error_and_does_not_stay(storage, mistake, others):
    if others:
        hooks.register(Vault(None))
    with pytest.raises(PluginValidationError):
        hooks.register(mistake())
    hooks.register(Refusing())  # those that come after it are not held up by it
    with pytest.raises(OperationRefused):
        storage.list_buckets()


@pytest.mark.parametrize("others", [True, False], ids=["beside_others", "alone"])
def test_taking_out_what_was_never_put_in_changes_nothing(storage, others):
    if others:
        hooks.register(Refusing())
    hooks.unregister(Vault(None))
    if others:
        with pytest.raises(OperationRefused):
            storage.list_buckets()


@pytest.mark.parametrize("hook", ["cloud_before_operation", "cloud_after_operation", "cloud_credentials"])
def test_a_wrapper_is_refused_as_it_could_hide_a_refusal(hook):
    class Wrapper:
        @hookimpl(wrapper=True, specname=hook)
        def wrap(self):
            yield

    with pytest.raises(PluginValidationError, match="is a wrapper"):
        hooks.register(Wrapper())


def test_an_interrupted_operation_is_announced_as_ended(storage):
    class Watch:
        @hookimpl
        def cloud_after_operation(self, operation, error):
            ended.append((operation.name, type(error)))

    class Interrupted(type(storage)):
        def download_file(self, bucket, key):
            raise KeyboardInterrupt

    ended = []
    hooks.register(Watch())
    with pytest.raises(KeyboardInterrupt):
        Interrupted().download_file("box", "k")
    assert ended == [("download_file", KeyboardInterrupt)]
