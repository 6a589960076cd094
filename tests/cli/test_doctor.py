import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BUILD_WHEELS = Path(__file__).parents[2] / "scripts/build_wheels.py"
PROVIDERS = "providers"
GOOD = """
from codomyrmex.cloud.common import CloudClient

class Client(CloudClient):
    provider, service = "acme", "dns"

    @classmethod
    def credential_source(cls):
        return "ACME_TOKEN=abcd***"
"""


@pytest.fixture(scope="module", params=["wheels", "my wheels"])
def exported(request, tmp_path_factory):
    """A folder of our wheels, and the value for PIP_FIND_LINKS that its builder prints."""
    folder = tmp_path_factory.mktemp("built") / request.param
    done = subprocess.run([sys.executable, BUILD_WHEELS, folder], capture_output=True, text=True, check=True)
    [line] = [line for line in done.stdout.splitlines() if line.startswith("export ")]
    return str(folder), shlex.split(line)[1].partition("=")[2]


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


def test_wheels_that_pip_would_take_are_named(run, exported, monkeypatch):
    folder, find_links = exported
    monkeypatch.setenv("PIP_FIND_LINKS", f"/nowhere {find_links} https://example.org/wheels")
    assert f"'pip install codomyrmex-cloud-...' takes the wheels in {folder}." in run("doctor").lines
    assert run("doctor", "--json").json["pip_install"] == {"wheels": folder, "hint": None}


def test_a_hint_tells_how_pip_would_find_our_wheels(run, tmp_path, monkeypatch):
    (tmp_path / "requests-2.32.0-py3-none-any.whl").touch()
    monkeypatch.setenv("PIP_FIND_LINKS", f"{tmp_path} {tmp_path / 'missing'} https://example.org/wheels")
    text, told = run("doctor"), run("doctor", "--json")
    hint = text.lines[-1]
    assert "'python3 scripts/build_wheels.py', then the line 'export PIP_FIND_LINKS=...'" in hint
    assert (text.code, told.code) == (0, 0)
    assert told.json["findings"] == []
    assert told.json["pip_install"] == {"wheels": None, "hint": hint}


@pytest.mark.parametrize("section", ["global", "install"])
def test_wheels_that_pips_configuration_names_are_found(run, exported, section, tmp_path, monkeypatch):
    folder, find_links = exported
    file = tmp_path / "pip.conf"
    file.write_text(f"[{section}]\nfind-links =\n    /nowhere\n    {find_links.split()[0]}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    assert run("doctor", "--json").json["pip_install"]["wheels"] == folder
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))  # which overrides it, as with pip
    assert run("doctor", "--json").json["pip_install"]["wheels"] is None


@pytest.mark.parametrize("content", [b"find-links = /nowhere", b"\xff\xfe", b"[global]\nfind-links\n"])
def test_a_configuration_of_pips_that_cannot_be_read_names_nothing(run, content, tmp_path, monkeypatch):
    (tmp_path / "pip.conf").write_bytes(content)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    result = run("doctor", "--json")
    assert (result.code, set(result.json["pip_install"])) == (0, {"wheels", "hint"})


@pytest.mark.parametrize(
    "source", ["import nothing_of_that_name", "raise SystemExit(3)", "assert False", "class Other: pass"]
)
def test_a_plugin_that_cannot_be_imported_is_broken(findings, install_plugin, source):
    install_plugin("acme-dns", source, {PROVIDERS: {"acme.dns": "acme_dns:Client"}})
    [(problem, what)] = findings()
    assert problem == "broken"
    assert "acme-dns 1.0" in what


MISSPELT = """
from codomyrmex.cloud.hooks import hookimpl

@hookimpl
def cloud_before_opertion(operation):
    pass
"""


@pytest.mark.parametrize("source", [MISSPELT, MISSPELT.replace("@hookimpl", "")], ids=["misspelt", "not marked"])
def test_hooks_that_would_never_run_are_broken(findings, install_plugin, source):
    install_plugin("acme-audit", source, {"hooks": {"audit": "acme_audit"}})
    [(problem, what)] = findings()
    assert problem == "broken"
    assert "acme-audit 1.0" in what


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


@pytest.mark.parametrize(("setting", "value"), [("CLOUD_IGNORE_PLUGINS", "acme.dns"), ("CLOUD_PLUGINS", "acme-other")])
def test_what_a_setting_leaves_out_is_told(run, findings, install_plugin, monkeypatch, setting, value):
    install_plugin("acme-dns", "import what_is_not_there", {"hooks": {"acme": "acme_dns"}})
    assert [problem for problem, _ in findings()] == ["broken"]
    monkeypatch.setenv(setting, value)
    assert findings() == []
    told = run("doctor", "--json").json["left_out"]
    assert {"distribution": "acme-dns 1.0", "plugins": "hooks", "setting": setting} in told
    assert setting in run("doctor").text


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
