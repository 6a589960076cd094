"""A stranger's storage of six methods, installed: all that the contract builds on them works."""

import io

import pytest
from codomyrmex.cloud import get_client, open_storage
from codomyrmex.cloud.common import Capability, ObjectInfo, StorageClient, guess_content_type
from codomyrmex.cloud.errors import (
    AlreadyExists,
    BucketNotFound,
    LocalFileNotFound,
    NotFound,
    ObjectNotFound,
    PermissionDenied,
    ServiceUnavailable,
    Timeout,
    UnsupportedOperation,
)

DATA = b"0123456789"


@pytest.fixture
def storage(acme):
    acme.upload_file("box", "key", DATA)
    return acme


def test_it_is_found_by_name_and_by_url(install_acme):
    kind = install_acme()
    assert type(get_client("acme")) is type(open_storage("acme://box/key")) is kind


def test_it_claims_nothing_beyond_the_six(storage):
    assert storage.capabilities == frozenset()


def test_its_objects_have_urls(storage):
    assert storage.upload_file("box", "a/ü", DATA) == storage.url("box", "a/ü") == "acme://box/a/ü"
    assert storage.url("box") == "acme://box"
    assert storage.split_url("acme://box/a/ü") == ("box", "a/ü")
    assert storage.split_url("acme://box") == storage.split_url("acme://box/") == ("box", "")
    assert storage.split_url("acme://") == ("", "")


def test_a_storage_may_have_a_scheme_of_its_own(storage):
    storage.scheme = "ac"
    assert storage.url("box", "key") == "ac://box/key"


# Buckets


def test_bucket_exists(storage):
    assert storage.bucket_exists("box") is True
    assert storage.bucket_exists("other") is False


def test_ensure_bucket_tells_whether_it_made_one(storage):
    assert storage.ensure_bucket("other") is True
    assert storage.ensure_bucket("other") is False
    assert storage.list_buckets() == ["box", "other"]


def test_ensure_bucket_hides_no_other_failure(storage):
    class Refusing(type(storage)):
        def create_bucket(self, name):
            raise PermissionDenied("no")

    with pytest.raises(PermissionDenied):
        Refusing().ensure_bucket("other")


def test_bucket_exists_hides_no_failure(storage):
    class Refusing(type(storage)):
        def list_buckets(self):
            raise PermissionDenied("no")

    with pytest.raises(PermissionDenied):
        Refusing().bucket_exists("box")


# Looking


def test_stat_tells_the_size(storage):
    assert storage.stat("box", "key") == ObjectInfo("box", "key", 10)


def test_stat_of_an_object_that_is_not_there(storage):
    with pytest.raises(ObjectNotFound) as caught:
        storage.stat("box", "none")
    assert caught.value.resource == "acme://box/none"


def test_exists(storage):
    storage.upload_file("box", "empty", b"")
    assert storage.exists("box", "key") is True
    assert storage.exists("box", "empty") is True
    assert storage.exists("box", "none") is False


def test_exists_does_not_take_a_missing_bucket_for_a_missing_object(storage):
    with pytest.raises(BucketNotFound):
        storage.exists("none", "key")


# Reading

RANGES = [
    ((), DATA),
    ((0,), DATA),
    ((3,), b"3456789"),
    ((3, 4), b"3456"),
    ((3, 0), b""),
    ((8, 100), b"89"),
    ((10,), b""),
    ((100, 5), b""),
    ((0, None), DATA),
]


@pytest.mark.parametrize(("arguments", "expected"), RANGES)
def test_read_range(storage, arguments, expected):
    assert storage.read_range("box", "key", *arguments) == expected


@pytest.mark.parametrize(("arguments", "expected"), RANGES)
def test_open_read(storage, arguments, expected):
    with storage.open_read("box", "key", **dict(zip(["start", "length"], arguments, strict=False))) as file:
        assert file.read() == expected


def test_download_path(storage, tmp_path):
    assert storage.download_path("box", "key", tmp_path / "file") == ObjectInfo("box", "key", 10)
    assert (tmp_path / "file").read_bytes() == DATA


def test_a_download_takes_the_place_of_the_old_file_and_does_not_write_into_it(storage, tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "opened before").hardlink_to(tmp_path / "file")
    storage.download_path("box", "key", tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == DATA
    assert (tmp_path / "opened before").read_bytes() == b"old"


def test_a_failed_download_leaves_the_file_and_its_folder_as_they_were(storage, tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "file").write_bytes(b"old")
    with pytest.raises(ObjectNotFound):
        storage.download_path("box", "none", tmp_path / "old" / "file")
    assert [(p.name, p.read_bytes()) for p in (tmp_path / "old").iterdir()] == [("file", b"old")]


def test_a_download_into_a_folder_that_is_not_there(storage, tmp_path):
    with pytest.raises(LocalFileNotFound, match="nowhere"):
        storage.download_path("box", "key", tmp_path / "nowhere" / "file")


# Writing


def test_upload_path(storage, tmp_path):
    (tmp_path / "file").write_bytes(b"from a file")
    assert storage.upload_path("box", "new", tmp_path / "file", content_type="text/plain") == ObjectInfo(
        "box", "new", 11, content_type="text/plain"
    )
    assert storage.download_file("box", "new") == b"from a file"


def test_an_upload_of_a_file_that_is_not_there(storage, tmp_path):
    with pytest.raises(LocalFileNotFound, match="nothing") as caught:
        storage.upload_path("box", "new", tmp_path / "nothing")
    assert caught.value.operation == "upload_path"
    assert not storage.exists("box", "new")


def test_upload_stream(storage):
    assert storage.upload_stream("box", "new", io.BytesIO(b"from a stream")).size == 13
    assert storage.download_file("box", "new") == b"from a stream"


class Breaking(io.RawIOBase):
    def read(self, size=-1):
        raise ConnectionResetError("reset")


def test_a_stream_that_breaks_leaves_the_old_object(storage):
    with pytest.raises(ServiceUnavailable):
        storage.upload_stream("box", "key", Breaking())
    assert storage.download_file("box", "key") == DATA


def test_a_stream_of_text_is_the_callers_mistake(storage):
    with pytest.raises(TypeError, match="must be bytes, not str"):
        storage.upload_stream("box", "key", io.StringIO("text"))
    assert storage.download_file("box", "key") == DATA


def test_the_content_type_reaches_the_six_methods(storage):
    class Typed(type(storage)):
        def upload_file(self, bucket, key, data, content_type=None):
            self.seen = content_type
            return super().upload_file(bucket, key, data, content_type)

    typed = Typed()
    typed.create_bucket("box")
    typed.upload_stream("box", "key", io.BytesIO(), content_type="image/png")
    assert typed.seen == "image/png"


@pytest.mark.parametrize("upload", ["upload_stream", "upload_path"])
@pytest.mark.parametrize(
    "option",
    [{"metadata": {"a": "b"}}, {"if_match": "etag"}, {"if_none_match": "*"}],
    ids=lambda option: next(iter(option)),
)
def test_what_would_be_dropped_is_refused_rather_than_ignored(storage, tmp_path, upload, option):
    (tmp_path / "file").write_bytes(b"new")
    source = io.BytesIO(b"new") if upload == "upload_stream" else tmp_path / "file"
    with pytest.raises(UnsupportedOperation, match=r"acme\.storage cannot") as caught:
        getattr(storage, upload)("box", "key", source, **option)
    assert caught.value.resource == "acme://box/key"
    assert storage.download_file("box", "key") == DATA


def test_no_metadata_is_nothing_to_refuse(storage):
    assert storage.upload_stream("box", "key", io.BytesIO(b"x"), metadata={}).size == 1


@pytest.mark.parametrize("transfer", ["download_path", "upload_path"])
def test_progress_adds_up_to_the_size(storage, tmp_path, transfer):
    (tmp_path / "file").write_bytes(DATA)
    moved = []
    getattr(storage, transfer)("box", "key", tmp_path / "file", progress=moved.append)
    assert sum(moved) == len(DATA)


def test_progress_of_a_stream_adds_up_to_the_size(storage):
    moved = []
    storage.upload_stream("box", "key", io.BytesIO(DATA), progress=moved.append)
    assert sum(moved) == len(DATA)


def test_copy(storage):
    storage.create_bucket("other")
    assert storage.copy("box", "key", "other", "copied").size == 10
    assert storage.download_file("other", "copied") == storage.download_file("box", "key") == DATA


def test_copy_of_an_object_that_is_not_there(storage):
    with pytest.raises(ObjectNotFound):
        storage.copy("box", "none", "box", "copied")
    assert not storage.exists("box", "copied")


# Removing


def test_delete_many(storage):
    storage.upload_file("box", "other", DATA)
    assert storage.delete_many("box", iter(["key", "none", "other"])) == {}
    assert not storage.exists("box", "key")
    assert not storage.exists("box", "other")


def test_delete_many_tells_the_failures_by_key_and_goes_on(storage):
    class Keeping(type(storage)):
        def delete_file(self, bucket, key):
            if key == "kept":
                raise PermissionError(13, "kept")
            if key == "none":
                raise ObjectNotFound("none")
            return super().delete_file(bucket, key)

    keeping = Keeping()
    keeping.buckets = storage.buckets
    failures = keeping.delete_many("box", ["kept", "none", "key"])
    assert {key: type(error) for key, error in failures.items()} == {"kept": PermissionDenied}
    assert failures["kept"].resource == "acme://box/kept"
    assert not storage.exists("box", "key")


# What has no honest default


@pytest.mark.parametrize(
    "call",
    [
        lambda storage: storage.delete_bucket("box"),
        lambda storage: list(storage.iter_objects("box")),
        lambda storage: storage.iter_objects("box"),
        lambda storage: storage.generate_presigned_upload("box", "key"),
    ],
    ids=["delete_bucket", "iter_objects", "iter_objects_unread", "generate_presigned_upload"],
)
def test_what_has_no_honest_default_is_unsupported(storage, call):
    with pytest.raises(UnsupportedOperation, match=r"^acme\.storage cannot ") as caught:
        call(storage)
    error = caught.value
    assert isinstance(error, NotImplementedError)
    assert (error.provider, error.service, error.resource) == (
        "acme",
        "storage",
        "acme://box" + "/key" * (error.operation == "generate_presigned_upload"),
    )


# Errors of its own


@pytest.mark.parametrize(
    ("raised", "kind", "builtin"),
    [
        (FileNotFoundError(2, "none", "/mnt/none"), LocalFileNotFound, FileNotFoundError),
        (PermissionError(13, "denied"), PermissionDenied, PermissionError),
        (PermissionError("denied"), PermissionDenied, PermissionError),
        (TimeoutError("late"), Timeout, TimeoutError),
        (ConnectionError("gone"), ServiceUnavailable, ConnectionError),
        (ConnectionRefusedError(111, "refused"), ServiceUnavailable, ConnectionError),
    ],
    ids=repr,
)
@pytest.mark.parametrize("operation", ["download_file", "stat", "read_range", "exists", "open_read"])
def test_its_builtin_exceptions_become_errors_of_the_tree(storage, operation, raised, kind, builtin):
    class Failing(type(storage)):
        def download_file(self, bucket, key):
            raise raised

    with pytest.raises(kind) as caught:
        getattr(Failing(), operation)("box", "key")
    error = caught.value
    assert isinstance(error, builtin)
    assert (error.provider, error.service, error.resource) == ("acme", "storage", "acme://box/key")
    assert error.operation == "download_file"
    assert error.__cause__ is raised


def test_an_object_that_its_sdk_does_not_find_is_not_there(storage):
    """Such as one of fsspec, whose file systems raise FileNotFoundError(path)."""

    class Remote(type(storage)):
        def download_file(self, bucket, key):
            raise FileNotFoundError(f"{bucket}/{key}")

        delete_file = download_file

    with pytest.raises(ObjectNotFound) as caught:
        Remote().stat("box", "key")
    assert (caught.value.message, caught.value.resource) == ("box/key", "acme://box/key")
    assert not Remote().exists("box", "key")
    assert Remote().delete_many("box", ["key"]) == {}


def test_a_file_that_its_sdk_misses_may_be_a_setting_and_no_object_is_taken_for_deleted(storage):
    """Such as the file of authorities that ssl is told to read, which its error does not name."""

    class Misled(type(storage)):
        def delete_file(self, bucket, key):
            raise FileNotFoundError(2, "No such file or directory")

        download_file = delete_file

    with pytest.raises(NotFound):
        Misled().exists("box", "key")
    assert isinstance(Misled().delete_many("box", ["key"])["key"], NotFound)


def test_a_folder_that_exists_is_a_bucket_that_exists(storage):
    """A storage on a file system makes a bucket by os.mkdir, and need not know our errors."""

    class Folders(type(storage)):
        def create_bucket(self, name):
            raise FileExistsError(17, "File exists", name)

    with pytest.raises(AlreadyExists):
        Folders().create_bucket("box")
    assert Folders().ensure_bucket("box") is False


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("a/b.txt", "text/plain"),
        ("a.b/c", "application/octet-stream"),
        ("photo.JPG", "image/jpeg"),
        ("x", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("http://x/y.png", "image/png"),
    ],
)
def test_the_content_type_is_guessed_from_the_keys_ending(key, expected):
    assert guess_content_type(key) == expected


def test_a_capability_is_text_by_which_it_can_be_asked_for():
    assert Capability("listing") is Capability.LISTING
    assert {c.value for c in Capability} == {c.name.lower() for c in Capability}


def test_object_infos_do_not_let_their_default_metadata_change():
    assert ObjectInfo("b", "k", 0).metadata == {}
    assert StorageClient.capabilities == frozenset()
