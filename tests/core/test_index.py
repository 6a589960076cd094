import os
import sys
import threading
import zipfile

import pytest
from codomyrmex.cloud import _entry_points
from codomyrmex.cloud.plugin import PROVIDERS, entry_points

ACME = {"providers": {"acme.storage": "acme_cloud:Acme"}}


def named(name, **options):
    return [e for e in entry_points(PROVIDERS, **options) if e.name == name]


def metadata(site):
    (folder,) = site.glob("acme_cloud-*.dist-info")
    return folder


def test_an_entry_point_knows_its_distribution(install_plugin):
    site = install_plugin("acme-cloud", "Acme = dict", ACME, version="1.2.3")
    (entry,) = named("acme.storage")
    assert entry == (PROVIDERS, "acme.storage", "acme_cloud:Acme", "acme-cloud", "1.2.3", str(metadata(site)))
    assert str(entry) == "acme.storage = acme_cloud:Acme (acme-cloud 1.2.3)"


def test_an_entry_point_loads_what_it_names(install_plugin):
    names = {"a.b": "acme_cloud:Acme", "a.c": "acme_cloud:Acme.nested.deeper", "a.d": "acme_cloud"}
    source = "class Acme:\n class nested:\n  deeper = 7"
    install_plugin("acme-cloud", source, {"providers": names})
    import acme_cloud

    assert named("a.b")[0].load() is acme_cloud.Acme
    assert named("a.c")[0].load() == 7
    assert named("a.d")[0].load() is acme_cloud


def test_groups_are_kept_apart(install_plugin):
    install_plugin("acme-cloud", "Acme = dict", {"exports": {"acme.storage": "acme_cloud:Acme"}})
    assert not named("acme.storage")


def test_the_names_are_those_that_importlib_metadata_reads(install_plugin):
    from importlib import metadata

    install_plugin("acme-cloud", "Acme = dict", ACME | {"schemes": {"acme": "acme_cloud:Acme"}})
    for group in (PROVIDERS, _entry_points.SCHEMES, _entry_points.EXPORTS, _entry_points.HOOKS, _entry_points.COMMANDS):
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


def test_an_editable_re_install_within_the_same_second_is_seen_by_a_new_process(install_plugin, run_python):
    code = "from codomyrmex.cloud import providers; print(*(p.service for p in providers() if p.provider == 'acme'))"
    install_plugin("acme-cloud", "Acme = dict", {"providers": {"acme.storage": "acme_cloud:Acme"}}, editable=True)
    assert run_python(code).split() == ["storage"]
    site = install_plugin("acme-cloud", "Acme = dict", {"providers": {"acme.dns": "acme_cloud:Acme"}}, editable=True)
    for path in (site, metadata(site), metadata(site) / "entry_points.txt"):
        os.utime(path, (0, 0))  # no clock to go by
    assert run_python(code).split() == ["dns"]


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


def test_the_shadowed_copy_of_a_distribution_is_told_on_request(install_plugin):
    behind = install_plugin("acme-cloud", "Acme = dict", ACME, version="1.0", site="behind")
    front = install_plugin("acme-cloud", "Acme = dict", ACME, version="2.0", site="front")
    path = (str(front), str(behind))
    assert list(_entry_points.distributions(path)) == [str(metadata(front))]
    assert list(_entry_points.distributions(path, shadowed=True)) == [str(metadata(behind))]


def test_a_folder_that_is_twice_on_the_path_does_not_shadow_itself(install_plugin):
    site = str(install_plugin("acme-cloud", "Acme = dict", ACME))
    assert list(_entry_points.distributions((site, site), shadowed=True)) == []


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
    assert entry.load().answer == 42


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
    "comments": "[codomyrmex.cloud.providers]\n# acme.storage = acme_cloud:Acme\n; acme.storage = acme_cloud:Acme\n",
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


def test_metadata_without_a_name_is_told_as_unknown(install_plugin):
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    (metadata(site) / "METADATA").unlink()
    (entry,) = named("acme.storage", refresh=True)
    assert (entry.distribution, entry.version) == ("?", "?")


def test_a_name_in_the_description_is_not_the_distributions(install_plugin):
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    with open(metadata(site) / "METADATA", "a") as file:
        file.write("\n\nName: something\nVersion: 9\n")
    (entry,) = named("acme.storage", refresh=True)
    assert (entry.distribution, entry.version) == ("acme-cloud", "1.0")


def test_spaces_and_extras_of_an_entry_point_are_no_part_of_it(install_plugin):
    site = install_plugin("acme-cloud", "Acme = dict", ACME)
    text = "[codomyrmex.cloud.providers]\n  acme.storage=acme_cloud:Acme [fast]  \n"
    (metadata(site) / "entry_points.txt").write_text(text)
    assert named("acme.storage", refresh=True)[0].value == "acme_cloud:Acme"


def test_threads_that_read_again_at_once_all_get_an_answer(install_plugin):
    install_plugin("acme-cloud", "Acme = dict", ACME)
    failures, ready = [], threading.Barrier(8)

    def look():
        ready.wait()
        try:
            for _ in range(100):
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
