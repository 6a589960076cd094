"""Campaigns leave to whom they should when they should, and a test sees what left."""

import math
import time

import pytest
from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError

EVERYBODY = {"all_subscribers": True}


# What was mailed


def test_the_outbox_tells_what_left_and_to_whom(server, client):
    group = server.add_group()
    server.add_subscriber("ada@example.org", group)
    made = client.create_campaign("News", "news@example.org", "Example", "<h1>News</h1>", group, preheader="short")
    assert server.outbox == []
    client.send_campaign(made["id"])
    [mail] = server.outbox
    assert (mail.campaign_id, mail.subject, mail.preheader) == (made["id"], "News", "short")
    assert (mail.sender_email, mail.sender_name, mail.content_html) == ("news@example.org", "Example", "<h1>News</h1>")
    assert mail.to == ("ada@example.org",)
    assert abs(mail.sent_at - time.time()) < 60


def test_tests_are_kept_apart(server, client):
    campaign = server.add_campaign(subject="News")
    client.send_test(campaign, "me@example.org")
    assert [(mail.subject, mail.to) for mail in server.tests] == [("News", ("me@example.org",))]
    assert server.outbox == []


ALL = ["all@example.org", "both@example.org", "one@example.org", "two@example.org"]


@pytest.mark.parametrize(
    ("recipients", "to"),
    [
        ({}, []),
        ({"all_subscribers": True}, ALL),
        ({"all_subscribers": False}, []),
        ({"groups": {"include": [1]}}, ["both@example.org", "one@example.org"]),
        ({"groups": {"include": [1, 2]}}, ["both@example.org", "one@example.org", "two@example.org"]),
        ({"groups": {"include": [1], "exclude": [2]}}, ["one@example.org"]),
        ({**EVERYBODY, "groups": {"exclude": [1]}}, ["all@example.org", "two@example.org"]),
        ({"segments": {"include": [3]}}, ["both@example.org"]),
        ({"groups": {"include": [1]}, "segments": {"exclude": [3]}}, ["one@example.org"]),
        ({"segments": {"include": [99]}, "groups": {"include": [99]}}, []),
        ({"emails": ["new@example.org", "ONE@example.org", "left@example.org"]},
         ["ONE@example.org", "new@example.org"]),
        ({"groups": {"include": [1]}, "emails": ["One@example.org"]}, ["both@example.org", "one@example.org"]),
        ({**EVERYBODY, "groups": {"include": [1]}, "segments": {"include": [3]}}, ALL),
        ({"expert": {"conditions": {"closure": "OR", "conds": [{"closure": "AND", "conds": [
            {"type": "mailinglist", "operator": "include", "mailinglist_id": 1},
            {"type": "mailinglist", "operator": "exclude", "mailinglist_id": 2}]}]}}}, ["one@example.org"]),
    ],
)  # fmt: skip
def test_each_active_recipient_gets_it_once(server, client, call, recipients, to):
    first, second = server.add_group(), server.add_group()
    assert (first, second, server.add_segment("Some", members=[10, 11])) == (1, 2, 3)
    server.next_id = 10
    server.add_subscriber("both@example.org", first, second)
    server.add_subscriber("left@example.org", first, second, status="unsubscribed")
    server.add_subscriber("one@example.org", first)
    server.add_subscriber("two@example.org", second)
    server.add_subscriber("all@example.org")
    server.add_subscriber("gone@example.org", first, status="bounced")
    made = client.create_campaign("s", "a@example.org", "n", "<p>", first)
    assert call("PUT", f"campaigns/{made['id']}", {"recipients": recipients})[0] == 200
    assert client.get_campaign_statistics(made["id"])["subscribers_count"] == len(to)
    client.send_campaign(made["id"])
    assert sorted(server.outbox[0].to) == sorted(to)


# The life of a campaign


def test_a_campaign_is_sending_for_as_long_as_a_test_wants(server, client):
    server.sending_takes = 60
    campaign = server.add_campaign(recipients=EVERYBODY)
    client.send_campaign(campaign)
    assert client.get_campaign(campaign)["status"] == "sending"
    server.advance(61)
    assert client.get_campaign(campaign)["status"] == "sent"
    assert len(server.outbox) == 1


def test_a_campaign_is_sent_at_once_by_default(server, client):
    campaign = server.add_campaign()
    client.send_campaign(campaign)
    found = client.get_campaign(campaign)
    assert found["status"] == "sent"
    assert abs(found["started_at"] - time.time()) < 60


def test_a_scheduled_campaign_leaves_when_its_time_has_come(server, client):
    server.add_subscriber("ada@example.org")
    campaign = server.add_campaign(recipients=EVERYBODY)
    when = int(time.time()) + 3600
    client.schedule_campaign(campaign, when)
    server.advance(3500)
    assert client.get_campaign(campaign)["status"] == "scheduled"
    assert server.outbox == []
    server.add_subscriber("late@example.org")
    server.advance(100)
    assert len(server.outbox) == 1
    assert server.outbox[0].to == ("ada@example.org", "late@example.org")
    found = client.get_campaign(campaign)
    assert (found["status"], found["started_at"]) == ("sent", when)


def test_a_clock_that_runs_lets_it_leave(server, client):
    campaign = server.add_campaign()
    client.schedule_campaign(campaign, math.ceil(time.time()) + 1)
    deadline = time.monotonic() + 30
    while client.get_campaign(campaign)["status"] != "sent" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(server.outbox) == 1


def test_a_time_that_is_past_sends_at_once(server, call):
    campaign = server.add_campaign()
    assert call("PUT", f"campaigns/{campaign}/schedule", {"started_at": 1_700_000_000})[0] == 200
    assert len(server.outbox) == 1


def test_what_is_taken_back_does_not_leave(server, client):
    campaign = server.add_campaign()
    client.schedule_campaign(campaign, time.time() + 3600)
    assert client.unschedule_campaign(campaign) is True
    server.advance(7200)
    assert (server.outbox, client.get_campaign(campaign)["status"]) == ([], "draft")
    with pytest.raises(InfomaniakCloudError) as caught:
        client.unschedule_campaign(campaign)
    assert (caught.value.status_code, caught.value.code) == (400, "bad_request")


def test_a_scheduled_campaign_that_is_deleted_does_not_leave(server, client):
    campaign = server.add_campaign("scheduled")
    client.delete_campaign(campaign)
    server.advance(1_000_000)
    assert server.outbox == []


@pytest.mark.parametrize("end", ["sending_failed", "blocked"])
def test_a_campaign_may_end_otherwise(server, client, end):
    server.campaigns_end_as = end
    server.add_subscriber("ada@example.org")
    campaign = server.add_campaign(recipients=EVERYBODY)
    client.send_campaign(campaign)
    assert client.get_campaign(campaign)["status"] == end
    assert server.outbox == []


def test_a_state_that_lags_shows_the_truth_afterwards(server, client):
    server.state_lags = True
    campaign = server.add_campaign()
    client.send_campaign(campaign)
    assert client.get_campaign(campaign)["status"] == "draft"
    assert len(server.outbox) == 1
    server.state_lags = False
    assert client.get_campaign(campaign)["status"] == "sent"


def test_statistics_and_activity_agree_with_what_was_sent(server, client):
    for name in ("ada", "bob"):
        server.add_subscriber(f"{name}@example.org")
    server.add_subscriber("eve@example.org", status="unsubscribed")
    campaign = server.add_campaign(recipients=EVERYBODY)
    assert client.get_campaign_statistics(campaign)["statistics"]["sent_count"] == 0
    assert client.get_campaign_activity(campaign) == []
    client.send_campaign(campaign)
    told = client.get_campaign_statistics(campaign)
    assert (told["status"], told["subscribers_count"]) == ("sent", 2)
    counts = [told["statistics"][f"{name}_count"] for name in ("sent", "delivery", "open")]
    assert counts == [2, 2, 0]
    assert [each["email"] for each in client.get_campaign_activity(campaign)] == ["ada@example.org", "bob@example.org"]
    assert client.get_credits()["total"] == 498
