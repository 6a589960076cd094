"""What the tests of the core share: a stranger's storage, installed as a stranger would."""

from pathlib import Path

import codomyrmex.cloud
import pytest

ACME = '''
from codomyrmex.cloud.common import StorageClient
from codomyrmex.cloud.errors import AlreadyExists, BucketNotFound, ObjectNotFound


class AcmeStorage(StorageClient):
    """Buckets in a dict: the six methods and nothing else."""

    provider = "acme"

    def __init__(self, region=None, credentials=None):
        self.region, self.credentials, self.buckets = region, credentials, {}

    def list_buckets(self):
        return sorted(self.buckets)

    def create_bucket(self, name):
        if name in self.buckets:
            raise AlreadyExists(f"bucket {name!r} exists already")
        self.buckets[name] = {}
        return True

    def upload_file(self, bucket, key, data, content_type=None):
        self._bucket(bucket)[key] = bytes(data)
        return self.url(bucket, key)

    def download_file(self, bucket, key):
        try:
            return self._bucket(bucket)[key]
        except KeyError:
            raise ObjectNotFound(f"no object {key!r}") from None

    def delete_file(self, bucket, key):
        return self._bucket(bucket).pop(key, None) is not None

    def generate_presigned_url(self, bucket, key, expires_in=3600):
        return f"https://acme.example/{bucket}/{key}?expires={expires_in}"

    def _bucket(self, name):
        if name not in self.buckets:
            raise BucketNotFound(f"no bucket {name!r}")
        return self.buckets[name]
'''


@pytest.fixture(autouse=True)
def _leave_no_trace(clean_slate):
    """Every test of the core finds a registry with nothing but what is installed."""


@pytest.fixture
def acme_source():
    """The module that defines AcmeStorage."""
    return ACME


@pytest.fixture
def install_acme(install_plugin):
    """Install AcmeStorage as ``acme.storage`` of distribution acme-cloud, and give the class."""

    def install(**entry_points):
        install_plugin("acme-cloud", ACME, {"providers": {"acme.storage": "acme_cloud:AcmeStorage"}, **entry_points})
        from acme_cloud import AcmeStorage

        return AcmeStorage

    return install


@pytest.fixture
def acme(install_acme):
    """An AcmeStorage with one empty bucket, ``box``."""
    client = install_acme()()
    client.create_bucket("box")
    return client


@pytest.fixture
def bare_python(run_python, tmp_path):
    """Run code where the core can be imported and nothing is installed, not even the core's own metadata."""
    package = tmp_path / "bare" / "codomyrmex" / "cloud"
    package.parent.mkdir(parents=True)
    package.symlink_to(Path(codomyrmex.cloud.__file__).parent)
    others = "'site-packages' in p or p.endswith('/src')"  # where editable ones are
    begin = f"import sys; sys.path = [p for p in sys.path if not ({others})] + [{str(tmp_path / 'bare')!r}]\n"
    return lambda code: run_python(begin + code, cwd=tmp_path)
