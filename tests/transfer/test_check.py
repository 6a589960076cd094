import json
import os

import pytest
from codomyrmex.cloud.transfer import Prefix, TransferFailed, check, copy

from .conftest import results, write_tree


def damage(path, position):
    """Turn one bit of a file, whose time stays."""
    times = os.stat(path)
    with open(path, "r+b") as file:
        file.seek(position)
        byte = file.read(1)[0]
        file.seek(position)
        file.write(bytes([byte ^ 4]))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_what_is_the_same_is_found_to_be(tree, local):
    place = local("one")
    copy(tree, place)
    for quick in (False, True):
        summary = check(tree, place, quick=quick)
        assert (summary.ok, summary.same) == (True, 8)
    assert check(tree, place).bytes == sum(len(path.read_bytes()) for path in tree.rglob("*") if path.is_file())


@pytest.mark.parametrize("position", [0, 1_234_567, 2_499_999])
def test_one_damaged_byte_in_a_folder_is_found(tree, tmp_path, position):
    copy(tree, tmp_path / "out")
    damage(tmp_path / "out" / "large", position)
    summary = check(tree, tmp_path / "out")
    assert not summary.ok
    ((key, result, detail),) = [(o.key, o.result, o.detail) for o in summary.failures]
    assert (key, result, detail) == ("large", "differs", f"content, from byte {position}")


def test_one_damaged_byte_on_the_disk_of_a_storage_is_found(tree, local, tmp_path):
    place = local("one")
    copy(tree, place)
    (blob,) = [p for p in (tmp_path / "storages/one/box/blobs").iterdir() if p.stat().st_size == 2_500_000]
    damage(blob, 1_999_999)
    assert check(tree, place, quick=True).ok  # the storage does not know
    summary = check(tree, place)
    assert results(summary.failures) == {"large": "differs"}
    (blob,) = [p for p in blob.parent.iterdir() if p.read_bytes() == b"zzz"]
    damage(blob, 1)
    failures = {outcome.key: outcome for outcome in check(tree, place).failures}
    assert failures["z"].error.resource == place.name_of("z")


def test_a_quick_check_finds_a_changed_file_by_its_recorded_checksum(tree, local):
    place = local("one")
    copy(tree, place)
    damage(tree / "large", 5)
    assert results(check(tree, place, quick=True).failures) == {"large": "differs"}


def test_each_difference_is_named_also_in_the_report(tree, local, tmp_path):
    place = local("one")
    copy(tree, place)
    write_tree(tree, {"a": b"longer", "new": b""})
    (tree / "z").unlink()
    os.symlink("nowhere", tree / "broken")
    summary = check(tree, place, report=tmp_path / "report")
    expected = {"a": "differs", "new": "missing", "z": "extra", "broken": "failed"}
    assert results(summary.failures) == expected
    lines = [json.loads(line) for line in (tmp_path / "report").read_text().splitlines()]
    last = lines.pop()["summary"]
    assert (last["ok"], last["same"], last["differs"]) == (False, 6, 1)
    assert {line["key"]: line["result"] for line in lines if line["result"] != "same"} == expected
    (failed,) = [line["error"] for line in lines if line["key"] == "broken"]
    assert failed == {
        "type": "LocalFileError",
        "message": f"{tree / 'broken'} is a link that leads nowhere",
        "resource": str(tree / "broken"),
    }


def test_a_check_changes_nothing_and_makes_nothing(tree, tmp_path, local):
    assert check(tree, tmp_path / "absent").missing == 8
    assert not (tmp_path / "absent").exists()
    assert results(check(tree, Prefix(local("one").storage, "absent")).failures) == {"": "failed"}


def test_the_report_of_a_copy_has_every_object(tree, local, tmp_path):
    os.symlink("nowhere", tree / "broken")
    with pytest.raises(TransferFailed):
        copy(tree, local("one"), report=tmp_path / "report")
    lines = [json.loads(line) for line in (tmp_path / "report").read_text().splitlines()]
    assert [line["result"] for line in lines[:-1]].count("copied") == 8
    assert sum(line["size"] for line in lines[:-1]) == lines[-1]["summary"]["bytes"]
