import os

import pytest
from codomyrmex.cloud import hooks
from codomyrmex.cloud.errors import OperationRefused
from codomyrmex.cloud.transfer import Folder, Prefix, TransferFailed, copy, plan, sync, syncing

from .conftest import errors, read_prefix, read_tree, results, write_tree


@pytest.fixture
def twin(tree, local):
    """A tree, and a storage that holds the same."""
    place = local("one", "p/")
    copy(tree, place)
    return tree, place


def later(path, seconds=10):
    """Give the file a time so much behind now."""
    then = os.stat(path).st_mtime + seconds
    os.utime(path, (then, then))


def test_nothing_is_copied_twice(tree, local, tmp_path):
    one, two = local("one"), local("two")
    for source, target in ((tree, one), (one, two), (two, tmp_path / "out"), (tmp_path / "out", tmp_path / "copy")):
        assert sync(source, target).copied == 8
        assert sync(source, target).same == 8


def test_what_differs_is_copied(twin):
    tree, place = twin
    write_tree(tree, {"new": b"new", "a": b"longer than it was", "z": b"ZZZ"})
    later(tree / "z")
    assert [(action.what, action.key, action.reason) for action in plan(tree, place)] == [
        ("copy", "a", "size"),
        ("copy", "new", "missing"),
        ("copy", "z", "checksum"),
    ]
    assert results(syncing(tree, place, batch_objects=1)) == {
        "a": "copied",
        "new": "copied",
        "z": "copied",
    } | dict.fromkeys(("a b", "deep/er.txt", "deep/er/still", "empty", "large", "über/ключ 🐜"), "same")
    assert read_prefix(place) == read_tree(tree)


def test_a_file_that_was_only_touched_is_not_copied(twin):
    tree, place = twin
    later(tree / "large")
    assert list(plan(tree, place)) == []
    summary = sync(tree, place)
    assert (summary.copied, summary.bytes) == (0, 0)


def test_a_file_of_another_time_is_looked_at(local, tmp_path, twin):
    _, place = twin
    sync(place, tmp_path / "out")
    (tmp_path / "out" / "a").write_bytes(b"AAA")
    later(tmp_path / "out" / "z")
    assert [action.key for action in plan(place, tmp_path / "out")] == ["a"]


def test_with_checksum_what_times_hide_is_found(tree, tmp_path):
    target = tmp_path / "out"
    sync(tree, target)
    times = os.stat(target / "large")
    with open(target / "large", "r+b") as file:
        file.seek(2_000_000)
        file.write(b"\0\1\2")
    os.utime(target / "large", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert list(plan(tree, target)) == []
    ((key, reason),) = [(action.key, action.reason) for action in plan(tree, target, checksum=True)]
    assert (key, reason) == ("large", "content, from byte 2000000")
    assert sync(tree, target, checksum=True).copied == 1
    assert read_tree(target) == read_tree(tree)


def test_what_is_at_the_target_only_is_kept_unless_it_is_to_be_deleted(twin):
    tree, place = twin
    place.storage.upload_file("box", "p/extra", b"")
    place.storage.upload_file("box", "outside", b"")
    sync(tree, place)
    assert "extra" in read_prefix(place)
    assert [action.what for action in plan(tree, place)] == ["delete"]
    assert sync(tree, place, delete=True).deleted == 1
    assert read_prefix(place) == read_tree(tree)
    assert place.storage.exists("box", "outside")


def test_deletions_leave_no_empty_folders(tree, tmp_path):
    target = write_tree(tmp_path / "out", {"old/er/file": b"", "old/other": b"", "deep/x": b""})
    assert sync(tree, target, delete=True, max_delete=1).deleted == 3
    assert read_tree(target) == read_tree(tree)


def test_a_plan_deletes_nothing(twin):
    tree, place = twin
    place.storage.upload_file("box", "p/extra", b"")
    (tree / "new").write_bytes(b"")
    before = read_prefix(place)
    assert [(action.what, action.key) for action in plan(tree, place)] == [("delete", "extra"), ("copy", "new")]
    assert read_prefix(place) == before


@pytest.mark.parametrize(("share", "refused"), [(0.5, True), (0.6, False), (1, False), (0, True)])
def test_more_than_a_share_is_not_deleted(twin, share, refused):
    tree, place = twin
    for key in ("a", "a b", "large", "z", "empty"):  # 5 of 8, with one that is new
        (tree / key).unlink()
    place.storage.upload_file("box", "p/extra", b"")
    before = read_prefix(place)
    if refused:
        with pytest.raises(TransferFailed, match=r"6 of 9 objects .* more than \d+%; nothing was deleted") as failed:
            sync(tree, place, delete=True, max_delete=share)
        assert errors(failed.value.summary) == {"": "DeletionsRefused"}
        assert read_prefix(place) == before
    else:
        share = max(share, 0.67)
        assert sync(tree, place, delete=True, max_delete=share).deleted == 6


def test_an_empty_source_empties_no_target(twin, tmp_path):
    _, place = twin
    (tmp_path / "nothing").mkdir()
    with pytest.raises(TransferFailed):
        sync(tmp_path / "nothing", place, delete=True)
    assert len(read_prefix(place)) == 8


def test_nothing_is_deleted_where_not_all_could_be_copied_or_read(twin):
    tree, place = twin
    place.storage.upload_file("box", "p/extra", b"")
    os.symlink("nowhere", tree / "broken")
    with pytest.raises(TransferFailed):
        sync(tree, place, delete=True)
    assert "extra" in read_prefix(place)
    assert sync(tree, place, delete=True, exclude=["broken"]).deleted == 1


def test_what_takes_no_part_is_not_deleted(twin):
    tree, place = twin
    for key in ("extra.log", "extra.txt"):
        place.storage.upload_file("box", f"p/{key}", b"")
    (tree / "z").unlink()
    outcomes = results(syncing(tree, place, exclude=["*.log", "z"], max_delete=1))
    assert [key for key, result in outcomes.items() if result == "deleted"] == ["extra.txt"]


def test_places_that_overlap_are_refused(local, tree):
    place = local("one")
    for one, other in ((place, Prefix(place.storage, "box", "p")), (Prefix(place.storage, "box", "p"), place)):
        with pytest.raises(ValueError, match="overlap"):
            sync(one, other)
    with pytest.raises(ValueError, match="overlap"):
        plan(tree, Folder(tree / "deep"))


class Policy:
    """Keeps what is precious."""

    def __init__(self):
        self.seen = []

    @hooks.hookimpl
    def cloud_before_operation(self, operation):
        if operation.name != "iter_objects" and "precious" in (operation.resource or ""):
            raise OperationRefused("it is precious")

    @hooks.hookimpl
    def cloud_after_operation(self, operation):
        self.seen.append((operation.name, operation.resource))

    @hooks.hookimpl
    def cloud_transfer_event(self, operation, transferred):
        self.seen.append((operation.resource, transferred))


@pytest.fixture
def policy():
    policy = Policy()
    hooks.register(policy)
    yield policy
    hooks.unregister(policy)


def test_a_policy_is_asked_for_each_object_that_is_written(tree, local, policy, tmp_path):
    place = local("one")
    (tree / "precious").write_bytes(b"x")
    with pytest.raises(TransferFailed) as failed:
        copy(tree, place)
    assert errors(failed.value.summary) == {"precious": "OperationRefused"}
    assert ("upload_stream", "local://box/large") in policy.seen
    assert sum(moved for name, moved in policy.seen if name == "local://box/large") == 2_500_000
    copy(place, tmp_path / "out")
    assert ("download_path", "local://box/a") in policy.seen


def test_what_a_policy_does_not_find_is_not_said_to_be_deleted(local, twin):
    class Looking:
        @hooks.hookimpl
        def cloud_before_operation(self, operation):
            if operation.effect == "delete":
                operation.client.stat("box", "a rule that is not there")

    tree, place = twin
    place.storage.upload_file("box", "p/other", b"")
    hooks.register(Looking())
    with pytest.raises(TransferFailed) as failed:
        sync(tree, place, delete=True)
    assert errors(failed.value.summary) == {"other": "OperationRefused"}
    assert failed.value.summary.deleted == 0
    assert place.storage.exists("box", "p/other")


def test_a_policy_is_asked_for_each_object_that_is_deleted(local, tmp_path, twin, policy):
    tree, place = twin
    for key in ("precious", "other"):
        hooks.unregister(policy)
        place.storage.upload_file("box", f"p/{key}", b"")
        hooks.register(policy)
    with pytest.raises(TransferFailed) as failed:
        sync(tree, place, delete=True)
    assert errors(failed.value.summary) == {"precious": "OperationRefused"}
    assert failed.value.summary.deleted == 1
    assert ("delete_file", "local://box/p/other") in policy.seen
