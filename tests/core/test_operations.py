"""What an author's operation must be, and what is said when the class is made."""

import abc
import asyncio
import functools
import inspect

import pytest
from codomyrmex.cloud import hooks
from codomyrmex.cloud.common import CloudClient, StorageClient, lenient, operation
from codomyrmex.cloud.common.operations import spec_of
from codomyrmex.cloud.errors import CloudError, ServiceUnavailable
from codomyrmex.cloud.hooks import hookimpl
from codomyrmex.cloud.local import LocalStorage


class Mail(CloudClient):
    provider, service = "acme", "mail"

    @operation(effect="write", checks={"to": str.strip})
    def send(self, to, text="", *, urgent=False, **headers):
        return to, text, urgent, headers

    @operation
    def purge(self):
        return True


class Watcher:
    def __init__(self):
        self.operations = []

    @hookimpl
    def cloud_before_operation(self, operation):
        self.operations.append(operation)


@pytest.fixture
def watcher():
    watching = Watcher()
    hooks.register(watching)
    return watching


def passed_on(function):
    @functools.wraps(function)
    def call(*args, **kwargs):
        return function(*args, **kwargs)

    return call


def hidden(function):
    return lambda *args, **kwargs: function(*args, **kwargs)


# Effects


@pytest.mark.parametrize(
    ("name", "effect"),
    [
        ("list_buckets", "list"),
        ("bucket_exists", "read"),
        ("create_bucket", "write"),
        ("ensure_bucket", "write"),
        ("delete_bucket", "delete"),
        ("iter_objects", "list"),
        ("stat", "read"),
        ("exists", "read"),
        ("download_file", "read"),
        ("download_path", "read"),
        ("open_read", "read"),
        ("read_range", "read"),
        ("generate_presigned_url", "read"),
        ("upload_file", "write"),
        ("upload_path", "write"),
        ("upload_stream", "write"),
        ("copy", "write"),
        ("generate_presigned_upload", "write"),
        ("delete_file", "delete"),
        ("delete_many", "delete"),
    ],
)
def test_the_contract_tells_the_effect_of_each_operation_also_of_an_override(name, effect):
    assert spec_of(getattr(StorageClient, name)).effect == effect
    assert spec_of(getattr(LocalStorage, name)).effect == effect


def test_an_operation_whose_author_gives_no_effect_counts_as_admin(watcher):
    Mail().purge()
    assert [operation.effect for operation in watcher.operations] == ["admin"]


def test_an_override_that_is_decorated_anew_keeps_the_effect(watcher):
    class Other(Mail):
        @lenient(None)
        @operation
        def send(self, to, text="", *, urgent=False, **headers):
            return None

    Other().send("me")
    assert [operation.effect for operation in watcher.operations] == ["write"]


def test_an_effect_is_one_of_five():
    with pytest.raises(TypeError, match="is one of read, list, write, delete, admin, not 'raed'"):
        operation(effect="raed")(lambda self: 0)


def test_what_an_override_inherits_is_its_own(watcher):
    class Mixin:
        @operation
        def wipe(self):
            return 0

    for effect in ("read", "delete"):
        base = type("Base", (CloudClient,), {"wipe": operation(effect=effect)(lambda self: 0)})
        type("Mixed", (Mixin, base), {})().wipe()
    assert [operation.effect for operation in watcher.operations] == ["read", "delete"]


class Decorated(LocalStorage):
    """Overrides that are decorated anew, and give nothing."""

    @operation
    def delete_many(self, bucket, keys):
        return super().delete_many(bucket, keys)

    @operation(aliases={"key": "name"})
    def delete_file(self, bucket, name):
        raise AssertionError("was not checked")

    @lenient([])
    @operation
    def iter_objects(self, bucket, prefix="", *, start_after=""):
        yield from super().iter_objects(bucket, prefix, start_after=start_after)
        raise ConnectionResetError


def test_an_override_that_is_decorated_anew_keeps_checks_batches_and_laziness(tmp_path, watcher):
    storage = Decorated(tmp_path)
    storage.ensure_bucket("box")
    storage.delete_many("box", (f"{n}" for n in range(1001)))
    assert [len(o.arguments["keys"]) for o in watcher.operations if o.name == "delete_many"] == [1000, 1]
    for wrong in ("", 5):
        with pytest.raises((ValueError, TypeError), match="key"):
            storage.delete_file("box", wrong)
        with pytest.raises((ValueError, TypeError), match="key"):
            storage.delete_file("box", key=wrong)
    with pytest.raises(ServiceUnavailable):
        list(storage.iter_objects("box"))


# Arguments


def test_further_positions_are_told_by_the_name_that_takes_them(watcher):
    class Lists(CloudClient):
        @operation
        def join(self, name, *members, **options):
            return members

    assert Lists().join("friends", "a", "b", public=True) == ("a", "b")
    assert watcher.operations[0].arguments == {"name": "friends", "members": ("a", "b"), "public": True}


class Renaming(Mail):
    @operation(aliases={"to": "recipient"}, checks={"recipient": str.strip})
    def send(self, recipient, text="", *, urgent=False, **headers):
        return recipient


def test_an_override_with_other_names_takes_those_of_the_contract_as_aliases(watcher):
    assert Renaming().send("me") == Renaming().send(recipient="me") == Renaming().send(to="me") == "me"
    assert [operation.arguments for operation in watcher.operations] == [{"recipient": "me", "to": "me"}] * 3
    with pytest.raises(TypeError, match="takes to or recipient, not both"):
        Renaming().send(to="me", recipient="you")
    with pytest.raises(TypeError, match="strip"):
        Renaming().send(to=5)


def test_other_names_are_kept_by_what_overrides_an_override(watcher):
    class Again(Renaming):
        @operation(aliases={"recipient": "address"})
        def send(self, address, text="", *, urgent=False, **headers):
            return address

    assert Again().send(to="me") == Again().send(recipient="me") == Again().send("me") == "me"
    assert watcher.operations[0].arguments == {"address": "me", "recipient": "me", "to": "me"}


def test_an_override_is_told_by_the_name_that_it_is_called_by(watcher):
    class Other(Mail):
        def _deliver(self, to, text="", *, urgent=False, **headers):
            return "delivered"

        send = _deliver

    assert Other().send("me") == "delivered"
    assert [operation.name for operation in watcher.operations] == ["send"]


# What is refused when the class is made


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        (lambda self, recipient, text="", *, urgent=False, **headers: 0, "keep these names, or give aliases"),
        (lambda self, text, to="", *, urgent=False, **headers: 0, "keep these names, or give aliases"),
        (lambda self, to, *, urgent=False, **headers: 0, "keep these names, or give aliases"),
        (lambda self, to, text="", *, fast=False: 0, "keep these names, or give aliases"),
        (
            passed_on(lambda self, recipient, text="", *, urgent=False, **headers: 0),
            "keep these names, or give aliases",
        ),
        (operation(lambda self, recipient, text="", *, urgent=False: 0), "keep these names, or give aliases"),
        (staticmethod(lambda to, text="", *, urgent=False: 0), "a method that takes self"),
        (classmethod(lambda cls, to, text="", *, urgent=False: 0), "a method that takes self"),
        (lenient(None)(lambda self, to, text="", *, urgent=False: 0), "put @lenient above @operation"),
    ],
)
def test_an_override_that_does_not_take_what_callers_give_is_a_type_error(override, reason):
    with pytest.raises(TypeError, match=reason):
        type("Wrong", (Mail,), {"send": override})


@pytest.mark.parametrize(
    "override",
    [
        lambda self, to, text="", *, urgent=False, **headers: 0,
        lambda self, to, text="", urgent=False, more=0: 0,
        lambda self, to, text, **anything: 0,
        hidden(lambda self, to, text="", *, urgent=False: 0),
        passed_on(lambda self, to, text="", *, urgent=False: 0),
    ],
)
def test_an_override_that_takes_more_is_one(override):
    kind = type("More", (Mail,), {"send": override})
    assert kind().send("me", "hello", urgent=True) == 0
    with pytest.raises(TypeError, match="strip"):
        kind().send(5)


def test_an_override_that_wraps_the_original_is_an_operation_of_its_own(watcher, tmp_path):
    class Wrapping(LocalStorage):
        @functools.wraps(LocalStorage.delete_file)
        def delete_file(self, *args, **kwargs):
            return "removed"

    assert Wrapping(tmp_path).delete_file("box", "key") == "removed"
    assert [operation.effect for operation in watcher.operations] == ["delete"]


@pytest.mark.parametrize(
    "override",
    [
        property(lambda self: 0),
        functools.partialmethod(print),
        functools.singledispatchmethod(lambda self, to: 0),
        None,
    ],
)
def test_an_override_that_is_no_method_is_a_type_error(override):
    with pytest.raises(TypeError, match="a method that takes self"):
        type("Wrong", (Mail,), {"send": override})


def test_an_override_of_another_client_is_an_operation(watcher):
    class Fast(CloudClient):
        def send(self, to, text="", *, urgent=False, **headers):
            return "fast"

    assert type("Both", (Fast, Mail), {})().send("me") == "fast"
    assert [operation.effect for operation in watcher.operations] == ["write"]


def test_a_mixin_that_does_not_call_super_hides_no_override(watcher):
    class Mixin:
        def __init_subclass__(cls, **kwargs):
            pass

    class Quiet(Mixin, Mail):
        def send(self, to, text="", *, urgent=False, **headers):
            return "quiet"

    assert Quiet().send("me") == "quiet"
    assert [operation.effect for operation in watcher.operations] == ["write"]


def test_a_decorator_that_gives_an_argument_says_so_by_its_signature():
    def with_session(function):
        @functools.wraps(function)
        def call(self, *args, **kwargs):
            return function(self, "session", *args, **kwargs)

        call.__signature__ = inspect.signature(call, follow_wrapped=False)
        return call

    class Injected(Mail):
        @with_session
        def send(self, session, to, text="", *, urgent=False, **headers):
            return session, to

    assert Injected().send("me") == ("session", "me")


def test_an_abstract_override_stays_abstract():
    class Abstract(Mail):
        @abc.abstractmethod
        @operation
        def send(self, to, text="", *, urgent=False, **headers):
            """Documented."""

    assert Abstract.send.__isabstractmethod__


def test_a_renaming_mixin_is_a_type_error_too():
    class Mixin:
        def send(self, recipient):
            return 0

    with pytest.raises(TypeError, match="keep these names"):
        type("Mixed", (Mixin, Mail), {})


def test_an_async_operation_is_a_type_error():
    async def send(self, to, text="", *, urgent=False):
        await asyncio.sleep(0)

    async def each(self):
        yield 1

    for function in (send, each):
        with pytest.raises(TypeError, match="is async"):
            operation(function)
    with pytest.raises(TypeError, match="is async"):
        type("Async", (Mail,), {"send": send})


def test_lenient_below_operation_is_a_type_error():
    with pytest.raises(TypeError, match="put @lenient above @operation, not below it"):

        class Wrong(CloudClient):
            @operation
            @lenient(False)
            def send(self):
                raise CloudError("no")


@pytest.mark.parametrize("decorator", [passed_on, hidden, functools.cache, staticmethod])
def test_checks_on_a_decorated_method_are_a_type_error(decorator):
    with pytest.raises(TypeError, match="put @operation directly above 'def'"):
        operation(checks={"to": str.strip})(decorator(lambda self, to: to))
