import io
import os
import threading

import pytest
from codomyrmex.cloud.errors import LocalFileNotFound
from codomyrmex.cloud.transfer import Prefix, TransferFailed, copy, copying

from .conftest import errors, read_prefix, read_tree, results, write_tree


def test_a_folder_goes_to_a_storage_and_to_another_and_back_the_same(tree, local, tmp_path):
    one, two = local("one", "in/"), local("two")
    assert copy(tree, one).copied == 8
    assert copy(one, two).bytes == sum(map(len, read_tree(tree).values()))
    assert copy(two, tmp_path / "back").ok
    assert read_tree(tmp_path / "back") == read_tree(tree)


def test_urls_and_paths_name_places(tree, tmp_path, monkeypatch, local):
    local("env")
    monkeypatch.setenv("CLOUD_LOCAL_ROOT", str(tmp_path / "storages" / "env"))
    copy(str(tree), "local://box/a")
    copy("local://box/a/", "local://box/b")  # one service, whose storage copies
    copy("local://box/b", str(tmp_path / "back"))
    assert read_tree(tmp_path / "back") == read_tree(tree)


def test_from_folder_to_folder(tree, tmp_path):
    copy(tree, tmp_path / "copy")
    assert read_tree(tmp_path / "copy") == read_tree(tree)
    copied, original = (os.stat(folder / "a").st_mtime_ns // 1000 for folder in (tmp_path / "copy", tree))
    assert copied == original


def test_content_type_and_metadata_are_carried_over(local):
    one, two = local("one"), local("two")
    one.storage.upload_stream("box", "x", io.BytesIO(b"x"), content_type="text/x-ant", metadata={"ü": "1"})
    copy(one, two)
    info = two.storage.stat("box", "x")
    assert (info.content_type, info.metadata) == ("text/x-ant", {"ü": "1"})


def test_content_type_and_metadata_may_be_given(tree, local):
    place = local("one")
    copy(tree, place, content_type="text/x-ant", metadata={"k": "v"})
    info = place.storage.stat("box", "large")
    assert (info.content_type, info.metadata) == ("text/x-ant", {"k": "v"})


def test_a_file_has_the_time_of_its_object(local, tmp_path):
    place = local("one")
    place.storage.upload_file("box", "k", b"data")
    copy(place, tmp_path / "out")
    assert os.stat(tmp_path / "out" / "k").st_mtime == pytest.approx(
        place.storage.stat("box", "k").last_modified.timestamp(), abs=1e-5
    )


def test_a_file_that_is_replaced_keeps_its_mode(tree, tmp_path):
    write_tree(tmp_path / "out", {"a": b"old"})
    os.chmod(tmp_path / "out" / "a", 0o640)
    copy(tree, tmp_path / "out")
    assert os.stat(tmp_path / "out" / "a").st_mode & 0o777 == 0o640


def test_only_what_is_wanted_takes_part(tree, local):
    place = local("one")
    copy(tree, place, include=["deep/", "a*"], exclude=["*.txt"])
    assert set(read_prefix(place)) == {"a", "a b", "deep/er/still"}


def test_what_is_there_may_be_kept(tree, local, tmp_path):
    for target in (local("one"), tmp_path / "out"):
        copy(tree, target, include=["z"])
        with pytest.raises(TransferFailed) as failed:
            copy(tree, target, overwrite=False)
        assert set(errors(failed.value.summary)) == {"z"}
        assert failed.value.summary.copied == 7


def test_what_fails_is_named_and_stops_nothing_else(local, tree):
    os.symlink("nowhere", tree / "broken")
    os.symlink("deep", tree / "linked")
    os.symlink("a", tree / "alias")
    os.mkfifo(tree / "pipe")
    (tree / os.fsdecode(b"not-\xff-utf8")).write_bytes(b"x")
    (tree / ("x" * 200) / ("y" * 200) / ("z" * 200) / ("w" * 200) / ("v" * 240)).mkdir(parents=True)
    long = ("x" * 200, "y" * 200, "z" * 200, "w" * 200, "v" * 240, "k")
    tree.joinpath(*long).write_bytes(b"")
    place = local("one")
    with pytest.raises(TransferFailed, match="failed, the first: ") as failed:
        copy(tree, place)
    summary = failed.value.summary
    assert (summary.copied, summary.failed) == (9, 5)
    assert errors(summary) == {
        "broken": "LocalFileError",
        "linked": "LocalFileError",
        "pipe": "LocalFileError",
        os.fsdecode(b"not-\xff-utf8"): "KeyRefused",
        "/".join(long): "InvalidRequest",
    }
    assert read_prefix(place)["alias"] == b"aaa"
    assert all(outcome.error.resource for outcome in summary.failures)


@pytest.mark.parametrize("key", ["../escape", "a/../../escape", "/abs", "x//b", "trailing/", ".", "x/./b", "nul\0"])
def test_a_key_that_is_no_path_never_leaves_the_folder_and_is_named(local, tmp_path, key):
    place = local("one", "p/")
    place.storage.upload_file("box", f"p/{key}", b"x")
    place.storage.upload_file("box", "p/fine", b"y")
    with pytest.raises(TransferFailed) as failed:
        copy(place, tmp_path / "out" / "in")
    assert errors(failed.value.summary) == {key: "KeyRefused"}
    assert read_tree(tmp_path / "out") == {"in/fine": b"y"}


def test_a_link_in_the_target_leads_nowhere_else(local, tmp_path):
    place = local("one")
    place.storage.upload_file("box", "link/k", b"x")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    os.symlink(tmp_path / "elsewhere", tmp_path / "out" / "link")
    with pytest.raises(TransferFailed, match="by a link"):
        copy(place, tmp_path / "out")
    assert os.listdir(tmp_path / "elsewhere") == []


def test_of_keys_that_cannot_both_be_files_the_deeper_is_named(local, tmp_path):
    place = local("one")
    for key in ("a", "a b", "a/b", "a/b/c", "c"):
        place.storage.upload_file("box", key, key.encode())
    with pytest.raises(TransferFailed) as failed:
        copy(place, tmp_path / "out")
    assert errors(failed.value.summary) == {"a/b": "KeyRefused", "a/b/c": "KeyRefused"}
    assert read_tree(tmp_path / "out") == {"a": b"a", "a b": b"a b", "c": b"c"}


def test_what_shows_folders_in_consoles_is_no_file(local, tmp_path):
    place = local("one", "p")
    for key in ("p/", "p/sub/", "p/sub/k"):
        place.storage.upload_file("box", key, b"")
    assert copy(place, tmp_path / "out").copied == 1


def test_a_file_where_a_folder_is_and_a_folder_where_a_file_is_are_named(tree, tmp_path):
    write_tree(tmp_path / "out", {"a/below": b"", "deep": b"file"})
    with pytest.raises(TransferFailed) as failed:
        copy(tree, tmp_path / "out")
    assert errors(failed.value.summary) == dict.fromkeys(["a", "deep/er.txt", "deep/er/still"], "LocalFileError")


def test_a_file_that_grows_while_it_is_copied_is_named_and_not_written(tree, local):
    stop = threading.Event()

    def grow():
        with open(tree / "large", "ab", buffering=0) as file:
            while not stop.wait(0.0001):
                file.write(b"x")

    growing = threading.Thread(target=grow)
    place = local("one")
    growing.start()
    try:
        with pytest.raises(TransferFailed) as failed:
            copy(tree, place)
    finally:
        stop.set()
        growing.join()
    assert errors(failed.value.summary) == {"large": "SourceChanged"}
    assert "large" not in read_prefix(place)


def test_an_object_that_was_replaced_after_it_was_listed_is_copied_as_it_is_now(local, tmp_path):
    for target in (local("two"), tmp_path / "out"):
        source = local("one")
        source.storage.upload_file("box", "a", b"first")
        source.storage.upload_file("box", "b", b"old")
        run = copying(source, target, batch_objects=1, window=1, threads=1)
        outcomes = iter(run)
        assert next(outcomes).key == "a"  # b was listed by now
        source.storage.upload_file("box", "b", b"newer")
        assert results(outcomes) == {"b": "copied"}
        found = read_prefix(target) if isinstance(target, Prefix) else read_tree(target)
        assert found["b"] == b"newer"


def test_a_copy_into_itself_is_refused(local, tree):
    place = local("one")
    with pytest.raises(ValueError, match="lies in"):
        copy(place, Prefix(place.storage, "box", "deeper"))
    with pytest.raises(ValueError, match="lies in"):
        copy(tree, tree / "deep")
    with pytest.raises(ValueError, match="lies in"):
        copy(tree, tree)


def test_a_folder_that_is_not_there_is_no_empty_one(local, tmp_path):
    with pytest.raises(LocalFileNotFound, match="is not a folder"):
        copy(tmp_path / "typo", local("one"))


def test_a_bucket_that_is_not_there_ends_the_run_at_once(local, tmp_path):
    files = write_tree(tmp_path / "many", {f"{n:03}": b"x" for n in range(200)})
    target = Prefix(local("one").storage, "absent")
    with pytest.raises(TransferFailed) as failed:
        copy(files, target, threads=1, window=1, batch_objects=10)
    assert set(errors(failed.value.summary).values()) == {"BucketNotFound"}
    assert failed.value.summary.failed == 10
    with pytest.raises(TransferFailed) as failed:
        copy(target, tmp_path / "out")
    assert errors(failed.value.summary) == {"": "BucketNotFound"}
