from __future__ import annotations

import pytest
from codomyrmex.cloud.common import Capability, StorageClient
from codomyrmex.cloud.errors import ObjectNotFound
from codomyrmex.cloud.testing.conformance._topic import Topic

ALIKE = {
    "case": ("Key", "key"),
    "composed and decomposed": ("\u00e9", "e\u0301"),
    "slashes": ("a", "/a", "a/", "a//", "//a"),
    "dots": ("a/b", "a/./b", "./a/b", "a/c/../b", "../a/b"),
    "escapes": ("a/b", "a%2Fb", "a%252Fb", "a\\b"),
    "spaces": ("a b", "a+b", "a%20b", " a b", "a b "),
    "one below another": ("a", "a/b", "a/b/c"),
}
"""Keys that something on the way may take for one another."""


class Keys(Topic):
    topic = "Keys"

    def test_any_key_is_kept_as_it_is(self, storage: StorageClient, bucket: str, odd_key: str) -> None:
        assert storage.exists(bucket, odd_key) is False
        storage.upload_file(bucket, odd_key, b"data")
        assert storage.download_file(bucket, odd_key) == b"data"
        assert storage.stat(bucket, odd_key).key == odd_key
        if Capability.LISTING in storage.capabilities:
            assert odd_key in [info.key for info in storage.iter_objects(bucket, odd_key)]
        storage.delete_file(bucket, odd_key)
        with pytest.raises(ObjectNotFound):
            storage.download_file(bucket, odd_key)

    @pytest.mark.parametrize("keys", ALIKE.values(), ids=ALIKE)
    def test_keys_that_look_alike_are_different_objects(
        self, storage: StorageClient, bucket: str, folder: str, keys: tuple[str, ...]
    ) -> None:
        for key in keys:
            storage.upload_file(bucket, folder + key, key.encode())
        assert {key: storage.download_file(bucket, folder + key) for key in keys} == {k: k.encode() for k in keys}
        if Capability.LISTING in storage.capabilities:
            listed = [info.key.removeprefix(folder) for info in storage.iter_objects(bucket, folder)]
            assert listed == sorted(keys, key=str.encode)
        storage.delete_file(bucket, folder + keys[0])
        assert [storage.exists(bucket, folder + key) for key in keys] == [False] + [True] * (len(keys) - 1)
