"""`InfomaniakIdentityClient` against a real Keystone (spec 4.6)."""

from datetime import datetime, timedelta, timezone
from secrets import token_hex

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from codomyrmex.cloud import get_client
from codomyrmex.cloud.infomaniak import (
    InfomaniakAlreadyExistsError,
    InfomaniakForbiddenError,
    InfomaniakIdentityClient,
    InfomaniakNotFoundError,
)

CREDENTIAL = {"id", "name", "description", "expires_at", "roles", "project_id", "unrestricted"}


def test_the_factory_gives_this_client_which_raises_then(member, monkeypatch):
    for name, value in member.environment().items():
        monkeypatch.setenv(name, value)
    with get_client("infomaniak", "identity") as client:
        assert type(client) is InfomaniakIdentityClient
        with pytest.raises(InfomaniakNotFoundError):
            client.get_application_credential("nope")


def test_the_user(client, member):
    assert client.get_current_user() == {
        "id": member.user_id,
        "name": member.username,
        "email": None,
        "domain_id": "default",
        "is_enabled": True,
    }


def test_the_projects_are_those_of_the_user_alone(openstack_lab, client, member):
    other = openstack_lab.new_project()
    role = openstack_lab.admin.identity.find_role("member")
    openstack_lab.admin.identity.assign_project_role_to_user(other.project_id, member.user_id, role)
    projects = client.list_projects()
    assert {project["id"]: project["name"] for project in projects} == {
        member.project_id: member.project.name,
        other.project_id: other.project.name,
    }
    assert projects[0].keys() == {"id", "name", "description", "is_enabled", "domain_id"}


def test_an_application_credential_from_birth_to_death(openstack_lab, client, member):
    name = f"deploy-{token_hex(4)}"
    expires = datetime.now(timezone(timedelta(hours=2))) + timedelta(days=1)
    made = client.create_application_credential(name, description="for CI", roles=["reader"], expires_at=expires)
    assert made.keys() == CREDENTIAL | {"secret"}
    assert (made["name"], made["description"], made["roles"]) == (name, "for CI", ["reader"])
    assert (made["project_id"], made["unrestricted"]) == (member.project_id, False)
    assert datetime.fromisoformat(made["expires_at"]) == expires

    with InfomaniakIdentityClient.from_credentials(
        made["id"], made["secret"], openstack_lab.auth_url, openstack_lab.region, strict=True
    ) as other:
        assert other.get_current_user()["id"] == member.user_id

    kept = {key: value for key, value in made.items() if key != "secret"}
    assert kept in client.list_application_credentials()
    assert client.get_application_credential(name) == client.get_application_credential(made["id"]) == kept
    with pytest.raises(InfomaniakAlreadyExistsError, match=name):
        client.create_application_credential(name)

    assert client.delete_application_credential(name) is True
    assert made["id"] not in [each["id"] for each in client.list_application_credentials()]
    with pytest.raises(InfomaniakNotFoundError, match=name):
        client.delete_application_credential(name)


def test_all_roles_and_no_end_unless_told(client):
    made = client.create_application_credential(f"plain-{token_hex(4)}", unrestricted=True)
    assert made["expires_at"] is None
    assert {"member", "reader"} <= set(made["roles"])
    assert made["unrestricted"] is True
    assert client.delete_application_credential(made["id"])


def test_a_name_may_look_like_a_path(client):
    name = f"../{token_hex(4)}?x"
    assert client.create_application_credential(name)
    assert client.delete_application_credential(name)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"name": ""}, ValueError),
        ({"name": None}, TypeError),
        ({"name": "x", "roles": "reader"}, TypeError),
        ({"name": "x", "expires_at": datetime(2099, 1, 1)}, ValueError),
    ],
    ids=["empty", "none", "roles_a_str", "naive_time"],
)
def test_wrong_arguments_raise_at_once_also_where_failures_do_not(connect, arguments, error):
    with pytest.raises(error):
        connect(strict=False).create_application_credential(**arguments)


def test_a_role_the_user_does_not_have(client):
    with pytest.raises(InfomaniakNotFoundError, match="Role nope"):
        client.create_application_credential("x", roles=["nope"])


@pytest.mark.parametrize(
    "manage",
    [
        pytest.param(lambda client, name: client.create_application_credential("x"), id="create"),
        pytest.param(lambda client, name: client.delete_application_credential(name), id="delete"),
    ],
)
def test_a_restricted_application_credential_is_told_what_to_do(connect, member, manage):
    name = member.application_credential().name
    with pytest.raises(InfomaniakForbiddenError, match="create --unrestricted NAME`, and use that here") as caught:
        manage(connect(), name)
    assert isinstance(caught.value, PermissionError)
    assert caught.value.status_code == 403


def test_keys_for_s3_from_birth_to_death(by_password, member):
    made = by_password.create_ec2_credentials()
    assert made.keys() == {"access", "secret", "project_id", "user_id"}
    assert (made["project_id"], made["user_id"]) == (member.project_id, member.user_id)
    assert made["secret"]
    assert {**made, "secret": None} in by_password.list_ec2_credentials()
    assert by_password.delete_ec2_credentials(made["access"]) is True
    assert made["access"] not in [each["access"] for each in by_password.list_ec2_credentials()]
    with pytest.raises(InfomaniakNotFoundError):
        by_password.delete_ec2_credentials(made["access"])


def test_a_key_for_another_project(openstack_lab, by_password, member):
    other = openstack_lab.new_project()
    role = openstack_lab.admin.identity.find_role("member")
    openstack_lab.admin.identity.assign_project_role_to_user(other.project_id, member.user_id, role)
    made = by_password.create_ec2_credentials(other.project_id)
    assert made["project_id"] == other.project_id
    assert by_password.delete_ec2_credentials(made["access"])


def test_a_key_for_a_project_that_is_not_there(by_password):
    with pytest.raises(InfomaniakNotFoundError):
        by_password.create_ec2_credentials("0" * 32)


def test_a_key_made_here_signs_requests_to_s3(openstack_lab, by_password):
    openstack_lab.require("swift")
    key = by_password.create_ec2_credentials()

    def s3(secret):
        return boto3.client(
            "s3",
            endpoint_url=openstack_lab.endpoint("swift"),
            region_name="us-east-1",
            aws_access_key_id=key["access"],
            aws_secret_access_key=secret,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    bucket, client = f"signed-{token_hex(4)}", s3(key["secret"])
    try:
        client.create_bucket(Bucket=bucket)
        client.put_object(Bucket=bucket, Key="k", Body=b"signed")
        assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"signed"
        wrong = s3("0" * 32)
        with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
            wrong.list_buckets()
        wrong.close()
        client.delete_object(Bucket=bucket, Key="k")
        client.delete_bucket(Bucket=bucket)
        assert by_password.delete_ec2_credentials(key["access"])
    finally:
        client.close()


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda client: client.create_ec2_credentials(), id="create"),
        pytest.param(lambda client: client.list_ec2_credentials(), id="list"),
    ],
)
def test_a_keystone_that_gives_keys_to_passwords_alone_says_what_to_do(client, ask):
    with pytest.raises(InfomaniakForbiddenError, match="a connection by user and password"):
        ask(client)


@pytest.mark.parametrize("cred_id", ["", "../../application_credentials", "a?b"])
def test_what_is_no_key_leads_nowhere(client, cred_id):
    with pytest.raises(ValueError, match="id"):
        client.delete_ec2_credentials(cred_id)


def test_failures_are_the_specs_results_unless_strict(openstack_lab, member):
    given = member.application_credential()
    with InfomaniakIdentityClient.from_credentials(
        given.id, "wrong", openstack_lab.auth_url, openstack_lab.region
    ) as client:
        assert client.get_current_user() is None
        assert client.list_projects() == []
        assert client.list_application_credentials() == []
        assert client.get_application_credential("x") is None
        assert client.create_application_credential("x") is None
        assert client.delete_application_credential("x") is False
        assert client.create_ec2_credentials() is None
        assert client.list_ec2_credentials() == []
        assert client.delete_ec2_credentials("x") is False
        assert client.last_error.status_code == 401


def test_a_success_forgets_the_last_failure(connect):
    client = connect(strict=False)
    assert client.get_application_credential("nope") is None
    assert isinstance(client.last_error, InfomaniakNotFoundError)
    assert client.list_projects()
    assert client.last_error is None
