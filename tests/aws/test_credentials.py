"""boto3's own chain of credentials, found and used against a server that checks signatures."""

import os
import pickle

import boto3
import pytest
from codomyrmex.cloud import S3Client, get_client, hooks
from codomyrmex.cloud.aws import S3Storage
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.errors import AuthenticationError, InvalidRequest, PermissionDenied
from codomyrmex.cloud.hooks import hookimpl
from codomyrmex.cloud.testing.backends import IdentityServer
from codomyrmex.cloud.testing.backends.identity import AwsIdentity


@pytest.fixture
def swift_bucket(on_swift, new_bucket):
    return new_bucket(on_swift)


@pytest.fixture
def works(swift, swift_bucket):
    """Whether the credentials that a new storage finds are good ones, shown by a signed request."""

    def works(**options):
        with S3Storage("us-east-1", endpoint_url=swift.endpoint_url, **options) as storage:
            return swift_bucket in storage.list_buckets()

    return works


@pytest.fixture
def identity(swift):
    """The services of AWS that give credentials: those of Swift's tester."""
    aws = AwsIdentity(swift.access_key, swift.secret_key)
    with IdentityServer(aws) as server:
        aws.requests = lambda: [(request.path, request.status) for request in server.requests]
        yield aws


@pytest.fixture
def profiles(tmp_path, settle):
    """Write ~/.aws/config and ~/.aws/credentials."""

    def write(config="", credentials=""):
        for name, text in (("config", config), ("credentials", credentials)):
            (tmp_path / name).write_text(text)
        settle({"AWS_CONFIG_FILE": tmp_path / "config", "AWS_SHARED_CREDENTIALS_FILE": tmp_path / "credentials"})

    return write


def found(swift):
    """What `credential_source` says where Swift's tester was found; also that it shows no secret."""
    source = S3Storage.credential_source()
    assert swift.secret_key not in source
    assert swift.access_key not in source
    where, _, key = source.partition(", access key ")
    assert key == f"****{swift.access_key[-4:]}"
    return where


def test_the_environment(swift, works, settle):
    settle({"AWS_ACCESS_KEY_ID": swift.access_key, "AWS_SECRET_ACCESS_KEY": swift.secret_key})
    assert works()
    assert found(swift) == "env"


def test_a_profile_of_the_credentials_file(swift, works, profiles, settle):
    keys = f"aws_access_key_id = {swift.access_key}\naws_secret_access_key = {swift.secret_key}\n"
    profiles(credentials=f"[default]\naws_access_key_id = wrong\naws_secret_access_key = wrong\n[work]\n{keys}")
    with pytest.raises(AuthenticationError):
        works()
    assert works(profile_name="work")
    assert works(credentials=CloudCredentials("aws", profile="work"))
    settle({"AWS_PROFILE": "work"})
    assert works()
    assert found(swift) == "shared-credentials-file"


def test_a_profile_brings_its_endpoint_and_region(swift, swift_bucket, profiles):
    profiles(
        config=f"[profile work]\nregion = us-east-1\nendpoint_url = {swift.endpoint_url}\n",
        credentials=f"[work]\naws_access_key_id = {swift.access_key}\naws_secret_access_key = {swift.secret_key}\n",
    )
    with S3Storage(profile_name="work") as storage:
        assert swift_bucket in storage.list_buckets()
        assert storage.native.meta.region_name == "us-east-1"


def test_a_credential_process(swift, works, profiles, settle, tmp_path):
    answer = f'{{"Version": 1, "AccessKeyId": "{swift.access_key}", "SecretAccessKey": "{swift.secret_key}"}}'
    (tmp_path / "answer.json").write_text(answer)
    profiles(config=f"[profile process]\ncredential_process = cat {tmp_path / 'answer.json'}\n")
    settle({"AWS_PROFILE": "process"})
    assert works()
    assert found(swift) == "custom-process"


def test_a_credential_process_that_fails(works, profiles, settle):
    profiles(config="[default]\ncredential_process = false\n")
    with pytest.raises(AuthenticationError) as caught:
        works()
    assert caught.value.code == "CredentialRetrievalError"
    with pytest.raises(AuthenticationError):
        S3Storage.credential_source()


def test_a_container(swift, works, settle, identity):
    settle(identity.container_environment())
    assert works()
    assert identity.requests() == [("/v2/credentials", 200)]
    assert found(swift) == "container-role"


def test_a_container_whose_token_is_wrong(works, settle, identity):
    settle(identity.container_environment(token="wrong"), AWS_METADATA_SERVICE_NUM_ATTEMPTS="1")
    with pytest.raises(AuthenticationError) as caught:
        works()
    assert caught.value.code == "CredentialRetrievalError"
    assert ("/v2/credentials", 403) in identity.requests()


def test_an_instance_by_imdsv2(swift, works, settle, identity):
    settle(identity.instance_environment())
    assert works()
    path = "/latest/meta-data/iam/security-credentials/"
    assert identity.requests() == [("/latest/api/token", 200), (path, 200), (f"{path}tester", 200)]
    assert found(swift) == "iam-role"


def test_an_instance_without_a_role_has_none(works, settle, identity):
    identity.role = None
    settle(identity.instance_environment())
    with pytest.raises(AuthenticationError, match="AWS_PROFILE"):
        works()


def test_none_at_all(works):
    with pytest.raises(AuthenticationError, match="AWS_ACCESS_KEY_ID"):
        works()
    assert "AWS_PROFILE" in S3Storage.credential_source()


def test_credentials_given_by_hand_come_first(swift, works, settle):
    settle({"AWS_ACCESS_KEY_ID": "wrong", "AWS_SECRET_ACCESS_KEY": "wrong"})
    assert works(credentials=CloudCredentials("aws", access_key=swift.access_key, secret_key=swift.secret_key))


class Store(S3Storage):
    """One with settings of its own."""

    aws_settings = False


def test_a_store_with_settings_of_its_own_reads_none_of_awss(swift, swift_bucket, profiles, settle):
    profiles(config="[profile work]\nregion = eu-west-3\nendpoint_url = http://127.0.0.1:9\n[default\n")
    settle({"AWS_PROFILE": "work", "AWS_USE_FIPS_ENDPOINT": "true", "AWS_MAX_ATTEMPTS": "many"})
    keys = CloudCredentials("aws", access_key=swift.access_key, secret_key=swift.secret_key)
    with Store("us-east-1", endpoint_url=swift.endpoint_url, credentials=keys) as storage:
        assert swift_bucket in storage.list_buckets()
    with pytest.raises(InvalidRequest, match="config"):
        S3Storage("us-east-1", endpoint_url=swift.endpoint_url, credentials=keys)


def test_a_region_comes_with_credentials_unless_one_is_given(moto_server):
    keys = CloudCredentials("aws", access_key="a", secret_key="b", region="eu-south-1")
    for region, expected in ((None, "eu-south-1"), ("eu-west-3", "eu-west-3")):
        with S3Storage(region, endpoint_url=moto_server.endpoint_url, credentials=keys) as storage:
            assert storage.native.meta.region_name == expected


def test_a_session_token_goes_with_temporary_keys(moto, on_moto, connect):
    on_moto.create_bucket("bucket")
    keys = {"aws_access_key_id": moto.access_key, "aws_secret_access_key": moto.secret_key}
    session = boto3.session.Session(region_name="us-east-1", **keys)
    iam, sts = (session.client(name, endpoint_url=moto.endpoint_url) for name in ("iam", "sts"))
    anybody = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}'
    )
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=anybody)["Role"]["Arn"]
    policy = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}]}'
    iam.put_role_policy(RoleName="reader", PolicyName="list", PolicyDocument=policy)
    given = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    iam.close()
    sts.close()
    moto.enforce_iam()
    pair = {"access_key": given["AccessKeyId"], "secret_key": given["SecretAccessKey"]}
    token = {"session_token": given["SessionToken"]}
    storage = connect(moto, credentials=CloudCredentials("aws", **pair, metadata=token))
    try:
        assert list(storage.iter_objects("bucket")) == []
        assert f"X-Amz-Security-Token={given['SessionToken'][:8]}" in storage.generate_presigned_url("bucket", "key")
        with pytest.raises(PermissionDenied):
            storage.upload_file("bucket", "key", b"data")
        with pytest.raises(AuthenticationError):
            list(connect(moto, credentials=CloudCredentials("aws", **pair)).iter_objects("bucket"))
    finally:
        moto.reset()


def test_keys_that_expire_are_renewed_while_a_client_is_used(swift, on_swift, swift_bucket, settle, identity):
    settle(identity.container_environment())
    identity.expires_in = 60  # botocore renews what has less than some minutes left
    with S3Storage("us-east-1", endpoint_url=swift.endpoint_url) as storage:
        storage.upload_file(swift_bucket, "key", b"first")
        identity.access_key, identity.secret_key = swift.reader
        assert storage.download_file(swift_bucket, "key") == b"first"
        with pytest.raises(PermissionDenied):
            storage.upload_file(swift_bucket, "key", b"second")
    assert len(identity.requests()) >= 3


def test_keys_that_cannot_be_renewed_are_an_error_of_the_tree(swift, swift_bucket, settle, identity):
    settle(identity.container_environment(), AWS_METADATA_SERVICE_NUM_ATTEMPTS="1")
    identity.expires_in = 0
    with (
        S3Storage("us-east-1", endpoint_url=swift.endpoint_url) as storage,
        pytest.raises(AuthenticationError) as caught,
    ):
        storage.list_buckets()
    assert "still expired" in str(caught.value)


def test_a_hook_brings_credentials(swift, swift_bucket, clean_slate, settle):
    class Vault:
        @hookimpl
        def cloud_credentials(self, provider, service):
            assert (provider, service) == ("aws", "storage")
            return CloudCredentials("aws", access_key=swift.access_key, secret_key=swift.secret_key)

    vault = Vault()
    hooks.register(vault)
    try:
        with get_client("aws", region_name="us-east-1", endpoint_url=swift.endpoint_url) as storage:
            assert swift_bucket in storage.list_buckets()
            again = pickle.loads(pickle.dumps(storage))
        with again:
            assert swift_bucket in again.list_buckets()
        with S3Client("us-east-1", endpoint_url=swift.endpoint_url) as client:
            assert client.ensure_bucket(swift_bucket) is True
    finally:
        hooks.unregister(vault)


@pytest.mark.parametrize("way", ["environment", "container"])
def test_another_process_finds_its_own(swift, swift_bucket, settle, identity, run_python, way):
    keys = {"AWS_ACCESS_KEY_ID": swift.access_key, "AWS_SECRET_ACCESS_KEY": swift.secret_key}
    settle(identity.container_environment() if way == "container" else keys)
    with S3Storage("us-east-1", endpoint_url=swift.endpoint_url) as storage:
        pickled = pickle.dumps(storage)
    assert swift.secret_key.encode() not in pickled
    code = """
import pickle, sys
with pickle.loads(bytes.fromhex(sys.argv[1])) as storage:
    print(sys.argv[2] in storage.list_buckets())
"""
    assert run_python(code, pickled.hex(), swift_bucket, env=dict(os.environ)) == "True\n"
