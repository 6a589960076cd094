from itertools import pairwise

import pytest
from codomyrmex.cloud.transfer import Entry, Filter, Folder, ListingError, TransferFailed, copy, plan, sync
from codomyrmex.cloud.transfer._compare import by_listing
from codomyrmex.cloud.transfer._plan import merged
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import errors, read_prefix, read_tree, write_tree

ANY_KEY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8) | st.text(
    "a/. -é\U0001f41c", min_size=1, max_size=6
)
KEYS = st.sets(ANY_KEY, max_size=30)


def entries(keys):
    return iter([Entry(key, 1) for key in sorted(keys, key=str.encode)])


@given(KEYS, KEYS)
def test_a_merge_pairs_what_is_on_both_sides_and_misses_nothing(source, target):
    pairs = list(merged(entries(source), entries(target)))
    assert {one.key for one, _ in pairs if one} == source
    assert {other.key for _, other in pairs if other} == target
    assert {one.key for one, other in pairs if one and other} == source & target
    assert all(one is None or other is None or one.key == other.key for one, other in pairs)
    order = [(one or other).key.encode() for one, other in pairs]
    assert all(first < second for first, second in pairwise(order))


@settings(deadline=None, max_examples=25)
@given(KEYS, KEYS)
def test_a_plan_makes_the_target_what_the_source_is(tmp_path_factory, source, target):
    from codomyrmex.cloud import get_client
    from codomyrmex.cloud.transfer import Prefix

    with get_client("local", root=tmp_path_factory.mktemp("plan")) as storage:
        for bucket, keys in (("source", source), ("target", target)):
            storage.create_bucket(bucket)
            for key in keys:
                storage.upload_file(bucket, key, bucket.encode() if len(key) % 2 else b"the same")
        one, other = Prefix(storage, "source"), Prefix(storage, "target")
        sync(one, other, delete=True, max_delete=1, threads=2)
        assert read_prefix(other) == read_prefix(one)
        assert list(plan(one, other)) == []


NAME = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=20)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.lists(NAME.filter(lambda name: name not in (".", "..")), min_size=1, max_size=4), max_size=20))
def test_a_folder_is_walked_in_the_order_of_keys(tmp_path_factory, paths):
    folder = tmp_path_factory.mktemp("walk")
    written = set()
    for path in paths:
        file = folder.joinpath(*path)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"")
        except OSError:  # a file where a folder should be, or the other way round
            continue
        written.add("/".join(path))
    found = [entry.key for entry in Folder(folder).entries(pytest.fail)]
    assert found == sorted(written, key=str.encode)


@pytest.mark.parametrize(
    ("include", "exclude", "taken"),
    [
        ([], [], "a.txt b/a.txt b/c.log b/d/e.txt f"),
        (["*.txt"], [], "a.txt b/a.txt b/d/e.txt"),
        (["/*.txt"], [], "a.txt"),
        (["b/"], [], "b/a.txt b/c.log b/d/e.txt"),
        (["d/"], [], "b/d/e.txt"),
        (["b/*.txt"], [], "b/a.txt"),
        (["b/**.txt"], [], "b/a.txt b/d/e.txt"),
        (["**/a.txt"], [], "a.txt b/a.txt"),
        (["b/**/e.txt"], [], "b/d/e.txt"),
        (["?"], [], "f"),
        (["[a-c].*"], [], "a.txt b/a.txt b/c.log"),
        (["[!a]*"], [], "b/c.log b/d/e.txt f"),
        ([], ["*.txt"], "b/c.log f"),
        (["b/"], ["*.log"], "b/a.txt b/d/e.txt"),
        (["*.log", "f"], [], "b/c.log f"),
        (["b"], [], ""),
    ],
)
def test_patterns_choose_keys(include, exclude, taken):
    wanted = Filter(include, exclude)
    keys = ["a.txt", "b/a.txt", "b/c.log", "b/d/e.txt", "f"]
    assert [key for key in keys if wanted(key)] == taken.split()


@given(NAME)
def test_any_name_may_stand_in_a_pattern(name):
    if not set(name) & set("*?["):
        assert Filter([name])(f"in/{name}")
        assert not Filter([name])(f"in/{name}x")


def test_patterns_that_make_no_sense_are_refused():
    with pytest.raises(TypeError, match="not one str"):
        Filter("*.txt")
    with pytest.raises(ValueError, match="not a pattern"):
        Filter([""])


SECOND = 1_000_000
MD5, OTHER = "0" * 32, "1" * 32


@pytest.mark.parametrize(
    ("source", "target", "reason"),
    [
        (Entry("k", 1), Entry("k", 2), "size"),
        (Entry("k", 1), Entry("k", 1), None),
        (Entry("k", 1, checksums={"md5": MD5}), Entry("k", 1, checksums={"md5": MD5, "crc32": "0"}), ""),
        (Entry("k", 1, 0, checksums={"md5": MD5}), Entry("k", 1, 9 * SECOND, checksums={"md5": OTHER}), "checksum"),
        (Entry("k", 1, 0, checksums={"crc32": MD5}), Entry("k", 1, 9 * SECOND, checksums={"md5": OTHER}), ""),
        (Entry("k", 1, checksums={"md5": MD5}), Entry("k", 1, etag=MD5), ""),
        (Entry("k", 1, 0, etag=MD5), Entry("k", 1, 9 * SECOND, etag=OTHER), None),
        (Entry("k", 1, etag=f"{MD5}-2"), Entry("k", 1, etag=f"{MD5}-2"), ""),
        (Entry("k", 1, etag="0x8D"), Entry("k", 1, etag="0x8D"), None),
        (Entry("k", 1, 0), Entry("k", 1, 2 * SECOND), ""),
        (Entry("k", 1, 0), Entry("k", 1, 2 * SECOND - 1), None),
        (Entry("k", 1, SECOND), Entry("k", 1, 0), None),
    ],
)
def test_listings_tell_what_differs_or_that_they_do_not_know(source, target, reason):
    assert by_listing(source, target, keeps_times=False) == reason


def test_a_file_is_the_same_only_if_its_time_is():
    one = Entry("k", 1, SECOND)
    assert by_listing(one, Entry("k", 1, SECOND), keeps_times=True) == ""
    assert by_listing(one, Entry("k", 1, 9 * SECOND), keeps_times=True) is None


def test_a_storage_that_lists_without_order_is_told_and_nothing_deleted(local, tmp_path, disordered):
    with pytest.raises(TransferFailed, match="not in order") as failed:
        sync(disordered, local("one"))
    assert errors(failed.value.summary) == {"": "ListingError"}
    target = write_tree(tmp_path / "out", {"a": b"", "b": b"", "c": b""})
    with pytest.raises(TransferFailed):
        sync(disordered, target, delete=True, max_delete=1)
    assert read_tree(target).keys() == {"a", "b", "c"}
    with pytest.raises(ListingError):
        list(plan(disordered, target))


@pytest.fixture
def disordered(local):
    place = local("disordered")
    kind = type(place.storage)

    class Disordered(kind):
        def iter_objects(self, bucket, prefix="", *, start_after=""):
            return reversed(list(super().iter_objects(bucket, prefix)))

    place.storage = Disordered(place.storage.root)
    for key in "abc":
        place.storage.upload_file("box", key, key.encode())
    yield place
    place.storage.close()


def test_an_interrupted_plan_or_run_holds_nothing_open(tree, local, tmp_path):
    place = local("one")
    next(plan(tree, place))
    assert copy(tree, place).ok
