"""`InfomaniakS3Storage` and `InfomaniakS3Client` (spec 4.5): settings, and calls to Swift's S3 API."""

import inspect
import logging
import pickle
import urllib.request
from datetime import UTC, datetime, timedelta
from secrets import token_hex

import pytest
from codomyrmex.cloud import InfomaniakS3Client, get_client, hooks, open_storage
from codomyrmex.cloud.common import Capability, CloudCredentials
from codomyrmex.cloud.errors import (
    AlreadyExists,
    AuthenticationError,
    BucketNotFound,
    CloudError,
    Conflict,
    InvalidRequest,
    LocalFileNotFound,
    ObjectNotFound,
    PermissionDenied,
    ServiceUnavailable,
    UnsupportedOperation,
)
from codomyrmex.cloud.hooks import hookimpl
from codomyrmex.cloud.infomaniak import InfomaniakAuthError, InfomaniakForbiddenError, InfomaniakIdentityClient
from codomyrmex.cloud.infomaniak.object_storage import InfomaniakS3Storage
from openstack.connection import Connection

from .s3_keys import IMPATIENT, environment, identity_of, keys_of, keys_of_a_reader

ACCESS_KEY, SECRET_KEY = "INFOMANIAK_S3_ACCESS_KEY", "INFOMANIAK_S3_SECRET_KEY"
ENDPOINT, SIGNING, REGION = "INFOMANIAK_S3_ENDPOINT", "INFOMANIAK_S3_REGION", "INFOMANIAK_REGION"
KEYS = {ACCESS_KEY: "key-of-nobody", SECRET_KEY: "hush"}
DC3, DC4, OTHER = "https://s3.pub1.infomaniak.cloud", "https://s3.pub2.infomaniak.cloud", "https://s3.example.com"
LOGGER = "codomyrmex.cloud.infomaniak"
MAKERS = {
    "storage": InfomaniakS3Storage,
    "client": InfomaniakS3Client,
    "from_env": InfomaniakS3Client.from_env,
    "factory": lambda **options: get_client("infomaniak", **options),
    "url": lambda **options: open_storage("infomaniak://bucket/key", **options),
}


@pytest.fixture
def settle(monkeypatch):
    """Put these variables into the environment for this test."""

    def settle(variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return settle


@pytest.fixture(scope="module")
def member(lab):
    return lab.new_project()


@pytest.fixture(scope="module")
def keys(member):
    return keys_of(member)


@pytest.fixture(scope="module")
def reader(lab, member):
    return keys_of_a_reader(lab, member)


@pytest.fixture(scope="module")
def client(lab, keys):
    with InfomaniakS3Client.from_credentials(
        keys.access_key, keys.secret_key, lab.endpoint("swift"), strict=True
    ) as client:
        yield client


@pytest.fixture
def lenient(lab, keys):
    with InfomaniakS3Client.from_credentials(keys.access_key, keys.secret_key, lab.endpoint("swift")) as client:
        yield client


@pytest.fixture
def bucket(client):
    """A new bucket."""
    name = f"bucket-{token_hex(8)}"
    client.create_bucket(name)
    return name


# Settings


@pytest.mark.parametrize("missing", [[ACCESS_KEY], [SECRET_KEY], [ACCESS_KEY, SECRET_KEY]])
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
def test_each_missing_variable_is_named(make, missing, settle):
    settle({name: value for name, value in KEYS.items() if name not in missing})
    with pytest.raises(InfomaniakAuthError) as caught:
        make()
    assert [name for name in KEYS if name in caught.value.message] == missing
    assert isinstance(caught.value, AuthenticationError)


def test_an_empty_variable_is_missing(settle):
    settle({**KEYS, SECRET_KEY: ""})
    with pytest.raises(InfomaniakAuthError, match=f"set {SECRET_KEY}, or give credentials;"):
        InfomaniakS3Storage()


@pytest.mark.parametrize(("given", "told"), [({"access_key": "x"}, "secret_key"), ({"secret_key": "x"}, "access_key")])
def test_credentials_of_one_half_are_refused(given, told, settle):
    settle(KEYS)
    with pytest.raises(InfomaniakAuthError, match=f"no {told}"):
        InfomaniakS3Storage(credentials=CloudCredentials("infomaniak", **given))


@pytest.mark.parametrize(
    ("variables", "options", "place"),
    [
        ({}, {}, (DC3, "us-east-1")),
        ({REGION: "dc4-a"}, {}, (DC4, "us-east-1")),
        ({SIGNING: "dc4-a"}, {}, (DC4, "us-east-1")),
        ({SIGNING: "us-east-1", REGION: "dc4-a"}, {}, (DC4, "us-east-1")),
        ({ENDPOINT: OTHER}, {}, (OTHER, "us-east-1")),
        ({ENDPOINT: OTHER, REGION: "dc9-z"}, {}, (OTHER, "us-east-1")),
        ({ENDPOINT: OTHER, SIGNING: "RegionOne"}, {}, (OTHER, "RegionOne")),
        ({ENDPOINT: OTHER, SIGNING: "dc4-a"}, {}, (OTHER, "us-east-1")),
        ({}, {"region": "dc4-a"}, (DC4, "us-east-1")),
        ({REGION: "dc4-a"}, {"region": "dc3-a"}, (DC3, "us-east-1")),
        ({ENDPOINT: OTHER}, {"region": "dc4-a"}, (DC4, "us-east-1")),
        ({}, {"region": "us-east-1"}, (DC3, "us-east-1")),
        ({ENDPOINT: OTHER}, {"region": "RegionOne"}, (OTHER, "RegionOne")),
        ({ENDPOINT: DC3, REGION: "dc4-a"}, {"endpoint_url": OTHER}, (OTHER, "us-east-1")),
        ({}, {"endpoint_url": OTHER, "region": "RegionOne"}, (OTHER, "RegionOne")),
        ({}, {"endpoint_url": OTHER, "region": "dc4-a"}, (OTHER, "us-east-1")),
    ],
)
def test_the_place_is_what_is_given_else_the_environments_else_infomaniaks(variables, options, place, settle):
    settle({**KEYS, **variables})
    with InfomaniakS3Client(**options) as client:
        assert (client.endpoint_url, client.region) == place
        assert (client.native.meta.endpoint_url, client.native.meta.region_name) == place


def test_credentials_may_bring_their_region(settle):
    settle({REGION: "dc3-a", ENDPOINT: OTHER})
    with InfomaniakS3Storage(credentials=CloudCredentials("infomaniak", "x", "y", region="dc4-a")) as storage:
        assert (storage.endpoint_url, storage.region_name) == (DC4, "us-east-1")


@pytest.mark.parametrize(
    ("variables", "options"), [({REGION: "dc9-z"}, {}), ({SIGNING: "dc9-z"}, {}), ({}, {"region_name": "dc9-z"})]
)
def test_a_region_whose_endpoint_nobody_told_is_refused(variables, options, settle):
    settle({**KEYS, **variables})
    with pytest.raises(ValueError, match=f"'dc9-z', only of dc3-a and dc4-a: set {ENDPOINT}"):
        InfomaniakS3Storage(**options)


@pytest.mark.parametrize("url", ["s3.example.com", "ftp://s3.example.com", "https://", "https://u:hush@s3.example.com"])
def test_what_is_no_endpoint_is_refused(url, settle):
    settle({**KEYS, ENDPOINT: url})
    with pytest.raises(ValueError, match="endpoint_url") as caught:
        InfomaniakS3Storage()
    assert "hush" not in str(caught.value)


def test_the_source_of_credentials_is_told_without_them(settle):
    settle(KEYS)
    for kind in (InfomaniakS3Storage, InfomaniakS3Client):
        assert kind.credential_source() == f"environment, access key ****body at {DC3}"


def test_a_vault_brings_credentials(clean_slate):
    class Vault:
        @hookimpl
        def cloud_credentials(self, provider, service):
            assert (provider, service) == ("infomaniak", "storage")
            return CloudCredentials("infomaniak", "vaults", "y", region="dc4-a")

    vault = Vault()
    hooks.register(vault)
    try:
        for name in ("client", "from_env", "factory", "url"):
            with MAKERS[name]() as made, pickle.loads(pickle.dumps(made)) as again:
                assert (again.access_key, again.endpoint_url) == (made.access_key, made.endpoint_url) == ("vaults", DC4)
    finally:
        hooks.unregister(vault)


@pytest.fixture
def account_of_aws(settle, tmp_path):
    """A machine set up for an account of AWS's."""
    (tmp_path / "config").write_text(
        "[profile work]\nregion = eu-west-3\nendpoint_url = http://127.0.0.1:9\n[default\n"
    )
    settle(
        {
            "AWS_ACCESS_KEY_ID": "key-of-aws",
            "AWS_SECRET_ACCESS_KEY": "wrong",
            "AWS_SESSION_TOKEN": "wrong",
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_PROFILE": "work",
            "AWS_DEFAULT_REGION": "eu-west-3",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
            "AWS_USE_DUALSTACK_ENDPOINT": "true",
            "AWS_USE_FIPS_ENDPOINT": "true",
            "AWS_MAX_ATTEMPTS": "none",
        }
    )


def test_keys_of_aws_are_nobodys_here(account_of_aws):
    with pytest.raises(InfomaniakAuthError, match=f"set {ACCESS_KEY} and {SECRET_KEY}, or give credentials;"):
        InfomaniakS3Storage()


def test_settings_of_aws_change_nothing(account_of_aws, lab, keys, bucket, settle):
    settle(environment(lab, keys))
    with InfomaniakS3Storage() as storage:
        storage.upload_file(bucket, "key", b"data")
        assert storage.download_file(bucket, "key") == b"data"
        assert bucket in storage.list_buckets()
        assert (storage.native.meta.endpoint_url, storage.native.meta.region_name) == (
            lab.endpoint("swift"),
            "us-east-1",
        )
        assert f"X-Amz-Credential={keys.access_key}%2F" in storage.generate_presigned_url(bucket, "key")


# The storage


def test_it_is_the_storage_that_the_factory_and_a_url_lead_to(settle):
    settle(KEYS)
    for make in ("factory", "url"):
        with MAKERS[make]() as storage:
            assert type(storage) is InfomaniakS3Storage
            assert storage.url("bucket", "key") == "infomaniak://bucket/key"
            assert storage.provider == "infomaniak"


def test_it_claims_what_swift_does(settle):
    settle(KEYS)
    unclaimed = {Capability.ATOMIC_CREATE, Capability.CONDITIONAL_REPLACE}
    with InfomaniakS3Storage() as storage, InfomaniakS3Storage(capabilities=Capability) as more:
        assert storage.capabilities == InfomaniakS3Storage.capabilities == set(Capability) - unclaimed
        assert more.capabilities == set(Capability)


def test_an_error_names_infomaniak_and_what_it_is_about(client, bucket):
    with pytest.raises(ObjectNotFound) as caught:
        client.storage.download_file(bucket, "none")
    error = caught.value
    assert (error.provider, error.service, error.operation) == ("infomaniak", "storage", "download_file")
    assert error.resource == f"infomaniak://{bucket}/none"
    assert error.request_id


def test_arguments_of_the_sdk_pass_through(client, bucket):
    client.storage.upload_file(bucket, "key", b"data", CacheControl="no-store")
    assert client.native.head_object(Bucket=bucket, Key="key")["CacheControl"] == "no-store"
    with pytest.raises(TypeError, match="Colour"):
        client.storage.upload_file(bucket, "key", b"data", Colour="red")


@pytest.mark.parametrize("argument", [{"ServerSideEncryption": "AES256"}, {"Tagging": "a=b"}])
def test_what_aws_alone_has_is_refused(client, bucket, argument):
    with pytest.raises(UnsupportedOperation):
        client.storage.upload_file(bucket, "key", b"data", **argument)


def test_a_public_bucket_is_read_by_its_swift_url(lab, client, member):
    name = f"public-{token_hex(8)}"
    client.storage.create_bucket(name, ACL="public-read")
    client.upload_data(name, "key", b"for all")
    url = f"{lab.endpoint('swift')}/v1/AUTH_{member.project_id}/{name}/key"
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"for all"


def test_it_pickles_without_its_keys_and_finds_them_anew(settle):
    settle({**KEYS, REGION: "dc4-a"})
    for make in ("storage", "client"):
        with MAKERS[make](config={"read_timeout": 7, "proxies": {"https": "http://u:hush@proxy:1"}}) as made:
            pickled = pickle.dumps(made)
            shown = repr(made)
        assert "hush" not in shown
        assert b"hush" not in pickled
        settle({ACCESS_KEY: "another", REGION: "dc3-a"})
        with pickle.loads(pickled) as again:
            assert repr(again) == shown
            assert (again.access_key, again.endpoint_url, again.config) == ("another", DC4, {"read_timeout": 7})
        settle({**KEYS, REGION: "dc4-a"})


def test_one_that_was_given_a_client_needs_no_keys_and_does_not_pickle(client, bucket):
    for made in (InfomaniakS3Storage(client=client.native), InfomaniakS3Client(client=client.native)):
        assert bucket in made.list_buckets()
        assert made.access_key is None
        with pytest.raises(TypeError, match="InfomaniakS3Storage was given a client, and does not pickle"):
            pickle.dumps(made)


# The client


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("list_buckets", "(self)"),
        ("list_objects", "(self, bucket, prefix='')"),
        ("upload_data", "(self, bucket, key, data, *, content_type=None)"),
        ("download_data", "(self, bucket, key)"),
        ("delete_object", "(self, bucket, key)"),
        ("generate_presigned_url", "(self, bucket, key, expires_in=3600, *, method='GET')"),
        ("bucket_exists", "(self, bucket)"),
        ("from_env", "(*, strict=False, **options)"),
        ("from_credentials", "(access_key, secret_key, endpoint_url=None, region=None, *, strict=False, **options)"),
    ],
)
def test_the_methods_are_those_of_the_specification(method, signature):
    found = inspect.signature(getattr(InfomaniakS3Client, method))
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in found.parameters.values()]
    assert str(found.replace(parameters=bare, return_annotation=inspect.Signature.empty)) == signature


def test_a_bucket_from_birth_to_death(client):
    name = f"bucket-{token_hex(8)}"
    assert client.bucket_exists(name) is False
    assert client.create_bucket(name) is True
    assert client.ensure_bucket(name) is True
    assert client.bucket_exists(name) is True
    assert name in client.list_buckets()
    assert client.list_objects(name) == []
    assert client.delete_bucket(name) is True
    assert client.bucket_exists(name) is False
    assert client.ensure_bucket(name) is True
    assert client.delete_bucket(name) is True


def test_data_goes_up_is_listed_described_and_comes_down(client, bucket):
    assert client.upload_data(bucket, "reports/ü.csv", b"a,b\n1,2\n") is True
    assert client.upload_data(bucket, "empty", b"", content_type="text/plain") is True
    assert client.list_objects(bucket) == ["empty", "reports/ü.csv"]
    assert client.list_objects(bucket, "reports/") == ["reports/ü.csv"]
    assert client.download_data(bucket, "reports/ü.csv") == b"a,b\n1,2\n"
    found = client.get_metadata(bucket, "reports/ü.csv")
    assert found.keys() == {"content_length", "content_type", "etag", "last_modified", "metadata"}
    assert (found["content_length"], found["content_type"], found["metadata"]) == (8, "text/csv", {})
    assert abs(datetime.now(UTC) - found["last_modified"]) < timedelta(minutes=5)
    assert client.get_metadata(bucket, "empty")["content_type"] == "text/plain"
    assert client.delete_object(bucket, "reports/ü.csv") is True
    assert client.delete_object(bucket, "reports/ü.csv") is True
    assert client.list_objects(bucket) == ["empty"]


def test_a_file_goes_up_and_comes_down(client, bucket, tmp_path):
    (tmp_path / "up").write_bytes(bytes(range(256)) * 50_000)  # in parts
    assert client.upload_file(bucket, "big", tmp_path / "up", content_type="image/jpeg") is True
    assert client.get_metadata(bucket, "big")["content_type"] == "image/jpeg"
    assert client.download_file(bucket, "big", tmp_path / "down") is True
    assert (tmp_path / "down").read_bytes() == (tmp_path / "up").read_bytes()


def test_an_empty_object_is_told_from_a_failure(lenient, bucket):
    lenient.upload_data(bucket, "empty", b"")
    assert lenient.download_data(bucket, "empty") == b""
    assert lenient.last_error is None
    assert lenient.download_data(bucket, "none") == b""
    assert type(lenient.last_error) is ObjectNotFound


def test_anyone_may_get_and_put_by_url(client, bucket):
    put = client.generate_presigned_url(bucket, "key", method="PUT")
    request = urllib.request.Request(put, b"by url", {"Content-Type": "text/plain"}, method="PUT")
    urllib.request.urlopen(request).close()
    assert client.get_metadata(bucket, "key")["content_type"] == "text/plain"
    with urllib.request.urlopen(client.generate_presigned_url(bucket, "key", 60)) as answer:
        assert answer.read() == b"by url"


FAILURES = {
    "create_bucket": (lambda c, b, tmp: c.create_bucket(b), False, AlreadyExists),
    "delete_bucket": (lambda c, b, tmp: c.delete_bucket("no-such-bucket"), False, BucketNotFound),
    "delete_bucket that holds one": (lambda c, b, tmp: c.delete_bucket(b), False, Conflict),
    "list_objects": (lambda c, b, tmp: c.list_objects("no-such-bucket"), [], BucketNotFound),
    "upload_data": (lambda c, b, tmp: c.upload_data("no-such-bucket", "k", b""), False, BucketNotFound),
    "download_data": (lambda c, b, tmp: c.download_data(b, "none"), b"", ObjectNotFound),
    "upload_file": (lambda c, b, tmp: c.upload_file(b, "k", tmp / "none"), False, LocalFileNotFound),
    "download_file": (lambda c, b, tmp: c.download_file(b, "none", tmp / "file"), False, ObjectNotFound),
    "delete_object": (lambda c, b, tmp: c.delete_object("no-such-bucket", "k"), False, BucketNotFound),
    "get_metadata": (lambda c, b, tmp: c.get_metadata(b, "none"), None, ObjectNotFound),
}


@pytest.mark.parametrize(("call", "result", "error"), FAILURES.values(), ids=FAILURES)
def test_a_failure_has_the_result_of_the_specification_and_is_told(
    client, lenient, bucket, tmp_path, caplog, call, result, error
):
    client.upload_data(bucket, "one", b"")
    with pytest.raises(error):
        call(client, bucket, tmp_path)
    assert [r for r in caplog.records if r.name == LOGGER] == []
    found = call(lenient, bucket, tmp_path)
    assert (found, type(found)) == (result, type(result))
    assert type(lenient.last_error) is error
    assert lenient.last_error.provider == "infomaniak"
    (record,) = [r for r in caplog.records if r.name == LOGGER]
    assert record.levelno == logging.ERROR
    assert lenient.last_error.message in record.getMessage()
    assert list(tmp_path.iterdir()) == []
    assert lenient.list_buckets()
    assert lenient.last_error is None


CALLS = {
    "validate_connection": (lambda c, b: c.validate_connection(), False),
    "list_buckets": (lambda c, b: c.list_buckets(), []),
    "list_objects": (lambda c, b: c.list_objects(b), []),
    "bucket_exists": (lambda c, b: c.bucket_exists(b), False),
    "ensure_bucket": (lambda c, b: c.ensure_bucket(b), False),
    "upload_data": (lambda c, b: c.upload_data(b, "key", b""), False),
    "download_data": (lambda c, b: c.download_data(b, "key"), b""),
    "get_metadata": (lambda c, b: c.get_metadata(b, "key"), None),
    "delete_object": (lambda c, b: c.delete_object(b, "key"), False),
}


@pytest.mark.parametrize(("call", "result"), CALLS.values(), ids=CALLS)
def test_a_wrong_secret_is_no_empty_answer(lab, keys, bucket, call, result):
    with InfomaniakS3Client.from_credentials(keys.access_key, "wrong", lab.endpoint("swift")) as client:
        assert call(client, bucket) == result
        assert type(client.last_error) is AuthenticationError
        assert "wrong" not in str(client.last_error)


@pytest.mark.parametrize(("call", "result"), CALLS.values(), ids=CALLS)
def test_a_missing_role_is_no_empty_answer(lab, reader, bucket, call, result):
    with InfomaniakS3Client.from_credentials(
        reader.access_key, reader.secret_key, lab.endpoint("swift"), strict=True
    ) as client:
        with pytest.raises(PermissionDenied):
            call(client, bucket)
        client.strict = False
        assert call(client, bucket) == result


def test_a_service_that_is_not_there_is_told(keys):
    endpoint, impatient = "http://127.0.0.1:9", {"config": IMPATIENT}
    with InfomaniakS3Client.from_credentials(keys.access_key, keys.secret_key, endpoint, **impatient) as client:
        assert client.list_buckets() == []
        assert type(client.last_error) is ServiceUnavailable


def test_the_environment_leads_to_the_project(lab, keys, bucket, settle):
    settle(environment(lab, keys))
    with InfomaniakS3Client.from_env(strict=True) as client:
        assert client.validate_connection() is True
        assert bucket in client.list_buckets()


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda c: c.list_objects(""), ValueError),
        (lambda c: c.list_objects(None), TypeError),
        (lambda c: c.create_bucket("a/b"), ValueError),
        (lambda c: c.get_metadata("bucket", "k" * 1025), ValueError),
        (lambda c: c.upload_data("bucket", "key", "text"), TypeError),
        (lambda c: c.download_data("bucket", ""), ValueError),
        (lambda c: c.download_file("bucket", "k", None), TypeError),
        (lambda c: c.generate_presigned_url("bucket", "key", 0), ValueError),
        (lambda c: c.generate_presigned_url("bucket", "key", 8 * 86400), ValueError),
        (lambda c: c.generate_presigned_url("bucket", "key", method="DELETE"), ValueError),
    ],
)
def test_wrong_arguments_are_the_callers_in_both_modes(settle, call, error, strict):
    settle(KEYS)
    with InfomaniakS3Client.from_env(strict=strict) as client, pytest.raises(error) as caught:
        call(client)
    assert not isinstance(caught.value, CloudError)


def test_a_bucket_that_the_service_does_not_take_is_an_invalid_request(client, lenient):
    assert lenient.create_bucket("Not A Bucket") is False
    assert type(lenient.last_error) is InvalidRequest


# Keys by identity


def keys_there(member):
    return {each["access"] for each in identity_of(member).list_ec2_credentials()}


def test_an_identity_brings_keys_of_its_project_and_the_catalogues_endpoint(lab, settle):
    settle({ENDPOINT: OTHER})
    member = lab.new_project()
    member.connection.object_store.create_container("made-by-swift")
    with InfomaniakS3Client.from_identity(identity_of(member), strict=True) as client:
        assert (client.endpoint_url, client.region) == (lab.endpoint("swift"), "us-east-1")
        assert client.list_buckets() == ["made-by-swift"]
        assert keys_there(member) == {client.access_key}
        assert client.strict is True


def test_keys_that_were_deleted_open_nothing(lab):
    member = lab.new_project()
    with InfomaniakS3Client.from_identity(identity_of(member)) as client:
        assert identity_of(member).delete_ec2_credentials(client.access_key) is True
        assert keys_there(member) == set()
        assert client.validate_connection() is False  # for a minute it would be True, had they been used
        assert type(client.last_error) is AuthenticationError


def test_options_pass_on_from_an_identity(member):
    with InfomaniakS3Client.from_identity(identity_of(member), endpoint_url=OTHER, config={"read_timeout": 7}) as made:
        assert (made.endpoint_url, made.config, made.strict) == (OTHER, {"read_timeout": 7}, False)


def test_a_region_that_lists_no_object_store_has_a_known_endpoint(lab, member):
    elsewhere = Connection(session=member.connection.session, region_name=lab.empty_region)
    identity = InfomaniakIdentityClient(elsewhere, strict=True)
    with InfomaniakS3Client.from_identity(identity) as client:
        assert (client.endpoint_url, client.region) == (DC4, "us-east-1")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [({"endpoint_url": "s3.example.com"}, ValueError, "https://"), ({"colour": "red"}, TypeError, "colour")],
    ids=["no endpoint", "unknown option"],
)
def test_where_no_client_comes_of_it_no_keys_are_left(lab, options, error, message):
    member = lab.new_project()
    with pytest.raises(error, match=message):
        InfomaniakS3Client.from_identity(identity_of(member), **options)
    assert keys_there(member) == set()


@pytest.mark.parametrize("strict", [False, True])
def test_what_keystone_refuses_is_raised_and_says_what_to_do(lab, member, strict):
    given = member.application_credential(unrestricted=True)
    with (
        InfomaniakIdentityClient.from_credentials(
            given.id, given.secret, lab.auth_url, lab.region, strict=strict
        ) as identity,
        pytest.raises(InfomaniakForbiddenError, match="a connection by user and password"),
    ):
        InfomaniakS3Client.from_identity(identity)
