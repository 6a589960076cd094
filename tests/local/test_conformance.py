"""What every storage does, on the local provider; `cloud serve` answers its presigned URLs."""

import pytest
from codomyrmex.cloud.cli.gateway import running
from codomyrmex.cloud.local import LocalStorage
from codomyrmex.cloud.local.signing import Signer, signing_key
from codomyrmex.cloud.testing import StorageConformance


class TestLocal(StorageConformance):
    @pytest.fixture(scope="class")
    @classmethod
    def storage(cls, tmp_path_factory):
        root = tmp_path_factory.mktemp("conformance")
        with (
            LocalStorage(root) as behind,
            running(behind, Signer(signing_key(root))) as gateway,
            LocalStorage(root, endpoint_url=gateway.endpoint_url) as storage,
        ):
            yield storage
