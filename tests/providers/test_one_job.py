"""One job through every storage provider, on its back end: as the specification writes it, and by the factory."""

import pytest
from codomyrmex.cloud import get_client, open_storage

# spec 7.1, as written
EXAMPLE = """
from codomyrmex.cloud import S3Client, GCSClient, AzureBlobClient

# Choose provider based on environment
import os
provider = os.environ.get("CLOUD_PROVIDER", "aws")

if provider == "aws":
    client = S3Client()
    client.upload_file("data.csv", "my-bucket", "uploads/data.csv")
elif provider == "gcp":
    client = GCSClient()
    client.upload_blob("my-bucket", "data.csv", "uploads/data.csv")
elif provider == "azure":
    client = AzureBlobClient()
    client.upload_blob("my-container", "uploads/data.csv", "data.csv")
"""
BUCKETS = {"aws": "my-bucket", "gcp": "my-bucket", "azure": "my-container"}
SCHEMES = {"aws": "s3", "gcp": "gs", "azure": "az", "local": "local"}


@pytest.mark.parametrize("provider", BUCKETS)
def test_the_example_of_the_specification_works_as_it_is_written(provider, settle, tmp_path, monkeypatch):
    settle(provider)
    with get_client(provider) as storage:
        storage.ensure_bucket(BUCKETS[provider])
        monkeypatch.setenv("CLOUD_PROVIDER", provider)
        monkeypatch.chdir(tmp_path)
        (tmp_path / "data.csv").write_bytes(b"a,b\n")
        names = {}
        exec(compile(EXAMPLE, "spec 7.1", "exec"), names)
        names["client"].close()
        assert storage.download_file(BUCKETS[provider], "uploads/data.csv") == b"a,b\n"


@pytest.mark.parametrize("provider", SCHEMES)
def test_the_factory_does_the_job_in_one_path_of_code(provider, settle, tmp_path):
    settle(provider)
    (tmp_path / "data.csv").write_bytes(b"a,b\n")
    url = f"{SCHEMES[provider]}://one-job/uploads/data.csv"
    with open_storage(url) as storage:
        bucket, key = storage.split_url(url)
        storage.ensure_bucket(bucket)
        stored = storage.upload_path(bucket, key, tmp_path / "data.csv", metadata={"by": "the test"})
        assert [info.key for info in storage.iter_objects(bucket)] == [key]
        assert storage.stat(bucket, key).content_type == "text/csv"
        assert storage.stat(bucket, key).metadata == {"by": "the test"}
        storage.download_path(bucket, key, tmp_path / "again.csv")
        assert (tmp_path / "again.csv").read_bytes() == b"a,b\n"
        assert stored.etag == storage.stat(bucket, key).etag
        assert storage.url(bucket, key) == url
        assert storage.delete_many(bucket, [key]) == {}
        assert storage.exists(bucket, key) is False
