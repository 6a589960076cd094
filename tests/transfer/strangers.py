"""Storages as strangers write them."""

from codomyrmex.cloud.common import ObjectInfo, StorageClient
from codomyrmex.cloud.errors import ObjectNotFound


class Stranger(StorageClient):
    """Objects of one bucket in a dict."""

    provider = "stranger"
    loses = spoils = ""

    def __init__(self):
        self.objects = {}

    def list_buckets(self):
        return ["box"]

    def create_bucket(self, name):
        return True

    def upload_file(self, bucket, key, data, content_type=None):
        data = bytes(data)
        if key == self.loses:
            data = data[:-1]
        if key == self.spoils:
            data = data[:-1] + b"!"
        self.objects[key] = data
        return self.url(bucket, key)

    def download_file(self, bucket, key):
        if key not in self.objects:
            raise ObjectNotFound(f"no object {key!r}")
        return self.objects[key]

    def delete_file(self, bucket, key):
        return self.objects.pop(key, None) is not None

    def generate_presigned_url(self, bucket, key, expires_in=3600):
        return ""


class Lister(Stranger):
    def iter_objects(self, bucket, prefix="", *, start_after=""):
        for key in sorted(self.objects, key=str.encode):
            if key.startswith(prefix):
                yield ObjectInfo(bucket, key, len(self.objects[key]))
