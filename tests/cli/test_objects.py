import pytest


@pytest.fixture
def filled(storage):
    for key in ("a.txt", "dir/b.txt", "dir/deep/c.txt", "dirty.txt", "z/1"):
        storage.upload_file("box", key, key.encode())
    return storage


def test_ls_without_a_bucket_lists_the_buckets(run, storage):
    storage.create_bucket("another")
    assert run("ls", "local://").lines == ["local://another", "local://box"]


def test_ls_shows_one_level_and_each_folder_once(run, filled):
    shown = [line.split()[-1] for line in run("ls", "local://box").lines]
    assert shown == ["a.txt", "dir/", "dirty.txt", "z/"]


def test_ls_of_a_folder_shows_what_is_directly_in_it(run, filled):
    shown = [line.split()[-1] for line in run("ls", "local://box/dir/").lines]
    assert shown == ["dir/b.txt", "dir/deep/"]


def test_ls_recursive_lists_every_object_in_order(run, filled):
    shown = [line.split()[-1] for line in run("ls", "-r", "local://box").lines]
    assert shown == ["a.txt", "dir/b.txt", "dir/deep/c.txt", "dirty.txt", "z/1"]


def test_ls_skips_a_folder_whose_names_begin_with_the_last_character_there_is(run, storage):
    for key in ("d/\U0010ffffx", "d/\U0010ffff\U0010ffff", "e"):
        storage.upload_file("box", key, b"")
    assert [line.split()[-1] for line in run("ls", "local://box").lines] == ["d/", "e"]


def test_ls_in_json_is_an_array_of_whole_records(run, filled):
    listed = run("ls", "-r", "local://box/dir/", "--json").json
    assert [o["key"] for o in listed] == ["dir/b.txt", "dir/deep/c.txt"]
    assert listed[0]["size"] == 9
    assert listed[0]["content_type"] == "text/plain"


def test_ls_of_an_empty_bucket_prints_nothing_and_succeeds(run, storage):
    assert run("ls", "local://box") == (0, b"", "")
    assert run("ls", "local://box", "--json").json == []


def test_ls_of_a_prefix_that_holds_nothing_is_not_found(run, filled):
    assert run("ls", "local://box/nothing/").code == 3


def test_ls_escapes_what_would_command_a_terminal(run, storage):
    storage.upload_file("box", "a\x1b[2Jb\nc", b"")
    result = run("ls", "local://box")
    assert b"\x1b" not in result.out
    assert result.lines[0].endswith(r"a\x1b[2Jb\nc")
    assert run("ls", "local://box", "--json").json[0]["key"] == "a\x1b[2Jb\nc"


def test_markup_in_a_key_is_printed_as_it_is(run, storage):
    storage.upload_file("box", "[red]x", b"")
    assert "[red]x" in run("ls", "local://box").text
    assert "[red]x" in run("stat", "local://box/[red]x").text


def test_a_key_of_several_lines_cannot_pass_for_other_lines(run, storage):
    key = "a\nsize  0\n\x1b[2J"
    storage.upload_file("box", key, b"hello")
    for command in (("stat", f"local://box/{key}"), ("call", "local.storage", "stat", "--bucket", "box", "--key", key)):
        lines = [line.split(maxsplit=1) for line in run(*command).text.splitlines()]
        assert [line[1].strip() for line in lines if line[0] == "size"] == ["5"]
        assert [line[1].strip() for line in lines if line[0] == "key"] == ["a\\nsize  0\\n\\x1b[2J"]


def test_stat_tells_size_type_and_metadata(run, storage, tmp_path):
    path = tmp_path / "f.txt"
    path.write_bytes(b"12345")
    storage.upload_path("box", "f.txt", path, metadata={"colour": "red"})
    found = run("stat", "local://box/f.txt", "--json").json
    assert (found["size"], found["content_type"], found["metadata"]) == (5, "text/plain", {"colour": "red"})
    assert "content_type" in run("stat", "local://box/f.txt").text


def test_cat_writes_the_bytes_as_they_are(run, storage):
    data = bytes(range(256)) * 10
    storage.upload_file("box", "raw", data)
    assert run("cat", "local://box/raw").out == data
    assert run("cat", "local://box/raw", "--start", 10, "--length", 5).out == data[10:15]


def test_rm_removes_one_object(run, filled):
    assert run("rm", "local://box/a.txt").code == 0
    assert not filled.exists("box", "a.txt")


def test_rm_of_what_is_not_there_is_not_found(run, storage):
    result = run("rm", "local://box/nothing")
    assert result.code == 3
    assert result.err == "cloud: no object 'nothing' in bucket 'box'\n"


def test_rm_recursive_removes_the_folder_and_not_its_namesakes(run, filled):
    assert run("rm", "-r", "--yes", "local://box/dir").code == 0
    assert [o.key for o in filled.iter_objects("box")] == ["a.txt", "dirty.txt", "z/1"]


def test_rm_recursive_removes_what_a_hook_has_looked_at(run, filled, install_plugin):
    source = """
from codomyrmex.cloud.hooks import hookimpl

@hookimpl
def cloud_before_operation(operation):
    print(*operation.arguments.get("keys", ()), *operation.arguments.get("keys", ()))
"""
    install_plugin("acme-audit", source, {"hooks": {"audit": "acme_audit"}})
    result = run("rm", "-r", "--yes", "local://box/dir", "--json")
    assert (result.code, result.text.count("dir/b.txt")) == (0, 2)
    assert [o.key for o in filled.iter_objects("box")] == ["a.txt", "dirty.txt", "z/1"]


def test_rm_recursive_without_a_terminal_wants_yes(run, filled):
    result = run("rm", "-r", "local://box/dir")
    assert result.code == 2
    assert "--yes" in result.err
    assert filled.exists("box", "dir/b.txt")


def test_rm_of_a_bucket_url_is_refused(run, filled):
    result = run("rm", "local://box")
    assert result.code == 2
    assert "cloud rb" in result.err


def test_mb_makes_a_bucket_and_is_content_with_one_that_is_there(run, storage):
    assert run("mb", "local://new", "--json").json == {"bucket": "local://new", "created": True}
    assert run("mb", "local://new", "--json").json == {"bucket": "local://new", "created": False}


def test_rb_removes_an_empty_bucket_only(run, filled):
    assert run("rb", "local://box").code == 1
    assert run("rb", "local://box", "--force").code == 2  # asks, and nobody is there to answer
    assert run("rb", "local://box", "--force", "--yes").code == 0
    assert filled.list_buckets() == []


def test_rb_of_a_prefix_is_refused(run, filled):
    assert run("rb", "local://box/dir", "--force", "--yes").code == 2
    assert filled.exists("box", "dir/b.txt")
