"""Acme's storage as a provider of codomyrmex-cloud: the six methods, here over the files of a folder."""

import os
from pathlib import Path
from urllib.parse import quote

from codomyrmex.cloud.common import StorageClient
from codomyrmex.cloud.errors import AlreadyExists, BucketNotFound, ObjectNotFound, UnsupportedOperation


class AcmeStorage(StorageClient):
    provider = "acme"
    recipe = ("root",)  # what makes this client again in another process

    def __init__(self, root=None):
        self.root = Path(root or os.environ["ACME_ROOT"])

    def list_buckets(self):
        return sorted(folder.name for folder in self.root.iterdir())

    def create_bucket(self, name):
        try:
            (self.root / name).mkdir()
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
        try:
            self._path(bucket, key).unlink()
        except FileNotFoundError:
            return False
        return True

    def generate_presigned_url(self, bucket, key, expires_in=3600):
        raise UnsupportedOperation("Acme signs no URLs")

    def _path(self, bucket, key):
        folder = self.root / bucket
        if not folder.is_dir():
            raise BucketNotFound(f"no bucket {bucket!r}")
        return folder / quote(key, safe="")
