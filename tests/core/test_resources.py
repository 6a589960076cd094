import copy
import dataclasses
import json
import logging
import pickle
import pprint
from datetime import UTC, datetime

import pytest
from codomyrmex.cloud.common import CloudCredentials, CloudProvider, CloudResource, ResourceType

SECRETS = ("AKIA-ACCESS", "very-secret", "session-token")


@pytest.fixture
def credentials():
    access, secret, token = SECRETS
    return CloudCredentials(
        CloudProvider.AWS, access, secret, "eu-central-1", "project", "work", {"session_token": token}
    )


def test_the_well_known_providers_are_those_of_the_spec():
    members = {m.name: m.value for m in CloudProvider}
    assert members == {"AWS": "aws", "GCP": "gcp", "AZURE": "azure", "INFOMANIAK": "infomaniak", "LOCAL": "local"}


def test_the_well_known_services_are_those_of_the_spec():
    names = ["COMPUTE", "STORAGE", "DATABASE", "NETWORK", "SERVERLESS", "CONTAINER", "QUEUE"]
    assert [(m.name, m.value) for m in ResourceType] == [(name, name.lower()) for name in names]


@dataclasses.dataclass
class Settings:
    credentials: CloudCredentials


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        "{}".format,
        "{!r:>400}".format,
        "%s".__mod__,
        pprint.pformat,
        lambda credentials: repr({"credentials": [credentials]}),
        lambda credentials: repr(Settings(credentials)),
        lambda credentials: str(ValueError(credentials)),
        lambda credentials: repr(dataclasses.replace(credentials, region="us-east-1")),
    ],
    ids=["repr", "str", "format", "format_r", "percent", "pprint", "in_a_dict", "in_a_dataclass", "raised", "replaced"],
)
def test_credentials_show_no_secret(credentials, show):
    shown = show(credentials)
    assert "CloudCredentials" in shown
    assert not [secret for secret in SECRETS if secret in shown]


def test_credentials_show_what_is_not_secret(credentials):
    assert all(part in repr(credentials) for part in ("AWS", "eu-central-1", "project", "work"))


def test_a_log_shows_no_secret(credentials, caplog):
    logging.getLogger("test").error("used %s, %r and %s", credentials, credentials, vars(Settings(credentials)))
    assert "CloudCredentials" in caplog.text
    assert not [secret for secret in SECRETS if secret in caplog.text]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_credentials_do_not_pickle(credentials, protocol):
    with pytest.raises(TypeError, match=r"reveal\(\)"):
        pickle.dumps(credentials, protocol)


def test_what_holds_credentials_does_not_pickle(credentials):
    with pytest.raises(TypeError, match=r"reveal\(\)"):
        pickle.dumps({"settings": Settings(credentials)})


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_copy_of_credentials_is_as_good(credentials, duplicate):
    assert duplicate(credentials) == credentials
    assert duplicate({"c": credentials})["c"].secret_key == "very-secret"


def test_revealed_credentials_can_be_sent_and_rebuilt(credentials):
    revealed = pickle.loads(pickle.dumps(credentials.reveal()))
    assert revealed["secret_key"] == "very-secret"
    assert CloudCredentials(**revealed) == credentials


def test_credentials_do_not_change(credentials):
    with pytest.raises(dataclasses.FrozenInstanceError):
        credentials.secret_key = "other"


def test_credentials_take_the_fields_of_the_contract():
    names = ["provider", "access_key", "secret_key", "region", "project_id", "profile", "metadata"]
    assert [f.name for f in dataclasses.fields(CloudCredentials)] == names
    assert CloudCredentials("acme") == CloudCredentials("acme", None, None, None, None, None, {})


def test_two_credentials_do_not_share_their_metadata():
    assert CloudCredentials("acme").metadata is not CloudCredentials("acme").metadata


def test_a_resource_takes_the_fields_of_the_contract():
    names = ["id", "name", "resource_type", "provider", "region", "status", "created_at", "tags", "metadata"]
    assert [f.name for f in dataclasses.fields(CloudResource)] == names
    assert CloudResource("1", "web", "queue", "acme") == CloudResource(
        "1", "web", "queue", "acme", None, None, None, {}, {}
    )


def test_a_resource_becomes_plain_values_for_json():
    made = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    resource = CloudResource(
        "1", "web", ResourceType.COMPUTE, CloudProvider.AWS, created_at=made, tags={"a": "b"}, metadata={"cores": 4}
    )
    assert json.loads(json.dumps(resource.to_dict())) == {
        "id": "1",
        "name": "web",
        "resource_type": "compute",
        "provider": "aws",
        "region": None,
        "status": None,
        "created_at": "2026-01-02T03:04:05+00:00",
        "tags": {"a": "b"},
        "metadata": {"cores": 4},
    }


def test_a_strangers_resource_keeps_its_names():
    plain = CloudResource("1", "q", "mailbox", "acme").to_dict()
    assert (plain["resource_type"], plain["provider"]) == ("mailbox", "acme")


def test_what_is_deep_in_a_resources_metadata_becomes_plain_too():
    deep = {"attached": [{"at": datetime(2026, 1, 2, tzinfo=UTC), "kind": ResourceType.STORAGE}]}
    plain = CloudResource("1", "disk", "volume", "acme", metadata=deep).to_dict()["metadata"]
    assert json.loads(json.dumps(plain)) == {"attached": [{"at": "2026-01-02T00:00:00+00:00", "kind": "storage"}]}


def test_the_plain_values_of_a_resource_are_its_own():
    resource = CloudResource("1", "web", "compute", "acme", tags={"a": "b"})
    resource.to_dict()["tags"]["a"] = "c"
    assert resource.tags == {"a": "b"}


def test_credentials_in_a_resources_metadata_stay_masked():
    resource = CloudResource(
        "1", "web", "compute", "acme", metadata={"login": CloudCredentials("acme", secret_key="s3cret")}
    )
    assert "s3cret" not in json.dumps(resource.to_dict())
