"""Presigned URLs: what was signed is granted until it expires, and nothing else."""

import json
import time
from urllib.parse import parse_qsl, urlsplit

import pytest
from codomyrmex.cloud.errors import IntegrityError, PermissionDenied
from codomyrmex.cloud.local import LocalStorage
from codomyrmex.cloud.local.signing import Grant, Signer, expiry, signing_key

KEY = b"k" * 32
GRANT = Grant("PUT", "bucket", "a/../b?c&d=e #%\n🎉", 4_000_000_000, "text/plain; charset=utf-8")


def query(url):
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True))


@pytest.fixture
def signed():
    return query(Signer(KEY).sign("http://gateway", GRANT))


def refused(fields, code="SignatureDoesNotMatch", key=KEY):
    with pytest.raises(PermissionDenied) as caught:
        Signer(key).verify(fields)
    assert caught.value.code == code
    return True


def test_what_was_signed_is_granted(signed):
    assert Signer(KEY).verify(signed) == GRANT


def test_a_url_goes_to_the_gateway_whatever_its_slash():
    assert Signer(KEY).sign("http://gateway/", GRANT) == Signer(KEY).sign("http://gateway", GRANT)
    assert Signer(KEY).sign("http://gateway", GRANT).startswith("http://gateway/?method=PUT&bucket=bucket&key=")


@pytest.mark.parametrize("field", ["method", "bucket", "key", "expires", "content-type", "signature"])
@pytest.mark.parametrize("change", [lambda old: "", lambda old: "0", lambda old: old + "0", lambda old: None])
def test_a_changed_field_is_refused(signed, field, change):
    value = change(signed[field])
    changed = {name: text for name, text in signed.items() if name != field}
    refused(changed if value is None else changed | {field: value})


@pytest.mark.parametrize(
    "change",
    [
        {"method": "GET"},
        {"method": "put"},
        {"key": "b"},
        {"bucket": "bucket2"},
        {"expires": "4000000001"},
        {"expires": "9" * 5000},
        {"expires": "-1"},
        {"expires": "4e9"},
        {"expires": "\udcff"},
        {"key": "\udcff"},
        {"content-type": "text/html"},
        {"signature": "é"},
        {"signature": "\udcff"},
        {"signature": "0" * 64},
    ],
    ids=lambda change: ascii(change)[:40],
)
def test_another_grant_than_the_signed_one_is_refused(signed, change):
    refused(signed | change)


def test_fields_do_not_run_into_each_other():
    left, right = (query(Signer(KEY).sign("", Grant("GET", *names, 4_000_000_000))) for names in ("ab", ("", "ab")))
    assert left["signature"] != right["signature"]


def test_unsigned_and_empty_queries_are_refused(signed):
    del signed["signature"]
    refused(signed)
    refused({})


def test_another_key_signs_for_nobody_else(signed):
    refused(signed, key=b"K" * 32)


@pytest.mark.parametrize("ago", [1, 10**6, 10**12])
def test_an_expired_url_is_refused(ago):
    fields = query(Signer(KEY).sign("", GRANT._replace(expires=int(time.time()) - ago)))
    refused(fields, "Expired")


def test_an_expiry_may_be_as_far_as_one_likes():
    grant = GRANT._replace(expires=expiry(10**30))
    assert Signer(KEY).verify(query(Signer(KEY).sign("", grant))) == grant


@pytest.mark.parametrize("seconds", [60, 3600, 2**31, 2**63, 10**30])
def test_a_presigned_url_grants_a_get_for_the_time_asked(storage, root, seconds):
    before = int(time.time())
    url = storage.generate_presigned_url("bucket", "../odd key?", seconds)
    grant = Signer(signing_key(str(root))).verify(query(url))
    assert grant[:3] == ("GET", "bucket", "../odd key?")
    assert before + seconds <= grant.expires <= int(time.time()) + seconds
    assert url.startswith("http://127.0.0.1:8470/?")


def test_a_presigned_url_may_be_for_one_second(storage):
    before = int(time.time())
    url = storage.generate_presigned_url("bucket", "key", 1)  # over, perhaps, before anybody could use it
    assert before + 1 <= int(query(url)["expires"]) <= int(time.time()) + 1


def test_a_presigned_upload_grants_a_put_of_its_content_type(storage, root):
    request = storage.generate_presigned_upload("bucket", "key", 60, content_type="image/png")
    grant = Signer(signing_key(str(root))).verify(query(request.url))
    assert (request.method, request.headers) == ("PUT", {"Content-Type": "image/png"})
    assert (*grant[:3], grant.content_type) == ("PUT", "bucket", "key", "image/png")
    assert storage.generate_presigned_upload("bucket", "key").headers == {}


def test_the_url_holds_no_key(storage, root):
    url = storage.generate_presigned_url("bucket", "key")
    key = signing_key(str(root))
    assert key.hex() not in url
    assert len(key) == 32


def test_storages_do_not_sign_for_each_other(storage, root, tmp_path):
    with LocalStorage(tmp_path / "other") as other:
        refused(query(other.generate_presigned_url("bucket", "key")), key=signing_key(str(root)))


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path):
    key = signing_key(str(tmp_path / "new"))
    assert signing_key(str(tmp_path / "new")) == key
    assert [(path.name, path.stat().st_mode & 0o777) for path in (tmp_path / "new").iterdir()] == [
        (".signing-key", 0o600)
    ]


def test_several_processes_make_one_key(together, tmp_path):
    for attempt in range(3):
        folder = tmp_path / f"{attempt}"
        answers = together([("show_signing_key", folder)] * 4)
        assert {json.loads(line)[0] for lines in answers for line in lines} == {signing_key(str(folder)).hex()}
        assert [path.name for path in folder.iterdir()] == [".signing-key"]
        assert (folder / ".signing-key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_key_file_without_a_key_signs_nothing(storage, root, content):
    (root / ".signing-key").write_bytes(content)
    with pytest.raises(IntegrityError, match=r"\.signing-key holds no signing key"):
        storage.generate_presigned_url("bucket", "key")
