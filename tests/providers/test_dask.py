"""What Dask sends of an error that a task raised: causes too, pickled."""

import pickle

import pytest
from codomyrmex.cloud import get_client
from codomyrmex.cloud.errors import BucketNotFound
from distributed.core import error_message
from google.oauth2.credentials import Credentials

OPTIONS = {"azure": {}, "gcp": {"credentials": Credentials("secret-token")}}


@pytest.mark.parametrize("provider", OPTIONS)
def test_an_error_that_travels_holds_no_authorization(provider, settle):
    settle(provider)
    with get_client(provider, **OPTIONS[provider]) as storage, pytest.raises(BucketNotFound) as caught:
        storage.download_file("no-such-bucket", "key")
    pickled = error_message(caught.value)["exception"].data
    assert pickle.loads(pickled).__cause__.response.status_code == 404
    assert [word for word in (b"SharedKey", b"secret-token") if word in pickled] == []
