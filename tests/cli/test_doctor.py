import json
import shutil

import pytest

PROVIDERS = "providers"
GOOD = """
from codomyrmex.cloud.common import CloudClient

class Client(CloudClient):
    provider, service = "acme", "dns"

    @classmethod
    def credential_source(cls):
        return "ACME_TOKEN=abcd***"
"""


@pytest.fixture
def findings(run):
    """What ``cloud doctor`` finds, as (problem, what) pairs, with the exit code checked."""

    def ask() -> list[tuple[str, str]]:
        result = run("doctor", "--json")
        found = [(f["problem"], f["what"]) for f in result.json["findings"]]
        assert result.code == (1 if found else 0)
        return found

    return ask


def test_a_sound_installation_is_told_with_its_credentials(run, install_plugin):
    install_plugin("acme-dns", GOOD, {PROVIDERS: {"acme.dns": "acme_dns:Client"}})
    result = run("doctor")
    assert (result.code, "nothing wrong" in result.text) == (0, True)
    assert "ACME_TOKEN=abcd***" in result.text
    assert "needs none; folder" in result.text


@pytest.mark.parametrize(
    "source", ["import nothing_of_that_name", "raise SystemExit(3)", "assert False", "class Other: pass"]
)
def test_a_plugin_that_cannot_be_imported_is_broken(findings, install_plugin, source):
    install_plugin("acme-dns", source, {PROVIDERS: {"acme.dns": "acme_dns:Client"}})
    [(problem, what)] = findings()
    assert problem == "broken"
    assert "acme-dns 1.0" in what


def test_a_plugin_for_another_version_is_incompatible(findings, install_plugin):
    source = GOOD + "    API_VERSION = 99\n"
    install_plugin("acme-dns", source, {PROVIDERS: {"acme.dns": "acme_dns:Client"}})
    assert [problem for problem, _ in findings()] == ["incompatible"]


def test_two_distributions_with_one_name_are_duplicates(findings, install_plugin):
    for name in ("acme-one", "acme-two"):
        module = name.replace("-", "_")
        install_plugin(name, GOOD, {PROVIDERS: {"acme.dns": f"{module}:Client"}})
    [(problem, what)] = findings()
    assert problem == "duplicate"
    assert "acme-one" in what
    assert "acme-two" in what


def test_a_second_copy_on_the_path_is_shadowed(findings, install_plugin, tmp_path, monkeypatch):
    folder = install_plugin("acme-dns", GOOD, {PROVIDERS: {"acme.dns": "acme_dns:Client"}})
    shutil.copytree(folder, tmp_path / "copy")
    monkeypatch.syspath_prepend(tmp_path / "copy")
    [(problem, what)] = findings()
    assert problem == "shadowed"
    assert "acme-dns 1.0" in what


def test_an_editable_project_that_declares_other_entry_points_is_stale(findings, install_plugin, tmp_path):
    entry_points = {"providers": {"acme.dns": "acme_dns:Client"}}
    site = install_plugin("acme-dns", GOOD, entry_points, editable=True)
    project = tmp_path / "projects" / "site" / "acme-dns"
    origin = {"url": project.as_uri(), "dir_info": {"editable": True}}  # as pip leaves it (PEP 610)
    (site / "acme_dns-1.0.dist-info" / "direct_url.json").write_text(json.dumps(origin))
    assert findings() == []
    declared = (project / "pyproject.toml").read_text()
    (project / "pyproject.toml").write_text(declared + '\n"acme.storage" = "acme_dns:Client"\n')
    assert findings() == [("stale", "acme-dns: acme.storage")]
    shutil.rmtree(project)
    assert ("stale", "acme-dns") in findings()


def test_a_broken_command_leaves_the_others_working(run, findings, install_plugin):
    group = "commands"
    install_plugin("acme-cmd", "import nothing_of_that_name", {group: {"zone": "acme_cmd:zone"}})
    assert "zone" in run("--help").text
    result = run("zone", "--anything", "x")
    assert result.code == 1
    assert "acme-cmd 1.0" in result.err
    assert [problem for problem, _ in findings()] == ["broken"]


def test_a_bug_in_a_command_is_one_line_too(run, install_plugin):
    source = """
import click

@click.command()
def zone() -> None:
    {}["missing"]
"""
    install_plugin("acme-cmd", source, {"commands": {"zone": "acme_cmd:zone"}})
    result = run("zone")
    assert (result.code, result.err) == (1, "cloud: KeyError: 'missing'. This is a bug; --debug shows where.\n")


def test_a_plugin_adds_a_command(run, install_plugin):
    source = """
import click
from codomyrmex.cloud.cli import command, show

@command()
@click.argument("name")
def zone(name: str) -> None:
    "Tell about a zone."
    show({"name": name})
"""
    install_plugin("acme-cmd", source, {"commands": {"zone": "acme_cmd:zone"}})
    assert "Tell about a zone." in run("--help").text
    assert run("zone", "example.org", "--json").json == {"name": "example.org"}
    assert run("zone", "example.org").lines == ["name  example.org"]
