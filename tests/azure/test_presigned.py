"""What presigned requests carry beyond what the conformance suite looks at."""

import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest


def fetch(url, method="GET", data=None, headers=None):
    with urllib.request.urlopen(urllib.request.Request(url, data, headers or {}, method=method)) as answer:
        return answer.headers, answer.read()


def test_an_upload_needs_the_blob_type_among_its_headers(storage, bucket):
    upload = storage.generate_presigned_upload(bucket, "key")
    assert upload.headers == {"x-ms-blob-type": "BlockBlob"}
    with pytest.raises(urllib.request.HTTPError, match="400") as caught:
        fetch(upload.url, "PUT", b"data")
    caught.value.close()
    fetch(upload.url, "PUT", b"data", dict(upload.headers))
    assert storage.download_file(bucket, "key") == b"data"


def test_an_upload_replaces_what_was_there(storage, bucket):
    storage.upload_file(bucket, "key", b"old")
    upload = storage.generate_presigned_upload(bucket, "key", content_type="text/x-note")
    fetch(upload.url, "PUT", b"new", dict(upload.headers))
    assert storage.download_file(bucket, "key") == b"new"
    assert storage.stat(bucket, "key").content_type == "text/x-note"


def test_the_answer_may_have_headers_of_the_signers_choice(storage, bucket):
    storage.upload_file(bucket, "key", b"data")
    url = storage.generate_presigned_url(
        bucket, "key", content_disposition="attachment; filename=a.txt", content_type="text/x-other"
    )
    headers, _ = fetch(url)
    assert headers["Content-Disposition"] == "attachment; filename=a.txt"
    assert headers["Content-Type"] == "text/x-other"


def test_an_account_key_signs_for_longer_than_a_week(storage, bucket):
    storage.upload_file(bucket, "key", b"data")
    assert fetch(storage.generate_presigned_url(bucket, "key", 365 * 86400))[1] == b"data"


def test_a_url_is_signed_for_one_blob_and_one_thing(storage, bucket):
    query = parse_qs(urlsplit(storage.generate_presigned_url(bucket, "key")).query)
    assert (query["sr"], query["sp"]) == (["b"], ["r"])
    query = parse_qs(urlsplit(storage.generate_presigned_upload(bucket, "key").url).query)
    assert (query["sr"], query["sp"]) == (["b"], ["cw"])
