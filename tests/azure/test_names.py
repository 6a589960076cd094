"""Names: kept as they are, or refused; never another blob's."""

import io

import pytest
from codomyrmex.cloud.azure import AzureStorage, _metadata
from codomyrmex.cloud.azure._listing import by_utf8
from codomyrmex.cloud.common import ObjectInfo
from codomyrmex.cloud.errors import InvalidRequest

from .conftest import sas_storage

ANOTHER_BLOB = ["a\\b", "dir/file.", "dir./file", "..", ".", "./a", "../a", "a/../b", "a/..", "../../other/b", "a\tb"]
"""What the service, or the HTTP library, makes another name of."""

CALLS = {
    "upload_file": lambda s, bucket, key: s.upload_file(bucket, key, b"data"),
    "upload_stream": lambda s, bucket, key: s.upload_stream(bucket, key, io.BytesIO()),
    "download_file": lambda s, bucket, key: s.download_file(bucket, key),
    "open_read": lambda s, bucket, key: s.open_read(bucket, key),
    "stat": lambda s, bucket, key: s.stat(bucket, key),
    "exists": lambda s, bucket, key: s.exists(bucket, key),
    "copy from": lambda s, bucket, key: s.copy(bucket, key, bucket, "key"),
    "copy to": lambda s, bucket, key: s.copy(bucket, "key", bucket, key),
    "delete_file": lambda s, bucket, key: s.delete_file(bucket, key),
    "delete_many": lambda s, bucket, key: s.delete_many(bucket, ["key", key]),
    "generate_presigned_url": lambda s, bucket, key: s.generate_presigned_url(bucket, key),
    "generate_presigned_upload": lambda s, bucket, key: s.generate_presigned_upload(bucket, key),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_name_that_would_be_another_blobs_is_refused(azurite, storage, bucket, name):
    # by a SAS for the account, which signs no path: nothing else would stand in the way
    storage.upload_file(bucket, "key", b"kept")
    with sas_storage(azurite) as allowed:
        for key in ANOTHER_BLOB:
            with pytest.raises(InvalidRequest):
                CALLS[name](allowed, bucket, key)
    assert [found.key for found in storage.iter_objects(bucket)] == ["key"]


@pytest.mark.parametrize("bucket", ["a\\b", "a%2Fb", "a.b", "ä", "a b", "$"])
def test_a_bucket_that_would_be_a_path_is_refused(storage, bucket):
    for call in (storage.create_bucket, storage.bucket_exists, storage.delete_bucket):
        with pytest.raises(InvalidRequest):
            call(bucket)


@pytest.mark.parametrize("bucket", ["UPPER", "a", "a--b", "-a", "a" * 64])
def test_a_bucket_that_azure_does_not_take_is_refused_by_it(storage, bucket):
    with pytest.raises(InvalidRequest):
        storage.create_bucket(bucket)


def test_the_container_of_a_static_site_has_its_name(storage):
    storage.ensure_bucket("$web")
    storage.upload_file("$web", "index.html", b"<h1>")
    assert "$web" in storage.list_buckets()
    assert storage.download_file("$web", "index.html") == b"<h1>"


# Metadata


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("camera", "camera"),
        ("Camera_2", "Camera_2"),
        ("shape-of-it", "shape_x002d_of_x002d_it"),
        ("2nd", "_x0032_nd"),
        ("a b", "a_x0020_b"),
        ("_x002d_", "_x005f_x002d_"),
        ("größe", "gr_x00f6__x00df_e"),
        ("\U0001f600", "_xd83d__xde00_"),
    ],
)
def test_names_of_metadata_are_sent_as_identifiers(name, sent):
    assert _metadata.encode({name: "x"}) == {sent: "x"}
    assert _metadata.decode({sent: "x"}) == {name: "x"}


@pytest.mark.parametrize("value", ["plain", "", " spaces ", "Zoë", "a\nb", "=?utf-8?b?eA==?=", "\U0001f600"])
def test_values_of_metadata_come_back(storage, bucket, value):
    storage.upload_stream(bucket, "key", io.BytesIO(), metadata={"name": value})
    assert storage.stat(bucket, "key").metadata == {"name": value}


@pytest.mark.parametrize("value", ["=?utf-8?b?a?=", "=?utf-8?b?/w==?=", "=?latin-1?q?caf=E9?="])
def test_metadata_of_other_programs_never_stand_in_the_way(storage, bucket, value):
    storage.native.get_blob_client(bucket, "key").upload_blob(b"data", metadata={"name": value})
    assert storage.download_file(bucket, "key") == b"data"
    assert isinstance(storage.stat(bucket, "key").metadata["name"], str)


# Order


@pytest.mark.parametrize("prefix", ["", "p/", "p/\U0001f600"])
def test_a_listing_is_ordered_by_utf8_though_the_service_orders_by_utf16(prefix):
    names = [
        "",
        "a",
        "\U0001f600",
        "\U0001f600a",
        "\U0001f600\uff5e",
        "\U0001f600\U0001f601",
        "\ud7ff",
        "\ue000",
        "\uff5e",
    ]
    names += [f"{a}/{b}" for a in names[1:] for b in names[1:]]
    keys = [f"{prefix}{name}" for name in names if prefix + name]
    served = sorted(keys, key=lambda key: key.encode("utf-16-be"))
    listed = [info.key for info in by_utf8((ObjectInfo("b", key, 0) for key in served), prefix)]
    assert listed == sorted(keys, key=str.encode)
    assert served != listed


def test_a_listing_holds_nothing_where_the_orders_agree():
    read = []
    keys = (
        read.append(key) or ObjectInfo("b", key, 0) for key in ("p/\U0001f600/1", "p/\U0001f600/2", "p/\U0001f600/3")
    )
    assert next(by_utf8(keys, "p/\U0001f600/")).key == "p/\U0001f600/1"
    assert read == ["p/\U0001f600/1"]


def test_pages_are_read_as_they_are_needed(storage, bucket, proxied):
    keys = [f"{number:02}" for number in range(10)]
    for key in keys:
        storage.upload_file(bucket, key, b"")
    faulty, proxy = proxied
    listing = faulty.iter_objects(bucket, results_per_page=3)
    assert proxy.requests == []
    assert next(listing).key == "00"
    assert len(proxy.requests) == 1
    assert [found.key for found in listing] == keys[1:]
    assert len(proxy.requests) == 4


# URLs


@pytest.mark.parametrize(
    ("url", "account", "bucket", "key"),
    [
        ("az://photos/2026/ants.jpg", None, "photos", "2026/ants.jpg"),
        ("az://photos@acme.blob.core.windows.net/2026/a@b.jpg", "acme.blob.core.windows.net", "photos", "2026/a@b.jpg"),
        ("az://photos@acme.blob.core.windows.net", "acme.blob.core.windows.net", "photos", ""),
        ("az://photos/a@b//c", None, "photos", "a@b//c"),
    ],
)
def test_a_url_names_container_and_blob_and_may_name_the_account(monkeypatch, url, account, bucket, key):
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_URL", "https://mine.blob.core.windows.net")
    assert AzureStorage.split_url(url) == (bucket, key)
    with AzureStorage.from_url(url, credential="a2V5") as storage:
        assert storage.account_url == f"https://{account or 'mine.blob.core.windows.net'}"
        assert storage.split_url(storage.url(bucket, key)) == (bucket, key)
