"""No key and no signature in what is shown, logged, raised or pickled."""

import logging
import pickle
import traceback

import pytest
from azure.core.credentials import AzureSasCredential
from codomyrmex.cloud.azure import AzureBlobClient, AzureStorage
from codomyrmex.cloud.errors import CloudError

SAS = "sv=2026-10-06&ss=b&srt=sco&sp=rl&se=2099-01-01T00%3A00%3A00Z&sig=aV9zZWNyZXQ%3D"
SECRET = "aV9zZWNyZXQ"
CLOSED = "http://127.0.0.1:9/tester"
FAST = {"retry_total": 0}


def shown(error):
    """All that a program may print of an error, and of what led to it."""
    texts = ["".join(traceback.format_exception(error)), repr(pickle.dumps(error))]
    while error is not None:
        texts += [repr(error), str(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    return "".join(texts)


@pytest.fixture(params=["in the URL", "as text", "as a credential"])
def signed(request):
    """A storage that comes with a SAS, to where nobody listens."""
    options = {
        "in the URL": {"account_url": f"{CLOSED}?{SAS}"},
        "as text": {"account_url": CLOSED, "credential": SAS},
        "as a credential": {"account_url": CLOSED, "credential": AzureSasCredential(SAS)},
    }[request.param]
    with AzureStorage(**options, config=FAST) as storage:
        yield storage


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.list_buckets(),
        lambda s: s.upload_file("bucket", "key", b"data"),
        lambda s: s.download_file("bucket", "key"),
        lambda s: s.stat("bucket", "key"),
        lambda s: s.delete_many("bucket", ["key"]),
        lambda s: s.copy("bucket", "key", "bucket", "key2"),
    ],
)
def test_no_error_of_a_connection_shows_the_signature(signed, call):
    with pytest.raises(CloudError) as caught:
        call(signed)
    assert SECRET not in shown(caught.value)


def test_no_refusal_shows_the_signature(azurite, bucket):
    with AzureStorage(azurite.account_url, credential=SAS, config=FAST) as storage:
        for call in (lambda: storage.stat(bucket, "key"), lambda: storage.download_file(bucket, "key")):
            with pytest.raises(CloudError) as caught:
                call()
            assert SECRET not in shown(caught.value)


def test_nothing_else_shows_the_signature(signed):
    pickled = b"".join(pickle.dumps(signed, protocol) for protocol in range(pickle.HIGHEST_PROTOCOL + 1))
    assert SECRET not in repr(signed) + str(signed) + repr(pickled) + repr(signed.config) + signed.account_url


def test_the_log_of_a_lenient_client_does_not_show_the_signature(caplog, tmp_path):
    client = AzureBlobClient(f"{CLOSED}?{SAS}")
    with caplog.at_level(logging.DEBUG, "codomyrmex"), client:
        assert client.list_blobs("bad name") == []
        client.storage.native._config.retry_policy.total_retries = 0
        assert client.download_blob("bucket", "key", tmp_path / "file") is False
    assert SECRET not in caplog.text + shown(client.last_error)


def test_a_wrong_connection_string_is_not_repeated():
    with pytest.raises(ValueError, match="Connection string") as caught:
        AzureStorage(connection_string=f"AccountKey={SECRET}")
    assert SECRET not in shown(caught.value)


def test_a_key_that_is_no_base64_is_not_repeated(azurite):
    storage = AzureStorage(azurite.account_url, credential="no$base64!", config=FAST)
    with storage, pytest.raises(CloudError) as caught:
        storage.list_buckets()
    assert "no$base64!" not in shown(caught.value)


def test_a_proxy_with_a_password_is_not_pickled():
    config = {"proxies": {"https": "http://user:aV9zZWNyZXQ@proxy.example.com"}, "read_timeout": 5}
    with AzureStorage(CLOSED, credential="a2V5", config=config) as storage:
        assert storage.config == {"read_timeout": 5}
        assert SECRET.encode() not in pickle.dumps(storage)
