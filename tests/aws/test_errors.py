"""What the SDK raises, family by family, as errors of the tree; each from a real server or a real socket."""

import io
import json
import pickle
import re
import socket
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler

import boto3
import pytest
from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import ClientError
from codomyrmex.cloud import S3Client
from codomyrmex.cloud.aws import S3Storage
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.errors import (
    AlreadyExists,
    AuthenticationError,
    BucketNotFound,
    CertificateError,
    CloudError,
    Conflict,
    InvalidRequest,
    LocalFileError,
    LocalFileNotFound,
    NotFound,
    ObjectNotFound,
    PermissionDenied,
    PreconditionFailed,
    RateLimited,
    ServiceUnavailable,
    Timeout,
    UnsupportedOperation,
)
from codomyrmex.cloud.testing.backends import FaultProxy
from codomyrmex.cloud.testing.backends.faults import Reset, Stall, Status

from .conftest import IMPATIENT
from .regions import HTTPServer, Running

ONCE = {**IMPATIENT, "retries": {"total_max_attempts": 1}}
AGAIN = (RateLimited, ServiceUnavailable, Timeout)


@pytest.fixture
def serve():
    """A server that answers everything alike; returns its URL."""
    with ExitStack() as stack:

        def serve(status, content_type, body):
            class Handler(BaseHTTPRequestHandler):
                def do_GET(self):
                    self.rfile.read(int(self.headers.get("Content-Length") or 0))
                    self.send_response(status)
                    self.send_header("Content-Type", content_type)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    if self.command != "HEAD":
                        self.wfile.write(body)

                do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

                def log_message(self, *arguments):
                    pass

            server = stack.enter_context(Running(HTTPServer(("127.0.0.1", 0), Handler)))
            return f"http://127.0.0.1:{server.server.server_port}"

        yield serve


@pytest.fixture
def at():
    """A storage at this URL that tries once."""
    with ExitStack() as stack:
        keys = CloudCredentials("aws", access_key="a", secret_key="b")

        def at(url, **config):
            options = {"endpoint_url": url, "credentials": keys, "config": {**ONCE, **config}}
            return stack.enter_context(S3Storage("us-east-1", **options))

        yield at


@pytest.fixture(scope="module")
def refusing_proxy(moto_server):
    with FaultProxy(moto_server.endpoint_url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def refused(refusing_proxy):
    keys = CloudCredentials("aws", access_key="a", secret_key="b")
    with S3Storage("us-east-1", endpoint_url=refusing_proxy.endpoint_url, credentials=keys, config=ONCE) as storage:
        yield storage


@pytest.fixture
def proxy(refusing_proxy):
    """Between moto and the storage ``refused``, which tries once."""
    refusing_proxy.clear()
    return refusing_proxy


# Answers


@pytest.mark.parametrize(
    ("call", "error", "code"),
    [
        (lambda s, b: s.download_file("no-such-bucket", "k"), BucketNotFound, "NoSuchBucket"),
        (lambda s, b: s.upload_file("no-such-bucket", "k", b""), BucketNotFound, "NoSuchBucket"),
        (lambda s, b: list(s.iter_objects("no-such-bucket")), BucketNotFound, "NoSuchBucket"),
        (lambda s, b: s.stat("no-such-bucket", "k"), BucketNotFound, "NoSuchBucket"),
        (lambda s, b: s.exists("no-such-bucket", "k"), BucketNotFound, "NoSuchBucket"),
        (lambda s, b: s.delete_bucket("no-such-bucket"), BucketNotFound, "NoSuchBucket"),
        (lambda s, b: list(s.iter_multipart_uploads("no-such-bucket")), BucketNotFound, "NoSuchBucket"),
        (lambda s, b: s.download_file(b, "none"), ObjectNotFound, "NoSuchKey"),
        (lambda s, b: s.open_read(b, "none"), ObjectNotFound, "NoSuchKey"),
        (lambda s, b: s.stat(b, "none"), ObjectNotFound, "NoSuchKey"),
        (lambda s, b: s.create_bucket(b), AlreadyExists, "BucketAlreadyOwnedByYou"),
        (lambda s, b: (s.upload_file(b, "k", b""), s.delete_bucket(b)), Conflict, "BucketNotEmpty"),
        (lambda s, b: s.create_bucket("No_Bucket.Of.S3!"), InvalidRequest, "InvalidBucketName|ParamValidationError"),
        (lambda s, b: s.native.abort_multipart_upload(Bucket=b, Key="k", UploadId="n"), NotFound, "NoSuchUpload"),
        (lambda s, b: s.native.put_object(Bucket=b, Key="k", IfMatch='"0"'), UnsupportedOperation, "NotImplemented"),
        (lambda s, b: s.native.get_bucket_website(Bucket=b), UnsupportedOperation, "NotImplemented"),
        (lambda s, b: (s.upload_file(b, "k", b""), s.native.put_object(Bucket=b, Key="k", IfNoneMatch="*")),
         PreconditionFailed, "PreconditionFailed"),
        (lambda s, b: s.native.put_object(Bucket=b, Key="k", ContentMD5="x"), InvalidRequest, "InvalidDigest"),
    ],
)  # fmt: skip
def test_an_answer_becomes_the_error_of_its_code(on_swift, new_bucket, call, error, code):
    bucket = new_bucket(on_swift)
    try:
        call(on_swift, bucket)
    except ClientError as native:  # the storage has no such call
        found = on_swift.translate_error(native)
    except CloudError as typed:
        found = typed
        assert (found.provider, found.service) == ("aws", "storage")
        assert found.operation
        assert found.resource.startswith("s3://")
    assert type(found) is error
    assert re.fullmatch(code, found.code)
    assert not found.retryable
    again = pickle.loads(pickle.dumps(found))
    assert (type(again), vars(again)) == (error, vars(found))


def test_the_request_id_and_the_sdks_own_error_are_kept(on_swift, new_bucket):
    with pytest.raises(ObjectNotFound) as caught:
        on_swift.download_file(new_bucket(on_swift), "none")
    assert caught.value.request_id.startswith("tx")
    assert caught.value.request_id in str(caught.value)
    assert isinstance(caught.value.__cause__, ClientError)
    assert isinstance(caught.value, FileNotFoundError)


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Status(400, code="ExpiredToken"), AuthenticationError, "ExpiredToken"),
        (Status(400, code="RequestTimeout"), Timeout, "RequestTimeout"),
        (Status(400, code="EntityTooLarge"), InvalidRequest, "EntityTooLarge"),
        (Status(401, body=b""), AuthenticationError, "401"),
        (Status(403, code="RequestTimeTooSkewed"), AuthenticationError, "RequestTimeTooSkewed"),
        (Status(403, code="InvalidAccessKeyId"), AuthenticationError, "InvalidAccessKeyId"),
        (Status(403, code="AccountProblem"), PermissionDenied, "AccountProblem"),
        (Status(403, body=b""), PermissionDenied, "403"),
        (Status(403, code="InvalidObjectState"), Conflict, "InvalidObjectState"),
        (Status(404, body=b""), NotFound, "404"),
        (Status(405, code="MethodNotAllowed"), UnsupportedOperation, "MethodNotAllowed"),
        (Status(408, body=b""), Timeout, "408"),
        (Status(409, code="OperationAborted"), Conflict, "OperationAborted"),
        (Status(418, code="Unheard"), InvalidRequest, "Unheard"),
        (Status(429, body=b"", retry_after=0), RateLimited, "429"),
        (Status(503, code="SlowDown", retry_after=0), RateLimited, "SlowDown"),
        (Status(500, code="InternalError"), ServiceUnavailable, "InternalError"),
        (Status(503, body=b""), ServiceUnavailable, "503"),
        (Status(302, headers={"Location": "https://login.example"}, body=b""), InvalidRequest, "302"),
    ],
    ids=lambda value: f"{value.status} {value.code}" if isinstance(value, Status) else "",
)
def test_a_code_or_a_status_alone_becomes_its_error(proxy, refused, fault, error, code):
    proxy.inject(fault, times=None)
    for call in (lambda: refused.download_file("bucket", "key"), lambda: list(refused.iter_objects("bucket"))):
        with pytest.raises(error) as caught:
            call()
        assert (type(caught.value), caught.value.code) == (error, code)
        assert caught.value.retryable == (error in AGAIN or code == "OperationAborted")


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        (Status(400, code="ExpiredToken"), AuthenticationError, "ExpiredToken"),
        (Status(403, code="SignatureDoesNotMatch"), AuthenticationError, "SignatureDoesNotMatch"),
        (Status(403, code="AccessDenied"), PermissionDenied, "AccessDenied"),
        (Status(404, code="NoSuchBucket"), BucketNotFound, "NoSuchBucket"),
        (Status(404, code="NoSuchKey"), ObjectNotFound, "NoSuchKey"),
        (Status(405), UnsupportedOperation, "405"),
        (Status(429, retry_after=0), RateLimited, "429"),
        (Status(503, retry_after=0), ServiceUnavailable, "503"),
    ],
    ids=lambda value: f"{value.status} {value.code}" if isinstance(value, Status) else "",
)
def test_head_is_told_why_by_a_get_where_its_status_does_not_say(proxy, refused, fault, error, code):
    proxy.inject(fault, times=None)
    with pytest.raises(error) as caught:
        refused.stat("bucket", "key")
    assert (type(caught.value), caught.value.code) == (error, code)


def test_an_object_that_came_meanwhile_was_not_there(storage, bucket, connect, fault_proxy, moto_server, request):
    storage.upload_file(bucket, "key", b"data")
    proxy = fault_proxy(storage.endpoint_url)
    server = request.getfixturevalue("moto_server" if moto_server.endpoint_url == storage.endpoint_url else "swift")
    late = connect(server, endpoint_url=proxy.endpoint_url)
    proxy.inject(Status(404), method="HEAD", times=2)
    assert late.exists(bucket, "key") is False
    with pytest.raises(ObjectNotFound):
        late.stat(bucket, "key")
    assert late.exists(bucket, "key") is True


@pytest.mark.parametrize(("sent", "told"), [("7", 7.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), (None, None)])
def test_retry_after_is_told_in_seconds(proxy, refused, sent, told):
    proxy.inject(Status(429, retry_after=sent))
    with pytest.raises(RateLimited) as caught:
        refused.list_buckets()
    assert caught.value.retry_after == told


# Who asks


def test_a_wrong_secret_is_an_authentication_error_in_every_call(swift, on_swift, new_bucket, connect):
    bucket = new_bucket(on_swift)
    on_swift.upload_file(bucket, "key", b"data")
    wrong = CloudCredentials("aws", access_key=swift.access_key, secret_key="wrong")
    storage = connect(swift, credentials=wrong)
    for call in (
        lambda: storage.list_buckets(),
        lambda: storage.bucket_exists(bucket),
        lambda: storage.ensure_bucket(bucket),
        lambda: storage.create_bucket("another"),
        lambda: list(storage.iter_objects(bucket)),
        lambda: storage.exists(bucket, "key"),
        lambda: storage.stat(bucket, "key"),
        lambda: storage.download_file(bucket, "key"),
        lambda: storage.upload_file(bucket, "key", b"new"),
        lambda: storage.delete_file(bucket, "key"),
        lambda: storage.delete_many(bucket, ["key"]),
        lambda: storage.copy(bucket, "key", bucket, "copy"),
    ):
        with pytest.raises(AuthenticationError) as caught:
            call()
        assert caught.value.code == "SignatureDoesNotMatch"
    assert on_swift.download_file(bucket, "key") == b"data"


def test_an_unknown_key_is_an_authentication_error(swift, connect):
    unknown = CloudCredentials("aws", access_key="test:nobody", secret_key="x")
    with pytest.raises(AuthenticationError):
        connect(swift, credentials=unknown).list_buckets()


def test_who_may_only_read_is_denied_to_write(swift, on_swift, new_bucket, connect):
    bucket = new_bucket(on_swift)
    on_swift.upload_file(bucket, "key", b"data")
    reader = connect(swift, credentials=CloudCredentials("aws", *swift.reader))
    assert reader.download_file(bucket, "key") == b"data"
    for call in (
        lambda: reader.upload_file(bucket, "key", b"new"),
        lambda: reader.upload_stream(bucket, "key", io.BytesIO(bytes(20_000_000))),
        lambda: reader.delete_file(bucket, "key"),
    ):
        with pytest.raises(PermissionDenied) as caught:
            call()
        assert caught.value.code == "AccessDenied"
    assert isinstance(caught.value, PermissionError)


@pytest.fixture
def ant(moto):
    """A user of IAM who may do as little as told: ``ant([...actions])`` gives the keys."""
    iam = boto3.client(
        "iam",
        region_name="us-east-1",
        endpoint_url=moto.endpoint_url,
        aws_access_key_id=moto.access_key,
        aws_secret_access_key=moto.secret_key,
    )

    def ant(actions):
        iam.create_user(UserName="ant")
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}],
        }
        iam.put_user_policy(UserName="ant", PolicyName="some", PolicyDocument=json.dumps(policy))
        keys = iam.create_access_key(UserName="ant")["AccessKey"]
        moto.enforce_iam()
        return CloudCredentials("aws", access_key=keys["AccessKeyId"], secret_key=keys["SecretAccessKey"])

    yield ant
    moto.reset()
    iam.close()


def test_iam_denies_what_its_policy_does_not_allow(moto, on_moto, ant, connect):
    on_moto.create_bucket("bucket")
    on_moto.upload_file("bucket", "key", b"data")
    storage = connect(moto, credentials=ant(["s3:GetObject"]))
    assert storage.download_file("bucket", "key") == b"data"
    for call in (
        lambda: storage.list_buckets(),
        lambda: storage.bucket_exists("bucket"),
        lambda: storage.ensure_bucket("bucket"),
        lambda: list(storage.iter_objects("bucket")),
        lambda: storage.upload_file("bucket", "key", b"new"),
        lambda: storage.upload_file("bucket", "key", bytes(20_000_000)),
        lambda: storage.delete_file("bucket", "key"),
    ):
        with pytest.raises(PermissionDenied) as caught:
            call()
        assert caught.value.code == "AccessDenied"
    client = S3Client(client=storage.native)
    assert client.list_objects("bucket") == []
    assert type(client.last_error) is PermissionDenied


def test_iam_knows_a_wrong_secret(moto, on_moto, ant, connect):
    right = ant(["s3:*"])
    wrong = CloudCredentials("aws", access_key=right.access_key, secret_key="wrong")
    with pytest.raises(AuthenticationError):
        connect(moto, credentials=wrong).list_buckets()


# The way there


def test_a_port_that_nobody_listens_on(at, unused_port):
    with pytest.raises(ServiceUnavailable, match="check endpoint_url") as caught:
        at(f"http://127.0.0.1:{unused_port}").list_buckets()
    assert caught.value.code == "EndpointConnectionError"
    assert caught.value.retryable
    assert isinstance(caught.value, ConnectionError)


def test_a_host_that_takes_no_connections(at):
    with socket.socket() as listening, ExitStack() as stack:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(4):  # more than its queue holds
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listening.getsockname())
        with pytest.raises(Timeout) as caught:
            at(f"http://127.0.0.1:{listening.getsockname()[1]}", connect_timeout=0.2).list_buckets()
    assert caught.value.code == "ConnectTimeoutError"
    assert isinstance(caught.value, TimeoutError)


def test_a_server_that_does_not_answer(proxy, at):
    proxy.inject(Stall(), times=None)
    with pytest.raises(Timeout) as caught:
        at(proxy.endpoint_url, read_timeout=0.2).list_buckets()
    assert caught.value.code == "ReadTimeoutError"
    assert caught.value.retryable


def test_a_connection_that_is_reset(proxy, refused):
    proxy.inject(Reset(), times=None)
    with pytest.raises(ServiceUnavailable) as caught:
        refused.list_buckets()
    assert caught.value.code == "ConnectionClosedError"


def test_tls_where_there_is_none(moto_server, at):
    with pytest.raises(ServiceUnavailable, match="SSL") as caught:
        at(moto_server.endpoint_url.replace("http:", "https:")).list_buckets()
    assert caught.value.code == "SSLError"


def test_a_certificate_that_nobody_vouches_for_is_refused(aws, monkeypatch, in_region):
    monkeypatch.delenv("AWS_CA_BUNDLE")
    with pytest.raises(CertificateError, match=r"the certificate of s3.eu-west-1.amazonaws.com is not trusted: "):
        in_region("eu-west-1").list_buckets()


def test_a_proxy_that_is_not_there(at, unused_port):
    storage = at("http://s3.example.com", proxies={"http": f"http://user:secret@127.0.0.1:{unused_port}"})
    with pytest.raises(ServiceUnavailable, match="proxy") as caught:
        storage.list_buckets()
    assert "secret" not in str(caught.value)


HTML = b"<html><head><title>Welcome</title></head><body>Please log in<br></body></html>"


TAKEN_FOR_A_STORE = {
    "list_buckets": lambda s: s.list_buckets(),
    "iter_objects": lambda s: list(s.iter_objects("bucket")),
    "put": lambda s: s.upload_file("bucket", "key", b"data"),
    "multipart": lambda s: s.upload_file("bucket", "key", bytes(10_000_000)),
    "download": lambda s: s.download_file("bucket", "key"),
    "open_read": lambda s: s.open_read("bucket", "key"),
    "stat": lambda s: s.stat("bucket", "key"),
    "exists": lambda s: s.exists("bucket", "key"),
    "copy": lambda s: s.copy("bucket", "key", "bucket", "copy"),
}


@pytest.mark.parametrize("body", [HTML, b"", b"{}"], ids=["HTML", "nothing", "JSON"])
def test_a_web_site_is_no_store(serve, at, body):
    storage, answers = at(serve(200, "text/html", body)), {}
    for name, call in TAKEN_FOR_A_STORE.items():
        try:
            answers[name] = call(storage)
        except ServiceUnavailable:
            continue
    assert answers == {}


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateways_page_is_unavailable(serve, at, status):
    storage = at(serve(status, "text/html", HTML))
    for call in (
        storage.list_buckets,
        lambda: storage.stat("bucket", "key"),
        lambda: storage.upload_file("b", "k", b""),
    ):
        with pytest.raises(ServiceUnavailable) as caught:
            call()
        assert caught.value.code == str(status)
        assert caught.value.retryable
    client = S3Client(client=storage.native)
    assert client.ensure_bucket("bucket") is False
    assert type(client.last_error) is ServiceUnavailable


def test_a_gateways_page_for_a_wrong_path_is_not_found_and_nothing_more(serve, at):
    storage = at(serve(404, "text/html", HTML))
    with pytest.raises(NotFound):
        storage.download_file("bucket", "key")


def test_an_endpoint_that_leads_elsewhere_is_told_and_not_followed(proxy, refused):
    for call in (
        refused.list_buckets,
        lambda: refused.bucket_exists("bucket"),
        lambda: refused.stat("bucket", "key"),
        lambda: refused.upload_file("bucket", "key", b""),
    ):
        proxy.clear()
        proxy.inject(Status(301, headers={"Location": "https://127.0.0.1:1/"}, body=HTML), times=None)
        with pytest.raises(InvalidRequest, match="check endpoint_url"):
            call()
        assert len(proxy.requests) < 6


# Before a request is sent


def test_no_credentials_anywhere_says_what_to_set(moto_server):
    with S3Storage("us-east-1", endpoint_url=moto_server.endpoint_url) as storage:
        with pytest.raises(AuthenticationError, match="set AWS_PROFILE, or AWS_ACCESS_KEY_ID") as caught:
            storage.list_buckets()
        assert caught.value.code == "NoCredentialsError"
        with pytest.raises(AuthenticationError, match="AWS_ACCESS_KEY_ID"):
            storage.generate_presigned_url("bucket", "key")


@pytest.mark.parametrize(
    ("options", "environment", "error", "message"),
    [
        ({"profile_name": "none"}, {}, AuthenticationError, "list-profiles"),
        ({}, {"AWS_PROFILE": "none"}, AuthenticationError, "list-profiles"),
        ({}, {"AWS_ACCESS_KEY_ID": "a"}, AuthenticationError, "AWS_SECRET_ACCESS_KEY"),
        ({"credentials": CloudCredentials("aws", access_key="a")}, {}, AuthenticationError, "secret_key"),
        ({"credentials": CloudCredentials("aws", secret_key="a")}, {}, AuthenticationError, "access_key"),
        ({"region_name": "no region"}, {}, InvalidRequest, "region_name"),
    ],
)
def test_what_no_client_can_be_made_of(settle, options, environment, error, message):
    settle(environment)
    with pytest.raises(error, match=message) as caught:
        S3Storage(**options)
    assert caught.value.provider == "aws"


@pytest.mark.parametrize(
    "url", ["s3.example.com", "ftp://s3.example.com", "http://", "https://user:secret@s3.example.com", "nonsense"]
)
def test_what_is_no_endpoint_is_refused_and_not_shown_with_its_password(url, settle):
    for options, environment in (({"endpoint_url": url}, {}), ({}, {"AWS_ENDPOINT_URL_S3": url})):
        settle(environment)
        with pytest.raises(ValueError, match="endpoint") as caught:
            S3Storage("us-east-1", **options)
        assert "secret" not in str(caught.value)


def test_an_option_that_the_sdk_does_not_know_is_a_type_error():
    with pytest.raises(TypeError, match="nonsense"):
        S3Storage(config={"nonsense": 1})


def test_a_parameter_that_the_sdk_refuses(on_moto):
    with pytest.raises(InvalidRequest, match="StorageClass") as caught:
        on_moto.upload_file("bucket", "key", b"", StorageClass=5)
    assert caught.value.code == "ParamValidationError"
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize("prefix", ["SSECustomer", "CopySourceSSECustomer"])
def test_a_refused_parameter_is_not_shown_where_it_is_a_key(on_moto, new_bucket, prefix):
    bucket = new_bucket(on_moto)
    on_moto.upload_file(bucket, "key", b"data")
    with pytest.raises(InvalidRequest) as caught:
        on_moto.copy(bucket, "key", bucket, "copy", **{f"{prefix}Key": ["secret"], f"{prefix}KeyMD5": "x"})
    assert "secret" not in str(caught.value)


# Files of this machine


def test_a_missing_file_is_a_local_one(storage, bucket, tmp_path):
    with pytest.raises(LocalFileNotFound, match="none") as caught:
        storage.upload_path(bucket, "key", tmp_path / "none")
    assert (caught.value.provider, caught.value.resource) == ("aws", f"s3://{bucket}/key")
    assert isinstance(caught.value, FileNotFoundError)
    with pytest.raises(LocalFileError):
        storage.upload_path(bucket, "key", tmp_path)
    storage.upload_file(bucket, "key", b"data")
    with pytest.raises(LocalFileNotFound):
        storage.download_path(bucket, "key", tmp_path / "none" / "file")
    assert not isinstance(caught.value, ObjectNotFound)


# What comes through `native`


def test_what_boto3_wraps_is_unwrapped(on_moto, new_bucket):
    with pytest.raises(S3UploadFailedError) as caught:
        on_moto.native.upload_file(__file__, "no-such-bucket", "key")
    assert type(on_moto.translate_error(caught.value)) is BucketNotFound


def test_what_boto3_raises_by_itself_is_unavailable(on_moto):
    error = on_moto.translate_error(S3UploadFailedError("it failed"))
    assert type(error) is ServiceUnavailable
    assert str(error) == "it failed"


def test_a_bug_is_none_of_them(on_moto):
    assert on_moto.translate_error(KeyError("bug")) is None
