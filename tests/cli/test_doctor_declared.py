"""What ``cloud doctor`` finds in the metadata of plugins, which it does not import for that."""

import json
import shutil

import pytest
from support.distributions import DNS_CLIENT

PROVIDERS = "providers"
CLIENT = "acme_dns:Client"


@pytest.mark.parametrize(
    ("group", "meant"),
    [
        ("codomyrmex.cloud.provider", "codomyrmex.cloud.providers"),
        ("codomyrmex.cloud.hook", "codomyrmex.cloud.hooks"),
        ("codomyrmex_cloud.exports", "codomyrmex.cloud.exports"),
        ("codomyrmex.cloud.Schemes", "codomyrmex.cloud.schemes"),
        ("codomyrmx.cloud.commands", "codomyrmex.cloud.commands"),
    ],
)
def test_a_group_with_a_typing_error_is_misnamed(findings, advice, install_plugin, group, meant):
    site = install_plugin("acme-dns", DNS_CLIENT, {PROVIDERS: {"acme": CLIENT}})
    declaration = site / "acme_dns-1.0.dist-info" / "entry_points.txt"
    declaration.write_text(declaration.read_text().replace("codomyrmex.cloud.providers", group))
    assert findings() == [("misnamed", f"{group}: acme = acme_dns:Client (acme-dns 1.0)")]
    assert meant in advice()


OTHERS = ["cloud.hooks", "cloudpathlib.providers", "codomyrmex.plugins", "codomyrmex.vision.models"]


def test_groups_of_others_are_not_ours(findings, install_plugin):
    site = install_plugin("acme-dns", DNS_CLIENT, {PROVIDERS: {"acme.dns": CLIENT}})
    with (site / "acme_dns-1.0.dist-info" / "entry_points.txt").open("a") as declaration:
        declaration.write("".join(f"[{group}]\nacme = acme_dns\n" for group in OTHERS))
    assert findings() == []


@pytest.mark.parametrize("name", ["acme", "acme.", ".dns", "Acme.dns", "acme.DNS"])
def test_a_provider_without_a_service_or_with_capitals_is_misnamed(findings, install_plugin, name):
    halves = name.partition(".")
    source = DNS_CLIENT.replace('"acme", "dns"', f"{halves[0]!r}, {halves[2]!r}")
    install_plugin("acme-dns", source, {PROVIDERS: {name: CLIENT}})
    assert findings() == [("misnamed", f"codomyrmex.cloud.providers: {name} = acme_dns:Client (acme-dns 1.0)")]


@pytest.mark.parametrize(
    ("scheme", "value"), [("acme", "acme_dns:Other"), ("acme", "acme_dns: Client"), ("Acme", CLIENT), ("ac_me", CLIENT)]
)
def test_a_scheme_that_leads_nowhere_is_misnamed(findings, install_plugin, scheme, value):
    source = f"{DNS_CLIENT}\nOther = Client\n"
    install_plugin("acme-dns", source, {PROVIDERS: {"acme.dns": CLIENT}, "schemes": {scheme: value}})
    assert findings() == [("misnamed", f"codomyrmex.cloud.schemes: {scheme} = {value} (acme-dns 1.0)")]


def test_a_scheme_of_another_distributions_provider_is_misnamed(findings, install_plugin):
    install_plugin("acme-dns", DNS_CLIENT, {PROVIDERS: {"acme.dns": CLIENT}})
    assert findings() == []
    install_plugin("acme-other", "", {"schemes": {"acme": CLIENT}})
    assert findings() == [("misnamed", "codomyrmex.cloud.schemes: acme = acme_dns:Client (acme-other 1.0)")]


@pytest.mark.parametrize("name", ["_Acme", "get_client", "CloudClient", "errors", "local", "cli", "os", "Acme-Client"])
def test_an_export_that_no_import_finds_is_misnamed(findings, install_plugin, name):
    install_plugin("acme-dns", DNS_CLIENT, {"exports": {name: CLIENT, "AcmeClient": CLIENT}})
    assert findings() == [("misnamed", f"codomyrmex.cloud.exports: {name} = acme_dns:Client (acme-dns 1.0)")]


def test_what_a_setting_leaves_out_is_not_examined(findings, install_plugin, monkeypatch):
    site = install_plugin("acme-dns", DNS_CLIENT, {PROVIDERS: {"acme": CLIENT}})
    with (site / "acme_dns-1.0.dist-info" / "entry_points.txt").open("a") as declaration:
        declaration.write("[codomyrmex.cloud.hook]\nacme = acme_dns\n")
    assert [problem for problem, _ in findings()] == ["misnamed", "misnamed"]
    monkeypatch.setenv("CLOUD_IGNORE_PLUGINS", "acme-dns")
    assert findings() == []


def test_two_distributions_with_one_name_are_duplicates(findings, install_plugin):
    for name in ("acme-one", "acme-two"):
        module = name.replace("-", "_")
        install_plugin(name, DNS_CLIENT, {PROVIDERS: {"acme.dns": f"{module}:Client"}})
    [(problem, what)] = findings()
    assert problem == "duplicate"
    assert "acme-one" in what
    assert "acme-two" in what


@pytest.fixture
def editable(install_plugin, tmp_path):
    """Install acme-dns as ``pip install -e`` does. The folders of its metadata and of its project."""
    site = install_plugin("acme-dns", DNS_CLIENT, {PROVIDERS: {"acme.dns": CLIENT}}, editable=True)
    project = tmp_path / "projects" / "site" / "acme-dns"
    origin = {"url": project.as_uri(), "dir_info": {"editable": True}}  # as pip leaves it (PEP 610)
    metadata = site / "acme_dns-1.0.dist-info"
    (metadata / "direct_url.json").write_text(json.dumps(origin))
    return metadata, project


def test_an_editable_project_that_declares_other_entry_points_is_stale(findings, editable):
    _, project = editable
    assert findings() == []
    declared = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(declared + '\n"acme.storage" = "acme_dns:Client"\n')
    assert findings() == [("stale", "acme-dns: acme.storage")]
    shutil.rmtree(project)
    assert ("stale", "acme-dns") in findings()


ELSEWHERE = {
    "setup.cfg": '[build-system]\nrequires = ["setuptools"]\n',
    "setup.py": None,
    "a tool of its own": "[tool.poetry.plugins]\n",
    "a dynamic field": '[project]\nname = "acme-dns"\ndynamic = ["entry-points"]\n',
}


@pytest.mark.parametrize("where", ELSEWHERE)
def test_an_editable_project_that_declares_entry_points_elsewhere_is_not_judged(findings, editable, where):
    file = editable[1] / "pyproject.toml"
    file.write_text(ELSEWHERE[where] or "")
    if ELSEWHERE[where] is None:
        file.unlink()
    assert findings() == []


@pytest.mark.parametrize("text", ["project = 5", "[project]\nname = 'a'\nentry-points = []", "\xff", "a = ="])
def test_an_editable_project_that_cannot_be_read_is_stale(findings, editable, text):
    (editable[1] / "pyproject.toml").write_bytes(text.encode("latin-1"))
    assert findings() == [("stale", "acme-dns")]


@pytest.mark.parametrize(
    "text", ["[]", '"x"', "null", '{"dir_info": []}', '{"dir_info": {"editable": true}}', "{", "5"]
)
def test_an_origin_that_is_none_does_no_harm(findings, editable, text):
    (editable[0] / "direct_url.json").write_text(text)
    assert findings() == []
