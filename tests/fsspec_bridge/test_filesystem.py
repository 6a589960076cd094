"""Protocols, options, instances, and what leaves the process."""

import json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import entry_points

import fsspec
import pytest
from codomyrmex.cloud import _catalogue, get_client, providers, register, unregister
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.errors import ProviderNotFoundError
from codomyrmex.cloud.fsspec import filesystem_class, register_protocols
from codomyrmex.cloud.local import LocalStorage

from .strangers import SevenMethods

SECRET = "hunter2-hunter2"


def test_every_storage_of_this_project_has_its_protocols():
    names = {p.partition(".")[0] for p in _catalogue.PROVIDERS if p.endswith(".storage")} | set(_catalogue.SCHEMES)
    listed = {e.name for e in entry_points(group="fsspec.specs") if e.value.startswith("codomyrmex.cloud.fsspec.")}
    assert listed == {f"cloud+{name}" for name in names}


def test_importing_the_package_makes_every_installed_storage_known(run_python, install_plugin):
    source = "from codomyrmex.cloud.local import LocalStorage\nclass Acme(LocalStorage):\n    provider = 'acme'\n"
    names = {"providers": {"acme.storage": "acme_cloud:Acme"}, "schemes": {"ac": "acme_cloud:Acme"}}
    install_plugin("acme-cloud", source, names)
    code = (
        "import fsspec, codomyrmex.cloud.fsspec\n"
        "for name in ('cloud+acme', 'cloud+ac'):\n    print(type(fsspec.filesystem(name).storage).__name__)"
    )
    assert run_python(code).split() == ["Acme", "Acme"]


def test_a_stranger_names_its_protocol_by_one_line_of_its_own(run_python, install_plugin):
    source = "from codomyrmex.cloud.local import LocalStorage\nclass Acme(LocalStorage):\n    provider = 'acme'\n"
    site = install_plugin("acme-cloud", source, {"providers": {"acme.storage": "acme_cloud:Acme"}})
    (info,) = site.glob("acme_cloud-*.dist-info")
    with open(info / "entry_points.txt", "a") as file:
        file.write("\n[fsspec.specs]\ncloud+acme = codomyrmex.cloud.fsspec.protocols:acme\n")
    code = "import fsspec\nfs = fsspec.filesystem('cloud+acme')\nprint(type(fs.storage).__name__, fs.protocol)"
    assert run_python(code).split() == ["Acme", "cloud+acme"]


def test_a_storage_registered_later_is_known_when_asked_for():
    register("later.storage", SevenMethods, scheme="soon")
    register_protocols()
    assert type(fsspec.filesystem("cloud+later").storage) is SevenMethods
    assert type(fsspec.url_to_fs("cloud+soon://box/key")[0].storage) is SevenMethods
    unregister("later.storage")


def test_listing_the_protocols_imports_no_provider(run_python):
    sdks = "('boto3', 'azure.core', 'google.auth')"
    code = f"import sys, codomyrmex.cloud.fsspec\nprint([m for m in {sdks} if m in sys.modules])"
    assert run_python(code).strip() == "[]"
    assert len(providers()) > 3


def test_what_is_not_installed_says_so():
    with pytest.raises(ProviderNotFoundError, match=r"nothing installed provides 'nobody\.storage'"):
        filesystem_class("nobody")()


def test_options_are_those_of_the_provider(tmp_path):
    with get_client("local", root=tmp_path / "other") as storage:
        storage.create_bucket("box")
        with fsspec.open("cloud+local://box/key", "w", root=str(tmp_path / "other")) as file:
            file.write("data")
        assert storage.download_file("box", "key") == b"data"


def test_a_client_may_be_given(tmp_path):
    with LocalStorage(tmp_path / "given") as storage:
        storage.create_bucket("box")
        fs = fsspec.filesystem("cloud+local", storage=storage)
        fs.pipe_file("box/key", b"data")
        assert fs.storage is storage
        assert storage.download_file("box", "key") == b"data"
        assert pickle.loads(pickle.dumps(fs)).cat_file("box/key") == b"data"


def test_paths_lose_and_get_their_protocol(local):
    for path in ("cloud+local://box/key", "box/key", "/box/key", "cloud+local:///box/key/", "box/key/"):
        assert local._strip_protocol(path) == "box/key"
    assert local.unstrip_protocol("box/key") == "cloud+local://box/key"


def test_instances_are_kept_by_their_options(tmp_path):
    fs = fsspec.filesystem("cloud+local", root=str(tmp_path))
    assert fsspec.filesystem("cloud+local", root=str(tmp_path)) is fs
    assert fsspec.filesystem("cloud+local", root=str(tmp_path / "other")) is not fs


def test_credentials_that_look_alike_make_file_systems_that_differ(s3_options):
    one, other = (
        fsspec.filesystem("cloud+aws", **{**s3_options, "credentials": CloudCredentials("aws", "key", secret)})
        for secret in ("one", "other")
    )
    assert one is not other
    assert one != other
    assert one.storage is not other.storage


def test_no_secret_leaves_the_process(s3_options):
    options = {**s3_options, "credentials": CloudCredentials("aws", "AKIA-KEY-ID", SECRET)}
    fs = fsspec.filesystem("cloud+aws", **options)
    told = [repr(fs), str(fs.storage_options), fs.to_json(), str(fs.to_dict()), pickle.dumps(fs).decode("latin-1")]
    assert [text for text in told if SECRET in text or "AKIA-KEY-ID" in text] == []
    assert s3_options["endpoint_url"] in fs.to_json()


def test_it_is_made_again_from_a_pickle_and_from_json(local):
    local.pipe_file("box/key", b"data")
    for again in (pickle.loads(pickle.dumps(local)), fsspec.AbstractFileSystem.from_json(local.to_json())):
        assert type(again) is type(local)
        assert again.cat_file("box/key") == b"data"
    assert json.loads(local.to_json())["protocol"] == "cloud+local"
    with pickle.loads(pickle.dumps(local.open("box/key"))) as file:
        assert file.read() == b"data"


def test_it_goes_to_another_process(local):
    local.pipe_file("box/key", b"data")
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer).cat_file('box/key').decode())"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], input=pickle.dumps(local), stdout=-1, check=True)
    assert done.stdout == b"data\n"


def test_threads_that_make_the_same_class_get_one():
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(filesystem_class, ["seven"] * 50))) == 1


def test_a_url_is_signed(local):
    local.pipe_file("box/key", b"data")
    assert "box" in local.sign("box/key", expiration=60)


def test_files_tell_when_they_were_written(local, seven):
    local.pipe_file("box/key", b"data")
    assert local.modified("box/key") == local.created("box/key") == local.info("box/key")["last_modified"]
    seven.pipe_file("box/key", b"data")
    assert seven.modified("box/key") < seven.modified("box/key")  # it does not know: never the same
