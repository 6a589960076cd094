import os
import shutil
import subprocess
import sys
import threading
import venv
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from codomyrmex.cloud import get_client
from codomyrmex.cloud.plugin import (
    COMMANDS,
    EXPORTS,
    HOOKS,
    PROVIDERS,
    SCHEMES,
    choose,
    distributions,
    entry_points,
    load,
)
from platformdirs import user_cache_path
from support.distributions import build, unpack, write_project

ACME = {"providers": {"acme.storage": "acme_cloud:Acme"}}


def named(name, **options):
    return [e for e in entry_points(PROVIDERS, **options) if e.name == name]


def metadata(site):
    (folder,) = site.glob("acme_cloud-*.dist-info")
    return folder


def test_an_entry_point_knows_its_distribution(install_plugin):
    site = install_plugin("acme-cloud", "Acme = dict", ACME, version="1.2.3")
    (entry,) = named("acme.storage")
    assert entry[:-1] == (PROVIDERS, "acme.storage", "acme_cloud:Acme", "acme-cloud", "1.2.3")
    assert entry.metadata.dist.locate_file("") == site
    assert str(entry) == "acme.storage = acme_cloud:Acme (acme-cloud 1.2.3)"


def test_an_entry_point_loads_what_it_names(install_plugin):
    names = {"a.b": "acme_cloud:Acme", "a.c": "acme_cloud:Acme.nested.deeper", "a.d": "acme_cloud"}
    source = "class Acme:\n class nested:\n  deeper = 7"
    install_plugin("acme-cloud", source, {"exports": names})
    import acme_cloud

    loaded = {entry.name: load(entry) for entry in entry_points(EXPORTS) if entry.distribution == "acme-cloud"}
    assert loaded == {"a.b": acme_cloud.Acme, "a.c": 7, "a.d": acme_cloud}


def test_groups_are_kept_apart(install_plugin):
    install_plugin("acme-cloud", "Acme = dict", {"exports": {"acme.storage": "acme_cloud:Acme"}})
    assert not named("acme.storage")


def test_the_names_are_those_that_importlib_metadata_reads(install_plugin):
    from importlib import metadata

    install_plugin("acme-cloud", "Acme = dict", ACME | {"schemes": {"acme": "acme_cloud:Acme"}})
    for group in (PROVIDERS, SCHEMES, EXPORTS, HOOKS, COMMANDS):
        theirs = [(e.name, e.value, e.dist.name, e.dist.version) for e in metadata.entry_points(group=group)]
        ours = [(e.name, e.value, e.distribution, e.version) for e in entry_points(group)]
        assert sorted(ours) == sorted(theirs)


def test_a_path_that_comes_back_is_read_again(install_plugin, monkeypatch):
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    assert named("acme.storage")
    path = list(sys.path)
    monkeypatch.setattr(sys, "path", [folder for folder in path if folder != str(site)])
    assert not named("acme.storage")
    (metadata(site) / "entry_points.txt").write_text("[codomyrmex.cloud.providers]\nacme.dns = acme_cloud:Acme\n")
    monkeypatch.setattr(sys, "path", path)
    assert named("acme.dns")


def test_an_installation_is_seen_after_a_refresh(install_plugin):
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    assert not named("acme.dns")
    other = ACME["providers"] | {"acme.dns": "acme_cloud:Acme"}
    assert install_plugin("acme-cloud", "Acme = dict", {"providers": other}) == site
    assert named("acme.dns", refresh=True)


def test_a_change_of_sys_path_is_seen_at_once(install_plugin, monkeypatch):
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    assert named("acme.storage")
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p != str(site)])
    assert not named("acme.storage")


STALE = """
import sys
from codomyrmex.cloud import get_client, providers
from codomyrmex.cloud.errors import ProviderNotFoundError
from stevedore import ExtensionManager

class Plain(ExtensionManager):
    def _load_plugins(self, *_):
        return []

for line in sys.stdin:
    try:
        found = get_client("acme", line.strip())
    except ProviderNotFoundError:
        found = "none"
    ours = [p.service for p in providers() if p.provider == "acme"]
    theirs = [n.partition(".")[2] for n in Plain("codomyrmex.cloud.providers").entry_points_names() if "acme." in n]
    print(found, *ours, "|", *theirs, flush=True)
"""


@pytest.fixture
def environment(tmp_path):
    """A virtual environment outside of the temporary folder, where stevedore would write no cache; it sees our path."""
    with TemporaryDirectory(dir=user_cache_path("codomyrmex-cloud", ensure_exists=True)) as folder:
        assert not folder.startswith("/tmp")  # as stevedore has it
        venv.create(folder, symlinks=True)
        [site] = Path(folder).glob("lib/*/site-packages")
        (site / "ours.pth").write_text("\n".join(path for path in sys.path if path))

        def start():
            kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE"))}
            command = [Path(folder) / "bin/python", "-c", STALE]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            return subprocess.Popen(command, env={**kept, "XDG_CACHE_HOME": str(tmp_path)}, **pipes)

        yield site, start


def test_an_installation_within_the_same_second_is_seen_by_running_and_by_new_processes(environment, tmp_path):
    site, start = environment

    def install(*services):
        write_project(tmp_path / "acme", "acme-cloud", "def Acme():\n return 'acme'", ACME, "1.0")
        unpack(build(tmp_path / "acme", tmp_path / "wheels"), site)
        for service in services:
            (site / f"acme_{service}.py").write_text("def Acme():\n return 'acme'")
        declared = "".join(f"acme.{service} = acme_{service}:Acme\n" for service in services)
        (metadata(site) / "entry_points.txt").write_text(f"[codomyrmex.cloud.providers]\n{declared}")
        for path in (site, metadata(site), metadata(site) / "entry_points.txt"):
            os.utime(path, (0, 0))  # no clock to go by

    def ask(process, service):
        process.stdin.write(f"{service}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    install("storage")
    with start() as running, running.stdin:
        assert ask(running, "storage") == "acme storage | storage"
        assert ask(running, "dns") == "none storage | storage"
        install("storage", "dns")
        assert ask(running, "dns") == "acme dns storage | storage", "stevedore's cache was not stale: a vain test"
        with start() as new, new.stdin:
            assert ask(new, "dns") == "acme dns storage | storage"
        install()
        assert ask(running, "dns") == "acme | storage"  # which is loaded
        with start() as new, new.stdin:
            assert ask(new, "dns").startswith("none |")


def test_an_editable_plugin_loads_from_its_source(install_plugin, run_python, tmp_path):
    site = install_plugin("acme-cloud", "Acme = dict", ACME, editable=True)
    assert not (site / "acme_cloud.py").exists()
    code = "from codomyrmex.cloud.registry import load_provider\nprint(load_provider('acme', 'storage'))"
    assert run_python(code) == "<class 'dict'>\n"


def test_of_a_distribution_that_is_there_twice_the_first_on_the_path_is_read(install_plugin):
    install_plugin("acme-cloud", "Acme = dict", ACME, version="1.0", site="behind")
    install_plugin(
        "acme-cloud", "Acme = dict", {"providers": {"acme.dns": "acme_cloud:Acme"}}, version="2.0", site="front"
    )
    assert [e.version for e in named("acme.dns")] == ["2.0"]
    assert not named("acme.storage")


def test_the_copies_of_a_distribution_are_known_in_the_order_of_the_path(install_plugin):
    behind = install_plugin("acme-cloud", "Acme = dict", ACME, version="1.0", site="behind")
    front = install_plugin("acme-cloud", "Acme = dict", ACME, version="2.0", site="front")
    copies = [copy for copy in distributions() if copy.name == "acme-cloud"]
    assert [(copy.version, copy.locate_file("")) for copy in copies] == [("2.0", front), ("1.0", behind)]
    assert choose(copies) is copies[0]


def test_a_folder_to_which_two_names_lead_is_read_once(install_plugin, monkeypatch, tmp_path):
    """As ``lib64``, which is a link to ``lib``."""
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    (tmp_path / "site64").symlink_to(site)
    monkeypatch.syspath_prepend(tmp_path / "site64")
    assert len(named("acme.storage")) == 1
    assert len([copy for copy in distributions() if copy.name == "acme-cloud"]) == 1


def write_metadata(folder, version, provider, header="Name: acme-cloud\n"):
    """The metadata of a version of acme-cloud that offers one provider."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.4\n{header}Version: {version}\n")
    (folder / "entry_points.txt").write_text(f"[codomyrmex.cloud.providers]\n{provider} = acme_cloud:Acme\n")


def offered():
    return {entry.name for entry in entry_points(PROVIDERS, refresh=True)} - {"local.storage"}


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """A folder that is the only one on sys.path beside the core's."""
    monkeypatch.setattr(sys, "path", [str(tmp_path / "alone")])
    return tmp_path / "alone"


@pytest.mark.parametrize(("older", "newer"), [("9.0", "10.0"), ("1.0rc1", "1.0"), ("no version", "0.1")])
def test_of_two_versions_in_one_folder_the_newest_counts(alone, older, newer):
    """``pip install --target --upgrade`` leaves the metadata of the other version."""
    write_metadata(alone / f"acme_cloud-{older}.dist-info", older, "acme.old")
    write_metadata(alone / f"acme_cloud-{newer}.dist-info", newer, "acme.new")
    assert offered() == {"acme.new"}
    assert choose(distributions()).version == newer
    assert choose(distributions()[::-1]).version == newer


def test_all_spellings_of_a_name_are_one_distribution(alone, monkeypatch, tmp_path):
    """https://packaging.python.org/en/latest/specifications/name-normalization/"""
    write_metadata(alone / "acme_cloud-1.0.dist-info", "1.0", "acme.front")
    write_metadata(tmp_path / "behind" / "Acme.Cloud-2.0.dist-info", "2.0", "acme.behind", "Name: Acme.Cloud\n")
    monkeypatch.setattr(sys, "path", [str(alone), str(tmp_path / "behind")])
    assert offered() == {"acme.front"}
    monkeypatch.setattr(sys, "path", [str(tmp_path / "behind"), str(alone)])
    assert offered() == {"acme.behind"}


def test_an_older_copy_in_front_counts_before_a_newer_one_behind(alone, monkeypatch, tmp_path):
    write_metadata(alone / "acme_cloud-1.0.dist-info", "1.0", "acme.front")
    write_metadata(tmp_path / "behind" / "acme_cloud-2.0.dist-info", "2.0", "acme.behind")
    monkeypatch.setattr(sys, "path", [str(alone), str(tmp_path / "behind")])
    assert offered() == {"acme.front"}
    assert choose(distributions()).version == "1.0"


def test_a_folder_whose_name_has_hyphens_is_no_copy_of_another_distribution(alone):
    """Nobody should name it so, and importlib.metadata finds it nevertheless."""
    write_metadata(alone / "acme-1.0.dist-info", "1.0", "acme.short", "Name: acme\n")
    write_metadata(alone / "acme-long-2.0.dist-info", "2.0", "acme.long", "Name: acme-long\n")
    write_metadata(alone / "acme_egg-1.0-py3.11.egg-info", "1.0", "acme.egg", "Name: acme-egg\n")
    (alone / "acme_egg-1.0-py3.11.egg-info" / "METADATA").rename(alone / "acme_egg-1.0-py3.11.egg-info" / "PKG-INFO")
    write_metadata(alone / "acme_egg-2.0.dist-info", "2.0", "acme.wheel", "Name: acme-egg\n")
    assert offered() == {"acme.short", "acme.long", "acme.wheel"}


def test_a_copy_without_entry_points_in_front_hides_those_behind(alone, monkeypatch, tmp_path):
    """What Python imports is the copy in front, which offers nothing."""
    write_metadata(alone / "acme_cloud-1.0.dist-info", "1.0", "acme.front")
    (alone / "acme_cloud-1.0.dist-info" / "entry_points.txt").unlink()
    write_metadata(tmp_path / "behind" / "acme_cloud-2.0.dist-info", "2.0", "acme.behind")
    monkeypatch.setattr(sys, "path", [str(alone), str(tmp_path / "behind")])
    assert offered() == set()


def test_within_a_folder_distributions_come_by_name(alone):
    """Which vault is asked first must not depend on the order in which a file system lists them."""
    names = ["zeta", "alpha", "midway", "beta"]
    for name in names:
        write_metadata(alone / f"{name}-1.0.dist-info", "1.0", f"{name}.storage", f"Name: {name}\n")
    listed = [entry.distribution for entry in entry_points(PROVIDERS, refresh=True)]
    assert listed == sorted(names)


def test_a_distribution_without_a_version_is_one(alone, recwarn):
    folder = alone / "acme_cloud-1.0.dist-info"
    write_metadata(folder, "1.0", "acme.there")
    (folder / "METADATA").write_text("Name: acme-cloud\n")
    write_metadata(alone / "acme_cloud-0.5.dist-info", "0.5", "acme.versioned")
    assert offered() == {"acme.versioned"}
    shutil.rmtree(alone / "acme_cloud-0.5.dist-info")
    assert offered() == {"acme.there"}


def test_the_working_folder_may_be_gone(tmp_path, run_python):
    code = """
import os, sys
os.rmdir(os.getcwd())
from codomyrmex.cloud import providers
assert "" in sys.path and "local" in {p.provider for p in providers()}
"""
    (tmp_path / "gone").mkdir()
    run_python(code, cwd=tmp_path / "gone")


@pytest.mark.parametrize("entry", [b"bytes", 5, None, "nul\0", "/dev/null"], ids=str)
def test_what_python_ignores_on_the_path_is_ignored(install_plugin, monkeypatch, entry):
    install_plugin("acme-cloud", "Acme = dict", ACME)
    monkeypatch.setattr(sys, "path", [entry, *sys.path])
    assert named("acme.storage", refresh=True)


def test_a_folder_that_cannot_be_listed_for_a_passing_reason_is_an_error(run_python):
    """A process that has run out of file descriptors must not take its plugins, policies among them, for gone."""
    code = """
import resource
from codomyrmex.cloud import providers
assert "local" in {p.provider for p in providers()}
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
try:
    print(providers())
except OSError as error:
    print(error.strerror)
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
assert "local" in {p.provider for p in providers()}
"""
    assert run_python(code) == "Too many open files\n"


def test_of_two_versions_with_one_entry_point_only_the_newest_is_imported(alone):
    """The names of both are alike; the older names a module that the upgrade took away."""
    for version, module in (("1.0", "gone_module"), ("2.0", "json")):
        folder = alone / f"acme_cloud-{version}.dist-info"
        write_metadata(folder, version, "acme.storage")
        (folder / "entry_points.txt").write_text(f"[codomyrmex.cloud.providers]\nacme.storage = {module}:loads\n")
    assert load(named("acme.storage", refresh=True)[0]).__name__ == "loads"


def test_an_upgrade_into_a_target_folder_runs_the_newer_version(alone, tmp_path):
    for version in ("9.0", "10.0"):
        write_project(tmp_path / "acme", "acme-cloud", f"def Acme():\n return {version!r}", ACME, version)
        wheel = build(tmp_path / "acme", tmp_path / "wheels")
        pip = [sys.executable, "-m", "pip", "--quiet", "install", "--no-deps", "--no-index", "--upgrade", "--target"]
        subprocess.run([*pip, alone, wheel], check=True)
    assert len(list(alone.glob("*.dist-info"))) == 2, "pip leaves no old metadata any more"
    assert get_client("acme") == "10.0"


NO_DISTRIBUTION = {
    "an empty folder": ("acme_cloud-0.9.dist-info", None),
    "no Name": ("acme_cloud-0.9.dist-info", ""),
    "an empty Name": ("acme_cloud-0.9.dist-info", "Name: \n"),
    "no Name, and no name of a folder": ("-0.9.dist-info", ""),
    "what pip was about to delete": ("~cme_cloud-2.0.dist-info", "Name: acme-cloud\n"),
    "no UTF-8": ("acme_cloud-0.9.dist-info", b"\xff"),
}


@pytest.mark.parametrize("case", NO_DISTRIBUTION)
def test_what_is_no_distribution_hides_none_and_is_none(alone, case):
    name, header = NO_DISTRIBUTION[case]
    left = alone / name
    write_metadata(left, "2.0", "acme.left", header if isinstance(header, str) else "")
    if header is None:
        shutil.rmtree(left)
        left.mkdir()
    elif isinstance(header, bytes):
        (left / "METADATA").write_bytes(b"Name: acme-cloud\n" + header)
    assert offered() == set()
    write_metadata(alone / "acme_cloud-1.0.dist-info", "1.0", "acme.there")
    assert offered() == {"acme.there"}


def test_a_folder_that_is_twice_on_the_path_is_read_once(install_plugin, monkeypatch):
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    monkeypatch.syspath_prepend(site)
    assert len(named("acme.storage")) == 1


def test_what_is_on_the_path_and_not_there_is_passed_over(install_plugin, monkeypatch, tmp_path):
    install_plugin("acme-cloud", "Acme = dict", ACME)
    (tmp_path / "file.txt").write_text("no zip")
    monkeypatch.syspath_prepend(tmp_path / "nowhere")
    monkeypatch.syspath_prepend(tmp_path / "file.txt")
    assert named("acme.storage")


def test_an_empty_entry_of_the_path_is_the_current_folder(install_plugin, monkeypatch):
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    monkeypatch.setattr(sys, "path", ["", *(p for p in sys.path if p != str(site))])
    monkeypatch.chdir(site)
    assert named("acme.storage")


def test_an_egg_info_is_read_as_well(install_plugin):
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    info = metadata(site)
    (info / "METADATA").rename(info / "PKG-INFO")
    info.rename(site / "acme_cloud.egg-info")
    (entry,) = named("acme.storage", refresh=True)
    assert (entry.distribution, entry.version) == ("acme-cloud", "1.0")


def test_an_egg_info_that_is_a_file_declares_nothing(install_plugin):
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    (site / "old-1.0.egg-info").write_text("Metadata-Version: 1.0\nName: old\nVersion: 1.0\n")
    assert named("acme.storage", refresh=True)
    assert "old" not in {e.distribution for e in entry_points(PROVIDERS)}


@pytest.fixture
def zipped(install_plugin, monkeypatch, tmp_path):
    """A zip file on sys.path that holds a plugin, in place of its folder."""

    def make(source="class Acme:\n  answer = 42"):
        site = install_plugin("acme-cloud", source, ACME)
        archive = tmp_path / "plugins.zip"
        with zipfile.ZipFile(archive, "w") as file:
            for path in site.rglob("*"):
                file.write(path, path.relative_to(site))
        monkeypatch.setattr(sys, "path", [str(archive), *(p for p in sys.path if p != str(site))])
        return archive

    return make


def test_a_zip_file_on_the_path_is_read(zipped):
    zipped()
    (entry,) = named("acme.storage")
    assert (entry.distribution, entry.version) == ("acme-cloud", "1.0")
    assert load(entry).answer == 42


def test_a_damaged_zip_file_on_the_path_hides_nothing_else(zipped):
    archive = zipped()
    data = bytearray(archive.read_bytes())
    start = data.index(b"PK\x01\x02")  # the first record of the directory: its signature goes
    data[start : start + 4] = b"XXXX"
    archive.write_bytes(data)
    assert zipfile.is_zipfile(archive)
    assert named("local.storage", refresh=True)


MALFORMED = {
    "no_equals_sign": "[codomyrmex.cloud.providers]\nacme.storage\n",
    "no_group": "acme.storage = acme_cloud:Acme\n# codomyrmex.cloud.providers\n",
    "no_closing_bracket_and_no_name": "[codomyrmex.cloud.other\n= = =\n",
    "comments": "[codomyrmex.cloud.providers]\n# acme.storage = acme_cloud:Acme\n",
    "empty": "",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_malformed_entry_points_offer_nothing_and_hide_nothing(install_plugin, text):
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    (metadata(site) / "entry_points.txt").write_text(text)
    offered = entry_points(PROVIDERS, refresh=True)
    assert "acme-cloud" not in {e.distribution for e in offered}
    assert "local.storage" in {e.name for e in offered}


@pytest.mark.parametrize("file", ["entry_points.txt", "METADATA"])
def test_metadata_that_is_not_utf_8_hides_nothing_else(install_plugin, file):
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    with open(metadata(site) / file, "ab") as written:
        written.write(b"\n# caf\xe9 = codomyrmex.cloud.\n")
    assert named("local.storage", refresh=True)


def test_a_name_in_the_description_is_not_the_distributions(install_plugin):
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    with open(metadata(site) / "METADATA", "a") as file:
        file.write("\n\nName: something\nVersion: 9\n")
    (entry,) = named("acme.storage", refresh=True)
    assert (entry.distribution, entry.version) == ("acme-cloud", "1.0")


def test_spaces_and_extras_of_an_entry_point_do_no_harm(install_plugin):
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    text = "[codomyrmex.cloud.providers]\n  acme.storage=acme_cloud:Acme [fast]  \n"
    (metadata(site) / "entry_points.txt").write_text(text)
    assert load(named("acme.storage", refresh=True)[0]) is dict


def test_threads_that_read_again_at_once_all_get_an_answer(install_plugin):
    install_plugin("acme-cloud", "Acme = dict", ACME)
    failures, ready = [], threading.Barrier(8)
    nowhere = [f"/nowhere/{n}" for n in range(50)]

    def look():
        ready.wait()
        try:
            for _ in range(20):
                sys.path_importer_cache.update(dict.fromkeys(nowhere))  # which importlib deletes, one by one
                assert named("acme.storage", refresh=True)
        except BaseException as error:
            failures.append(error)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=look) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not failures
