"""Against real servers of S3's API, one of which gives ETags of parts, and rounds times up."""

import os
import shutil
import subprocess
import sys

import pytest
from codomyrmex.cloud.errors import UnsupportedOperation
from codomyrmex.cloud.transfer import Folder, Prefix, check, copy, export, plan, sync

from .conftest import read_prefix, read_tree, results

PART = 8 * 1024 * 1024


@pytest.fixture
def tree(tree):
    (tree / "parts").write_bytes(os.urandom(2 * PART + 5))
    return tree


def test_a_folder_is_kept_in_step_with_a_bucket(tree, s3, tmp_path):
    place = s3("in")
    assert sync(tree, place).copied == 9
    assert list(plan(tree, place, exclude=["parts"])) == []  # by ETag or time; the ETag of parts is no MD5
    (tree / "a").write_bytes(b"new")
    (tree / "z").unlink()
    sync(tree, place, delete=True)
    assert read_prefix(place) == read_tree(tree)
    assert sync(place, tmp_path / "out").copied == 8
    assert sync(place, tmp_path / "out").copied == 0
    assert read_tree(tmp_path / "out") == read_tree(tree)
    assert check(place, tmp_path / "out").ok


def test_a_bucket_goes_to_another_storage_and_back(tree, s3, local):
    one, other = s3("in"), local("other")
    copy(tree, one, metadata={"k": "ü"}, content_type="text/x-ant")
    assert sync(one, other).copied == 9
    info = other.storage.stat("box", "a")
    assert (info.content_type, info.metadata) == ("text/x-ant", {"k": "ü"})
    assert sync(other, one, exclude=["parts"]).copied == 0  # the ETag of parts is no MD5, and all is too new
    assert check(one, other).ok


def test_within_one_service_objects_are_copied_there(tree, s3):
    one, other = s3("in"), s3("out")
    copy(tree, one, metadata={"k": "v"})
    sent = []
    for event in ("before-call.s3.GetObject", "before-call.s3.PutObject"):
        one.storage.native.meta.events.register(event, lambda model, **_: sent.append(model.name))
    assert copy(one, other).copied == 9
    assert sent == []
    assert other.storage.stat(other.bucket, "out/a").metadata == {"k": "v"}
    assert sync(one, other, exclude=["parts"]).copied == 0  # its ETag is that of parts no more, and all is too new
    assert read_prefix(other) == read_tree(tree)


def test_two_clients_may_be_of_two_accounts_so_data_goes_through_here(tree, s3, local):
    one = s3("in")
    copy(tree, one)
    with type(one.storage)() as storage:
        other = Prefix(storage, one.bucket, "out")
        got = []
        one.storage.native.meta.events.register("before-call.s3.GetObject", lambda **_: got.append(1))
        copy(one, other)
    assert len(got) == 9


def test_what_was_damaged_at_the_target_is_found(tree, s3):
    place = s3("in")
    copy(tree, place)
    data = bytearray((tree / "parts").read_bytes())
    data[PART + 7] ^= 1
    place.storage.upload_file(place.bucket, "in/parts", bytes(data))
    assert results(check(tree, place).failures) == {"parts": "differs"}
    data = bytearray((tree / "large").read_bytes())
    data[-1] ^= 1
    place.storage.upload_file(place.bucket, "in/large", bytes(data))
    assert results(check(tree, place, quick=True).failures)["large"] == "differs"


@pytest.mark.parametrize("s3", ["moto_server"], indirect=True)
def test_a_plan_is_what_s5cmd_runs(tree, s3):
    place = s3("in")
    copy(tree, place, include=["a", "z"])
    (tree / "z").unlink()
    (tree / "it's [new]").write_bytes(b"")
    exported = list(export(plan(tree, place, exclude=["*[[]*"]), Folder(tree), place, "s5cmd", delete=True))
    assert exported[0] == f"cp '{tree}/a b' 's3://{place.bucket}/in/a b'"
    assert f"rm s3://{place.bucket}/in/z" in exported
    with pytest.raises(UnsupportedOperation, match="for a pattern"):
        list(export(plan(tree, place), Folder(tree), place, "s5cmd"))
    if s5cmd := shutil.which("s5cmd", path=f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"):
        command = [s5cmd, "--endpoint-url", os.environ["AWS_ENDPOINT_URL"], "run"]
        lines = "\n".join(line for line in exported if line.isascii())
        subprocess.run(command, input=lines, text=True, capture_output=True, check=True)
        missing = [key for key in read_tree(tree) if key not in read_prefix(place)]
        assert missing == ["it's [new]", "über/ключ 🐜"]
