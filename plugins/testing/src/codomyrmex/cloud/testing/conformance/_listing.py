from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

import pytest
from codomyrmex.cloud.common import Capability, ObjectInfo, StorageClient
from codomyrmex.cloud.errors import BucketNotFound, UnsupportedOperation
from codomyrmex.cloud.testing.conformance._topic import NewBucket, Topic, needs, require, without

ORDER = ["!", "A", "B", "a", "a-", "a/", "a/b", "a/c", "a0", "b", "z", "\u00e9", "\ufb00", "\uff5e", "\U0001f600"]
"""By their UTF-8 bytes. UTF-16 and most languages order them otherwise."""
STARTS = {
    "before all": "",
    "a key": "A",
    "a key with keys below it": "a",
    "between keys": "a.",
    "a folder": "a/",
    "a letter beyond ASCII": "é",
    "the last": "\U0001f600",
    "behind all": "\U0001f601",
}
PREFIXES = {
    "a letter": "a",
    "a folder": "a/",
    "a key": "a/b",
    "a capital": "A",
    "a letter beyond ASCII": "é",
    "emoji": "\U0001f600",
    "of no key": "none",
    "asterisk": "*",
    "percent": "%",
    "underscore": "_",
    "key and asterisk": "a*",
}


class Listing(Topic):
    topic = "Listing"

    @pytest.fixture(scope="class")
    @classmethod
    def few(cls, storage: StorageClient, bucket: str, root: str) -> str:
        """The prefix of objects with the keys `ORDER`."""
        require(storage, Capability.LISTING)
        prefix = f"{root}few/"
        for key in reversed(ORDER):
            storage.upload_file(bucket, prefix + key, key.encode())
        return prefix

    @needs(Capability.LISTING)
    def test_a_listing_is_complete_at_any_length(
        self, storage: StorageClient, bucket: str, many: tuple[str, list[str]]
    ) -> None:
        prefix, keys = many
        listed = [info.key for info in storage.iter_objects(bucket, prefix)]
        assert sorted(set(keys) - set(listed)) == []
        assert listed == keys

    @needs(Capability.LISTING)
    def test_a_listing_is_ordered_by_the_bytes_of_keys(self, storage: StorageClient, bucket: str, few: str) -> None:
        assert keys_of(storage.iter_objects(bucket, few), few) == ORDER

    @needs(Capability.LISTING)
    def test_a_listing_is_read_a_page_at_a_time(
        self, storage: StorageClient, bucket: str, many: tuple[str, list[str]]
    ) -> None:
        prefix, keys = many
        listing = storage.iter_objects(bucket, prefix)
        assert isinstance(listing, Iterator)
        assert next(listing).key == keys[0]
        late = f"{keys[-1]} written while the listing was read"
        storage.upload_file(bucket, late, b"x")
        try:
            assert [info.key for info in listing] == [*keys[1:], late]
        finally:
            storage.delete_file(bucket, late)

    @needs(Capability.LISTING)
    @pytest.mark.parametrize("which", ["first", "middle", "last of a page", "last"])
    def test_a_listing_starts_behind_any_key_of_many(
        self, storage: StorageClient, bucket: str, many: tuple[str, list[str]], which: str
    ) -> None:
        prefix, keys = many
        last = len(keys) - 1
        position = {"first": 0, "middle": last // 2, "last of a page": self.page_size - 1, "last": last}[which]
        listed = [info.key for info in storage.iter_objects(bucket, prefix, start_after=keys[position])]
        assert listed == keys[position + 1 :]

    @needs(Capability.LISTING)
    @pytest.mark.parametrize("start_after", STARTS.values(), ids=STARTS)
    def test_a_listing_starts_behind_a_key_that_need_not_exist(
        self, storage: StorageClient, bucket: str, few: str, start_after: str
    ) -> None:
        listed = keys_of(storage.iter_objects(bucket, few, start_after=few + start_after), few)
        assert listed == [key for key in ORDER if key.encode() > start_after.encode()]

    @needs(Capability.LISTING)
    def test_a_start_before_or_behind_the_prefix_is_no_error(
        self, storage: StorageClient, bucket: str, few: str
    ) -> None:
        prefix = f"{few}a/"
        assert keys_of(storage.iter_objects(bucket, prefix, start_after=f"{few}A"), prefix) == ["", "b", "c"]
        assert keys_of(storage.iter_objects(bucket, prefix, start_after=f"{few}b"), prefix) == []

    @needs(Capability.LISTING)
    @pytest.mark.parametrize("prefix", PREFIXES.values(), ids=PREFIXES)
    def test_a_prefix_is_any_beginning_of_keys(
        self, storage: StorageClient, bucket: str, few: str, prefix: str
    ) -> None:
        listed = keys_of(storage.iter_objects(bucket, few + prefix), few)
        assert listed == [key for key in ORDER if key.startswith(prefix)]

    @needs(Capability.LISTING)
    def test_without_a_prefix_all_objects_are_listed(self, storage: StorageClient, new_bucket: NewBucket) -> None:
        bucket = new_bucket()
        assert list(storage.iter_objects(bucket)) == []
        for key in ("b", "a/x", "a"):
            storage.upload_file(bucket, key, b"data")
        assert [info.key for info in storage.iter_objects(bucket)] == ["a", "a/x", "b"]

    @needs(Capability.LISTING)
    def test_what_is_listed_of_an_object_is_true(self, storage: StorageClient, bucket: str, key: str) -> None:
        kept = {"colour": "red"} if Capability.METADATA in storage.capabilities else None
        storage.upload_stream(bucket, key, io.BytesIO(b"data"), metadata=kept)
        (listed,) = storage.iter_objects(bucket, key)
        assert (listed.bucket, listed.key, listed.size) == (bucket, key, 4)
        if Capability.STAT in storage.capabilities:
            known = storage.stat(bucket, key)
            assert listed.etag in (None, known.etag)
            assert (listed.content_type, listed.metadata) in ((None, {}), (known.content_type, known.metadata))
            if listed.last_modified and known.last_modified:
                assert abs(listed.last_modified - known.last_modified) < timedelta(seconds=2)

    @needs(Capability.LISTING)
    def test_what_was_deleted_is_not_listed(self, storage: StorageClient, bucket: str, folder: str) -> None:
        for name in "abc":
            storage.upload_file(bucket, folder + name, b"data")
        storage.delete_file(bucket, f"{folder}b")
        assert keys_of(storage.iter_objects(bucket, folder), folder) == ["a", "c"]

    @needs(Capability.LISTING)
    def test_several_listings_are_read_side_by_side(
        self, storage: StorageClient, bucket: str, many: tuple[str, list[str]], few: str
    ) -> None:
        prefix, keys = many
        one, two = storage.iter_objects(bucket, prefix), storage.iter_objects(bucket, few)
        together = [(a.key, b.key) for a, b in zip(one, two, strict=False)]
        assert together == [(a, few + b) for a, b in zip(keys, ORDER, strict=False)]

    @needs(Capability.LISTING)
    def test_a_listing_may_be_left_before_its_end(
        self, storage: StorageClient, bucket: str, many: tuple[str, list[str]]
    ) -> None:
        prefix, keys = many
        for _ in range(12):  # more than a pool has connections
            assert [info.key for info in islice(storage.iter_objects(bucket, prefix), 2)] == keys[:2]

    @needs(Capability.LISTING)
    def test_listing_a_bucket_that_is_not_there_is_an_error(
        self, storage: StorageClient, new_bucket: NewBucket
    ) -> None:
        with pytest.raises(BucketNotFound):
            list(storage.iter_objects(new_bucket(create=False)))

    @without(Capability.LISTING)
    def test_listing_is_said_to_be_unsupported(self, storage: StorageClient, bucket: str) -> None:
        with pytest.raises(UnsupportedOperation):
            list(storage.iter_objects(bucket))


def keys_of(listing: Iterator[ObjectInfo], prefix: str) -> list[str]:
    """The listed keys, without the prefix."""
    return [info.key.removeprefix(prefix) for info in listing]
