"""What an author's operation must be, and what is said when the class is made."""

import asyncio
import functools

import pytest
from codomyrmex.cloud import hooks
from codomyrmex.cloud.common import CloudClient, StorageClient, lenient, operation
from codomyrmex.cloud.errors import CloudError
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
    yield watching
    hooks.unregister(watching)


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
    assert getattr(StorageClient, name).__operation__.effect == effect
    assert getattr(LocalStorage, name).__operation__.effect == effect


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
    assert [operation.arguments for operation in watcher.operations] == [{"recipient": "me"}] * 3
    with pytest.raises(TypeError, match="takes to or recipient, not both"):
        Renaming().send(to="me", recipient="you")
    with pytest.raises(TypeError, match="strip"):
        Renaming().send(to=5)


# What is refused when the class is made


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        (lambda self, recipient, text="", *, urgent=False, **headers: 0, "keep these, or give aliases"),
        (lambda self, text, to="", *, urgent=False, **headers: 0, "keep these, or give aliases"),
        (lambda self, to, *, urgent=False, **headers: 0, "keep these, or give aliases"),
        (lambda self, to, text="", *, fast=False: 0, "keep these, or give aliases"),
        (passed_on(lambda self, recipient, text="", *, urgent=False, **headers: 0), "keep these, or give aliases"),
        (operation(lambda self, recipient, text="", *, urgent=False: 0), "keep these, or give aliases"),
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


def test_a_renaming_mixin_is_a_type_error_too():
    class Mixin:
        def send(self, recipient):
            return 0

    with pytest.raises(TypeError, match="keep these"):
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
