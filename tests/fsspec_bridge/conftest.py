"""File systems over real storages: this machine's, a stranger's, and those of servers."""

import os
from uuid import uuid4

import pytest
from codomyrmex.cloud import register
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.fsspec import filesystem_class, register_protocols

from .strangers import SevenMethods, SixMethods


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path, clean_slate):
    """Nothing of this machine's user reaches the SDKs, and no file system is left for the next test."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_", "STORAGE_EMULATOR")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CLOUD_LOCAL_ROOT", str(tmp_path / "local"))
    (tmp_path / "stranger").mkdir()
    monkeypatch.setenv("STRANGER_ROOT", str(tmp_path / "stranger"))
    register("six.storage", SixMethods)
    register("seven.storage", SevenMethods)
    register_protocols()
    yield
    for name in NAMES:
        kind = filesystem_class(name)
        for fs in kind._cache.values():
            fs.storage.close()
        kind.clear_instance_cache()


NAMES = ("local", "six", "seven", "aws", "s3", "azure", "az", "gcp", "gs")


@pytest.fixture
def s3_options(moto_server):
    credentials = CloudCredentials("aws", access_key=moto_server.access_key, secret_key=moto_server.secret_key)
    return {"region_name": "us-east-1", "endpoint_url": moto_server.endpoint_url, "credentials": credentials}


@pytest.fixture
def azure_options(azurite):
    from azure.core.credentials import AzureNamedKeyCredential

    key = AzureNamedKeyCredential(azurite.account_name, azurite.account_key)
    return {"account_url": azurite.account_url, "credential": key}


@pytest.fixture
def gcs_options(fake_gcs):
    return {"project": "ants", "endpoint_url": fake_gcs.endpoint_url, "anonymous": True}


OPTIONS = {"aws": "s3_options", "azure": "azure_options", "gcp": "gcs_options"}


@pytest.fixture
def connect(request):
    """``connect("aws")``: the protocol and the storage options of a provider that is there."""

    def connect(name):
        return f"cloud+{name}", request.getfixturevalue(OPTIONS[name]) if name in OPTIONS else {}

    return connect


def make(connect, name, **more):
    _, options = connect(name)
    return filesystem_class(name)(**options, **more)


@pytest.fixture(params=["local", "seven", pytest.param("aws", id="moto"), "azure", "gcp"])
def fs(request, connect):
    """A file system over each storage that lists."""
    return make(connect, request.param)


@pytest.fixture
def bucket(fs):
    """A new bucket of ``fs``."""
    name = f"bucket-{uuid4()}"
    fs.mkdir(name)
    return name


@pytest.fixture
def local(connect):
    """A file system over the local provider, with one bucket, ``box``."""
    fs = make(connect, "local")
    fs.mkdir("box")
    return fs


@pytest.fixture
def seven(connect):
    """A file system over a stranger's storage that lists, with one bucket, ``box``."""
    fs = make(connect, "seven")
    fs.mkdir("box")
    return fs


@pytest.fixture
def six(connect):
    """A file system over a storage of the six methods alone, with one bucket, ``box``."""
    fs = make(connect, "six")
    fs.mkdir("box")
    return fs
