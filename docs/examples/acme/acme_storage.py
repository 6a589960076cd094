"""Acme's storage as a provider of codomyrmex-cloud: the six methods, here over the files of a folder."""

import os
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

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
        path = self._path(bucket, key)
        new = path.with_name(f"{uuid4()}.new")
        new.write_bytes(data)
        new.replace(path)  # whoever reads sees the old data or the new
        return self.url(bucket, key)

    def download_file(self, bucket, key):
        path = self._path(bucket, key)
        try:
            return path.read_bytes()
        except FileNotFoundError:
            raise ObjectNotFound(f"no object {key!r} in bucket {bucket!r}") from None

    def delete_file(self, bucket, key):
        path = self._path(bucket, key)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        return True

    def generate_presigned_url(self, bucket, key, expires_in=3600):
        raise UnsupportedOperation("Acme signs no URLs")

    def _path(self, bucket, key):
        folder = self.root / bucket
        if not folder.is_dir():
            raise BucketNotFound(f"no bucket {bucket!r}")
        return folder / sha256(key.encode()).hexdigest()  # a key may be no file name
