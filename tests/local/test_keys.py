"""Every key is stored as it is, and none of them is a path."""

import json
import os
import re
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CAFE = "cafe\u0301"
ODD_KEYS = [
    "../x",
    "../../../../../../../../tmp/x",
    "/abs",
    "//",
    "a",
    "a/",
    "a/b",
    "a//b",
    "a/./b",
    "a/../b",
    ".",
    "..",
    "~",
    "a\\b",
    "C:\\x",
    "NUL",
    " ",
    " a ",
    "a\nb",
    "\n",
    "\0",
    "a\0b",
    "\x7f\x01\t",
    "100%",
    "%2e%2e%2f",
    "a?b#c&d=e",
    "'; DROP TABLE objects; --",
    "*",
    "A",
    unicodedata.normalize("NFC", CAFE),
    unicodedata.normalize("NFD", CAFE),
    "🎉",
    "\ufeff",
    "\u202e",
    "\uffff",
    "\U0010ffff",
    "x" * 1024,
    "é" * 512,
    "🎉" * 256,
    "d/" * 512,
    "x" * 255 + "/y",
]
INSIDE = re.compile(r"bucket(/blobs(/[0-9a-f]{32})?|/index-[0-9a-f]{16}\.sqlite(-wal|-shm)?)?")

keys = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60) | st.text("ab/.\0\xff~é", min_size=1, max_size=8)
several = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def in_order(keys):
    return sorted(keys, key=str.encode)


def listed(storage, prefix="", **options):
    return [info.key for info in storage.iter_objects("bucket", prefix, **options)]


@pytest.mark.parametrize("key", ODD_KEYS, ids=ascii)
def test_an_odd_key_is_kept_as_it_is(storage, key):
    data = key.encode()
    storage.upload_file("bucket", key, data)
    assert storage.download_file("bucket", key) == data
    assert storage.stat("bucket", key).key == key
    assert listed(storage) == listed(storage, key) == [key]
    assert storage.delete_file("bucket", key)
    assert listed(storage) == []


def test_odd_keys_live_side_by_side(storage):
    for key in ODD_KEYS:
        storage.upload_file("bucket", key, key.encode())
    assert listed(storage) == in_order(ODD_KEYS)
    for key in ODD_KEYS:
        assert storage.download_file("bucket", key) == key.encode()


def test_nothing_is_written_outside_the_bucket(storage, root, tmp_path, tree):
    absolute = f"{tmp_path}/absolute"
    for key in [*ODD_KEYS, absolute]:
        storage.upload_file("bucket", key, b"data")
        storage.copy("bucket", key, "bucket", "copy of " + key[:200])
    assert {path.split("/")[0] for path in tree()} == {"root"}
    assert [path for path in tree(root) if not INSIDE.fullmatch(path)] == []
    assert not os.path.exists("/abs")


def test_deleting_a_key_leaves_those_it_is_a_prefix_of(storage):
    for key in ("a", "a/", "a/b"):
        storage.upload_file("bucket", key, key.encode())
    storage.delete_file("bucket", "a")
    assert listed(storage) == ["a/", "a/b"]
    storage.delete_file("bucket", "a/")
    assert storage.download_file("bucket", "a/b") == b"a/b"


def test_both_normal_forms_are_two_keys(storage):
    composed, decomposed = (unicodedata.normalize(form, CAFE) for form in ("NFC", "NFD"))
    storage.upload_file("bucket", composed, b"composed")
    assert not storage.exists("bucket", decomposed)
    storage.upload_file("bucket", decomposed, b"decomposed")
    assert storage.download_file("bucket", composed) == b"composed"


@given(st.dictionaries(keys, st.binary(max_size=30), max_size=12))
@several
def test_any_objects_are_read_back_and_listed_in_utf8_order(storage, objects):
    for key, data in objects.items():
        storage.upload_file("bucket", key, data)
    assert listed(storage) == in_order(objects)
    assert {key: storage.download_file("bucket", key) for key in objects} == objects
    assert storage.delete_many("bucket", objects) == {}
    assert listed(storage) == []


@given(st.sets(keys, max_size=12), st.text("ab/.\0\xff~é", max_size=3), st.text("ab/.\0\xff~é", max_size=3))
@several
def test_prefix_and_start_after_select_what_they_say(storage, names, prefix, start_after):
    for key in names:
        storage.upload_file("bucket", key, b"")
    expected = [k for k in in_order(names) if k.startswith(prefix) and k.encode() > start_after.encode()]
    assert listed(storage, prefix, start_after=start_after) == expected
    storage.delete_many("bucket", names)


def test_utf8_order_is_not_the_order_of_utf16(storage):
    for key in ("\U0001f389", "\uffff", "z"):
        storage.upload_file("bucket", key, b"")
    assert listed(storage) == ["z", "\uffff", "\U0001f389"]


def test_one_may_begin_behind_a_key_that_is_not_there(storage):
    for key in "ace":
        storage.upload_file("bucket", key, b"")
    assert listed(storage, start_after="b") == ["c", "e"]
    assert listed(storage, start_after="c") == ["e"]
    assert listed(storage, "a", start_after="x") == []


def test_a_listing_longer_than_a_page_is_whole(storage):
    names = [f"{number:04}" for number in range(2001)]
    storage.upload_file("bucket", names[0], b"")
    for key in names[1:]:
        storage.copy("bucket", names[0], "bucket", key)
    assert listed(storage) == names


def test_a_listing_goes_on_while_keys_come_and_go(storage, index, fill_index):
    fill_index(2500)
    listing = storage.iter_objects("bucket")
    seen = [next(listing).key]
    storage.upload_file("bucket", "0000000.early", b"")  # in the page that was read already
    storage.upload_file("bucket", "0002000.late", b"")
    storage.delete_file("bucket", "0002001")
    seen += [info.key for info in listing]
    expected = [f"{number:07}" for number in range(2500) if number != 2001]
    assert seen == in_order([*expected, "0002000.late"])


def test_a_listing_holds_no_lock(storage, fill_index):
    fill_index(1500)
    listing = storage.iter_objects("bucket")
    next(listing)
    storage.delete_many("bucket", (f"{number:07}" for number in range(1500)))
    storage.delete_bucket("bucket")
    assert not storage.bucket_exists("bucket")


@pytest.mark.release
def test_a_million_keys_are_listed_lazily(storage, fill_index, start, index):
    fill_index(1_000_000)
    storage.close()
    try:
        first, read, count, growth = json.loads(start("list_all", storage.root).communicate()[0])
    finally:
        index().unlink()
    assert (first, count) == ("0000000", 1_000_000)
    assert read < 2_000_000
    assert growth < 10
