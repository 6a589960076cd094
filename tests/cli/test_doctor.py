import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from support.distributions import DNS_CLIENT

BUILD_WHEELS = Path(__file__).parents[2] / "scripts/build_wheels.py"
PROVIDERS = "providers"
WIDE = "1000"  # columns, so that no sentence is wrapped


@pytest.fixture(scope="module", params=["wheels", "my wheels"])
def exported(request, tmp_path_factory):
    """A folder of our wheels, and the value for PIP_FIND_LINKS that its builder prints."""
    folder = tmp_path_factory.mktemp("built") / request.param
    done = subprocess.run([sys.executable, BUILD_WHEELS, folder], capture_output=True, text=True, check=True)
    [line] = [line for line in done.stdout.splitlines() if line.startswith("export ")]
    return str(folder), shlex.split(line)[1].partition("=")[2]


def test_a_sound_installation_is_told_with_its_credentials(run, install_plugin):
    install_plugin("acme-dns", DNS_CLIENT, {PROVIDERS: {"acme.dns": "acme_dns:Client"}})
    result = run("doctor")
    assert (result.code, "nothing wrong" in result.text) == (0, True)
    assert "ACME_TOKEN=abcd***" in result.text
    assert "needs none; folder" in result.text


AUDIT = """
from codomyrmex.cloud.hooks import hookimpl

@hookimpl
def cloud_before_operation(operation):
    pass

@hookimpl
def cloud_credentials(provider, service):
    return None
"""


def test_the_hooks_in_force_are_listed(doctor, install_plugin, monkeypatch):
    assert "No hooks are in force." in doctor().lines
    install_plugin("acme-audit", AUDIT, {"hooks": {"audit": "acme_audit"}})
    install_plugin("acme-other", "", {"hooks": {"other": "acme_other"}})  # which is broken
    names = ["cloud_before_operation", "cloud_credentials"]
    assert doctor("--json").json["hooks"] == [{"name": "audit", "distribution": "acme-audit 1.0", "hooks": names}]
    assert "audit           acme-audit 1.0  cloud_before_operation, cloud_credentials" in doctor().lines
    monkeypatch.setenv("CLOUD_PLUGINS", "acme-other")
    assert doctor("--json").json["hooks"] == []


@pytest.mark.parametrize("columns", [None, "80", "60"])
def test_what_is_told_fits_the_terminal(doctor, install_plugin, monkeypatch, columns):
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    source = DNS_CLIENT.replace('"ACME_TOKEN=abcd***"', f"'ACME_TOKEN=abcd***, {'and more ' * 20}'")
    install_plugin("acme-dns", source, {PROVIDERS: {"acme.dns": "acme_dns:Client"}})
    install_plugin("acme-audit", AUDIT, {"hooks": {"audit": "acme_audit"}})
    install_plugin("acme-a-long-name-that-leaves-little-room", "", {"hooks": {"audit": "nothing_of_that_name"}})
    result = doctor()
    assert max(map(len, result.lines)) <= int(columns or 80)
    assert result.code == 1


def test_what_is_wrong_is_told_in_paragraphs_with_the_advice_below(doctor, install_plugin, monkeypatch):
    monkeypatch.setenv("COLUMNS", WIDE)
    entry = "acme_dns:Client (acme-dns 1.0)"
    install_plugin(
        "acme-dns", "1 / 0", {PROVIDERS: {"acme.dns": "acme_dns:Client"}, "exports": {"A": "acme_dns:Client"}}
    )
    lines = doctor().lines
    start = lines.index(f"broken: codomyrmex.cloud.providers: acme.dns = {entry}")
    cure = "'pip install -U acme-dns' may mend it, 'pip uninstall acme-dns' removes it"
    reason = f"    cannot be imported: ZeroDivisionError: division by zero; {cure}"
    assert lines[start + 1 :][:3] == [f"broken: codomyrmex.cloud.exports: A = {entry}", reason, ""]


def test_wheels_that_pip_would_take_are_named(doctor, exported, monkeypatch):
    folder, find_links = exported
    monkeypatch.setenv("COLUMNS", WIDE)
    monkeypatch.setenv("PIP_FIND_LINKS", f"/nowhere {find_links} https://example.org/wheels")
    assert f"'pip install codomyrmex-cloud-...' takes the wheels in {folder}." in doctor().lines
    assert doctor("--json").json["pip_install"] == {"wheels": folder, "hint": None}


def test_a_hint_tells_how_pip_would_find_our_wheels(doctor, tmp_path, monkeypatch):
    (tmp_path / "requests-2.32.0-py3-none-any.whl").touch()
    monkeypatch.setenv("COLUMNS", WIDE)
    monkeypatch.setenv("PIP_FIND_LINKS", f"{tmp_path} {tmp_path / 'missing'} https://example.org/wheels")
    text, told = doctor(), doctor("--json")
    hint = text.lines[-1]
    assert "'python3 scripts/build_wheels.py', then the line 'export PIP_FIND_LINKS=...'" in hint
    assert (text.code, told.code) == (0, 0)
    assert told.json["findings"] == []
    assert told.json["pip_install"] == {"wheels": None, "hint": hint}


@pytest.mark.parametrize("section", ["global", "install"])
def test_wheels_that_pips_configuration_names_are_found(doctor, exported, section, tmp_path, monkeypatch):
    folder, find_links = exported
    file = tmp_path / "pip.conf"
    file.write_text(f"[{section}]\nfind-links =\n    /nowhere\n    {find_links.split()[0]}\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(file))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    assert doctor("--json").json["pip_install"]["wheels"] == folder
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))  # which overrides it, as with pip
    assert doctor("--json").json["pip_install"]["wheels"] is None


@pytest.mark.parametrize("content", [b"find-links = /nowhere", b"\xff\xfe", b"[global]\nfind-links\n"])
def test_a_configuration_of_pips_that_cannot_be_read_names_nothing(doctor, content, tmp_path, monkeypatch):
    (tmp_path / "pip.conf").write_bytes(content)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    result = doctor("--json")
    assert (result.code, set(result.json["pip_install"])) == (0, {"wheels", "hint"})
