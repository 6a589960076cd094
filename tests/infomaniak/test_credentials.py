"""Where application credentials come from, and what is said of those that do not hold."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from codomyrmex.cloud import get_client
from codomyrmex.cloud.common import CloudCredentials
from codomyrmex.cloud.errors import AuthenticationError
from codomyrmex.cloud.infomaniak import InfomaniakAuthError, InfomaniakCloud, InfomaniakIdentityClient
from codomyrmex.cloud.infomaniak.openstack import OpenStackClient

ID, SECRET = "INFOMANIAK_APP_CREDENTIAL_ID", "INFOMANIAK_APP_CREDENTIAL_SECRET"
MAKERS = {
    "constructor": OpenStackClient,
    "from_env": OpenStackClient.from_env,
    "cloud": InfomaniakCloud.from_env,
    "factory": lambda: get_client("infomaniak", "identity"),
}


@pytest.fixture(params=MAKERS)
def make(request):
    return MAKERS[request.param]


@pytest.mark.parametrize("missing", [[ID], [SECRET], [ID, SECRET]], ids=["id", "secret", "both"])
def test_each_missing_variable_is_named(make, missing, settle):
    settle({name: "x" for name in (ID, SECRET) if name not in missing})
    with pytest.raises(InfomaniakAuthError) as caught:
        make()
    assert [name for name in (ID, SECRET) if name in caught.value.message.replace(",", " ").split()] == missing


def test_an_empty_variable_is_missing(settle):
    settle({ID: "x", SECRET: ""})
    with pytest.raises(AuthenticationError, match=f"set {SECRET}"):
        OpenStackClient()


def test_what_is_not_set_is_infomaniaks_own(make, settle):
    settle({ID: "x", SECRET: "y"})
    with make() as client:
        session = client.connection.session
        assert session.auth.auth_url == "https://api.pub1.infomaniak.cloud/identity/v3"
        assert client.connection.config.get_region_name() == "dc3-a"


def test_the_environment_leads_to_the_project(make, member, settle):
    settle(member.environment())
    with make() as client:
        assert client.validate_connection() is True
        assert client.connection.current_project_id == member.project_id


def test_credentials_given_win_over_the_environment(lab, credential, member, settle):
    settle({ID: "x", SECRET: "y", "INFOMANIAK_AUTH_URL": lab.auth_url, "INFOMANIAK_REGION": "dc9-z"})
    given = CloudCredentials("infomaniak", credential.id, credential.secret, region=lab.region)
    with get_client("infomaniak", "identity", credentials=given) as client:
        assert client.get_current_user()["id"] == member.user_id
        assert client.region == lab.region


@pytest.mark.parametrize(("given", "told"), [({"access_key": "x"}, "secret_key"), ({"secret_key": "x"}, "access_key")])
def test_credentials_of_one_half_are_refused(given, told, settle):
    settle({ID: "x", SECRET: "y"})
    with pytest.raises(InfomaniakAuthError, match=f"no {told}"):
        OpenStackClient(credentials=CloudCredentials("infomaniak", **given))


def test_the_line_end_that_a_file_left_is_no_part_of_a_secret(connect, credential):
    assert connect(of=credential._replace(secret=credential.secret + "\n")).validate_connection()


@pytest.mark.parametrize("path", ["", "/", "/v3", "/v3/"])
def test_the_auth_url_may_lack_its_version_or_end_in_a_slash(connect, lab, path):
    assert connect(auth_url=lab.auth_url.removesuffix("/v3") + path).validate_connection()


@pytest.mark.parametrize("url", ["keystone.example", "ftp://keystone.example", "https://", "https://u:hush@k.example"])
def test_what_is_no_auth_url_is_refused(url):
    with pytest.raises(ValueError, match="the auth URL") as caught:
        OpenStackClient.from_credentials("x", "y", url)
    assert "hush" not in str(caught.value)


def test_a_project_that_is_not_the_credentials_is_refused(connect, member):
    client = connect(project_id="0" * 32)
    with pytest.raises(InfomaniakAuthError, match=f"belongs to project {member.project_id}, not to {'0' * 32}"):
        client.validate_connection()


def test_a_wrong_secret(connect, credential):
    client = connect(of=credential._replace(secret="wrong"))
    with pytest.raises(InfomaniakAuthError, match="wrong, expired or deleted") as caught:
        client.validate_connection()
    assert caught.value.status_code == 401
    assert caught.value.request_id.startswith("req-")


def test_an_unknown_id_is_an_authentication_error_too(connect, credential):
    with pytest.raises(InfomaniakAuthError, match="mistyped or deleted"):
        connect(of=credential._replace(id="0" * 32)).validate_connection()


def test_a_credential_that_expired(connect, member):
    soon = (datetime.now(UTC) + timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    short = member.application_credential(expires_at=soon)
    time.sleep(1.2)
    with pytest.raises(InfomaniakAuthError, match="expired"):
        connect(of=short).validate_connection()


def test_a_failure_is_false_and_an_error_to_ask_for(connect, credential):
    client = connect(of=credential._replace(secret="wrong"), strict=False)
    assert client.validate_connection() is False
    assert isinstance(client.last_error, InfomaniakAuthError)


def test_validating_asks_the_service_each_time(connect, member):
    short_lived = member.application_credential()
    client = connect(of=short_lived)
    assert client.validate_connection()
    member.connection.identity.delete_application_credential(member.user_id, short_lived.id, ignore_missing=False)
    with pytest.raises(InfomaniakAuthError):
        client.validate_connection()


def test_an_existing_connection_stays_the_callers(by_password, member, lab):
    with InfomaniakIdentityClient(by_password, strict=True) as client:
        assert client.get_current_user()["id"] == member.user_id
        assert (client.auth_url, client.region) == (lab.auth_url, lab.region)
        assert client.native is client.connection is by_password
    assert list(by_password.identity.application_credentials(member.user_id)) is not None


def test_closing_twice_is_safe(connect):
    client = connect()
    client.validate_connection()
    client.close()
    client.close()


def test_the_source_of_credentials_is_told_without_them(credential, settle):
    settle({ID: credential.id, SECRET: credential.secret, "INFOMANIAK_PROJECT_ID": "p-1"})
    told = OpenStackClient.credential_source()
    assert told == (
        f"environment, application credential ****{credential.id[-4:]} at "
        "https://api.pub1.infomaniak.cloud/identity/v3, region dc3-a, project p-1"
    )


def test_without_credentials_the_source_says_what_to_set():
    with pytest.raises(InfomaniakAuthError, match=f"{ID} and {SECRET}"):
        OpenStackClient.credential_source()
