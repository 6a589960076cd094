import json
import os
import random
import shutil
import signal

import pytest
from codomyrmex.cloud.transfer import JournalError, TransferFailed, copy, copying, sync

from .conftest import read_prefix, read_tree, results, write_tree


@pytest.fixture
def many(tmp_path):
    """A folder of 400 small files."""
    return write_tree(tmp_path / "many", {f"{n % 7}/{n:03}": f"{n}".encode() * n for n in range(400)})


@pytest.fixture
def half_done(tree, local, tmp_path):
    """Source, target and journal of a copy that was left in the middle, and what is done."""
    target, journal = local("one"), tmp_path / "journal"
    run = iter(copying(tree, target, journal=journal, batch_objects=1, window=1))
    done = {next(run).key for _ in range(4)}
    run.close()
    return tree, target, journal, done


def test_a_run_goes_on_where_it_was_left(half_done):
    tree, target, journal, done = half_done
    run = copying(tree, target, journal=journal)
    assert not done & results(run).keys()
    assert run.summary.resumed == len(done)
    assert read_prefix(target) == read_tree(tree)


def test_what_changed_since_is_copied_again(half_done):
    tree, target, journal, done = half_done
    changed = min(done)
    (tree / changed).write_bytes(b"changed")
    assert results(copying(tree, target, journal=journal))[changed] == "copied"
    assert read_prefix(target) == read_tree(tree)


def test_a_journal_is_gone_when_all_is_done_and_stays_when_not(half_done):
    tree, target, journal, _ = half_done
    os.symlink("nowhere", tree / "broken")
    with pytest.raises(TransferFailed):
        copy(tree, target, journal=journal)
    assert journal.exists()
    (tree / "broken").unlink()
    assert copy(tree, target, journal=journal).resumed == 8
    assert not journal.exists()


def test_a_sync_copies_what_the_target_lost_whatever_the_journal_says(tree, local, tmp_path):
    target, journal = local("one"), tmp_path / "journal"
    os.symlink("nowhere", tree / "broken")
    for _ in range(2):
        with pytest.raises(TransferFailed):
            sync(tree, target, journal=journal)
        target.storage.delete_file("box", "z")
    (tree / "broken").unlink()
    assert sync(tree, target, journal=journal).copied == 1
    assert read_prefix(target) == read_tree(tree)


def test_the_journal_of_another_job_is_refused(half_done, local, tmp_path):
    tree, target, journal, _ = half_done
    before = journal.read_bytes()
    for job in (
        lambda: copy(tree, local("other"), journal=journal),
        lambda: copy(tree / "deep", target, journal=journal),
        lambda: sync(tree, target, journal=journal),
    ):
        with pytest.raises(JournalError, match=r"of another job: copy from .*tree to local://box"):
            job()
    assert journal.read_bytes() == before


@pytest.mark.parametrize("content", [b"precious", b"precious\n", b'{"done": {}}\n', b'{"format": "other"}\n'])
def test_a_file_that_is_no_journal_is_left_as_it_is(tree, local, tmp_path, content):
    file = tmp_path / "file"
    file.write_bytes(content)
    with pytest.raises(JournalError, match="is no journal"):
        copy(tree, local("one"), journal=file)
    assert file.read_bytes() == content


def test_a_journal_in_use_is_refused(tree, local, tmp_path):
    run = iter(copying(tree, local("one"), journal=tmp_path / "j", batch_objects=1, window=1))
    next(run)
    with pytest.raises(JournalError, match="in use by another run"):
        copy(tree, local("one"), journal=tmp_path / "j")
    run.close()


def test_a_last_line_cut_at_any_byte_is_as_if_it_was_not_written(half_done, local):
    tree, target, journal, done = half_done
    whole = journal.read_bytes()
    lines = whole.splitlines(keepends=True)
    last = set(json.loads(lines[-1])["done"])
    for length in range(len(whole) - len(lines[-1]), len(whole)):
        journal.write_bytes(whole[:length])
        run = copying(tree, target, journal=journal)
        assert not (done - last) & results(run).keys()
        assert run.summary.resumed == len(done - last)


@pytest.mark.slow
def test_a_first_line_cut_at_any_byte_begins_anew(half_done):
    tree, target, journal, _ = half_done
    first = journal.read_bytes().splitlines(keepends=True)[0]
    for length in range(len(first)):
        journal.write_bytes(first[:length])
        assert copy(tree, target, journal=journal).copied == 8


@pytest.mark.parametrize("garbage", [b"\0" * 300, b'{"done": {"a"\n', b'{"other": {}}\n', b"[]\n", b"7\n"])
def test_garbage_at_the_end_is_dropped_and_in_the_middle_refused(half_done, garbage):
    tree, target, journal, done = half_done
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:2], garbage.rstrip(b"\n") + b"\n", *lines[2:]]))
    with pytest.raises(JournalError, match=r"line 3 of .* is damaged"):
        copy(tree, target, journal=journal)
    journal.write_bytes(b"".join([*lines, garbage]))
    assert copy(tree, target, journal=journal).resumed == len(done)


@pytest.mark.parametrize(("operation", "kind"), [("copy", "local"), ("copy", "folder"), ("sync", "folder")])
def test_killed_ten_times_a_run_ends_with_the_same_tree_and_repeats_nothing(
    operation, kind, many, local, tmp_path, start
):
    chance = random.Random(11)
    target, journal = tmp_path / "storages" / "one", tmp_path / "journal"
    place = local("one")
    done = set()
    for _ in range(10):
        worker = start("run", operation, f"folder:{many}", f"{kind}:{target}", journal)
        for _ in range(chance.randrange(1, 36)):
            key, _ = json.loads(worker.stdout.readline())
            assert key not in done
            done.add(key)
        worker.kill()
        for line in worker.stdout:  # told, though we no longer waited for it
            done.add(json.loads(line)[0])
        worker.wait()
    assert 100 < len(done) < 400
    worker = start("run", operation, f"folder:{many}", f"{kind}:{target}", journal)
    *lines, summary = map(json.loads, worker.stdout)
    assert not {key for key, _ in lines} & done
    assert summary["failed"] == 0
    assert summary["resumed"] + summary["same"] >= len(done)
    if kind == "folder":
        shutil.rmtree(target / "box", ignore_errors=True)
    assert (read_prefix(place) if kind == "local" else read_tree(target)) == read_tree(many)


@pytest.mark.parametrize("job", ["run_until_signalled", "run_until_interrupted"])
@pytest.mark.parametrize("kind", ["local", "folder"])
def test_an_interrupted_run_ends_soon_with_its_journal_whole(job, kind, many, local, tmp_path, start):
    place, target, journal = local("one"), tmp_path / "storages" / "one", tmp_path / "journal"
    worker = start(job, f"folder:{many}", f"{kind}:{target}", journal)
    told = [json.loads(worker.stdout.readline())[0] for _ in range(10)]
    worker.send_signal(signal.SIGINT)
    *lines, summary = map(json.loads, worker.stdout)
    assert worker.wait() == 0
    told += [key for key, _ in lines]
    assert summary["interrupted"] is True
    assert (summary["failed"], summary["failures"]) == (0, [])
    assert len(told) <= summary["copied"] < 400
    done = {key for line in journal.read_text().splitlines()[1:] for key in json.loads(line)["done"]}
    assert done >= set(told)
    if job == "run_until_signalled":  # else the summary may miss what was just done
        assert len(done) == summary["copied"]
    found = read_prefix(place) if kind == "local" else read_tree(target)
    assert done <= found.keys()  # and nothing of what was under way but whole objects
    for key in found.keys() - {k for k in found if k.startswith("box/")}:
        assert found[key] == (many / key).read_bytes()
