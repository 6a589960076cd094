"""Uploads in parts: what is left when they end before their time, and the arithmetic of the parts."""

import io
import random
import signal

import pytest
from codomyrmex.cloud.aws._copy import step
from codomyrmex.cloud.aws._upload import part_size
from codomyrmex.cloud.errors import CloudError, Conflict, NotFound, ServiceUnavailable
from codomyrmex.cloud.testing.backends.faults import Reset, Status

MIB = 1024 * 1024
GIB = 1024 * MIB
TIB = 1024 * GIB
DATA = random.Random(6).randbytes(20 * MIB)


@pytest.fixture
def environment(swift):
    return {"AWS_ACCESS_KEY_ID": swift.access_key, "AWS_SECRET_ACCESS_KEY": swift.secret_key}


# Ended from outside


def test_a_killed_upload_leaves_no_object_and_its_parts_are_found_and_removed(
    swift, on_swift, new_bucket, start, environment, uploads
):
    bucket = new_bucket(on_swift)
    on_swift.upload_file(bucket, "key", b"old")
    worker = start("upload", swift.endpoint_url, bucket, "key", 30 * MIB, **environment)
    assert worker.stdout.readline() == "paused\n"
    worker.kill()
    worker.wait()
    assert on_swift.download_file(bucket, "key") == b"old"
    assert [info.key for info in on_swift.iter_objects(bucket)] == ["key"]
    assert uploads(on_swift, bucket) == ["key"]
    assert on_swift.abort_multipart_uploads(bucket) == []  # it may still go on
    (removed,) = on_swift.abort_multipart_uploads(bucket, older_than=-60)
    assert (removed.bucket, removed.key) == (bucket, "key")
    assert uploads(on_swift, bucket) == []
    with pytest.raises(NotFound):
        list(_parts(on_swift, removed))
    assert on_swift.delete_file(bucket, "key")
    assert on_swift.delete_bucket(bucket)


def _parts(storage, upload):
    try:
        return storage.native.list_parts(Bucket=upload.bucket, Key=upload.key, UploadId=upload.upload_id)["Parts"]
    except storage.native.exceptions.ClientError as error:
        raise storage.translate_error(error) from error


def test_an_interrupted_upload_removes_its_parts(swift, on_swift, new_bucket, start, environment, uploads):
    bucket = new_bucket(on_swift)
    worker = start("upload", swift.endpoint_url, bucket, "key", 30 * MIB, **environment)
    assert worker.stdout.readline() == "paused\n"
    worker.send_signal(signal.SIGINT)
    assert worker.stdout.readline() == "interrupted\n"
    assert worker.wait(60) == 0
    assert uploads(on_swift, bucket) == []
    assert not on_swift.exists(bucket, "key")


class Breaking(io.BytesIO):
    """A stream that raises behind its last byte."""

    def __init__(self, data, error):
        super().__init__(data)
        self._error = error

    def read(self, size=-1):
        data = super().read(size)
        if not data:
            raise self._error
        return data


@pytest.mark.parametrize("size", [10, 9 * MIB, 20 * MIB], ids=["in the first part", "in the second", "in the third"])
@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt(), OSError(5, "I/O error")], ids=repr)
def test_a_stream_that_raises_leaves_nothing(storage, bucket, uploads, size, error):
    with pytest.raises((type(error), CloudError)):
        storage.upload_stream(bucket, "key", Breaking(DATA[:size], error))
    assert uploads(storage, bucket) == []
    assert not storage.exists(bucket, "key")


def test_a_progress_that_raises_leaves_nothing(storage, bucket, uploads):
    def progress(count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        storage.upload_stream(bucket, "key", io.BytesIO(DATA), progress=progress)
    assert uploads(storage, bucket) == []
    assert not storage.exists(bucket, "key")


# Ended by the service


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_part_that_is_refused_for_good_leaves_nothing(faulty, on_swift, uploads, nth):
    proxy, storage, bucket = faulty
    proxy.inject(Status(403, code="AccessDenied"), method="PUT", nth=nth)
    with pytest.raises(PermissionError):
        storage.upload_file(bucket, "key", DATA)
    assert uploads(on_swift, bucket) == []
    assert not on_swift.exists(bucket, "key")


def test_parts_that_cannot_be_removed_are_told_beside_what_happened(faulty, on_swift, uploads):
    proxy, storage, bucket = faulty
    proxy.inject(Status(403), method="PUT", nth=2)
    proxy.inject(Status(500, retry_after=0), method="DELETE", times=None)
    with pytest.raises(PermissionError) as caught:
        storage.upload_file(bucket, "key", DATA)
    assert "abort_multipart_uploads" in "".join(caught.value.__cause__.__notes__)
    assert uploads(on_swift, bucket) == ["key"]


def test_an_upload_that_somebody_removes_meanwhile_fails_as_what_it_is(faulty, on_swift, uploads):
    _, storage, bucket = faulty

    class Stream(io.BytesIO):
        def read(self, size=-1):
            if self.tell() > 16 * MIB:
                on_swift.abort_multipart_uploads(bucket, older_than=-60)
            return super().read(size)

    with pytest.raises(NotFound) as caught:
        storage.upload_stream(bucket, "key", Stream(DATA))
    assert caught.value.code == "NoSuchUpload"
    assert not getattr(caught.value.__cause__, "__notes__", [])
    assert not on_swift.exists(bucket, "key")


@pytest.mark.parametrize("fault", [Status(500, forward=True), Reset(after=0)], ids=repr)
def test_a_completion_whose_answer_was_lost_is_one(faulty, on_swift, uploads, fault):
    proxy, storage, bucket = faulty
    proxy.inject(fault, method="POST", path="uploadId")
    info = storage.upload_stream(bucket, "key", io.BytesIO(DATA))
    assert info.etag == on_swift.stat(bucket, "key").etag
    assert on_swift.download_file(bucket, "key") == DATA
    assert uploads(on_swift, bucket) == []


def test_a_completion_that_nobody_knows_of_is_one_if_the_object_is_there(faulty, on_swift):
    proxy, storage, bucket = faulty
    on_swift.upload_file(bucket, "key", DATA)
    proxy.inject(Status(404, code="NoSuchUpload"), method="POST", path="uploadId")
    storage.upload_file(bucket, "key", DATA)
    proxy.inject(Status(404, code="NoSuchUpload"), method="POST", path="uploadId")
    with pytest.raises(NotFound) as caught:
        storage.upload_file(bucket, "key", DATA[:-1])
    assert caught.value.code == "NoSuchUpload"
    proxy.inject(Status(404, code="NoSuchUpload"), method="POST", path="uploadId")
    with pytest.raises(NotFound) as caught:
        storage.upload_file(bucket, "another", DATA)
    assert caught.value.code == "NoSuchUpload"


def test_an_error_in_a_completions_answer_of_200_is_none_of_success(faulty, on_swift, uploads):
    proxy, storage, bucket = faulty
    failed = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code></Error>'
    proxy.inject(Status(200, body=failed), method="POST", path="uploadId")
    storage.upload_file(bucket, "key", DATA)
    assert on_swift.download_file(bucket, "key") == DATA
    proxy.inject(Status(200, body=failed), method="POST", path="uploadId", times=None)
    with pytest.raises(ServiceUnavailable):
        storage.upload_file(bucket, "other", DATA)
    assert not on_swift.exists(bucket, "other")
    assert uploads(on_swift, bucket) == []


def test_a_source_that_changes_while_it_is_copied_is_a_conflict(faulty, on_swift, uploads):
    proxy, storage, bucket = faulty
    storage.largest_copy = 5 * MIB
    on_swift.upload_file(bucket, "key", DATA)
    proxy.inject(Status(412, code="PreconditionFailed"), method="PUT", nth=2)
    with pytest.raises(Conflict):
        storage.copy(bucket, "key", bucket, "copy")
    assert uploads(on_swift, bucket) == []
    assert not on_swift.exists(bucket, "copy")


# Arithmetic ("Amazon S3 multipart upload limits")


@pytest.mark.parametrize(
    "size", [1, 8 * MIB, 80 * GIB, 80_000 * MIB, 80_000 * MIB + 1, TIB, 5 * TIB - 1, 5 * TIB, 48 * TIB]
)
def test_parts_of_what_has_a_size_are_few_enough_and_within_limits(size):
    part = part_size(size)
    assert 8 * MIB <= part <= 5 * GIB
    assert part % MIB == 0
    assert -(-size // part) <= 10_000
    copied = step(size, 5 * GIB)
    assert part <= copied <= 5 * GIB
    assert -(-size // copied) <= 10_000


def test_parts_of_what_has_no_size_grow_until_all_that_s3_keeps_fits():
    sent = parts = 0
    while sent < 5 * TIB:
        part = part_size(None, sent)
        assert 8 * MIB <= part <= 5 * GIB
        sent += part
        parts += 1
    assert parts <= 10_000
    assert part_size(None, 10 * GIB) == 8 * MIB
