from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Mapping

import pytest
from codomyrmex.cloud.common import StorageClient
from codomyrmex.cloud.testing.conformance._topic import Topic, not_applicable

DOWNLOAD = """
import pickle, sys
with pickle.load(sys.stdin.buffer) as storage:
    sys.stdout.buffer.write(storage.download_file(*sys.argv[1:]))
"""


class Clients(Topic):
    topic = "Clients"

    @pytest.fixture
    def twin(
        self, storage: StorageClient, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[StorageClient]:
        """A client like ``storage``, made of its pickle."""
        if storage.recipe is None:
            not_applicable("the client does not pickle")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with pickle.loads(pickle.dumps(storage)) as twin:  # noqa: S301  # our own
            yield twin

    def test_a_client_pickles_or_says_that_it_does_not(self, storage: StorageClient) -> None:
        if storage.recipe is None:
            with pytest.raises(TypeError, match="does not pickle"):
                pickle.dumps(storage)
        else:
            pickle.dumps(storage)

    def test_a_client_that_was_pickled_is_the_same(self, storage: StorageClient, twin: StorageClient) -> None:
        assert type(twin) is type(storage)
        assert repr(twin) == repr(storage)
        assert twin.capabilities == storage.capabilities

    def test_a_client_that_was_pickled_sees_the_same_data(
        self, storage: StorageClient, twin: StorageClient, bucket: str, key: str
    ) -> None:
        storage.upload_file(bucket, key, b"data")
        assert twin.download_file(bucket, key) == b"data"

    def test_a_client_works_in_another_process(
        self, storage: StorageClient, environment: Mapping[str, str], bucket: str, key: str
    ) -> None:
        if storage.recipe is None:
            not_applicable("the client does not pickle")
        if not self.separate_process:
            not_applicable("its data live in one process")
        storage.upload_file(bucket, key, b"data")
        variables = {"PYTHONPATH": os.pathsep.join(sys.path), **environment}
        done = subprocess.run(  # noqa: S603  # our own
            [sys.executable, "-c", DOWNLOAD, bucket, key],
            input=pickle.dumps(storage),
            capture_output=True,
            check=False,
            env={**os.environ, **variables},
        )
        assert (done.stderr.decode(), done.stdout) == ("", b"data")

    def test_a_client_is_closed_by_its_block_and_again(self, twin: StorageClient, bucket: str, key: str) -> None:
        with twin as entered:
            assert entered is twin
            twin.upload_file(bucket, key, b"data")
        twin.close()
        twin.close()

    def test_a_client_that_was_never_used_is_closed(self, twin: StorageClient) -> None:
        twin.close()

    def test_closing_one_client_leaves_others_at_work(
        self, storage: StorageClient, twin: StorageClient, bucket: str, key: str
    ) -> None:
        twin.upload_file(bucket, key, b"data")
        twin.close()
        assert storage.download_file(bucket, key) == b"data"
