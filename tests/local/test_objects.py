"""The storage contract on the local provider, object by object."""

import hashlib
import io
import pickle
from datetime import UTC, datetime, timedelta

import pytest
from codomyrmex.cloud import Capability, get_client, open_storage
from codomyrmex.cloud.errors import BucketNotFound, ObjectNotFound, PreconditionFailed
from codomyrmex.cloud.local import LocalStorage


def test_the_factory_and_the_scheme_lead_to_it(root):
    with get_client("local", root=root) as client, open_storage("local://bucket/key", root=root) as storage:
        assert type(client) is type(storage) is LocalStorage
        assert storage.split_url("local://bucket/a/b") == ("bucket", "a/b")


def test_it_claims_all_but_a_server_side_copy():
    assert LocalStorage.capabilities == frozenset(Capability) - {Capability.SERVER_SIDE_COPY}


def test_an_upload_is_downloaded_again(storage):
    assert storage.upload_file("bucket", "key", b"data") == "local://bucket/key"
    assert storage.download_file("bucket", "key") == b"data"


@pytest.mark.parametrize("data", [b"", b"\0", bytes(range(256)) * 5000, b"x" * (3 * 1024 * 1024 + 1)], ids=len)
def test_data_of_any_size_is_kept(storage, data):
    storage.upload_file("bucket", "key", data)
    assert storage.download_file("bucket", "key") == data
    assert storage.stat("bucket", "key").size == len(data)


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_data_may_be_any_kind_of_bytes(storage, kind):
    storage.upload_file("bucket", "key", kind(b"data"))
    assert storage.download_file("bucket", "key") == b"data"


def test_an_upload_replaces_what_was_there(storage, blobs):
    storage.upload_file("bucket", "key", b"old", content_type="text/old")
    storage.upload_file("bucket", "key", b"new")
    assert storage.download_file("bucket", "key") == b"new"
    assert storage.stat("bucket", "key").content_type == "application/octet-stream"
    assert len(blobs()) == 1


def test_the_content_type_is_kept(storage):
    storage.upload_file("bucket", "key.txt", b"", content_type="image/x-own; a=b")
    assert storage.stat("bucket", "key.txt").content_type == "image/x-own; a=b"


@pytest.mark.parametrize(
    ("key", "content_type"),
    [
        ("a.txt", "text/plain"),
        ("folder.d/page.html", "text/html"),
        ("data.json", "application/json"),
        ("a.txt/b", "application/octet-stream"),
        ("none", "application/octet-stream"),
    ],
)
def test_the_content_type_is_guessed_from_the_key(storage, key, content_type):
    storage.upload_file("bucket", key, b"")
    storage.upload_stream("bucket", "by stream/" + key, io.BytesIO())
    assert [info.content_type for info in storage.iter_objects("bucket")] == [content_type] * 2


def test_what_is_known_of_an_object_is_told_alike_everywhere(storage):
    before = datetime.now(UTC)
    metadata = {"author": "Zoë", "empty": "", "Case": "Kept", "": "no name", "line": "a\nb"}
    data = b"data" * 1000
    info = storage.upload_stream("bucket", "key", io.BytesIO(data), content_type="text/x", metadata=metadata)
    md5 = hashlib.md5(data).hexdigest()
    assert info[:4] == ("bucket", "key", 4000, md5)
    assert before - timedelta(seconds=1) < info.last_modified < datetime.now(UTC) + timedelta(seconds=1)
    assert (info.content_type, info.metadata, info.checksums) == ("text/x", metadata, {"md5": md5})
    assert storage.stat("bucket", "key") == info
    assert list(storage.iter_objects("bucket")) == [info]


def test_a_copy_keeps_data_content_type_and_metadata(storage):
    storage.create_bucket("other")
    info = storage.upload_stream("bucket", "key", io.BytesIO(b"data"), content_type="text/x", metadata={"a": "b"})
    copied = storage.copy("bucket", "key", "other", "copy")
    assert copied[:2] == ("other", "copy")
    assert copied._replace(bucket="bucket", key="key", last_modified=info.last_modified) == info
    assert storage.stat("other", "copy") == copied
    assert storage.download_file("other", "copy") == b"data"


def test_an_object_may_be_copied_onto_itself(storage):
    storage.upload_file("bucket", "key", b"data", content_type="text/x")
    storage.copy("bucket", "key", "bucket", "key")
    assert storage.download_file("bucket", "key") == b"data"
    assert storage.stat("bucket", "key").content_type == "text/x"


@pytest.mark.parametrize(
    "read",
    [
        lambda s, path: s.download_file("bucket", "none"),
        lambda s, path: s.download_path("bucket", "none", path),
        lambda s, path: s.stat("bucket", "none"),
        lambda s, path: s.open_read("bucket", "none"),
        lambda s, path: s.read_range("bucket", "none", 1, 2),
        lambda s, path: s.copy("bucket", "none", "bucket", "new"),
    ],
)
def test_what_is_not_there_is_object_not_found(storage, tmp_path, read):
    with pytest.raises(ObjectNotFound, match="no object 'none' in bucket 'bucket'") as caught:
        read(storage, tmp_path / "file")
    assert isinstance(caught.value, FileNotFoundError)
    assert caught.value.provider == "local"
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize(
    "use",
    [
        lambda s: s.download_file("absent", "key"),
        lambda s: s.upload_file("absent", "key", b""),
        lambda s: s.stat("absent", "key"),
        lambda s: s.exists("absent", "key"),
        lambda s: s.delete_file("absent", "key"),
        lambda s: s.delete_many("absent", ["key"]),
        lambda s: s.delete_bucket("absent"),
        lambda s: s.copy("bucket", "key", "absent", "key"),
        lambda s: list(s.iter_objects("absent")),
        lambda s: s.sweep("absent"),
    ],
)
def test_a_bucket_that_is_not_there_is_bucket_not_found(storage, root, tree, use):
    storage.upload_file("bucket", "key", b"data")
    before = tree(root)
    with pytest.raises(BucketNotFound, match="no bucket 'absent'"):
        use(storage)
    assert tree(root) == before


def test_deleting_tells_whether_there_was_something(storage, blobs):
    storage.upload_file("bucket", "key", b"data")
    assert storage.delete_file("bucket", "key") is True
    assert storage.delete_file("bucket", "key") is False
    assert not storage.exists("bucket", "key")
    assert blobs() == set()


def test_deleting_many_takes_any_iterable_and_ignores_what_is_absent(storage, blobs):
    for number in range(1100):
        storage.upload_file("bucket", f"{number}", b"")
    assert storage.delete_many("bucket", (f"{number}" for number in range(1, 2500))) == {}
    assert [info.key for info in storage.iter_objects("bucket")] == ["0"]
    assert len(blobs()) == 1


@pytest.mark.parametrize(
    ("start", "length"),
    [(0, None), (0, 0), (0, 4), (3, 4), (3, None), (9, 1), (10, 5), (11, None), (8, 100), (0, 10), (2**70, 2**70)],
)
def test_a_range_is_read_as_a_slice(storage, start, length):
    data = b"0123456789"
    storage.upload_file("bucket", "key", data)
    expected = data[start : None if length is None else start + length]
    assert storage.read_range("bucket", "key", start, length) == expected
    with storage.open_read("bucket", "key", start=start, length=length) as file:
        assert file.read() == expected


def test_an_open_range_reads_in_pieces_and_lines(storage):
    storage.upload_file("bucket", "key", b"zero\none\ntwo\nthree\n")
    with storage.open_read("bucket", "key", start=5, length=9) as file:
        assert file.read(2) == b"on"
        assert file.readline() == b"e\n"
        assert list(file) == [b"two\n", b"t"]
        assert file.read() == b""
    assert file.closed


def test_a_large_range_is_read_whole(storage):
    data = bytes(range(256)) * 20_000
    storage.upload_file("bucket", "key", data)
    assert storage.read_range("bucket", "key", 1_000_001, 3_000_000) == data[1_000_001:4_000_001]


def test_what_is_open_is_read_to_its_end_though_replaced_or_deleted(storage):
    storage.upload_file("bucket", "key", b"old")
    with storage.open_read("bucket", "key") as replaced:
        storage.upload_file("bucket", "key", b"new")
        with storage.open_read("bucket", "key", start=1) as deleted:
            storage.delete_file("bucket", "key")
            assert (replaced.read(), deleted.read()) == (b"old", b"ew")


def test_if_none_match_writes_only_what_is_not_there(storage, blobs):
    storage.upload_stream("bucket", "key", io.BytesIO(b"first"), if_none_match="*")
    with pytest.raises(PreconditionFailed, match="exists already"):
        storage.upload_stream("bucket", "key", io.BytesIO(b"second"), if_none_match="*")
    assert storage.download_file("bucket", "key") == b"first"
    assert len(blobs()) == 1


@pytest.mark.parametrize("quoted", ["{}", '"{}"'])
def test_if_match_replaces_the_version_that_was_seen(storage, quoted):
    etag = storage.upload_stream("bucket", "key", io.BytesIO(b"first")).etag
    storage.upload_stream("bucket", "key", io.BytesIO(b"second"), if_match=quoted.format(etag))
    with pytest.raises(PreconditionFailed, match=etag):
        storage.upload_stream("bucket", "key", io.BytesIO(b"third"), if_match=quoted.format(etag))
    assert storage.download_file("bucket", "key") == b"second"


@pytest.mark.parametrize("etag", ["", '""', "0" * 32, "*"])
def test_if_match_with_what_no_object_has_never_writes(storage, etag):
    for key in ("absent", "present"):
        storage.upload_file("bucket", "present", b"old")
        with pytest.raises(PreconditionFailed):
            storage.upload_stream("bucket", key, io.BytesIO(b"new"), if_match=etag)
    assert not storage.exists("bucket", "absent")
    assert storage.download_file("bucket", "present") == b"old"


def test_a_refused_write_does_not_read_the_stream(storage):
    storage.upload_file("bucket", "key", b"old")
    stream = io.BytesIO(b"new")
    with pytest.raises(PreconditionFailed):
        storage.upload_stream("bucket", "key", stream, if_none_match="*")
    assert stream.tell() == 0


def test_a_client_pickles_as_a_recipe(storage):
    storage.upload_file("bucket", "key", b"data")
    with pickle.loads(pickle.dumps(storage)) as twin:
        assert twin.download_file("bucket", "key") == b"data"
        assert (twin.root, twin.endpoint_url) == (storage.root, storage.endpoint_url)


def test_neither_repr_nor_pickle_hold_the_signing_key(storage, root):
    storage.generate_presigned_url("bucket", "key")
    key = (root / ".signing-key").read_bytes()
    assert key not in pickle.dumps(storage)
    assert repr(storage) == f"LocalStorage(root={str(root)!r}, endpoint_url='http://127.0.0.1:8470')"
    assert not [name for name in vars(storage) if key in repr(vars(storage)[name]).encode()]


def test_a_closed_client_works_again(storage):
    storage.upload_file("bucket", "key", b"data")
    storage.close()
    storage.close()
    assert storage.download_file("bucket", "key") == b"data"


def test_the_environment_names_the_root_and_the_gateway(monkeypatch, tmp_path):
    monkeypatch.setenv("CLOUD_LOCAL_ROOT", str(tmp_path))
    monkeypatch.setenv("CLOUD_LOCAL_ENDPOINT", "http://gateway")
    storage = LocalStorage()
    assert (storage.root, storage.endpoint_url) == (str(tmp_path), "http://gateway")
    assert LocalStorage.credential_source() == f"needs none; folder {tmp_path} (CLOUD_LOCAL_ROOT)"


def test_without_a_root_it_is_the_users_data_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("CLOUD_LOCAL_ROOT", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert LocalStorage().root.startswith(str(tmp_path))
    assert LocalStorage().root.endswith("codomyrmex-cloud")


def test_a_client_makes_nothing_before_it_must(root):
    with LocalStorage(root) as storage:
        assert storage.list_buckets() == []
        assert not storage.bucket_exists("bucket")
    assert not root.exists()
