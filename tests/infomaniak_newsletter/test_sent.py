"""Waiting until a campaign is sent."""

import threading
import time

import pytest
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakCloudError,
    InfomaniakConflictError,
    InfomaniakForbiddenError,
    InfomaniakTimeoutError,
)
from codomyrmex.cloud.infomaniak.newsletter import RESEND_AFTER
from codomyrmex.cloud.testing.services import Response
from codomyrmex.cloud.testing.services.newsletter import error, success
from support.interrupts import IN_THE_PAUSE, notes_of_interrupt

from .conftest import forget


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
    with pytest.raises(InfomaniakTimeoutError, match=r"is scheduled for 20.*, when this wait is over") as caught:
        client.wait_until_sent(campaign, timeout=3600)
    assert "whose timeout is 3600 seconds" in str(caught.value)
    assert not caught.value.retryable  # the same call would say the same
    assert len(service.received("get_campaign")) == 2  # with that of schedule_campaign


@pytest.mark.parametrize("status", ["draft", "canceled"])
def test_a_campaign_that_nobody_sent_is_not_waited_for(client, service, status):
    with pytest.raises(InfomaniakConflictError, match=f"is '{status}', and was not asked to be") as caught:
        client.wait_until_sent(service.add_campaign(status))
    assert (caught.value.code, caught.value.retryable) == (status, False)
    assert len(service.received("get_campaign")) == 1


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
        InfomaniakConflictError, match=f"its state is '{status}'; look into Infomaniak's manager"
    ) as caught:
        client.wait_until_sent(campaign)
    assert (caught.value.code, caught.value.retryable) == (status, False)


# Its state may be that of before


@pytest.fixture
def say(service):
    """``say(campaign, "draft")``: the next look shows this state, whatever is true."""

    def say(campaign, status, **more):
        shown = {**service.campaigns[campaign], "status": status, **more}
        service.fail("get_campaign", Response(200, success(shown)))

    return say


@pytest.mark.parametrize("status", ["draft", "canceled"])
def test_a_draft_that_another_process_sent_is_waited_for(client, service, campaign, say, status):
    client.send_campaign(campaign)
    forget()
    say(campaign, status)
    assert client.wait_until_sent(campaign)["status"] == "sent"


def test_a_draft_that_was_asked_to_be_sent_long_ago_is_a_draft(client, service, campaign, set_back):
    service.state_lags = True
    client.send_campaign(campaign)
    set_back(RESEND_AFTER + 1)
    with pytest.raises(InfomaniakConflictError, match="in the last 15 minutes"):
        client.wait_until_sent(campaign)


def test_a_draft_whose_sending_was_refused_is_a_draft(client, service, campaign):
    service.fail("schedule", error(403))
    with pytest.raises(InfomaniakForbiddenError):
        client.send_campaign(campaign)
    with pytest.raises(InfomaniakConflictError, match="'draft'"):
        client.wait_until_sent(campaign)


def test_a_campaign_that_was_taken_back_is_a_draft(client, service, campaign):
    client.schedule_campaign(campaign, time.time() + 86_400)
    client.unschedule_campaign(campaign)
    with pytest.raises(InfomaniakConflictError, match="'draft'"):
        client.wait_until_sent(campaign)


def test_the_time_of_before_it_was_taken_back_does_not_end_the_wait(client, service, campaign, say):
    client.schedule_campaign(campaign, time.time() + 86_400)
    client.unschedule_campaign(campaign)
    client.send_campaign(campaign)
    say(campaign, "scheduled", started_at=int(time.time()) + 86_400)
    assert client.wait_until_sent(campaign, timeout=60)["status"] == "sent"


def test_a_late_answer_does_not_end_the_wait_when_another_thread_ended_the_doubt(client, campaign, service, say):
    client.send_campaign(campaign)
    say(campaign, "draft")
    record, handle = client._dispatcher._record, service.handle
    in_doubt = record.standing(campaign, time.time())
    assert in_doubt

    def handle_late(request):
        response = handle(request)
        record.lift(campaign, in_doubt, time.time())  # as a thread does that saw the true state meanwhile
        return response

    service.handle = handle_late
    assert client.wait_until_sent(campaign)["status"] == "sent"


@pytest.mark.parametrize("status", ["sending", "sending_v1", "scheduled_v1", "unknown", "a new one"])
def test_what_is_on_its_way_by_another_state_is_waited_for(client, service, say, status):
    campaign = service.add_campaign("sent")
    say(campaign, status)
    assert client.wait_until_sent(campaign)["status"] == "sent"


# Its end


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
