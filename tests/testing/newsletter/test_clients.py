"""Clients of a newsletter in this process, and ids that no other thing has."""

import pytest
from codomyrmex.cloud import get_client
from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError, InfomaniakConflictError
from codomyrmex.cloud.infomaniak.newsletter import InfomaniakNewsletterClient
from codomyrmex.cloud.testing.services import NewsletterServer

# A client of it


def test_both_ways_to_make_a_client_lead_there(server):
    server.add_group("Readers")
    with InfomaniakNewsletterClient(**server.client_options) as one:
        assert [group["name"] for group in one.list_mailing_lists()] == ["Readers"]
    with get_client("infomaniak", "newsletter", **server.client_options) as other:
        assert [group["name"] for group in other.list_mailing_lists()] == ["Readers"]


def test_the_environment_leads_there_too(server, monkeypatch):
    for variable, value in server.environment().items():
        monkeypatch.setenv(variable, value)
    with InfomaniakNewsletterClient.from_env(base_url=server.url) as client:
        assert client.validate_connection() is True


def test_another_token_or_newsletter_is_refused(server):
    for options, status in (({"token": "another"}, 401), ({"newsletter_id": 7}, 403)):
        with InfomaniakNewsletterClient(**{**server.client_options, **options}, strict=True) as client:
            with pytest.raises(InfomaniakCloudError) as caught:
                client.list_campaigns()
            assert caught.value.status_code == status


def test_no_server_is_taken_for_one_that_was_there_before(tmp_path, monkeypatch):
    """Campaigns begin at 1 in each, at the same port, in the same process, with the same file."""
    monkeypatch.setenv("CLOUD_STATE_DIR", str(tmp_path))
    port = 0
    for _ in range(3):
        with NewsletterServer(port=port) as server:
            port = int(server.url.rpartition(":")[2])
            server.state_lags = True
            assert server.add_campaign() == 1
            with InfomaniakNewsletterClient(**server.client_options, strict=True) as client:
                assert client.send_campaign(1) is True
            assert len(server.outbox) == 1


def test_the_fixture_keeps_the_clients_file_out_of_the_users_home(request, tmp_path_factory, monkeypatch):
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("CLOUD_STATE_DIR", raising=False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    server = request.getfixturevalue("newsletter_server")
    with InfomaniakNewsletterClient(**server.client_options, strict=True) as client:
        client.send_campaign(server.add_campaign())
    assert list(home.iterdir()) == []


# Ids


def test_new_ids_are_none_that_a_test_gave(server, client):
    assert server.add_group("Given", group_id=2) == 2
    server.groups[3] = {"id": 3, "name": "Put there", "updated_at": 0}
    made = [client.create_mailing_list(f"New {number}")["id"] for number in range(4)]
    assert made == [1, 4, 5, 6]
    assert server.groups[2]["name"] == "Given"
    for add in (server.add_group, lambda group_id: server.add_campaign(campaign_id=server.add_campaign())):
        with pytest.raises(ValueError, match="already"):
            add(group_id=2)


@pytest.mark.parametrize(
    ("add", "message"),
    [
        (lambda s: s.add_campaign("sentt"), "status is one of blocked, .*, not 'sentt'"),
        (lambda s: s.add_subscriber("ada@example.org", status="gone"), "status is one of active, .*, not 'gone'"),
        (lambda s: s.add_subscriber("ada@example.org", 7, 1, 9), "there is no mailing list 7, 9: see add_group"),
    ],
)
def test_what_a_newsletter_cannot_hold_is_refused(server, add, message):
    assert server.add_group(group_id=1) == 1
    with pytest.raises(ValueError, match=message):
        add(server)
    assert (server.campaigns, server.subscribers) == ({}, {})


@pytest.mark.parametrize("kind", ["campaigns", "groups", "subscribers", "segments", "templates"])
def test_what_is_not_there_is_told_by_its_id(server, call, kind):
    path = f"{kind}/77" + ("/html" if kind == "templates" else "")
    status, content = call("GET", path)
    assert (status, content["error"]["code"], content["error"]["description"]) == (
        404,
        "object_not_found",
        "there is no 77",
    )


def test_a_campaign_that_was_sent_is_not_sent_again_by_the_client(server, client):
    campaign = server.add_campaign()
    client.send_campaign(campaign)
    client.get_campaign(campaign)
    with pytest.raises(InfomaniakConflictError):
        client.send_campaign(campaign)
    assert len(server.outbox) == 1
