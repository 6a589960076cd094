"""What every client has: operations, typed errors, a name, an end, a safe pickle."""

import copy
import pickle
from typing import ClassVar

import pytest
from codomyrmex.cloud.common import CloudClient, operation
from codomyrmex.cloud.errors import (
    AlreadyExists,
    CloudError,
    LocalFileNotFound,
    NotFound,
    PermissionDenied,
    ServiceUnavailable,
    Timeout,
)


class SdkError(Exception):
    """What the SDK of a provider raises."""


def not_five(value):
    if value == 5:
        raise ValueError("five is refused")


class Dns(CloudClient):
    provider, service = "acme", "dns"
    recipe: ClassVar = ("region",)

    def __init__(self, region="eu", **raised):
        self.region, self.raised, self.ran = region, raised, []

    @operation(checks={"number": not_five, "only": not_five})
    def get(self, name, number=0, *, only=0):
        """Documented."""
        self.ran.append(name)
        if name in self.raised:
            raise self.raised[name]
        return name

    @operation(lazy=True)
    def each(self, *names):
        for name in names:
            yield self.get(name)

    def translate_error(self, error):
        if isinstance(error, SdkError):
            return NotFound(str(error), code="404")
        return super().translate_error(error)


class NoSuper(CloudClient):
    """Its constructor takes what it wants, and never calls super().__init__()."""

    def __init__(self, wanted):
        self.wanted = wanted


def failure(error, **context):
    with pytest.raises(CloudError) as caught:
        Dns(zone=error).get("zone", **context)
    return caught.value


# Errors


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (SdkError("no zone"), NotFound),
        (FileNotFoundError(2, "none", "/mnt/none"), LocalFileNotFound),
        (PermissionError(13, "denied"), PermissionDenied),
        (TimeoutError("late"), Timeout),
        (ConnectionError("gone"), ServiceUnavailable),
    ],
)
def test_what_a_provider_raises_becomes_an_error_of_the_tree_with_its_cause(raised, kind):
    error = failure(raised)
    assert type(error) is kind
    assert error.__cause__ is raised
    assert (error.provider, error.service, error.operation, error.resource) == ("acme", "dns", "get", "zone")


def test_an_error_of_the_tree_stays_the_same_object_and_learns_where_it_was():
    raised = AlreadyExists("there")
    error = failure(raised)
    assert error is raised
    assert (error.provider, error.service, error.operation, error.resource) == ("acme", "dns", "get", "zone")


def test_what_the_place_of_the_error_knew_is_kept():
    known = {"provider": "other", "service": "mail", "operation": "send", "resource": "inbox"}
    error = failure(AlreadyExists("there", **known))
    assert {name: getattr(error, name) for name in known} == known


def test_the_cause_that_a_provider_gave_is_kept():
    raised = AlreadyExists("there")
    raised.__cause__ = SdkError("409")
    assert isinstance(failure(raised).__cause__, SdkError)


@pytest.mark.parametrize(
    "bug", [KeyError("k"), ValueError("v"), TypeError("t"), ZeroDivisionError(), RuntimeError("r")]
)
def test_a_bug_stays_the_exception_it_is(bug):
    with pytest.raises(type(bug)) as caught:
        Dns(zone=bug).get("zone")
    assert caught.value is bug


def test_ctrl_c_stays_ctrl_c():
    with pytest.raises(KeyboardInterrupt):
        Dns(zone=KeyboardInterrupt()).get("zone")


def test_the_resource_is_told_when_given_by_name():
    with pytest.raises(NotFound) as caught:
        Dns(zone=SdkError()).get(name="zone")
    assert caught.value.resource == "zone"


def test_errors_of_a_listing_are_translated_while_it_is_read():
    listing = Dns(b=SdkError("gone")).each("a", "b")
    assert next(listing) == "a"
    with pytest.raises(NotFound) as caught:
        next(listing)
    assert caught.value.operation == "get"


def test_a_listing_that_fails_by_itself_names_itself():
    class Failing(Dns):
        def each(self, *names):
            yield from names
            raise ConnectionResetError("reset")

    listing = Failing().each("a")
    assert next(listing) == "a"
    with pytest.raises(ServiceUnavailable) as caught:
        next(listing)
    assert (caught.value.operation, caught.value.resource) == ("each", None)


def test_a_bug_in_a_listing_stays_the_exception_it_is():
    listing = Dns(b=KeyError("b")).each("a", "b")
    next(listing)
    with pytest.raises(KeyError):
        next(listing)


# Arguments


@pytest.mark.parametrize(
    "call", [lambda c: c.get("a", 5), lambda c: c.get("a", number=5), lambda c: c.get("a", only=5)]
)
def test_arguments_are_checked_however_they_are_given_and_before_anything_runs(call):
    client = Dns()
    with pytest.raises(ValueError, match="five is refused"):
        call(client)
    assert client.ran == []


def test_a_default_is_not_checked():
    class Fives(Dns):
        def get(self, name, number=5, *, only=5):
            return number

    assert Fives().get("a") == 5


# Overriding


def test_an_operation_keeps_its_name_and_its_documentation():
    assert (Dns.get.__name__, Dns.get.__doc__) == ("get", "Documented.")


class Override(Dns):
    def get(self, name, number=0, *, only=0):
        raise SdkError("overridden")


class OverrideOfOverride(Override):
    def get(self, name, number=0, *, only=0):
        return super().get(name, number, only=only)


@pytest.mark.parametrize("kind", [Override, OverrideOfOverride])
def test_an_overridden_operation_is_still_one(kind):
    with pytest.raises(ValueError, match="five"):
        kind().get("zone", 5)
    with pytest.raises(NotFound) as caught:
        kind().get("zone")
    assert (caught.value.operation, caught.value.resource) == ("get", "zone")


class Mixin:
    """Not a client itself: shared by several that are."""

    def get(self, name, number=0, *, only=0):
        raise SdkError("mixed in")


def test_an_operation_overridden_by_a_mixin_is_still_one():
    class Mixed(Mixin, Dns):
        pass

    with pytest.raises(NotFound):
        Mixed().get("zone")


# Pickle


def test_a_client_with_a_recipe_is_made_again_by_a_pickle():
    copied = pickle.loads(pickle.dumps(Dns("us")))
    assert (type(copied), copied.region, copied.ran) == (Dns, "us", [])


def test_a_client_with_a_recipe_is_made_again_by_a_copy():
    assert copy.copy(Dns("us")).region == copy.deepcopy(Dns("us")).region == "us"


def test_a_pickle_holds_the_recipe_and_nothing_else():
    client = Dns("us")
    client.token = "very-secret"
    assert b"very-secret" not in pickle.dumps(client)


def test_a_client_without_a_recipe_does_not_pickle_and_says_why():
    with pytest.raises(TypeError, match=r"^NoSuper does not pickle: its class sets no `recipe`$"):
        pickle.dumps(NoSuper("x"))


# The rest


def test_a_client_is_shown_by_its_recipe():
    assert repr(Dns("us")) == "Dns(region='us')"


def test_a_client_without_a_recipe_is_shown_by_its_class_alone():
    assert repr(NoSuper("very-secret")) == "NoSuper()"


def test_a_client_is_closed_at_the_end_of_its_block():
    closed = []

    class Closing(Dns):
        def close(self):
            closed.append(self)

    with Closing() as client:
        assert closed == []
    assert closed == [client]


def test_a_client_may_be_closed_twice():
    client = Dns()
    client.close()
    client.close()
    assert client.get("a") == "a"


def test_a_client_has_no_error_no_sdk_and_no_credentials_to_tell_of_by_itself():
    assert (Dns().last_error, Dns().native, Dns.credential_source(), Dns().strict) == (None, None, None, False)


def test_a_constructor_need_not_call_that_of_the_base():
    assert NoSuper("x").last_error is None
