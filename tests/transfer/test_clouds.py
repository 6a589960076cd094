"""From cloud to cloud, each on its back end."""

import os
from contextlib import ExitStack

import pytest
from codomyrmex.cloud import get_client
from codomyrmex.cloud.errors import CertificateError
from codomyrmex.cloud.gcp import GCSStorage
from codomyrmex.cloud.testing.backends import UntrustedServer
from codomyrmex.cloud.transfer import Prefix, TransferFailed, check, copy, plan, sync

from .conftest import read_prefix, read_tree, results

PROVIDERS = {"swift": "aws", "azurite": "azure", "fake_gcs": "gcp"}
PART = 8 * 1024 * 1024


@pytest.fixture
def cloud(request, settle_aws, monkeypatch):
    """``cloud("azurite", "in")``: a prefix of a new bucket on this server."""
    for name in [name for name in os.environ if name.startswith(("AZURE_", "GOOGLE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "transfers")
    with ExitStack() as clients:

        def cloud(server, prefix=""):
            for name, value in request.getfixturevalue(server).environment().items():
                monkeypatch.setenv(name, str(value))
            storage = clients.enter_context(get_client(PROVIDERS[server]))
            bucket = f"transfer-{os.urandom(6).hex()}"
            storage.create_bucket(bucket)
            return Prefix(storage, bucket, prefix)

        yield cloud


@pytest.fixture
def tree(tree):
    (tree / "parts").write_bytes(os.urandom(2 * PART + 5))
    return tree


@pytest.mark.parametrize(
    ("one", "other"), [("swift", "azurite"), ("azurite", "fake_gcs"), ("fake_gcs", "swift"), ("fake_gcs", "azurite")]
)
def test_what_goes_from_one_cloud_to_another_is_the_same_there(one, other, cloud, tree):
    source, target = cloud(one, "in"), cloud(other, "out/")
    copy(tree, source, metadata={"k": "ü"}, content_type="text/x-ant")
    assert sync(source, target).copied == 9
    info = target.storage.stat(target.bucket, "out/a")
    assert (info.content_type, info.metadata) == ("text/x-ant", {"k": "ü"})
    assert read_prefix(target) == read_tree(tree)
    assert check(source, target).ok


@pytest.mark.parametrize("server", ["azurite", "fake_gcs"])
def test_a_folder_is_kept_in_step_with_a_bucket(server, cloud, tree, tmp_path):
    place = cloud(server, "in")
    assert sync(tree, place).copied == 9
    assert list(plan(tree, place, exclude=["parts"])) == []
    (tree / "a").write_bytes(b"new")
    (tree / "z").unlink()
    sync(tree, place, delete=True)
    assert read_prefix(place) == read_tree(tree)
    assert sync(place, tmp_path / "out").copied == 8
    assert sync(place, tmp_path / "out").copied == 0
    assert read_tree(tmp_path / "out") == read_tree(tree)


@pytest.mark.parametrize("server", ["azurite", "fake_gcs"])
def test_what_was_damaged_at_the_target_is_found(server, cloud, tree):
    place = cloud(server, "in")
    copy(tree, place)
    data = bytearray((tree / "parts").read_bytes())
    data[PART + 7] ^= 1
    place.storage.upload_file(place.bucket, "in/parts", bytes(data))
    assert results(check(tree, place).failures) == {"parts": "differs"}


@pytest.mark.parametrize("server", ["azurite", "fake_gcs"])
def test_within_one_service_objects_are_copied_there(server, cloud, tree):
    place = cloud(server, "in")
    copy(tree, place, metadata={"k": "v"})
    other = Prefix(place.storage, place.bucket, "out/")
    assert copy(place, other).copied == 9
    assert place.storage.stat(place.bucket, "out/a").metadata == {"k": "v"}
    assert read_prefix(other) == read_tree(tree)


def test_a_certificate_that_is_not_trusted_is_tried_once_for_each_object(tree, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with (
        UntrustedServer() as server,
        GCSStorage("p", endpoint_url=server.endpoint_url, anonymous=True) as storage,
        pytest.raises(TransferFailed) as caught,
    ):
        copy(tree, Prefix(storage, "bucket", "in/"))
    failures = list(caught.value.summary.failures)
    assert {type(outcome.error) for outcome in failures} == {CertificateError}
    assert len(failures) == server.connections == 9
