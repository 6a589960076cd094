"""Waiting until a campaign is sent."""

import threading
import time

import pytest
from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError, InfomaniakConflictError, InfomaniakTimeoutError
from codomyrmex.cloud.testing.services.newsletter import error
from support.interrupts import IN_THE_PAUSE, notes_of_interrupt


@pytest.fixture(autouse=True)
def campaigns_are_sent_at_once(service):
    service.sending_takes = 0.0


@pytest.fixture
def campaign(service):
    group = service.add_group()
    service.add_subscriber("ada@example.org", group)
    return service.add_campaign(recipients={"groups": {"include": [group]}})


@pytest.fixture
def at_first_look(service):
    """``at_first_look(change)``: do this once the campaign was looked at for the first time."""
    threads = []

    def at_first_look(change):
        looked = len(service.received("get_campaign"))

        def wait_and_change():
            while len(service.received("get_campaign")) == looked:
                time.sleep(0.005)
            with service.lock:
                change()

        threads.append(threading.Thread(target=wait_and_change))
        threads[-1].start()

    yield at_first_look
    for thread in threads:
        thread.join()


def test_a_campaign_that_is_sent_is_there_at_once(client, service, campaign):
    client.send_campaign(campaign)
    sent = client.wait_until_sent(campaign)
    assert (sent["id"], sent["status"], "recipients" in sent) == (campaign, "sent", True)


def test_a_campaign_that_is_being_sent_is_waited_for(client, service, campaign, at_first_look):
    service.sending_takes = 600.0
    client.send_campaign(campaign)
    at_first_look(lambda: service.advance(600))
    assert client.wait_until_sent(campaign, timeout=10)["status"] == "sent"


def test_a_scheduled_campaign_is_waited_for(client, service, campaign, at_first_look):
    client.schedule_campaign(campaign, time.time() + 5)
    at_first_look(lambda: service.advance(60))
    assert client.wait_until_sent(campaign, timeout=10)["status"] == "sent"
    assert [mail.to for mail in service.outbox] == [("ada@example.org",)]


def test_a_campaign_that_is_scheduled_for_later_is_not_waited_for(client, service, campaign):
    client.schedule_campaign(campaign, time.time() + 7200)
    with pytest.raises(InfomaniakTimeoutError, match=r"is scheduled for 20.*, when this wait is over"):
        client.wait_until_sent(campaign, timeout=3600)
    assert len(service.received("get_campaign")) == 2  # with that of schedule_campaign


@pytest.mark.parametrize("status", ["draft", "canceled"])
def test_a_campaign_that_nobody_sent_is_not_waited_for(client, service, status):
    with pytest.raises(InfomaniakConflictError, match=f"is '{status}', and nobody asked for it to be sent"):
        client.wait_until_sent(service.add_campaign(status))


def test_a_draft_that_was_sent_is_waited_for_while_its_state_lags(client, service, campaign, at_first_look):
    service.state_lags = True
    client.send_campaign(campaign)

    def show():
        service.state_lags = False

    at_first_look(show)
    assert client.wait_until_sent(campaign, timeout=10)["status"] == "sent"


@pytest.mark.parametrize("status", ["sending_failed", "blocked"])
def test_a_campaign_that_the_service_stopped_is_told_with_its_state(client, service, campaign, status):
    service.campaigns_end_as = status
    client.send_campaign(campaign)
    with pytest.raises(
        InfomaniakCloudError, match=f"its state is '{status}'; look into Infomaniak's manager"
    ) as caught:
        client.wait_until_sent(campaign)
    assert (caught.value.code, caught.value.retryable) == (status, False)


def test_a_campaign_that_is_not_sent_in_time_is_told_with_its_state(client, service, campaign):
    service.sending_takes = float("inf")
    client.send_campaign(campaign)
    with pytest.raises(InfomaniakTimeoutError, match=r"is still in state sending after 0\.3 seconds"):
        client.wait_until_sent(campaign, timeout=0.3)


def test_a_service_that_is_away_for_a_while_does_not_end_the_wait(connect, service, campaign):
    client = connect(retry_budget=0)
    client.send_campaign(campaign)
    service.fail("get_campaign", error(503), times=2)  # two looks
    assert client.wait_until_sent(campaign, timeout=10)["status"] == "sent"


def test_a_campaign_that_there_is_not_ends_the_wait(client, service):
    with pytest.raises(InfomaniakCloudError, match="no 77"):
        client.wait_until_sent(77)


def test_who_interrupts_the_wait_is_told_what_goes_on(client, service, campaign):
    service.sending_takes = float("inf")
    client.send_campaign(campaign)
    notes = notes_of_interrupt(lambda: client.wait_until_sent(campaign), when=IN_THE_PAUSE)
    assert notes == [f"the service goes on with campaign {campaign}"]


def test_a_client_that_is_not_strict_gives_none(connect, service):
    client = connect(strict=False)
    assert client.wait_until_sent(service.add_campaign()) is None
    assert isinstance(client.last_error, InfomaniakConflictError)
