"""A registry of one's own for a test: `codomyrmex.cloud.registry.isolated`."""

import sys
import threading

import codomyrmex.cloud
import pytest
from codomyrmex.cloud import get_client, hooks, open_storage, providers, register, unregister
from codomyrmex.cloud.errors import OperationRefused, ProviderNotFoundError
from codomyrmex.cloud.hooks import hookimpl
from codomyrmex.cloud.local import LocalStorage
from codomyrmex.cloud.plugin import PROVIDERS, entry_points
from codomyrmex.cloud.registry import isolated

EXPORT = {"exports": {"AcmeClient": "acme_cloud:AcmeClient"}}


class Fake(LocalStorage):
    provider = "fake"


class Other(Fake):
    pass


def services(provider):
    return [p.service for p in providers() if p.provider == provider]


@pytest.fixture
def uninstall(monkeypatch):
    """Take a folder that `install_plugin` gave from ``sys.path``; its modules stay imported."""
    return lambda site: monkeypatch.setattr(sys, "path", [p for p in sys.path if p != str(site)])


# Providers


def test_a_registered_provider_is_unknown_inside_and_known_again_afterwards():
    register("fake.storage", Fake, scheme="fk")
    with isolated():
        assert services("fake") == []
        for look_up in (
            lambda: get_client("fake"),
            lambda: open_storage("fk://box"),
            lambda: unregister("fake.storage"),
        ):
            with pytest.raises(ProviderNotFoundError):
                look_up()
    assert type(get_client("fake")) is type(open_storage("fk://box")) is Fake
    assert services("fake") == ["storage"]


def test_what_is_registered_inside_is_gone_afterwards():
    with isolated():
        register("fake.storage", Fake, scheme="fk")
        assert type(open_storage("fk://box")) is Fake
    assert services("fake") == []
    for url in ("fk://box", "fake://box"):
        with pytest.raises(ProviderNotFoundError):
            open_storage(url)


def test_the_same_name_can_be_registered_inside():
    register("fake.storage", Fake)
    with isolated():
        register("fake.storage", Other)
        assert type(get_client("fake")) is Other
    assert type(get_client("fake")) is Fake


def test_what_is_unregistered_inside_stays_registered_outside():
    register("fake.storage", Fake)
    with isolated():
        register("fake.storage", Other)
        unregister("fake.storage")
    assert type(get_client("fake")) is Fake


def test_an_installed_provider_that_was_replaced_is_found_inside(install_acme):
    kind = install_acme()
    register("acme.storage", Fake, replace=True)
    with isolated():
        assert type(get_client("acme")) is kind
    assert type(get_client("acme")) is Fake


def test_installed_distributions_are_read_anew(install_plugin):
    def names():
        return sorted(entry.name for entry in entry_points(PROVIDERS) if entry.distribution == "acme-cloud")

    declared = {"acme.storage": "acme_cloud:Acme"}
    install_plugin("acme-cloud", "Acme = dict", {"providers": declared})
    assert names() == ["acme.storage"]
    install_plugin("acme-cloud", "Acme = dict", {"providers": declared | {"acme.dns": "acme_cloud:Acme"}})
    assert names() == ["acme.storage"]  # the folder was read before
    with isolated():
        assert names() == ["acme.dns", "acme.storage"]
    assert names() == ["acme.storage"]


def test_a_loaded_provider_that_was_uninstalled_is_unknown_inside(install_plugin, uninstall):
    site = install_plugin("acme-cloud", "class Acme: pass", {"providers": {"acme.storage": "acme_cloud:Acme"}})
    kind = type(get_client("acme"))
    uninstall(site)
    with isolated(), pytest.raises(ProviderNotFoundError):
        get_client("acme")
    assert type(get_client("acme")) is kind


# Exported names


def test_an_exported_name_is_looked_up_anew_inside(install_plugin, uninstall):
    site = install_plugin("acme-cloud", "class AcmeClient: pass", EXPORT)
    kind = codomyrmex.cloud.AcmeClient
    uninstall(site)
    with isolated():
        assert not hasattr(codomyrmex.cloud, "AcmeClient")
    assert codomyrmex.cloud.AcmeClient is kind


def test_an_exported_name_that_was_found_inside_is_gone_afterwards(install_plugin, uninstall):
    with isolated():
        site = install_plugin("acme-cloud", "class AcmeClient: pass", EXPORT)
        assert codomyrmex.cloud.AcmeClient
        uninstall(site)
    assert not hasattr(codomyrmex.cloud, "AcmeClient")


# Hooks


class Refuse:
    """Refuses every operation, with ``reason``."""

    def __init__(self, reason):
        self.reason = reason

    @hookimpl
    def cloud_before_operation(self, operation):
        raise OperationRefused(self.reason)


def test_hooks_of_an_application_are_not_asked_inside_and_asked_again_afterwards(acme):
    hooks.register(Refuse("outside"))
    with isolated():
        assert acme.list_buckets() == ["box"]
    with pytest.raises(OperationRefused, match="outside"):
        acme.list_buckets()


@pytest.mark.parametrize("others", [True, False], ids=["beside_others", "alone"])
def test_hooks_that_are_registered_inside_do_not_leak(acme, others):
    asked = []
    if others:
        hooks.register(Watch(asked))
    with isolated():
        hooks.register(Refuse("inside"))
        with pytest.raises(OperationRefused, match="inside"):
            acme.list_buckets()
    assert acme.list_buckets() == ["box"]
    assert asked == ["list_buckets"] * others


class Watch:
    """Notes the names of operations."""

    def __init__(self, names):
        self.names = names

    @hookimpl
    def cloud_before_operation(self, operation):
        self.names.append(operation.name)


def test_installed_hooks_are_in_force_inside(acme, install_plugin):
    source = """
from codomyrmex.cloud.errors import OperationRefused
from codomyrmex.cloud.hooks import hookimpl


@hookimpl
def cloud_before_operation(operation):
    raise OperationRefused("installed")
"""
    assert acme.list_buckets() == ["box"]
    install_plugin("policy-cloud", source, {"hooks": {"policy": "policy_cloud"}})
    assert acme.list_buckets() == ["box"]  # hooks are looked for once
    with isolated(), pytest.raises(OperationRefused, match="installed"):
        acme.list_buckets()
    assert acme.list_buckets() == ["box"]


# The block


def test_after_an_exception_the_registry_is_the_one_before(acme):
    register("fake.storage", Fake)

    @isolated()
    def fail():
        register("other.storage", Other)
        hooks.register(Refuse("inside"))
        raise KeyError("inside")

    with pytest.raises(KeyError, match="inside"):
        fail()
    assert (services("fake"), services("other")) == (["storage"], [])
    assert acme.list_buckets() == ["box"]


def test_blocks_nest(acme):
    register("fake.storage", Fake)
    with isolated():
        register("fake.storage", Other)
        hooks.register(Refuse("outer block"))
        with isolated():
            assert services("fake") == []
            assert acme.list_buckets() == ["box"]
        assert type(get_client("fake")) is Other
        with pytest.raises(OperationRefused, match="outer block"):
            acme.list_buckets()
    assert type(get_client("fake")) is Fake
    assert acme.list_buckets() == ["box"]


def test_threads_see_the_registry_of_the_block(acme):
    register("fake.storage", Fake)
    results = []

    def look():
        results.append(services("fake") + services("other"))
        try:
            acme.list_buckets()
        except OperationRefused as error:
            results.append(error.message)

    with isolated():
        register("other.storage", Other)
        hooks.register(Refuse("inside"))
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert results == [["storage"], "inside"]


def test_a_client_of_the_block_works_after_it(tmp_path):
    with isolated():
        register("fake.storage", Fake)
        storage = get_client("fake", root=tmp_path)
    assert storage.create_bucket("box") is True


def test_a_function_can_run_in_a_block():
    @isolated()
    def test():
        register("fake.storage", Fake)
        return services("fake")

    assert test() == test() == ["storage"]
    assert services("fake") == []
