"""Static Large Objects: that their segments come, stay and go with them."""

import base64
import io
import json
import os
import random
import signal
import time
from hashlib import md5, sha256
from urllib.parse import urlsplit

import pytest
from codomyrmex.cloud.aws import S3Storage
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.errors import (
    BucketNotFound,
    CloudError,
    Conflict,
    IntegrityError,
    InvalidRequest,
    PermissionDenied,
    PreconditionFailed,
)
from codomyrmex.cloud.infomaniak.object_storage._large import LONGEST_IN_NAME, SEGMENT, name_of, segment_size
from codomyrmex.cloud.testing.backends import Corrupt, Reset, Status

MIB = 1024 * 1024
GIB = 1024 * MIB
DATA = random.Random(6).randbytes(2 * SEGMENT + 5)
OTHER = random.Random(7).randbytes(SEGMENT + 1)
ANSWER_LOST = [Status(500, forward=True), Reset(after=0)]


def manifest(member, container, key):
    """The manifest of a large object, as the SDK fetches it."""
    answer = member.connection.object_store.get(f"/{container}/{key}?multipart-manifest=get")
    assert answer.headers["X-Static-Large-Object"] == "True"
    return answer.json()


def put(member, path, data, **headers):
    """PUT an object as another program does. Returns the MD5 of the data."""
    answer = member.connection.object_store.put(path, data=data, headers=headers)
    assert answer.status_code == 201, answer.text
    return md5(data).hexdigest()


# Made


def test_what_is_larger_than_a_segment_is_made_of_segments(swift, container, member, segments):
    moved = []
    info = swift.upload_stream(container, "a/key", io.BytesIO(DATA), content_type="text/x-a", progress=moved.append)
    sizes = [SEGMENT, SEGMENT, 5]
    assert [entry["bytes"] for entry in manifest(member, container, "a/key")] == moved == sizes
    assert [f"/{container}+segments/{name}" for name in segments(container)] == [
        entry["name"] for entry in manifest(member, container, "a/key")
    ]
    assert (info.size, info.content_type) == (len(DATA), "text/x-a")
    stat = swift.stat(container, "a/key")
    assert (stat.size, stat.etag, stat.content_type) == (len(DATA), info.etag, "text/x-a")
    (listed,) = swift.iter_objects(container)
    assert (listed.size, listed.etag) == (len(DATA), info.etag)
    assert swift.download_file(container, "a/key") == DATA
    assert container in swift.list_buckets()
    assert f"{container}+segments" not in swift.list_buckets()


def test_what_fits_a_segment_is_one_object(swift, container, segments):
    swift.upload_file(container, "key", DATA[:SEGMENT])
    assert segments(container) == []
    assert swift.stat(container, "key").checksums == {"md5": md5(DATA[:SEGMENT]).hexdigest()}


def test_a_file_goes_up_and_down(swift, container, tmp_path):
    (tmp_path / "up").write_bytes(DATA)
    swift.upload_path(container, "key", tmp_path / "up", metadata={"colour": "blue"})
    info = swift.download_path(container, "key", tmp_path / "down")
    assert (tmp_path / "down").read_bytes() == DATA
    assert (info.size, info.metadata) == (len(DATA), {"colour": "blue"})


@pytest.mark.parametrize("key", ["k" * 1024, "é" * 512, "\U0001f600" * 256, "a\nb/slo/c", "../a/./b"], ids=ascii)
def test_any_key_has_segments_that_go_with_it(swift, container, segments, key):
    swift.upload_file(container, key, OTHER)
    names = segments(container)
    assert len(names) == 2
    assert max(len(name.encode()) for name in names) <= 1024
    beginning = key.encode()[:LONGEST_IN_NAME].decode(errors="ignore")
    assert {name_of(name).key for name in names} == {beginning}
    assert list(swift.iter_unfinished_uploads(container)) == []
    assert swift.download_file(container, key) == OTHER
    assert swift.delete_many(container, [key]) == {}
    assert segments(container) == []


def test_a_container_with_a_name_too_long_for_segments_says_so(swift, lab):
    name = f"{os.urandom(4).hex()}{'n' * 244}"
    swift.create_bucket(name)
    swift.upload_file(name, "key", b"data")
    with pytest.raises(InvalidRequest, match="large objects"):
        swift.upload_file(name, "large", OTHER)
    assert swift.delete_many(name, ["key", "large"]) == {}
    assert swift.delete_bucket(name)


def test_segments_of_an_object_of_known_size_are_equal_and_few_enough():
    assert segment_size(100 * MIB) == SEGMENT
    assert segment_size(100 * GIB) == 103 * MIB
    assert segment_size(100 * GIB) * 1000 >= 100 * GIB


def test_segments_of_an_object_of_unknown_size_grow_late():
    sent = count = 0
    while count < 1000:
        sent += segment_size(None, sent)
        count += 1
        assert sent > 2 * GIB or segment_size(None, sent) == SEGMENT
    assert sent > 890 * GIB


# Replaced, deleted, copied


@pytest.mark.parametrize("new", [b"small", OTHER], ids=["a small one", "a large one"])
def test_a_large_object_that_is_replaced_takes_its_segments_along(swift, container, segments, new):
    swift.upload_file(container, "key", DATA)
    old = segments(container)
    swift.upload_file(container, "key", new)
    assert swift.download_file(container, "key") == new
    assert not set(old) & set(segments(container))
    assert len(segments(container)) == (2 if new == OTHER else 0)


def test_a_large_object_that_is_replaced_by_a_copy_takes_its_segments_along(swift, container, segments):
    swift.upload_file(container, "small", b"small")
    swift.upload_file(container, "key", DATA)
    swift.copy(container, "small", container, "key")
    assert swift.download_file(container, "key") == b"small"
    assert segments(container) == []


def test_a_large_object_that_is_deleted_takes_its_segments_along(swift, container, segments):
    swift.upload_file(container, "key", DATA)
    swift.upload_file(container, "key2", OTHER)
    assert swift.delete_file(container, "key") is True
    assert {name_of(name).key for name in segments(container)} == {"key2"}
    assert swift.delete_file(container, "key") is False
    swift.upload_file(container, "small", b"data")
    assert swift.delete_many(container, ["key2", "small", "none"]) == {}
    assert segments(container) == []
    swift.delete_bucket(container)
    assert not swift.bucket_exists(f"{container}+segments")


def test_a_copy_has_segments_of_its_own(swift, container, segments):
    metadata = {"Name": "Zoë"}
    swift.upload_stream(container, "one", io.BytesIO(DATA), content_type="text/x-a", metadata=metadata)
    info = swift.copy(container, "one", container, "two")
    assert (info.key, info.size, info.content_type, info.metadata) == ("two", len(DATA), "text/x-a", metadata)
    assert len(segments(container)) == 6
    swift.delete_file(container, "one")
    assert len(segments(container)) == 3
    assert swift.download_file(container, "two") == DATA


def test_a_copy_in_another_container_has_its_segments_there(swift, container, segments):
    swift.upload_file(container, "one", OTHER)
    other = f"{container}-2"
    swift.create_bucket(other)
    swift.copy(container, "one", other, "one")
    assert (len(segments(container)), len(segments(other))) == (2, 2)
    swift.delete_file(container, "one")
    assert swift.download_file(other, "one") == OTHER


# What other programs make


@pytest.fixture
def composed(swift, container, member):
    """A large object of a plain segment, a range of one, a large object and data in the manifest; and its data."""
    elsewhere = f"{container}-elsewhere"
    swift.create_bucket(elsewhere)
    pieces = {name: random.Random(name).randbytes(1000) for name in ("plain", "part", "nested")}
    entries = {
        name: {"path": f"{elsewhere}/{name}", "etag": put(member, f"/{elsewhere}/{name}", data), "size_bytes": 1000}
        for name, data in pieces.items()
    }
    entries["part"]["range"] = "100-199"
    put(member, f"/{elsewhere}/inner?multipart-manifest=put", json.dumps([entries["nested"]]).encode())
    outer = [
        entries["plain"],
        entries["part"],
        {"path": f"{elsewhere}/inner"},
        {"data": base64.b64encode(b"data").decode()},
    ]
    put(member, f"/{container}/composed?multipart-manifest=put", json.dumps(outer).encode())
    return elsewhere, pieces["plain"] + pieces["part"][100:200] + pieces["nested"] + b"data"


def test_a_large_object_of_any_make_is_read(swift, container, composed):
    _, data = composed
    assert swift.stat(container, "composed").size == len(data)
    assert swift.download_file(container, "composed") == data
    with swift.open_read(container, "composed") as file:
        assert file.read() == data


def test_a_large_object_of_any_make_is_copied(swift, container, composed, member, segments):
    _, data = composed
    swift.copy(container, "composed", container, "copy")
    assert len(segments(container)) == len(manifest(member, container, "copy")) == 4
    assert swift.download_file(container, "copy") == data


def test_segments_elsewhere_stay_when_the_object_goes(swift, container, composed):
    elsewhere, _ = composed
    before = [info.key for info in swift.iter_objects(elsewhere)]
    swift.copy(container, "composed", container, "copy")
    swift.upload_file(container, "composed", b"new")
    swift.delete_file(container, "composed")
    assert [info.key for info in swift.iter_objects(elsewhere)] == before


@pytest.fixture
def s3(member):
    """The same project by the S3 API."""
    identity = member.connection.identity
    answer = identity.post(f"/users/{member.user_id}/credentials/OS-EC2", json={"tenant_id": member.project_id})
    keys = answer.json()["credential"]
    place = urlsplit(member.connection.endpoint_for("object-store"))._replace(path="").geturl()
    credentials = CloudCredentials("aws", access_key=keys["access"], secret_key=keys["secret"])
    with S3Storage(member.places.region, endpoint_url=place, credentials=credentials) as storage:
        yield storage


def test_parts_of_the_s3_api_go_with_their_object(swift, container, s3, segments):
    for key in ("deleted", "replaced", "among many"):
        s3.upload_file(container, key, DATA)
    assert len(segments(container)) == 3 * 5  # parts of 8 MiB
    assert swift.download_file(container, "deleted") == DATA
    assert list(swift.iter_unfinished_uploads(container)) == []
    swift.delete_file(container, "deleted")
    swift.upload_file(container, "replaced", b"new")
    swift.delete_many(container, ["among many"])
    assert segments(container) == []


def test_the_s3_api_reads_large_objects_and_deletes_them_whole(swift, container, s3, segments):
    swift.upload_file(container, "key", DATA)
    assert s3.download_file(container, "key") == DATA
    assert list(s3.iter_multipart_uploads(container)) == []
    s3.delete_file(container, "key")
    assert segments(container) == []


# Ended before its time


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


@pytest.mark.parametrize("size", [10, SEGMENT + 1, len(DATA)], ids=["in the first", "in the second", "in the third"])
@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt(), OSError(5, "I/O error")], ids=repr)
def test_a_stream_that_raises_leaves_nothing(swift, container, segments, size, error):
    with pytest.raises((type(error), CloudError)):
        swift.upload_stream(container, "key", Breaking(DATA[:size], error))
    assert segments(container) == []
    assert not swift.exists(container, "key")


def test_a_progress_that_raises_leaves_nothing(swift, container, segments):
    def progress(count):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        swift.upload_stream(container, "key", io.BytesIO(DATA), progress=progress)
    assert segments(container) == []
    assert not swift.exists(container, "key")


def test_what_may_not_replace_an_object_is_told_before_it_is_read(swift, container, segments):
    swift.upload_file(container, "key", b"old")
    stream = io.BytesIO(DATA + DATA)
    with pytest.raises(PreconditionFailed):
        swift.upload_stream(container, "key", stream, if_none_match="*")
    assert stream.tell() <= 2 * SEGMENT
    assert segments(container) == []


def test_a_manifest_that_may_not_replace_an_object_leaves_no_segments(swift, container, segments):
    class Late(io.BytesIO):
        """At its end somebody else has made the object."""

        def read(self, size=-1):
            data = super().read(size)
            if self.tell() == len(DATA) and not swift.exists(container, "key"):
                swift.upload_file(container, "key", b"first")
            return data

    late = Late(DATA)
    with pytest.raises(PreconditionFailed):
        swift.upload_stream(container, "key", late, if_none_match="*")
    assert swift.download_file(container, "key") == b"first"
    assert segments(container) == []


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_segment_that_is_refused_for_good_leaves_nothing(faulty, swift, container, segments, nth):
    proxy, storage = faulty
    swift.upload_file(container, "warm", OTHER)  # else the first PUT makes the container of segments
    swift.delete_file(container, "warm")
    proxy.inject(Status(403), method="PUT", path="/slo/", nth=nth)
    with pytest.raises(PermissionDenied):
        storage.upload_file(container, "key", DATA)
    assert segments(container) == []
    assert not swift.exists(container, "key")


def test_a_manifest_that_is_refused_leaves_what_was_there(faulty, swift, container, segments):
    proxy, storage = faulty
    swift.upload_file(container, "key", OTHER)
    before = segments(container)
    proxy.inject(Status(403), method="PUT", path="multipart-manifest")
    with pytest.raises(PermissionDenied):
        storage.upload_file(container, "key", DATA)
    assert segments(container) == before
    assert swift.download_file(container, "key") == OTHER


@pytest.mark.parametrize("times", [1, None], ids=["once", "always"])
@pytest.mark.parametrize("condition", [None, "*"])
@pytest.mark.parametrize("fault", ANSWER_LOST, ids=repr)
def test_a_manifest_whose_answer_was_lost_is_one(faulty, swift, container, segments, fault, condition, times):
    proxy, storage = faulty
    proxy.inject(fault, method="PUT", path="multipart-manifest", times=times)
    info = storage.upload_stream(container, "key", io.BytesIO(OTHER), if_none_match=condition)
    assert info.etag == swift.stat(container, "key").etag
    assert swift.download_file(container, "key") == OTHER
    assert len(segments(container)) == 2


def test_segments_that_cannot_be_removed_are_told_beside_what_happened(faulty, swift, container, segments):
    proxy, storage = faulty
    proxy.inject(Status(403), method="PUT", path="/00000002")
    proxy.inject(Status(400), path="bulk-delete", times=None)
    with pytest.raises(PermissionDenied) as caught:
        storage.upload_file(container, "key", DATA)
    assert "remove_unfinished_uploads" in "".join(caught.value.__notes__)
    (left,) = swift.iter_unfinished_uploads(container)
    assert left.key == "key"
    assert left.segments == len(segments(container))


def test_a_failure_that_leaves_the_manifest_in_doubt_leaves_its_segments(faulty, swift, container):
    """If the object is there after all, it must be whole."""
    proxy, storage = faulty
    proxy.inject(Status(500, forward=True), method="PUT", path="multipart-manifest", times=None)
    proxy.inject(Status(400), method="HEAD", path="/key", nth=2, times=None)
    with pytest.raises(CloudError) as caught:
        storage.upload_file(container, "key", OTHER)
    assert "remove_unfinished_uploads" in "".join(caught.value.__notes__)
    assert swift.download_file(container, "key") == OTHER
    assert list(swift.iter_unfinished_uploads(container)) == []


# Unfinished uploads


@pytest.mark.parametrize("replaces", [True, False])
def test_a_killed_upload_leaves_no_object_and_its_segments_are_found_and_removed(
    swift, container, start, segments, replaces
):
    if replaces:
        swift.upload_file(container, "key", OTHER)
    kept = segments(container)
    worker = start("upload", container, "key", 2 * SEGMENT)
    assert worker.stdout.readline() == "paused\n"
    end = time.monotonic() + 60
    while len(segments(container)) < len(kept) + 2 and time.monotonic() < end:
        time.sleep(0.1)
    worker.kill()
    worker.wait()
    assert [info.key for info in swift.iter_objects(container)] == (["key"] if replaces else [])
    (upload,) = swift.iter_unfinished_uploads(container)
    left = set(segments(container)) - set(kept)
    assert (upload.bucket, upload.key, upload.segments) == (container, "key", len(left))
    assert {name_of(name).upload_id for name in left} == {upload.upload_id}
    assert list(swift.iter_unfinished_uploads(container, "k")) == [upload]
    assert list(swift.iter_unfinished_uploads(container, "l")) == []
    assert swift.remove_unfinished_uploads(container) == []  # it may still go on
    assert swift.remove_unfinished_uploads(container, older_than=-60) == [upload]
    assert segments(container) == kept
    assert not replaces or swift.download_file(container, "key") == OTHER
    assert list(swift.iter_unfinished_uploads(container)) == []


def test_an_interrupted_upload_removes_its_segments(swift, container, start, segments):
    worker = start("upload", container, "key", 2 * SEGMENT)
    assert worker.stdout.readline() == "paused\n"
    worker.send_signal(signal.SIGINT)
    assert worker.stdout.readline() == "interrupted\n"
    assert worker.wait(60) == 0
    assert segments(container) == []
    assert not swift.exists(container, "key")


def test_segments_that_another_key_refers_to_are_not_removed(swift, container, member, segments):
    swift.upload_file(container, "key", OTHER)
    store = member.connection.object_store
    answer = store.put(
        f"/{container}/moved?multipart-manifest=get", headers={"X-Copy-From": f"{container}/key"}, data=b""
    )
    assert answer.status_code == 201
    assert store.delete(f"/{container}/key").status_code == 204  # as a program does that knows no segments
    assert len(segments(container)) == 2
    assert list(swift.iter_unfinished_uploads(container)) == []
    assert swift.remove_unfinished_uploads(container, older_than=-60) == []
    assert swift.download_file(container, "moved") == OTHER


def test_segments_are_found_and_removed_when_their_container_is_gone(faulty, swift, container, segments):
    proxy, storage = faulty
    proxy.inject(Status(403), method="PUT", path="multipart-manifest")
    proxy.inject(Status(400), path="bulk-delete", times=None)
    with pytest.raises(PermissionDenied):
        storage.upload_file(container, "key", OTHER)
    assert swift.delete_bucket(container)
    assert len(segments(container)) == 2
    assert [upload.key for upload in swift.remove_unfinished_uploads(container, older_than=-60)] == ["key"]
    assert segments(container) == []


def test_unfinished_uploads_in_a_container_that_never_was_are_an_error(swift, container):
    with pytest.raises(BucketNotFound):
        list(swift.iter_unfinished_uploads(f"{container}-none"))


def test_a_container_without_large_objects_has_no_unfinished_uploads(swift, container):
    assert list(swift.iter_unfinished_uploads(container)) == []
    assert swift.remove_unfinished_uploads(container, older_than=-60) == []


# Read


@pytest.mark.parametrize("position", [5, SEGMENT + 5, 2 * SEGMENT + 2], ids=["first", "second", "third"])
def test_a_large_object_that_arrives_damaged_is_refused(faulty, swift, container, tmp_path, position):
    proxy, storage = faulty
    swift.upload_file(container, "key", DATA)
    proxy.inject(Corrupt(at=position), method="GET", path="/key")
    (tmp_path / "target").write_bytes(b"old")
    with pytest.raises(IntegrityError):
        storage.download_path(container, "key", tmp_path / "target")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_large_object_is_read_on_where_the_connection_broke(faulty, swift, container):
    proxy, storage = faulty
    swift.upload_file(container, "key", DATA)
    proxy.inject(Reset(after=SEGMENT + 7), method="GET", path="/key")
    assert storage.download_file(container, "key") == DATA
    assert len([r for r in proxy.requests if r.method == "GET" and r.path.endswith("/key")]) == 2


def test_an_object_that_is_replaced_while_it_is_read_is_not_mixed(faulty, swift, container):
    proxy, storage = faulty
    swift.upload_file(container, "key", DATA)
    proxy.inject(Reset(after=SEGMENT), method="GET", path="/key")
    with storage.open_read(container, "key") as file:
        file.read(10)
        swift.upload_file(container, "key", OTHER)
        with pytest.raises(Conflict):
            file.read()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_300_mb_go_up_and_down_in_bounded_memory(swift, container, start, tmp_path):
    size, most_mib = 300_000_000, 250
    with open(tmp_path / "up", "wb") as file:
        for _ in range(0, size, 1000 * 1000):
            file.write(random.randbytes(1000 * 1000))
    for job, path in (("stream_up", "up"), ("path_down", "down"), ("stream_down", "")):
        worker = start(job, container, "key", tmp_path / path)
        assert float(worker.communicate()[0]) < most_mib
        assert worker.returncode == 0
    assert digest(tmp_path / "down") == digest(tmp_path / "up")
    assert swift.stat(container, "key").size == size
    swift.delete_file(container, "key")


def digest(path):
    found = sha256()
    with open(path, "rb") as file:
        while chunk := file.read(MIB):
            found.update(chunk)
    return found.hexdigest()
