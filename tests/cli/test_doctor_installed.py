"""What ``cloud doctor`` finds in what is installed: copies, leftovers, files of two, names in settings."""

import json
import shutil
import sys

import pytest
from support.distributions import DNS_CLIENT, build, unpack, write_project

PROVIDERS = "providers"
ENTRY_POINTS = {PROVIDERS: {"acme.dns": "acme_dns:Client"}}


def test_a_second_copy_on_the_path_is_shadowed(findings, install_plugin, tmp_path, monkeypatch):
    folder = install_plugin("acme-dns", DNS_CLIENT, {PROVIDERS: {"acme.dns": "acme_dns:Client"}})
    shutil.copytree(folder, tmp_path / "copy")
    monkeypatch.syspath_prepend(tmp_path / "copy")
    [(problem, what)] = findings()
    assert problem == "shadowed"
    assert "acme-dns 1.0" in what


def test_an_editable_installation_and_a_wheel_are_told_apart(findings, install_plugin, tmp_path):
    install_plugin("acme-dns", DNS_CLIENT, ENTRY_POINTS)
    assert findings() == []
    install_plugin("acme-dns", DNS_CLIENT, ENTRY_POINTS, version="2.0", editable=True, site="editable")
    assert findings() == [("shadowed", f"acme-dns 1.0 in {tmp_path / 'site'}")]


def test_the_metadata_in_an_editable_project_is_no_copy(findings, install_plugin, tmp_path):
    site = install_plugin("acme-dns", DNS_CLIENT, ENTRY_POINTS, editable=True)
    project = tmp_path / "projects" / "site" / "acme-dns"
    shutil.copytree(site / "acme_dns-1.0.dist-info", project / "src" / "acme_dns.egg-info")  # as setuptools does
    (project / "src" / "acme_dns.egg-info" / "METADATA").rename(project / "src" / "acme_dns.egg-info" / "PKG-INFO")
    assert [problem for problem, _ in findings()] == ["shadowed"]
    origin = {"url": project.as_uri(), "dir_info": {"editable": True}}  # as pip leaves it (PEP 610)
    (site / "acme_dns-1.0.dist-info" / "direct_url.json").write_text(json.dumps(origin))
    assert findings() == []


def test_a_link_to_a_folder_on_the_path_holds_no_copies(findings, install_plugin, tmp_path, monkeypatch):
    site = install_plugin("acme-dns", DNS_CLIENT, ENTRY_POINTS)
    (tmp_path / "lib64").symlink_to(site)
    for folders in ([tmp_path / "lib64"], [site, tmp_path / "lib64"]):
        for folder in folders:
            monkeypatch.syspath_prepend(folder)
        assert findings() == []


def test_of_versions_in_one_folder_the_older_are_leftovers(findings, advice, install_plugin, tmp_path):
    for version in ("1.0", "2.0", "10.0"):
        site = install_plugin("acme-dns", DNS_CLIENT, ENTRY_POINTS, version=version)
        shutil.copytree(site / f"acme_dns-{version}.dist-info", tmp_path / f"acme_dns-{version}.dist-info")
    shutil.copytree(tmp_path / "acme_dns-2.0.dist-info", site / "acme_dns-2.0.dist-info")  # as pip --target leaves it
    folder = site / "acme_dns-2.0.dist-info"
    assert findings() == [("leftover", f"acme-dns 2.0: {folder}")]
    assert "delete this folder" in advice()
    assert "'pip uninstall' would take the files of 10.0" in advice()
    shutil.rmtree(folder)
    assert findings() == []


def test_what_an_interrupted_pip_left_is_a_leftover(findings, install_plugin):
    site = install_plugin("acme-dns", DNS_CLIENT, ENTRY_POINTS)
    shutil.copytree(site / "acme_dns-1.0.dist-info", site / "~cme_dns-1.0.dist-info")
    assert findings() == [("leftover", str(site / "~cme_dns-1.0.dist-info"))]


def test_metadata_without_a_name_is_unreadable(findings, install_plugin):
    site = install_plugin("acme-dns", DNS_CLIENT, ENTRY_POINTS)
    metadata = site / "acme_dns-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("Name: acme-dns\n", ""))
    assert findings() == [("unreadable", str(metadata.parent))]


@pytest.mark.parametrize("damage", [b"\nno equals sign\n", b"\nacme = \xff\n"])
def test_entry_points_that_cannot_be_parsed_are_unreadable(findings, install_plugin, damage):
    site = install_plugin("acme-dns", DNS_CLIENT, ENTRY_POINTS)
    declaration = site / "acme_dns-1.0.dist-info" / "entry_points.txt"
    declaration.write_bytes(declaration.read_bytes() + damage)
    assert findings() == [("unreadable", str(declaration))]


def test_damaged_metadata_of_others_is_none_of_our_concern(findings, install_plugin):
    site = install_plugin("acme-dns", DNS_CLIENT, ENTRY_POINTS)
    for name in ("~stranger-1.0.dist-info", "stranger-1.0.dist-info"):
        (site / name).mkdir()
        (site / name / "METADATA").write_text("Metadata-Version: 2.1\n")
        (site / name / "entry_points.txt").write_bytes(b"[other]\nno equals sign\xff\n")
    assert findings() == []


@pytest.fixture
def install_files(tmp_path, install_plugin):
    """Install a distribution that owns these files, beside a plugin."""
    site = install_plugin("acme-dns", DNS_CLIENT, ENTRY_POINTS)

    def install(name, *files):
        project = tmp_path / "projects" / name
        write_project(project, name, "", {}, "3.0")
        for file in files:
            (project / "src" / file).parent.mkdir(parents=True, exist_ok=True)
            (project / "src" / file).write_text("")
        text = (project / "pyproject.toml").read_text()
        include = f"targets.wheel.include = {json.dumps([f'src/{file}' for file in files])}\n"
        sources = 'targets.wheel.sources = ["src"]'
        start = text.index("targets.wheel.packages")
        end = text.index("\n", start) if "\n" in text[start:] else len(text)
        (project / "pyproject.toml").write_text(f"{text[:start]}{include}{sources}{text[end:]}")
        unpack(build(project, tmp_path / "wheels"), site)
        return site

    return install


def test_two_distributions_that_own_one_module_overlap(findings, advice, install_files):
    site = install_files("stranger", "acme_dns.py", "stranger.py")
    (site / "acme_dns.py").write_text(DNS_CLIENT)
    assert findings() == [("overlapping", f"acme-dns 1.0 and stranger 3.0 in {site}: acme_dns.py")]
    assert "uninstalling one takes them from the other" in advice()


def test_strangers_that_own_one_file_of_ours_overlap(findings, install_files):
    files = [f"codomyrmex/cloud/acme/{name}.py" for name in "abcd"]
    install_files("stranger", *files)
    assert findings() == []
    site = install_files("other", *files)
    shown = f"in {site}: {', '.join(files[:3])} and 1 more"
    [(problem, what)] = findings()
    assert problem == "overlapping"
    assert what in {f"other 3.0 and stranger 3.0 {shown}", f"stranger 3.0 and other 3.0 {shown}"}


def test_strangers_that_own_one_file_of_theirs_are_none_of_our_concern(findings, install_files):
    install_files("stranger", "theirs/__init__.py")
    install_files("other", "theirs/__init__.py")
    assert findings() == []


def test_compiled_modules_are_no_files_of_two(findings, install_files):
    for name in ("stranger", "other"):
        site = install_files(name, f"{name}.py")
        for compiled in ("__pycache__/acme.cpython-311.pyc", "codomyrmex/cloud/__pycache__/acme.cpython-311.pyc"):
            (site / compiled).parent.mkdir(parents=True, exist_ok=True)
            (site / compiled).touch()
            with (site / f"{name}-3.0.dist-info" / "RECORD").open("a") as record:  # as pip writes it
                record.write(f"{compiled},,\n")
    assert findings() == []


def test_a_package_codomyrmex_cloud_of_another_is_told(findings, advice, install_files, monkeypatch):
    site = install_files("codomyrmex", "codomyrmex/cloud/__init__.py")
    monkeypatch.setattr(sys, "path", [*(folder for folder in sys.path if folder != str(site)), str(site)])
    assert findings() == [("overlapping", f"codomyrmex 3.0: {site}/codomyrmex/cloud/__init__.py")]
    assert "uninstall codomyrmex, then run 'pip install --force-reinstall --no-deps codomyrmex-cloud'" in advice()


@pytest.mark.parametrize(("setting", "value"), [("CLOUD_IGNORE_PLUGINS", "acme.dns"), ("CLOUD_PLUGINS", "pytest")])
def test_what_a_setting_leaves_out_is_told(doctor, findings, install_plugin, monkeypatch, setting, value):
    install_plugin("acme-dns", "import what_is_not_there", {"hooks": {"acme": "acme_dns"}})
    assert [problem for problem, _ in findings()] == ["broken"]
    monkeypatch.setenv(setting, value)
    assert findings() == []
    told = doctor("--json").json["left_out"]
    assert {"distribution": "acme-dns 1.0", "plugins": "hooks", "setting": setting} in told
    assert setting in doctor().text


@pytest.mark.parametrize("setting", ["CLOUD_IGNORE_PLUGINS", "CLOUD_PLUGINS"])
def test_a_setting_that_names_nothing_installed_is_told(findings, advice, install_plugin, monkeypatch, setting):
    install_plugin("acme-retention", DNS_CLIENT, {PROVIDERS: {"acme.dns": "acme_retention:Client"}})
    monkeypatch.setenv("CLOUD_PLUGINS", "pytest")
    monkeypatch.setenv(setting, "acme-retentoin, pytest")
    assert findings() == [("setting", f"{setting} names acme-retentoin")]
    assert advice().startswith("did you mean acme-retention?")
    monkeypatch.setenv(setting, "ACME.retention, pytest")
    assert findings() == []


def test_a_setting_may_name_hooks_with_damaged_metadata(findings, install_plugin, monkeypatch):
    site = install_plugin("acme-retention", "", {"hooks": {"retention": "acme_retention"}})
    [folder] = site.glob("acme_retention-*.dist-info")
    (folder / "METADATA").unlink()
    monkeypatch.setenv("CLOUD_PLUGINS", "acme-retention")
    assert [problem for problem, _ in findings()] == ["unreadable", "broken"]
    monkeypatch.setenv("CLOUD_IGNORE_PLUGINS", "acme-retention")
    assert [problem for problem, _ in findings()] == ["unreadable"]


@pytest.mark.parametrize("name", ["codomyrmex-cloud", "codomyrmex-cloud-cli"])
def test_naming_what_is_never_left_out_has_no_effect(findings, advice, monkeypatch, name):
    monkeypatch.setenv("CLOUD_PLUGINS", name)
    assert findings() == []
    monkeypatch.setenv("CLOUD_IGNORE_PLUGINS", name)
    assert findings() == [("setting", f"CLOUD_IGNORE_PLUGINS names {name}")]
    assert "no effect" in advice()
