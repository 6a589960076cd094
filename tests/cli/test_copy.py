import os

import pytest


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "tree"
    (folder / "sub").mkdir(parents=True)
    (folder / "one.txt").write_bytes(b"one")
    (folder / "sub" / "two.bin").write_bytes(os.urandom(2_500_000))
    return folder


def keys(storage, bucket="box"):
    return [info.key for info in storage.iter_objects(bucket)]


def test_a_file_goes_to_a_bucket_under_its_name(run, storage, tree):
    assert run("cp", tree / "one.txt", "local://box").code == 0
    assert run("cp", tree / "one.txt", "local://box/in/").code == 0
    assert run("cp", tree / "one.txt", "local://box/renamed").code == 0
    assert keys(storage) == ["in/one.txt", "one.txt", "renamed"]


def test_a_folder_goes_there_and_comes_back_the_same(run, storage, tree, tmp_path):
    assert run("cp", "-r", tree, "local://box/copy").code == 0
    assert keys(storage) == ["copy/one.txt", "copy/sub/two.bin"]
    assert run("cp", "-r", "local://box/copy", tmp_path / "back").code == 0
    assert (tmp_path / "back" / "sub" / "two.bin").read_bytes() == (tree / "sub" / "two.bin").read_bytes()
    assert (tmp_path / "back" / "one.txt").read_bytes() == b"one"


def test_each_copy_is_told(run, storage, tree):
    result = run("cp", tree / "one.txt", "local://box/a", "--json")
    assert result.json == [{"source": str(tree / "one.txt"), "target": "local://box/a"}]


def test_an_object_is_downloaded_into_a_folder_or_to_a_name(run, storage, tmp_path):
    storage.upload_file("box", "deep/name.txt", b"text")
    (tmp_path / "there").mkdir()
    assert run("cp", "local://box/deep/name.txt", tmp_path / "there").code == 0
    assert (tmp_path / "there" / "name.txt").read_bytes() == b"text"
    assert run("cp", "local://box/deep/name.txt", tmp_path / "new" / "other").code == 0
    assert (tmp_path / "new" / "other").read_bytes() == b"text"


def test_standard_input_and_output_take_part(run, storage):
    assert run("cp", "-", "local://box/piped", stdin=b"through a pipe").code == 0
    assert storage.download_file("box", "piped") == b"through a pipe"
    assert run("cp", "local://box/piped", "-").out == b"through a pipe"


def test_content_type_and_metadata_are_kept_within_and_between_storages(run, storage, tree, monkeypatch, tmp_path):
    run("cp", tree / "one.txt", "local://box/a", "--content-type", "text/x-one", "--metadata", "k=v")
    run("cp", "local://box/a", "local://box/b")
    for key in "ab":
        info = storage.stat("box", key)
        assert (info.content_type, info.metadata) == ("text/x-one", {"k": "v"})


def test_several_sources_need_a_folder(run, storage, tree):
    sources = (tree / "one.txt", tree / "sub" / "two.bin")
    assert run("cp", *sources, "local://box/x").code == 2
    assert run("cp", *sources, "local://box/x/").code == 0
    assert keys(storage) == ["x/one.txt", "x/two.bin"]


def test_no_clobber_keeps_what_is_there_on_both_sides(run, storage, tree, tmp_path):
    storage.upload_file("box", "one.txt", b"old")
    assert run("cp", "--no-clobber", tree / "one.txt", "local://box").code == 1
    assert storage.download_file("box", "one.txt") == b"old"
    assert run("cp", "--no-clobber", "local://box/one.txt", tree / "one.txt").code != 0
    assert (tree / "one.txt").read_bytes() == b"one"


@pytest.mark.parametrize("key", ["../escape", "a/../../escape", "/abs", "a//b", "trailing/", "."])
def test_a_key_that_is_no_path_never_leaves_the_target_folder(run, storage, tmp_path, key):
    storage.upload_file("box", f"p/{key}", b"x")
    storage.upload_file("box", "p/fine", b"y")
    result = run("cp", "-r", "local://box/p", tmp_path / "target")
    assert result.code == 1
    assert "copy it by itself" in result.err
    assert (tmp_path / "target" / "fine").read_bytes() == b"y"
    assert sorted(os.listdir(tmp_path)) == ["root", "target"]


def test_one_that_fails_does_not_stop_the_others(run, storage, tree, tmp_path):
    for key in ("p/a", "p/a/b", "p/c"):  # a file cannot be a folder too
        storage.upload_file("box", key, key.encode())
    result = run("cp", "-r", "local://box/p", tmp_path / "target")
    assert result.code == 1
    assert (tmp_path / "target" / "a").read_bytes() == b"p/a"
    assert (tmp_path / "target" / "c").read_bytes() == b"p/c"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere.txt", "local://box/"), "no such file"),
        (("{tree}", "local://box/"), "cp -r"),
        (("-r", "{tree}/one.txt", "local://box/"), "not a folder"),
        (("local://box", "{tree}"), "cp -r"),
        (("{tree}/one.txt", "{tree}/copy.txt"), "storage URL"),
        (("{tree}/one.txt", "local://"), "names no bucket"),
        (("{tree}/one.txt", "local://box/", "--metadata", "nonsense"), "KEY=VALUE"),
        (("local://box/absent", "{tree}/x"), "no object"),
        (("{tree}/one.txt", "local://absent/"), "cloud mb local://absent"),
    ],
)
def test_what_cannot_be_copied_is_said_in_one_line(run, storage, tree, arguments, says):
    result = run("cp", *(a.format(tree=tree) for a in arguments))
    assert result.code in (1, 2, 3)
    assert says in result.err
    assert result.err.count("\n") == 1
    assert keys(storage) == []


def test_what_is_no_file_in_a_folder_is_told_and_the_rest_copied(run, storage, tree):
    (tree / "a-broken-link").symlink_to(tree / "nowhere")
    (tree / "linked").symlink_to(tree / "sub")
    os.mkfifo(tree / "pipe")
    result = run("cp", "-r", tree, "local://box/copy")
    assert result.code == 1
    assert keys(storage) == ["copy/one.txt", "copy/sub/two.bin"]
    for name in ("a-broken-link", "linked", "pipe"):
        assert f"{tree / name}: " in result.err


def test_a_folder_that_cannot_be_looked_into_is_no_success(run, storage, tree, monkeypatch):
    real = os.scandir

    def scandir(path):
        if os.fspath(path).endswith("sub"):
            raise PermissionError(13, "Permission denied", os.fspath(path))  # root may look into any
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    result = run("cp", "-r", tree, "local://box/copy")
    assert (result.code, str(tree / "sub") in result.err) == (1, True)
    assert keys(storage) == ["copy/one.txt"]


def test_a_copy_into_itself_is_refused(run, storage, tree):
    run("cp", "-r", tree, "local://box/a")
    for source, target in (("local://box", "local://box/z"), ("local://box/a", "local://box/a/b")):
        assert run("cp", "-r", source, target).code == 2
    assert keys(storage) == ["a/one.txt", "a/sub/two.bin"]


def test_a_recursive_copy_or_removal_of_nothing_is_not_found(run, storage, tmp_path):
    assert run("cp", "-r", "local://box/typo", tmp_path / "out").code == 3
    assert run("rm", "-r", "--yes", "local://box/typo").code == 3


def test_two_sources_of_one_name_do_not_replace_each_other(run, storage, tree):
    (tree / "sub" / "one.txt").write_bytes(b"another")
    result = run("cp", tree / "one.txt", tree / "sub/one.txt", tree / "missing", tree / "sub/two.bin", "local://box/")
    assert result.code == 1
    assert storage.download_file("box", "one.txt") == b"one"
    assert keys(storage) == ["one.txt", "two.bin"]


def test_json_stays_whole_when_a_command_fails_in_the_middle(run, storage):
    storage.upload_file("box", "k", b"")
    result = run("rm", "--json", "local://box/k", "local://box/none")
    assert (result.code, result.json) == (3, [{"url": "local://box/k", "deleted": 1}])
