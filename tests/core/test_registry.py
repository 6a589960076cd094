"""Finding a provider, and every way in which that fails: each with its own message."""

import re
import shutil
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from codomyrmex.cloud import API_VERSION, CloudProvider, ResourceType, get_client, open_storage, providers
from codomyrmex.cloud.errors import (
    DuplicateProviderError,
    IncompatibleProviderError,
    ProviderLoadError,
    ProviderNotFoundError,
)
from codomyrmex.cloud.local import LocalStorage
from codomyrmex.cloud.registry import load_provider

STORAGE = {"providers": {"acme.storage": "acme_cloud:Acme"}}


def message(kind, *arguments):
    with pytest.raises(kind) as caught:
        get_client(*arguments)
    assert type(caught.value) is kind
    return str(caught.value)


# What is found


@pytest.mark.parametrize("service", [ResourceType.STORAGE, "storage"])
@pytest.mark.parametrize("provider", [CloudProvider.LOCAL, "local"])
def test_a_client_is_found_by_enum_and_by_name(provider, service, tmp_path):
    assert type(get_client(provider, service, root=tmp_path)) is LocalStorage


def test_storage_is_the_service_when_none_is_named(install_acme):
    kind = install_acme()
    assert type(get_client("acme")) is kind


def test_options_reach_the_client(install_acme):
    install_acme()
    assert get_client("acme", region="eu").region == "eu"


def test_an_option_that_the_client_does_not_take_is_the_callers_mistake(install_acme):
    install_acme()
    with pytest.raises(TypeError, match="colour"):
        get_client("acme", colour="red")


def test_each_look_up_makes_a_client_of_its_own(install_acme):
    install_acme()
    assert get_client("acme") is not get_client("acme")


def test_a_service_beyond_the_enum_is_found(install_plugin):
    install_plugin("acme-cloud", "class Mail:\n answer = 42", {"providers": {"acme.mail": "acme_cloud:Mail"}})
    assert get_client("acme", "mail").answer == 42


def test_a_function_can_be_a_provider(install_plugin):
    install_plugin("acme-cloud", "def Acme(**options):\n return options", STORAGE)
    assert get_client("acme", a=1) == {"a": 1}


def test_the_class_is_given_without_making_a_client(install_acme):
    kind = install_acme()
    assert load_provider("acme", ResourceType.STORAGE) is kind


def test_a_plugin_that_was_installed_after_the_first_look_up_is_found(install_acme):
    with pytest.raises(ProviderNotFoundError):
        get_client("acme")
    install_acme()
    assert get_client("acme").provider == "acme"


def test_a_plugin_that_was_installed_into_a_folder_known_before_is_found(install_acme, install_plugin):
    install_plugin("other-cloud", "Other = dict", {"providers": {"other.storage": "other_cloud:Other"}})
    get_client("other")  # the folder has been read now
    install_acme()
    assert get_client("acme").provider == "acme"


def test_the_first_distribution_on_the_path_wins_over_the_one_it_shadows(install_plugin):
    install_plugin("acme-cloud", "def Acme():\n return 'behind'", STORAGE, version="1.0", site="behind")
    install_plugin("acme-cloud", "def Acme():\n return 'front'", STORAGE, version="2.0", site="front")
    assert get_client("acme") == "front"
    assert [p.version for p in providers() if p.provider == "acme"] == ["2.0"]


def test_threads_that_look_up_first_all_get_a_client_of_one_class(install_plugin):
    source = "class Acme: pass"
    install_plugin("acme-cloud", source, STORAGE)
    ready = threading.Barrier(16)

    def look(_):
        ready.wait()
        return get_client("acme")

    with ThreadPoolExecutor(16) as pool:
        clients = list(pool.map(look, range(16)))
    assert len({id(client) for client in clients}) == 16
    assert {type(client) for client in clients} == {sys.modules["acme_cloud"].Acme}


# What is not there


def test_an_unknown_provider_is_an_error_that_tells_what_is_installed(install_acme):
    install_acme()
    installed = ", ".join(f"{p.provider}.{p.service}" for p in providers())
    assert "acme.storage" in installed
    assert message(ProviderNotFoundError, "zzz") == f"nothing installed provides 'zzz.storage' (installed: {installed})"


def test_an_unknown_provider_is_a_lookup_error():
    with pytest.raises(LookupError):
        get_client("zzz")


@pytest.mark.parametrize("typo", ["acm", "acmee", "amce"])
def test_a_typo_is_answered_with_the_near_name(install_acme, typo):
    install_acme()
    assert "did you mean acme.storage?" in message(ProviderNotFoundError, typo)


def test_another_service_of_a_known_provider_is_answered_with_what_it_offers(install_acme):
    install_acme()
    assert "did you mean acme.storage?" in message(ProviderNotFoundError, "acme", "dns")


ASK = """
from codomyrmex.cloud import {what}
from codomyrmex.cloud.errors import ProviderNotFoundError
try:
    {what}({argument!r})
except ProviderNotFoundError as error:
    print(error)
"""


def test_a_provider_of_ours_that_is_missing_is_answered_with_what_to_install(bare_python):
    assert bare_python(ASK.format(what="get_client", argument="local")) == (
        "nothing installed provides 'local.storage'; 'pip install codomyrmex-cloud' brings it (installed: none)\n"
    )


def test_a_typo_of_a_missing_provider_of_ours_is_answered_with_what_to_install(bare_python):
    text = bare_python(ASK.format(what="get_client", argument="locl"))
    assert "did you mean local.storage (pip install codomyrmex-cloud)?" in text


def test_a_scheme_of_ours_that_is_missing_is_answered_with_what_to_install(bare_python):
    assert "'pip install codomyrmex-cloud' brings it" in bare_python(
        ASK.format(what="open_storage", argument="local://b/k")
    )


def test_a_scheme_that_is_taken_for_a_provider_is_answered_with_its_provider(bare_python):
    assert bare_python(ASK.format(what="get_client", argument="s3")).startswith(
        "nothing installed provides 'aws.storage'; 'pip install codomyrmex-cloud-aws' brings it"
    )
    if "aws" in {p.provider for p in providers()}:
        assert "'s3.storage'; did you mean aws.storage? (" in message(ProviderNotFoundError, "s3")


@pytest.mark.parametrize("arguments", [(5,), (None,), ("",), (b"local",), ("local", 5), ("local", None), ("local", "")])
def test_a_name_of_the_wrong_type_is_the_callers_mistake(arguments):
    with pytest.raises(TypeError, match=r"a provider \(CloudProvider, str\), then a service \(ResourceType, str\)"):
        get_client(*arguments)


@pytest.mark.parametrize("find", [get_client, load_provider])
@pytest.mark.parametrize(
    "arguments",
    [(ResourceType.COMPUTE, ResourceType.STORAGE), ("local", CloudProvider.LOCAL), (ResourceType.STORAGE, "local")],
)
def test_a_service_in_the_place_of_the_provider_is_the_callers_mistake(find, arguments):
    with pytest.raises(TypeError, match=re.escape(f"not {arguments}")):
        find(*arguments)


def test_a_service_alone_finds_no_client():
    with pytest.raises(TypeError, match=r"not \(<ResourceType.COMPUTE"):
        get_client(ResourceType.COMPUTE)


# What cannot be loaded

BROKEN = {
    "ImportError": "import a_library_that_is_not_there",
    "AssertionError": "assert False, 'no'",
    "SystemExit": "raise SystemExit('no')",
    "SyntaxError": "def broken(:",
    "AttributeError": "",
    "RuntimeError": "raise RuntimeError('no')",
    "NoMatches": "from stevedore.exception import NoMatches\nraise NoMatches('no')",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_plugin_that_cannot_be_imported_is_named_and_its_error_chained(install_plugin, kind):
    install_plugin("acme-cloud", BROKEN[kind], STORAGE, version="1.2.3")
    with pytest.raises(ProviderLoadError) as caught:
        get_client("acme")
    error = caught.value
    assert type(error) is ProviderLoadError
    assert "acme.storage = acme_cloud:Acme (acme-cloud 1.2.3) cannot be imported" in str(error)
    assert (error.entry_point, error.distribution) == ("acme.storage", "acme-cloud")
    assert kind in [k.__name__ for k in type(error.__cause__).__mro__]
    assert type(error.__cause__).__name__ in str(error)


def test_a_broken_plugin_is_an_import_error_that_says_how_to_mend_it(install_plugin):
    install_plugin("acme-cloud", BROKEN["ImportError"], STORAGE)
    with pytest.raises(ImportError, match="'pip install -U acme-cloud' may mend it"):
        get_client("acme")


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_plugin_stops_no_other_look_up(install_plugin, tmp_path, kind):
    install_plugin("acme-cloud", BROKEN[kind], STORAGE | {"schemes": {"acme": "acme_cloud:Acme"}})
    for _ in range(2):
        with pytest.raises(ProviderLoadError):
            get_client("acme")
        assert type(get_client("local", root=tmp_path)) is LocalStorage
    assert type(open_storage("local://box", root=tmp_path)) is LocalStorage
    assert {p.provider for p in providers()} >= {"acme", "local"}


def test_a_broken_plugin_that_was_mended_is_found_again(install_plugin):
    install_plugin("acme-cloud", BROKEN["RuntimeError"], STORAGE)
    with pytest.raises(ProviderLoadError):
        get_client("acme")
    install_plugin("acme-cloud", "Acme = dict", STORAGE)
    assert get_client("acme") == {}


def test_ctrl_c_while_a_plugin_is_imported_is_no_broken_plugin(install_plugin):
    install_plugin("acme-cloud", "raise KeyboardInterrupt", STORAGE)
    with pytest.raises(KeyboardInterrupt):
        get_client("acme")


def test_an_entry_point_that_names_nothing_to_call_is_told(install_plugin):
    install_plugin("acme-cloud", "Acme = 42", STORAGE)
    text = message(ProviderLoadError, "acme")
    assert text.startswith("acme.storage = acme_cloud:Acme (acme-cloud 1.0) names no class and no function; 'pip ")


def test_an_entry_point_that_names_no_module_is_told(install_plugin):
    site = install_plugin("acme-cloud", "", STORAGE)
    (file,) = site.glob("*/entry_points.txt")
    file.write_text("[codomyrmex.cloud.providers]\nacme.storage =\n")
    assert "acme.storage =  (acme-cloud 1.0) cannot be imported" in message(ProviderLoadError, "acme")


def test_two_distributions_with_one_name_are_an_error_that_names_both(install_plugin):
    install_plugin("acme-cloud", "Acme = dict", STORAGE, version="1.0")
    install_plugin("evil-cloud", "Acme = dict", {"providers": {"acme.storage": "evil_cloud:Acme"}}, version="6.6")
    text = message(DuplicateProviderError, "acme")
    assert "acme.storage = acme_cloud:Acme (acme-cloud 1.0)" in text
    assert "acme.storage = evil_cloud:Acme (evil-cloud 6.6)" in text
    assert "uninstall all but one" in text


def test_two_distributions_with_one_name_and_one_value_are_an_error_before_anything_is_imported(install_plugin):
    install_plugin("acme-cloud", "raise AssertionError('imported')", STORAGE, version="1.0")
    install_plugin("evil-cloud", "", STORAGE, version="6.6")
    text = message(DuplicateProviderError, "acme")
    assert "acme.storage = acme_cloud:Acme (acme-cloud 1.0)" in text
    assert "acme.storage = acme_cloud:Acme (evil-cloud 6.6)" in text
    assert "acme_cloud" not in sys.modules


def test_a_double_that_was_uninstalled_meanwhile_is_none(install_plugin):
    install_plugin("acme-cloud", "Acme = dict", STORAGE)
    site = install_plugin("evil-cloud", "Evil = dict", {"providers": {"acme.storage": "evil_cloud:Evil"}})
    message(DuplicateProviderError, "acme")
    shutil.rmtree(next(site.glob("evil_cloud-*.dist-info")))
    assert get_client("acme") == {}


def test_an_upgrade_that_renames_the_module_is_followed(install_plugin):
    install_plugin("acme-cloud", "Acme = dict", STORAGE)
    assert "acme" in {p.provider for p in providers()}
    site = install_plugin("acme-cloud", "Other = list", {"providers": {"acme.storage": "other_cloud:Other"}})
    (site / "acme_cloud.py").rename(site / "other_cloud.py")
    assert get_client("acme") == []


def test_what_was_installed_meanwhile_is_listed(install_plugin):
    install_plugin("other-cloud", "", {})  # whose folder is on the path now
    assert "acme" not in {p.provider for p in providers()}
    install_plugin("acme-cloud", "Acme = dict", STORAGE)
    assert "acme" in {p.provider for p in providers()}


def test_two_distributions_with_one_name_are_both_listed_and_stop_no_other_look_up(install_plugin, tmp_path):
    names = {"schemes": {"acme": "acme_cloud:Acme"}}
    install_plugin("acme-cloud", "Acme = dict", STORAGE | names)
    install_plugin("evil-cloud", "Acme = dict", {"providers": {"acme.storage": "evil_cloud:Acme"}})
    assert [p.distribution for p in providers() if p.provider == "acme"] == ["acme-cloud", "evil-cloud"]
    assert type(open_storage("local://box", root=tmp_path)) is LocalStorage


def test_one_of_two_is_used_once_the_other_is_uninstalled(install_plugin, monkeypatch):
    install_plugin("acme-cloud", "Acme = dict", STORAGE)
    evil = install_plugin("evil-cloud", "Acme = list", {"providers": {"acme.storage": "evil_cloud:Acme"}}, site="evil")
    with pytest.raises(DuplicateProviderError):
        get_client("acme")
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p != str(evil)])
    assert get_client("acme") == {}


@pytest.mark.parametrize(
    ("version", "advice"), [(API_VERSION + 1, "upgrade codomyrmex-cloud"), (API_VERSION - 1, "upgrade the plugin")]
)
def test_a_plugin_for_another_api_version_is_refused_in_a_sentence_that_names_both(install_plugin, version, advice):
    install_plugin("acme-cloud", f"class Acme:\n API_VERSION = {version}", STORAGE)
    text = message(IncompatibleProviderError, "acme")
    assert text == (
        f"acme.storage = acme_cloud:Acme (acme-cloud 1.0) is built for plugin API {version}, "
        f"and this codomyrmex-cloud speaks {API_VERSION}; {advice}"
    )


def test_a_plugin_for_this_api_version_is_found(install_plugin):
    install_plugin("acme-cloud", f"class Acme:\n API_VERSION = {API_VERSION}", STORAGE)
    assert get_client("acme")


def test_an_api_version_that_is_no_number_is_refused_too(install_plugin):
    install_plugin("acme-cloud", "class Acme:\n API_VERSION = '2.0'", STORAGE)
    assert "is built for plugin API 2.0" in message(IncompatibleProviderError, "acme")


# Listing


def test_the_list_tells_what_is_installed_and_where_it_comes_from(install_acme):
    install_acme(schemes={"acme": "acme_cloud:AcmeStorage", "acmes": "acme_cloud:AcmeStorage"})
    found = {p.provider: p for p in providers()}
    assert found["acme"] == (
        "acme",
        "storage",
        "acme-cloud",
        "1.0",
        ("acme", "acmes"),
        "acme_cloud:AcmeStorage",
    )
    assert (found["local"].distribution, found["local"].schemes) == ("codomyrmex-cloud", ("local",))


def test_the_list_is_sorted_by_name(install_plugin):
    names = ["zeta.storage", "acme.storage", "acme.dns"]
    install_plugin("acme-cloud", "Acme = dict", {"providers": dict.fromkeys(names, "acme_cloud:Acme")})
    found = [f"{p.provider}.{p.service}" for p in providers()]
    assert found == sorted(found)
    assert {*names, "local.storage"} <= set(found)


def test_a_storage_without_a_scheme_of_its_own_has_the_providers_name(install_acme):
    install_acme()
    assert {p.provider: p.schemes for p in providers()}["acme"] == ("acme",)


def test_a_service_that_is_no_storage_has_no_scheme(install_plugin):
    install_plugin("acme-cloud", "Acme = dict", {"providers": {"acme.dns": "acme_cloud:Acme"}})
    assert {p.provider: p.schemes for p in providers()}["acme"] == ()
