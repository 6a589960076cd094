import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def tree(tmp_path):
    folder = tmp_path / "tree"
    (folder / "sub").mkdir(parents=True)
    (folder / "one.txt").write_bytes(b"one")
    (folder / "sub" / "two.bin").write_bytes(os.urandom(2_500_000))
    return folder


def keys(storage, prefix=""):
    return [info.key for info in storage.iter_objects("box", prefix)]


def test_sync_copies_what_differs_and_deletes_only_if_told(run, storage, tree):
    first = run("sync", tree, "local://box/in")
    assert first.lines == ["copied local://box/in/one.txt", "copied local://box/in/sub/two.bin"]
    assert "2 copied, 2.4 MiB in " in first.err
    storage.upload_file("box", "in/extra", b"")
    assert run("sync", tree, "local://box/in").out == b""
    assert run("sync", tree, "local://box/in", "--delete").lines == ["deleted local://box/in/extra"]
    assert keys(storage) == ["in/one.txt", "in/sub/two.bin"]


def test_a_dry_run_tells_and_does_nothing(run, storage, tree):
    storage.upload_file("box", "in/extra", b"")
    result = run("sync", tree, "local://box/in", "--delete", "--dry-run")
    assert result.lines == ["delete extra", "copy one.txt: missing", "copy sub/two.bin: missing"]
    assert [row["action"] for row in run("sync", tree, "local://box/in", "-n", "--json").json] == ["copy", "copy"]
    assert keys(storage) == ["in/extra"]


def test_too_many_deletions_are_refused_unless_forced(run, storage, tree):
    for number in range(9):
        storage.upload_file("box", f"in/{number}", b"")
    refused = run("sync", tree, "local://box/in", "--delete", "--max-delete", "20")
    assert refused.code == 1
    assert "more than 20%; nothing was deleted" in refused.err
    assert len(keys(storage)) == 11
    assert run("sync", tree, "local://box/in", "--delete", "--force").code == 0
    assert len(keys(storage)) == 2


def test_check_tells_each_difference_by_its_exit_code_too(run, storage, tree):
    run("sync", tree, "local://box/in")
    assert run("check", tree, "local://box/in").code == 0
    storage.upload_file("box", "in/one.txt", b"onE")
    storage.upload_file("box", "in/extra", b"")
    (tree / "new").write_bytes(b"")
    result = run("check", tree, "local://box/in")
    assert result.code == 1
    assert result.lines == [
        "extra local://box/in/extra",
        "missing local://box/in/new",
        "differs local://box/in/one.txt: content, from byte 2",
    ]
    assert {row["key"]: row["result"] for row in run("check", tree, "local://box/in", "--json", "--quick").json} == {
        "extra": "extra",
        "new": "missing",
        "one.txt": "differs",
    }


def test_check_goes_on_behind_what_cannot_be_read(run, storage, tree):
    run("sync", tree, "local://box/in")
    (blob,) = [path for path in Path(storage.root, "box/blobs").iterdir() if path.read_bytes() == b"one"]
    blob.write_bytes(b"0ne")
    result = run("check", tree, "local://box/in")
    assert result.code == 1
    assert "cloud: local://box/in/one.txt: the stored data is damaged" in result.err
    assert "1 same, 1 failed" in result.err


def test_plans_are_written_for_other_programs(run, storage, tree):
    storage.upload_file("box", "in/extra", b"")
    assert run("plan", tree, "local://box/in", "--format", "rclone").lines == ["one.txt", "sub/two.bin"]
    lines = map(json.loads, run("plan", tree, "local://box/in", "--format", "json", "--delete").lines)
    assert [(line["action"], line["target"]) for line in lines] == [
        ("delete", "local://box/in/extra"),
        ("copy", "local://box/in/one.txt"),
        ("copy", "local://box/in/sub/two.bin"),
    ]
    for form, says in (("rclone", "nothing of deletions"), ("s5cmd", "not local://box/in/")):
        result = run("plan", tree, "local://box/in", "--format", form, "--delete")
        assert (result.code, says in result.err) == (1, True)


def test_what_takes_part_is_chosen_by_patterns(run, storage, tree):
    assert run("sync", tree, "local://box", "--exclude", "*.bin").code == 0
    assert keys(storage) == ["one.txt"]
    assert run("cp", "-r", tree, "local://box/copy", "--include", "sub/").code == 0
    assert keys(storage, "copy/") == ["copy/sub/two.bin"]
    assert run("cp", tree / "one.txt", "local://box/x", "--include", "*").code == 2


def test_failures_are_named_counted_and_reported(run, storage, tree, tmp_path):
    (tree / "broken").symlink_to("nowhere")
    result = run("sync", tree, "local://box/in", "--report", tmp_path / "report", "--journal", tmp_path / "journal")
    assert result.code == 1
    assert f"cloud: {tree / 'broken'}: " in result.err
    assert "cloud: 1 could not be copied" in result.err
    assert (tmp_path / "journal").exists()
    assert json.loads((tmp_path / "report").read_text().splitlines()[-1])["summary"]["failed"] == 1


def test_dask_says_what_to_install(run, storage, tree, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = run("sync", tree, "local://box", "--dask", "tcp://127.0.0.1:1")
    assert (result.code, "codomyrmex-cloud-transfer[dask]" in result.err) == (2, True)


CLOUD = [sys.executable, "-m", "codomyrmex.cloud.cli"]


def test_an_interrupted_sync_tells_what_is_done_and_goes_on_later(run, storage, tmp_path):
    many = tmp_path / "many"
    many.mkdir()
    for number in range(2000):
        (many / f"{number:04}").write_bytes(b"x")
    command = [*CLOUD, "sync", str(many), "local://box/in", "--journal", str(tmp_path / "journal"), "--threads", "2"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for _ in range(20):
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    with process.stdout, process.stderr:
        rest, err = process.stdout.read(), process.stderr.read()
    assert process.wait() == 130
    told = 20 + rest.count("\n")
    assert f"{told:,} copied; interrupted, " in err
    assert err.endswith("s\ncloud: interrupted\n")
    assert told < 2000
    again = run("sync", many, "local://box/in", "--journal", tmp_path / "journal")
    assert again.code == 0
    assert len(keys(storage)) == 2000


def test_a_terminal_sees_bytes_objects_rate_and_time_left(run, storage, tmp_path):
    many = tmp_path / "many"
    many.mkdir()
    for number in range(1500):
        (many / f"{number:04}").write_bytes(b"x" * 1000)
    main, side = pty.openpty()
    environment = {**os.environ, "COLUMNS": "200", "TERM": "xterm"}
    command = [*CLOUD, "sync", str(many), "local://box/in"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=side, env=environment)
    os.close(side)
    shown = b""
    while True:
        try:
            if not (data := os.read(main, 65536)):
                break
        except OSError:  # the other side is closed
            break
        shown += data
    os.close(main)
    assert process.wait() == 0
    text = shown.decode()
    assert " of 1,500 objects" in text
    assert "/1.4 MiB" in text
    assert "/s" in text
    assert "0:00:0" in text
