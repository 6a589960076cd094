"""The SDK finds its credentials by itself, as in a container and on an instance of AWS."""

import os
import urllib.error
import urllib.request
from contextlib import closing

import boto3
import botocore.exceptions
import pytest
from codomyrmex.cloud.testing.backends import AwsIdentity, IdentityServer


@pytest.fixture
def aws():
    return AwsIdentity("access", "secret")


@pytest.fixture
def server(aws):
    with IdentityServer(aws) as server:
        yield server


@pytest.fixture
def settle(monkeypatch):
    """Put these variables, and none else of AWS's, into the environment."""

    def settle(variables):
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return settle


def found():
    """Where the SDK found credentials, and which."""
    credentials = boto3.Session().get_credentials()
    return credentials.method, tuple(credentials.get_frozen_credentials())[:3]


def asked(server):
    return [(request.method, request.path.rpartition("/")[2], request.status) for request in server.requests]


def test_a_container_finds_its_credentials(server, aws, settle):
    settle(aws.container_environment())
    assert found() == ("container-role", ("access", "secret", ""))
    assert asked(server) == [("GET", "credentials", 200)]


def test_a_container_with_a_wrong_token_is_refused(server, aws, settle):
    settle(aws.container_environment("wrong"))
    with pytest.raises(botocore.exceptions.CredentialRetrievalError, match="403"):
        found()
    assert {request.status for request in server.requests} == {403}


def test_an_instance_finds_the_credentials_of_its_role(server, aws, settle):
    aws.session_token = "session"
    settle(aws.instance_environment())
    assert found() == ("iam-role", ("access", "secret", "session"))
    assert asked(server) == [("PUT", "token", 200), ("GET", "", 200), ("GET", "tester", 200)]


def test_an_instance_without_a_role_finds_none(server, aws, settle):
    aws.role = None
    settle(aws.instance_environment())
    assert boto3.Session().get_credentials() is None
    assert asked(server)[-1] == ("GET", "", 404)


@pytest.mark.parametrize("headers", [{}, {"X-aws-ec2-metadata-token": "guessed"}])
def test_an_instance_tells_nothing_without_a_session(server, headers):
    url = server.endpoint_url + "/latest/meta-data/iam/security-credentials/tester"
    with pytest.raises(urllib.error.HTTPError, match="401") as caught:
        urllib.request.urlopen(urllib.request.Request(url, headers=headers))
    caught.value.close()


def test_a_session_of_an_instance_needs_a_time_to_live(server):
    request = urllib.request.Request(server.endpoint_url + "/latest/api/token", method="PUT")
    with pytest.raises(urllib.error.HTTPError, match="400") as caught:
        urllib.request.urlopen(request)
    caught.value.close()


def test_what_no_service_has_is_not_found(server):
    with pytest.raises(urllib.error.HTTPError, match="404") as caught:
        urllib.request.urlopen(server.endpoint_url + "/metadata/identity")
    caught.value.close()


def test_credentials_that_are_about_to_expire_are_asked_for_anew(server, aws, settle):
    aws.expires_in = 60
    settle(aws.container_environment())
    credentials = boto3.Session().get_credentials()
    assert credentials.get_frozen_credentials().access_key == "access"
    aws.access_key = "rotated"
    assert credentials.get_frozen_credentials().access_key == "rotated"
    aws.expires_in = 6 * 3600
    credentials.get_frozen_credentials()
    requests = len(server.requests)
    credentials.get_frozen_credentials()
    assert len(server.requests) == requests


def test_expired_credentials_are_an_error(server, aws, settle):
    aws.expires_in = -60
    settle(aws.container_environment())
    with pytest.raises(RuntimeError, match="refreshed credentials are still expired"):
        found()


@pytest.mark.parametrize("way", ["container", "instance"])
def test_what_is_found_opens_a_real_store(swift, settle, way):
    aws = AwsIdentity(swift.access_key, swift.secret_key)
    with IdentityServer(aws):
        settle(aws.container_environment() if way == "container" else aws.instance_environment())
        list_buckets(swift)
        aws.secret_key = "wrong"
        with pytest.raises(botocore.exceptions.ClientError, match="SignatureDoesNotMatch"):
            list_buckets(swift)


def list_buckets(server):
    session = boto3.Session(region_name=server.region)  # a session keeps the credentials it found
    with closing(session.client("s3", endpoint_url=server.endpoint_url)) as client:
        return client.list_buckets()["Buckets"]
