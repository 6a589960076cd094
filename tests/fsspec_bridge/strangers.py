"""Storages of a third party, over the files of a folder."""

import os
from bisect import bisect_right
from pathlib import Path
from urllib.parse import quote, unquote

from codomyrmex.cloud.common import Capability, ObjectInfo, StorageClient
from codomyrmex.cloud.errors import AlreadyExists, BucketNotFound, ObjectNotFound, UnsupportedOperation


class SixMethods(StorageClient):
    """What the contract asks for and nothing else, so without folders."""

    provider = "six"
    recipe = ("root",)

    def __init__(self, root=None, secret=None):
        self.root, self.secret = str(root or os.environ["STRANGER_ROOT"]), secret

    def list_buckets(self):
        return sorted(os.listdir(self.root))

    def create_bucket(self, name):
        try:
            os.mkdir(Path(self.root, name))
        except FileExistsError:
            raise AlreadyExists(f"bucket {name!r} exists already") from None
        return True

    def upload_file(self, bucket, key, data, content_type=None):
        self._path(bucket, key).write_bytes(data)
        return self.url(bucket, key)

    def download_file(self, bucket, key):
        try:
            return self._path(bucket, key).read_bytes()
        except FileNotFoundError:
            raise ObjectNotFound(f"no object {key!r} in bucket {bucket!r}") from None

    def delete_file(self, bucket, key):
        self._path(bucket, key).unlink(missing_ok=True)
        return True

    def generate_presigned_url(self, bucket, key, expires_in=3600):
        raise UnsupportedOperation("it signs no URLs")

    def _path(self, bucket, key):
        folder = Path(self.root, bucket)
        if not folder.is_dir():
            raise BucketNotFound(f"no bucket {bucket!r}")
        return folder / quote(key, safe="").replace(".", "%2E")


class SevenMethods(SixMethods):
    """...and a listing, which is what folders need."""

    provider = "seven"
    capabilities = frozenset({Capability.LISTING})

    def iter_objects(self, bucket, prefix="", *, start_after=""):
        folder = self._path(bucket, "x").parent
        sizes = {unquote(entry.name): entry.stat().st_size for entry in os.scandir(folder)}
        for key in sorted(sizes, key=str.encode):
            if key.startswith(prefix) and key > start_after:
                yield ObjectInfo(bucket, key, sizes[key])


class Listed(SevenMethods):
    """...whose bucket ``box`` has these keys without data, and which counts those that it came by."""

    def __init__(self, keys, from_the_start=False):
        super().__init__()
        self.keys, self.from_the_start, self.listed = sorted(keys), from_the_start, 0

    def iter_objects(self, bucket, prefix="", *, start_after=""):
        for key in self.keys if self.from_the_start else self.keys[bisect_right(self.keys, start_after) :]:
            self.listed += 1
            if key.startswith(prefix) and key > start_after:
                yield ObjectInfo(bucket, key, 0)
