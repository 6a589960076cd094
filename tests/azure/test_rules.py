"""What Azure's documents say and Azurite does not do, by a server that does just that."""

import base64
import hashlib
import io
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.credentials import AzureSasCredential
from codomyrmex.cloud.errors import (
    Conflict,
    IntegrityError,
    PermissionDenied,
    PreconditionFailed,
    RateLimited,
    Timeout,
)
from support.interrupts import IN_THE_PAUSE, notes_of_interrupt

from .conftest import properties, refusal

CREATED = (201, {"ETag": '"0x2"', "Last-Modified": "Wed, 25 Nov 2026 10:00:00 GMT"}, b"")


def refuse_first(*answers):
    """These answers, one after another; the last one for all that follow."""
    left = list(answers)
    return lambda request: left.pop(0) if len(left) > 1 else left[0]


def test_data_that_arrive_damaged_are_sent_again(service):
    # "Blob Storage error codes": Md5Mismatch; Azurite says InvalidOperation
    storage, requests = service(refuse_first(refusal(400, "Md5Mismatch"), CREATED))
    storage.upload_file("bucket", "key", b"data")
    assert [request.body for request in requests] == [b"data"] * 2
    md5 = base64.b64encode(hashlib.md5(b"data").digest()).decode()
    assert {request.headers["Content-MD5"] for request in requests} == {md5}


def test_data_that_always_arrive_damaged_are_an_integrity_error(service):
    storage, requests = service(lambda request: refusal(400, "Md5Mismatch"))
    with pytest.raises(IntegrityError) as caught:
        storage.upload_file("bucket", "key", b"data")
    assert (caught.value.code, caught.value.retryable, len(requests)) == ("Md5Mismatch", True, 3)


def test_a_block_that_arrives_damaged_is_sent_again(service):
    damaged = []

    def respond(request):
        if "comp=block&" in request.path and not damaged:
            damaged.append(request)
            return refusal(400, "Md5Mismatch")
        return CREATED

    storage, requests = service(respond)
    storage.upload_stream("bucket", "key", io.BytesIO(bytes(20 * 1024 * 1024)))
    sent = [parse_qs(urlsplit(r.path).query)["blockid"][0] for r in requests if "comp=block&" in r.path]
    assert len(sent) == 4
    assert len(set(sent)) == 3


def test_the_md5_of_the_whole_is_kept_with_a_blob_of_blocks(service):
    data = bytes(range(256)) * 80_000
    storage, requests = service(lambda request: CREATED)
    info = storage.upload_stream("bucket", "key", io.BytesIO(data))
    md5 = hashlib.md5(data).digest()
    assert requests[-1].headers["x-ms-blob-content-md5"] == base64.b64encode(md5).decode()
    assert info.checksums == {"md5": md5.hex()}


def test_blocks_that_another_writer_removed_are_a_conflict(service):
    # "Put Block List": committing discards what else was sent for the blob
    def respond(request):
        return refusal(400, "InvalidBlockList") if "comp=blocklist" in request.path else CREATED

    storage, _ = service(respond)
    with pytest.raises(Conflict, match="another writer") as caught:
        storage.upload_stream("bucket", "key", io.BytesIO(bytes(9 * 1024 * 1024)))
    assert caught.value.retryable


def test_a_container_that_is_being_deleted_is_a_conflict_for_now(service):
    # "Delete Container", Remarks: for at least 30 seconds none of its name can be made
    def respond(request):
        if request.method == "HEAD" or request.method == "GET":
            return refusal(404, "ContainerNotFound")
        return refusal(409, "ContainerBeingDeleted")

    storage, _ = service(respond)
    for make in (storage.create_bucket, storage.ensure_bucket):
        with pytest.raises(Conflict, match="half a minute") as caught:
            make("bucket")
        assert caught.value.retryable


def test_a_copy_is_waited_for(service):
    # "Copy Blob", Remarks: x-ms-copy-status is pending until the service has done it
    states = ["pending", "pending", "success"]

    def respond(request):
        if request.method == "PUT":
            return 202, {**CREATED[1], "x-ms-copy-id": "copy-1", "x-ms-copy-status": "pending"}, b""
        copied = {"x-ms-copy-id": "copy-1", "x-ms-copy-status": states.pop(0) if states else "success"}
        return 200, properties() | (copied if "target" in request.path else {}), b""

    storage, _ = service(respond)
    assert storage.copy("bucket", "source", "bucket", "target").key == "target"
    assert states == []


def copy_that_does_not_end(abortion):
    """What a service answers whose copies stay pending, and to who aborts one; nothing if that is None."""

    def respond(request):
        if "comp=copy" in request.path:
            return abortion
        if request.method == "PUT":
            return 202, {**CREATED[1], "x-ms-copy-id": "copy-1", "x-ms-copy-status": "pending"}, b""
        return 200, properties() | ({"x-ms-copy-status": "pending"} if "target" in request.path else {}), b""

    return respond


def test_who_interrupts_a_copy_is_told_that_it_was_aborted(service):
    # "Abort Copy Blob": leaves a blob of zero length
    storage, requests = service(copy_that_does_not_end((204, {}, b"")))
    notes = notes_of_interrupt(lambda: storage.copy("bucket", "source", "bucket", "target"), when=IN_THE_PAUSE)
    assert notes == ["copy copy-1 was aborted; an empty blob is left"]
    assert parse_qs(urlsplit(requests[-1].path).query) == {"comp": ["copy"], "copyid": ["copy-1"]}


def test_an_interrupt_stays_one_where_the_copy_cannot_be_aborted(service):
    storage, _ = service(copy_that_does_not_end(refusal(409, "NoPendingCopyOperation")))
    notes = notes_of_interrupt(lambda: storage.copy("bucket", "source", "bucket", "target"), when=IN_THE_PAUSE)
    assert notes == ["copy copy-1 could not be aborted (ResourceExistsError)"]


def test_a_copy_that_the_service_gives_up_is_an_error(service):
    def respond(request):
        if request.method == "PUT":
            return 202, {**CREATED[1], "x-ms-copy-id": "copy-1", "x-ms-copy-status": "pending"}, b""
        status = {"x-ms-copy-status": "failed", "x-ms-copy-status-description": "500 InternalError"}
        return 200, properties() | (status if "target" in request.path else {}), b""

    storage, _ = service(respond)
    with pytest.raises(Conflict, match="500 InternalError"):
        storage.copy("bucket", "source", "bucket", "target")


def test_a_copy_is_of_the_blob_that_was_looked_at(service):
    # "Copy Blob": x-ms-source-if-match
    def respond(request):
        return refusal(412, "SourceConditionNotMet") if request.method == "PUT" else (200, properties(), b"")

    storage, requests = service(respond)
    with pytest.raises(PreconditionFailed):
        storage.copy("bucket", "source", "bucket", "target")
    assert requests[-1].headers["x-ms-source-if-match"] == '"0x1"'


@pytest.mark.parametrize(
    "credential", ["sv=1&sig=secret", AzureSasCredential("sv=1&sig=secret")], ids=["text", "object"]
)
def test_the_source_of_a_copy_is_readable_by_the_sas(service, credential):
    # "Copy Blob", Authorization: a SAS of the request does not reach the source
    def respond(request):
        if request.method == "PUT":
            return 202, {**CREATED[1], "x-ms-copy-id": "copy-1", "x-ms-copy-status": "success"}, b""
        return 200, properties(), b""

    storage, requests = service(respond, credential=credential)
    storage.copy("bucket", "source", "bucket", "target")
    (copy,) = [request for request in requests if request.method == "PUT"]
    assert copy.headers["x-ms-copy-source"].endswith("/bucket/source?sv=1&sig=secret")


def test_names_that_xml_cannot_hold_are_listed(service):
    # "List Blobs", Remarks: since version 2021-02-12 they are percent-encoded, and said to be
    blob = (
        "<Blob><Name{}>{}</Name><Properties><Last-Modified>Wed, 25 Nov 2026 10:00:00 GMT</Last-Modified>"
        "<Etag>0x1</Etag><Content-Length>4</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>"
    )
    blobs = blob.format("", "a%20b") + blob.format(' Encoded="true"', "a%EF%BF%BFb")
    page = f'<?xml version="1.0"?><EnumerationResults><Blobs>{blobs}</Blobs><NextMarker/></EnumerationResults>'
    storage, _ = service(lambda request: (200, {"Content-Type": "application/xml"}, page.encode()))
    assert [found.key for found in storage.iter_objects("bucket")] == ["a%20b", "a\uffffb"]


def test_forbidden_deletes_are_told_key_by_key(service):
    # "Blob Batch": each part has a status of its own
    def respond(request):
        part = (
            "--batch\r\nContent-Type: application/http\r\nContent-ID: {}\r\n\r\n"
            "HTTP/1.1 403 No\r\nx-ms-error-code: AuthorizationPermissionMismatch\r\n\r\n"
        )
        body = part.format(0) + part.format(1) + "--batch--"
        return 202, {"Content-Type": "multipart/mixed; boundary=batch"}, body.encode()

    storage, _ = service(respond)
    failures = storage.delete_many("bucket", ["a", "b"])
    assert {key: type(error) for key, error in failures.items()} == dict.fromkeys("ab", PermissionDenied)


def test_a_firewall_that_refuses_is_told_from_a_wrong_key(service):
    message = "This request is not authorized to perform this operation."
    storage, _ = service(lambda request: refusal(403, "AuthorizationFailure", message))
    with pytest.raises(PermissionDenied, match="not authorized"):
        storage.list_buckets()


@pytest.mark.parametrize(
    ("status", "code", "kind"), [(503, "ServerBusy", RateLimited), (500, "OperationTimedOut", Timeout)]
)
def test_a_busy_service_is_told(service, status, code, kind):
    storage, requests = service(lambda request: refusal(status, code, retry_after="0"), config={"retry_total": 1})
    with pytest.raises(kind) as caught:
        storage.list_buckets()
    error = caught.value
    assert (error.code, error.request_id, error.retryable, error.retry_after) == (code, "req-1", True, 0.0)
    assert len(requests) == 2
