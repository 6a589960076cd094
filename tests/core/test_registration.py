"""Providers without an entry point, and the storage behind a URL."""

import functools
import pathlib

import pytest
from codomyrmex.cloud import CloudProvider, get_client, open_storage, providers, register, unregister
from codomyrmex.cloud.errors import DuplicateProviderError, IncompatibleProviderError, ProviderNotFoundError
from codomyrmex.cloud.local import LocalStorage


class Fake(LocalStorage):
    """A provider of an application's own; where its data lies is no matter here."""

    provider = "fake"


class Other(Fake):
    pass


def info(name):
    return next((p for p in providers() if f"{p.provider}.{p.service}" == name), None)


# register and unregister


def test_a_registered_provider_is_found():
    register("fake.storage", Fake)
    assert type(get_client("fake")) is Fake


def test_a_registered_provider_is_listed_without_a_distribution():
    register("fake.storage", Fake)
    assert info("fake.storage") == ("fake", "storage", None, None, ("fake",), f"{__name__}:Fake")


def test_any_callable_can_be_registered(tmp_path):
    register("fake.storage", functools.partial(Fake, tmp_path))
    assert get_client("fake").root == str(tmp_path)
    assert info("fake.storage").provider == "fake"


def test_a_name_is_not_taken_twice():
    register("fake.storage", Fake)
    with pytest.raises(DuplicateProviderError, match=r"taken by register\(\).*replace=True"):
        register("fake.storage", Other)
    assert type(get_client("fake")) is Fake


def test_the_name_of_an_installed_provider_is_not_taken_silently(install_acme):
    kind = install_acme()
    with pytest.raises(
        DuplicateProviderError, match=r"taken by acme.storage = acme_cloud:AcmeStorage \(acme-cloud 1.0\)"
    ):
        register("acme.storage", Fake)
    assert type(get_client("acme")) is kind


def test_a_registration_replaces_another_on_request():
    register("fake.storage", Fake)
    register("fake.storage", Other, replace=True)
    assert type(get_client("fake")) is Other


def test_a_registration_replaces_an_installed_provider_on_request_until_it_is_undone(install_acme):
    kind = install_acme()
    get_client("acme")
    register("acme.storage", Fake, replace=True)
    assert type(get_client("acme")) is Fake
    assert info("acme.storage").distribution is None
    unregister("acme.storage")
    assert type(get_client("acme")) is kind
    assert info("acme.storage").distribution == "acme-cloud"


def test_an_unregistered_provider_is_gone_with_its_scheme():
    register("fake.storage", Fake, scheme="fk")
    unregister("fake.storage")
    assert info("fake.storage") is None
    for url in ("fk://box", "fake://box"):
        with pytest.raises(ProviderNotFoundError):
            open_storage(url)
    register("fake.storage", Other)
    with pytest.raises(ProviderNotFoundError):
        open_storage("fk://box")


def test_what_was_not_registered_cannot_be_unregistered():
    with pytest.raises(ProviderNotFoundError, match=r"'local.storage' was not registered"):
        unregister("local.storage")


@pytest.mark.parametrize("name", ["fake", "fake.", ".storage", "", "."])
def test_a_name_without_provider_and_service_is_refused(name):
    with pytest.raises(ValueError, match=r"<provider>\.<service>"):
        register(name, Fake)


def test_what_cannot_be_called_is_refused():
    with pytest.raises(ValueError, match="with a callable"):
        register("fake.storage", "Fake")


@pytest.mark.parametrize("name", [5, None, CloudProvider.AWS, b"fake.storage"])
def test_a_name_that_is_no_text_is_refused(name):
    with pytest.raises(TypeError):
        register(name, Fake)


def test_a_provider_for_another_api_version_is_refused():
    future = type("Future", (Fake,), {"API_VERSION": 99})
    with pytest.raises(IncompatibleProviderError, match="built for plugin API 99"):
        register("fake.storage", future)
    assert info("fake.storage") is None


# open_storage


def test_a_url_leads_to_the_storage_of_its_scheme(install_acme):
    kind = install_acme(schemes={"acmes": "acme_cloud:AcmeStorage"})
    storage = open_storage("acmes://box/key", region="eu")
    assert (type(storage), storage.region) == (kind, "eu")


def test_a_url_may_be_of_a_scheme_that_is_the_providers_name(install_acme):
    kind = install_acme()
    assert type(open_storage("acme://box/a/key")) is kind


def test_a_registered_scheme_leads_to_the_registered_provider():
    register("fake.storage", Fake, scheme="fk")
    assert type(open_storage("fk://box")) is Fake
    assert info("fake.storage").schemes == ("fk",)


def test_a_registered_provider_needs_no_scheme():
    register("fake.storage", Fake)
    assert type(open_storage("fake://box")) is Fake


def test_a_provider_may_read_the_url_itself():
    class Hosted(Fake):
        @classmethod
        def from_url(cls, url, **options):
            storage = cls(**options)
            storage.host = url.partition("://")[2].partition("/")[0]
            return storage

    register("fake.storage", Hosted, scheme="fk")
    assert open_storage("fk://files.example/box").host == "files.example"


def test_a_function_is_called_without_the_url():
    register("fake.storage", lambda **options: options)
    assert open_storage("fake://box/key", a=1) == {"a": 1}


def test_a_scheme_installed_after_the_first_look_up_is_found(install_acme):
    with pytest.raises(ProviderNotFoundError):
        open_storage("ac://box")
    kind = install_acme(schemes={"ac": "acme_cloud:AcmeStorage"})
    assert type(open_storage("ac://box")) is kind


def test_a_scheme_installed_into_a_folder_known_before_is_found(install_acme, install_plugin):
    install_plugin("other-cloud", "Other = dict", {"providers": {"other.storage": "other_cloud:Other"}})
    open_storage("other://box")  # the folder has been read now
    kind = install_acme(schemes={"ac": "acme_cloud:AcmeStorage"})
    assert type(open_storage("ac://box")) is kind


@pytest.mark.parametrize("url", ["", "box/key", "acme:/box", "://box/key", "/tmp/file", "C:\\file"])
def test_what_is_no_url_is_told(url):
    with pytest.raises(ValueError, match="looks like s3://bucket/key"):
        open_storage(url)


@pytest.mark.parametrize("url", [None, 5, b"acme://box", pathlib.Path("box")])
def test_a_url_that_is_no_text_is_refused(url):
    with pytest.raises(TypeError):
        open_storage(url)


def test_a_scheme_that_nobody_has_is_told():
    with pytest.raises(ProviderNotFoundError, match="zzz"):
        open_storage("zzz://box")


@pytest.fixture
def two_claim_a_scheme(install_plugin):
    for name in ("acme", "evil"):
        target = f"{name}_cloud:Storage"
        groups = {"providers": {f"{name}.storage": target}, "schemes": {"files": target}}
        install_plugin(f"{name}-cloud", "Storage = dict", groups)


def test_two_distributions_that_claim_one_scheme_are_an_error_that_names_both(two_claim_a_scheme):
    with pytest.raises(DuplicateProviderError) as caught:
        open_storage("files://box")
    text = str(caught.value)
    assert text.startswith("files:// leads ")
    assert all(
        part in text for part in ("acme.storage", "acme-cloud 1.0", "evil.storage", "evil-cloud 1.0", "uninstall")
    )


def test_two_distributions_that_claim_one_scheme_stop_no_other_url(two_claim_a_scheme, tmp_path):
    assert type(open_storage("local://box", root=tmp_path)) is LocalStorage


def test_two_distributions_that_claim_one_scheme_do_not_stop_the_list(two_claim_a_scheme):
    assert {p.provider for p in providers()} >= {"acme", "evil", "local"}


def test_a_scheme_is_not_taken_over_silently():
    with pytest.raises(DuplicateProviderError, match=r"local:// is taken.*replace=True"):
        register("fake.storage", Fake, scheme="local")
    register("fake.storage", Fake, scheme="local", replace=True)
    assert type(open_storage("local://box", root="x")) is Fake
    unregister("fake.storage")
    assert type(open_storage("local://box")) is LocalStorage
