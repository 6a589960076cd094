"""What a person at a terminal sees, through a real pseudo-terminal."""

import os
import pty
import subprocess
import sys

import pytest

CLOUD = [sys.executable, "-m", "codomyrmex.cloud.cli"]


@pytest.fixture
def terminal():
    """Both ends of a pseudo-terminal, closed at the end."""
    ours, theirs = pty.openpty()
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def start(*arguments, **streams):
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    return subprocess.Popen([*CLOUD, *map(str, arguments)], env=environment, **streams)


def test_a_copy_shows_a_bar_on_the_terminal_and_its_result_in_the_pipe(storage, tmp_path, terminal):
    ours, theirs = terminal
    (tmp_path / "big").write_bytes(os.urandom(3_000_000))
    process = start("cp", tmp_path / "big", "local://box/", stdout=subprocess.PIPE, stderr=theirs)
    out, _ = process.communicate(timeout=60)
    shown = os.read(ours, 65536).decode()
    assert out.decode() == f"{tmp_path / 'big'} -> local://box/big\n"
    assert "MiB" in shown
    assert "━" in shown


def test_a_copy_shows_no_bar_where_the_program_asked_for_json(storage, tmp_path, terminal):
    ours, theirs = terminal
    (tmp_path / "big").write_bytes(b"x" * 3_000_000)
    process = start("cp", tmp_path / "big", "local://box/", "--json", stdout=subprocess.PIPE, stderr=theirs)
    out, _ = process.communicate(timeout=60)
    os.write(theirs, b"end")
    assert os.read(ours, 65536) == b"end"
    assert out.startswith(b"[")


@pytest.mark.parametrize(("answer", "code", "left"), [(b"n\n", 1, ["dir/a", "other"]), (b"y\n", 0, ["other"])])
def test_a_recursive_removal_asks_first(storage, terminal, answer, code, left):
    ours, theirs = terminal
    for key in ("dir/a", "other"):
        storage.upload_file("box", key, b"")
    process = start("rm", "-r", "local://box/dir", stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    os.write(ours, answer)
    _, err = process.communicate(timeout=60)
    assert b"Delete everything under local://box/dir?" in err
    assert process.returncode == code
    assert [info.key for info in storage.iter_objects("box")] == left


def test_an_interrupted_copy_leaves_what_was_there(storage, tmp_path):
    storage.upload_file("box", "k", b"old")
    process = start("cp", "-", "local://box/k", stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(b"x" * 2_000_000)  # more than a pipe holds, so the copy has begun
    process.stdin.flush()
    process.send_signal(2)
    process.stdin.close()
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), err.strip()) == (130, b"cloud: interrupted")
    assert storage.download_file("box", "k") == b"old"
