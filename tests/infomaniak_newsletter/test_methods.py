"""What each method asks the service for, and what it gives."""

import time
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError, InfomaniakNotFoundError, InfomaniakTimeoutError
from codomyrmex.cloud.testing.services._http import Response
from codomyrmex.cloud.testing.services.newsletter import success
from support.interrupts import IN_THE_PAUSE, notes_of_interrupt

# Campaigns


def test_a_campaign_is_made_with_its_list_and_language(client, service):
    group = service.add_group()
    made = client.create_campaign("News", "news@example.org", "Example", "<h1>News</h1>", group)
    assert service.campaigns[made["id"]]["status"] == "draft"
    assert service.received("create_campaign")[0].json == {
        "subject": "News",
        "email_from_addr": "news@example.org",
        "email_from_name": "Example",
        "lang": "en_GB",
        "content_html": "<h1>News</h1>",
        "recipients": {"groups": {"include": [group]}},
    }
    client.create_campaign("S", "a@example.org", "A", "<p>", group, lang="fr_FR", preheader="x", tracking_link=True)
    body = service.received("create_campaign")[1].json
    assert (body["lang"], body["preheader"], body["tracking_link"]) == ("fr_FR", "x", True)
    assert service.sends == []


def test_a_campaign_is_read_with_recipients_and_content(client, service):
    campaign = service.add_campaign(content="<h1>News</h1>")
    found = client.get_campaign(campaign)
    assert (found["content"], found["status"], found["recipients"]) == ("<h1>News</h1>", "draft", {})


def test_a_campaign_is_changed_by_the_names_of_both(client, service):
    campaign = service.add_campaign()
    changed = client.update_campaign(campaign, subject="New", sender_name="Other", mailing_list_id=3, lang="de_DE")
    assert changed["subject"] == "New"
    client.update_campaign(campaign, email_from_addr="b@example.org", recipients={"segments": {"include": [1]}})
    first, second = (request.json for request in service.received("update_campaign"))
    recipients = {"groups": {"include": [3]}}
    assert first == {"subject": "New", "email_from_name": "Other", "recipients": recipients, "lang": "de_DE"}
    assert second == {"email_from_addr": "b@example.org", "recipients": {"segments": {"include": [1]}}}


@pytest.mark.parametrize("changes", [{}, {"sujet": "x"}, {"mailing_list_id": 1, "recipients": {}}])
def test_wrong_changes_of_a_campaign_are_refused_at_once(client, service, changes):
    with pytest.raises(TypeError, match=r"subject|mailing_list_id"):
        client.update_campaign(7, **changes)
    assert service.requests == []


def test_a_test_goes_to_one_address(client, service):
    campaign = service.add_campaign()
    assert client.send_test(campaign, "ada@example.org") is True
    assert [(mail.campaign_id, mail.to) for mail in service.tests] == [(campaign, ("ada@example.org",))]
    assert service.sends == []


def test_a_campaign_is_deleted_and_duplicated(client, service):
    campaign = service.add_campaign("sent")
    copy = client.duplicate_campaign(campaign)
    assert (copy["status"], copy["subject"]) == ("draft", "News")
    assert client.delete_campaign(campaign) is True
    assert list(service.campaigns) == [copy["id"]]
    with pytest.raises(InfomaniakNotFoundError):
        client.delete_campaign(campaign)


SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
UNIX = int(SOON.timestamp())


@pytest.mark.parametrize(
    "send_at",
    [SOON, SOON.astimezone(timezone(timedelta(hours=-7))), SOON.isoformat(), f"{SOON:%Y%m%dT%H%M%SZ}", UNIX,
     float(UNIX), UNIX + 0.9, str(UNIX), f" {UNIX} "],
    ids=["datetime", "other zone", "ISO 8601", "basic ISO 8601", "int", "float", "fraction", "str", "spaces"],
)  # fmt: skip
def test_a_time_to_come_is_sent_in_unix_seconds(client, service, send_at):
    campaign = service.add_campaign()
    assert client.schedule_campaign(campaign, send_at) is True
    assert service.sends == [(campaign, UNIX)]
    assert client.get_campaign(campaign)["status"] == "scheduled"


@pytest.mark.parametrize(
    "send_at",
    [SOON.replace(tzinfo=None), SOON.replace(tzinfo=None).isoformat(), "2127-01-01", "20270101", "tomorrow", "",
     time.time() - 1, "2020-01-01T00:00:00Z", datetime(2020, 1, 1, tzinfo=UTC), 0, -1, UNIX * 1000, float("nan"),
     float("inf"), datetime.max.replace(tzinfo=ZoneInfo("America/New_York")),
     datetime.min.replace(tzinfo=ZoneInfo("Europe/Zurich"))],
    ids=["naive", "naive text", "date", "digits", "words", "empty", "a second ago", "past text", "past", "0", "-1",
         "milliseconds", "nan", "inf", "the last time", "the first time"],
)  # fmt: skip
@pytest.mark.parametrize("strict", [True, False])
def test_a_time_that_is_past_or_without_zone_is_refused_at_once(connect, service, send_at, strict):
    with pytest.raises(ValueError, match="time"):
        connect(strict=strict).schedule_campaign(7, send_at)
    assert service.requests == []


def last_sunday(month, hour, fold=0):
    """Half past this hour on the last Sunday of a month to come, when clocks change in Zurich."""
    year = datetime.now(UTC).year + 1
    last = datetime(year, month, 31)
    day = last - timedelta(days=(last.weekday() + 1) % 7)
    return day.replace(hour=hour, minute=30, fold=fold, tzinfo=ZoneInfo("Europe/Zurich"))


@pytest.mark.parametrize("fold", [0, 1])
def test_a_time_that_the_clocks_skip_is_refused_with_the_times_around_it(client, service, fold):
    skipped = last_sunday(3, 2, fold)
    day = f"{skipped:%Y-%m-%d}"
    with pytest.raises(ValueError, match=rf"does not exist in Europe/Zurich.*{day}T01:30:00\+01:00 or {day}T03:30"):
        client.schedule_campaign(7, skipped)
    assert service.requests == []


@pytest.mark.parametrize(
    ("send_at", "hours"),
    [(last_sunday(3, 1), 0), (last_sunday(3, 3), 1), (last_sunday(10, 2), 0), (last_sunday(10, 2, fold=1), 1)],
    ids=["before", "after", "the first of two", "the second of two"],
)  # fmt: skip
def test_times_around_a_change_of_the_clocks_are_taken(client, service, send_at, hours):
    campaign = service.add_campaign()
    client.schedule_campaign(campaign, send_at)
    midnight = send_at.replace(hour=1, minute=30, fold=0).timestamp()
    assert (service.sends[0][1] - midnight) / 3600 == hours + (send_at.month == 10)


@pytest.mark.parametrize("send_at", [None, True, [], {}])
def test_what_is_no_time_is_refused_at_once(client, send_at):
    with pytest.raises(TypeError):
        client.schedule_campaign(7, send_at)


def test_statistics(client, service):
    statistics = {"statistics": {"open_rate": 0.5}, "advanced_statistics": {"by_day": []}}
    campaign = service.add_campaign("sent", started_at=1767225600, subscribers_count=3, **statistics)
    assert client.get_campaign_statistics(campaign) == {
        **statistics,
        "status": "sent",
        "subscribers_count": 3,
        "started_at": 1767225600,
    }
    links = [{"url": "https://example.org/", "clicks": 2}]
    service.fail("links", Response(200, success(links)))
    assert client.get_campaign_links(campaign) == links


# Mailing lists


def test_a_mailing_list_from_its_making_to_its_end(client, service):
    made = client.create_mailing_list("Readers")
    assert client.get_mailing_list(made["id"])["name"] == "Readers"
    assert client.update_mailing_list(made["id"], name="Friends")["name"] == "Friends"
    assert [m["name"] for m in client.list_mailing_lists()] == ["Friends"]
    assert client.delete_mailing_list(made["id"]) is True
    assert client.list_mailing_lists() == []


def test_a_contact_is_put_into_a_list_and_taken_out(client, service):
    group, other = service.add_group(), service.add_group("Others")
    contact = service.add_subscriber("a@example.org", other)
    assert client.manage_contact(group, contact, "subscribe") is True
    assert service.subscribers[contact]["groups"] == [group, other]
    assert client.manage_contact(group, contact, "unsubscribe") is True
    assert service.subscribers[contact]["groups"] == [other]
    assert service.subscribers[contact]["status"] == "active"


@pytest.mark.parametrize("action", ["delete", "", "Subscribe", None])
def test_another_action_is_refused_at_once(connect, service, action):
    with pytest.raises(ValueError, match="subscribe"):
        connect(strict=False).manage_contact(1, 2, action)
    assert service.requests == []


# Pages

LISTS = {
    "list_campaigns": lambda c, s: (s.add_campaign(), c.list_campaigns()),
    "list_mailing_lists": lambda c, s: (s.add_group(), c.list_mailing_lists()),
    "get_list_contacts": lambda c, s: (add_one(s), c.get_list_contacts(1)),
    "list_contacts": lambda c, s: (add_one(s), c.list_contacts()),
    "list_segments": lambda c, s: (s.add_segment(), c.list_segments()),
    "list_fields": lambda c, s: (s.add_field("f"), c.list_fields()),
    "get_campaign_activity": lambda c, s: (add_one(s), s.send(2), c.get_campaign_activity(2)),
    "get_segment_contacts": lambda c, s: (add_one(s), c.get_segment_contacts(3)),
}


def add_one(service):
    service.add_subscriber(f"{len(service.subscribers)}@example.org", 1)


@pytest.mark.parametrize("list_", LISTS.values(), ids=LISTS)
def test_every_list_is_whole_whatever_the_service_gives_a_page(client, service, list_):
    assert (service.add_group(), service.add_campaign(recipients={"groups": {"include": [1]}})) == (1, 2)
    assert client.create_segment("s", {})["id"] == 3
    service.largest_page = 3
    first = len(list_(client, service)[-1])
    for added in range(1, 8):
        found = list_(client, service)[-1]
        assert len(found) == first + added
        assert [found.count(item) for item in found] == [1] * len(found)


@pytest.mark.parametrize("largest", [15, 1000])
@pytest.mark.parametrize("number", [0, 1, 99, 100, 101, 200])
def test_a_service_that_does_not_tell_how_many_pages_there_are_is_asked_until_one_is_empty(
    client, service, number, largest
):
    service.tells_pages, service.largest_page = False, largest
    for _ in range(number):
        service.add_group()
    assert len(client.list_mailing_lists()) == number


def test_a_service_that_gives_the_same_page_again_and_again_is_an_error(client, service):
    service.fail("list_groups", Response(200, success([{"id": n, "name": "n"} for n in range(100)])), times=9)
    with pytest.raises(InfomaniakCloudError, match="same page"):
        client.list_mailing_lists()


@pytest.mark.parametrize("item", [{}, {"id": 1}, {"name": "n", "email": "a@example.org"}, "text"], ids=repr)
@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("list_campaigns", lambda c: c.list_campaigns()),
        ("list_groups", lambda c: c.list_mailing_lists()),
        ("group_subscribers", lambda c: c.get_list_contacts(1)),
        ("list_subscribers", lambda c: c.list_contacts()),
        ("list_segments", lambda c: c.list_segments()),
        ("segment_subscribers", lambda c: c.get_segment_contacts(1)),
        ("list_fields", lambda c: c.list_fields()),
        ("list_templates", lambda c: c.list_templates()),
        ("filter_subscribers", lambda c: c.import_contacts(1, [{"email": f"p{n}@example.org"} for n in range(21)])),
    ],
)
def test_a_list_of_what_lacks_what_is_promised_cannot_be_read(connect, service, operation, call, item):
    assert service.add_group() == 1
    service.fail(operation, Response(200, success([item], pages=1)))
    with pytest.raises(InfomaniakCloudError, match="the answer cannot be read: the answer lacks"):
        call(connect(retry_budget=0))


def test_activity_is_as_the_service_gives_it(client, service):
    campaign = service.add_campaign()
    service.fail("activity", Response(200, success([{"any": 1}], pages=1)))
    assert client.get_campaign_activity(campaign) == [{"any": 1}]


def test_an_empty_page_before_the_last_is_no_end(connect, service):
    for _ in range(3):
        service.add_group()
    service.fail("list_groups", Response(200, success([], pages=3)))
    with pytest.raises(InfomaniakCloudError, match="page 1 of 3 is empty"):
        connect(retry_budget=0).list_mailing_lists()
    service.fail("list_groups", Response(200, success([], pages=3)))
    assert len(connect().list_mailing_lists()) == 3  # as it is asked for again


def test_a_page_that_fails_is_no_short_list(client, service):
    service.largest_page = 3
    for _ in range(7):
        service.add_group()
    service.fail("list_groups", executed=True)
    service.fail("list_groups", Response(403, b""))
    with pytest.raises(PermissionError):
        client.list_mailing_lists()


def test_lists_are_searched_by_the_service(client, service):
    service.add_group("Readers & friends")
    service.add_group("Others")
    assert [m["name"] for m in client.list_mailing_lists(search="& fr")] == ["Readers & friends"]
    service.add_subscriber("ada@example.org")
    service.add_subscriber("bob@example.org")
    assert [c["email"] for c in client.list_contacts(search="ada")] == ["ada@example.org"]


# Contacts


def test_a_contact_from_its_making_to_its_erasure(client, service):
    group = service.add_group()
    service.add_field("firstname")
    service.add_field("lastname")
    made = client.create_contact("ada@example.org", fields={"firstname": "Ada"}, groups=[group])
    again = client.create_contact("ada@example.org", fields={"lastname": "L"})
    assert made["id"] == again["id"]
    found = client.get_contact(made["id"])
    assert {field["key"]: field["value"] for field in found["fields"]} == {"firstname": "Ada", "lastname": "L"}
    assert [each["id"] for each in found["groups"]] == [group]
    assert client.update_contact(made["id"], status="unsubscribed")["status"] == "unsubscribed"
    assert [c["id"] for c in client.list_contacts()] == [made["id"]]  # whatever its status
    assert client.forget_contact(made["id"]) is True
    assert service.forgotten == [made["id"]]
    with pytest.raises(InfomaniakNotFoundError):
        client.get_contact(made["id"])


def test_a_contact_is_deleted(client, service):
    contact = service.add_subscriber("a@example.org")
    assert client.delete_contact(contact) is True
    assert (service.subscribers, service.forgotten) == ({}, [])


@pytest.mark.parametrize("changes", [{}, {"email": "b@example.org"}])
def test_wrong_changes_of_a_contact_are_refused_at_once(client, changes):
    with pytest.raises(TypeError, match="fields"):
        client.update_contact(7, **changes)


def test_many_contacts_are_unsubscribed_at_once_and_waited_for(client, service):
    contacts = [service.add_subscriber(f"{n}@example.org") for n in range(3)]
    service.polls_until_done = 1
    started = client.unsubscribe_contacts(contacts[:2])
    assert client.get_task_status(started["task_id"])["status"] == "running"
    assert client.wait_for_task(started["task_id"])["status"] == "executed"
    assert [service.subscribers[c]["status"] for c in contacts] == ["unsubscribed", "unsubscribed", "active"]


def test_nobody_is_unsubscribed_by_an_empty_list(client, service):
    with pytest.raises(ValueError, match="no contacts"):
        client.unsubscribe_contacts([])
    assert service.requests == []


def test_a_task_that_does_not_end_is_not_waited_for_longer_than_wanted(client, service):
    service.polls_until_done = 999
    task = client.unsubscribe_contacts([service.add_subscriber("a@example.org")])["task_id"]
    with pytest.raises(InfomaniakTimeoutError, match=task):
        client.wait_for_task(task, timeout=0.6)


@pytest.mark.parametrize("place", ["in the pause", "in a request"])
def test_who_interrupts_the_wait_for_a_task_is_told_what_goes_on(client, service, place):
    service.polls_until_done = 999
    task = client.unsubscribe_contacts([service.add_subscriber("a@example.org")])["task_id"]
    if place == "in a request":
        service.fail("task", fault="stalled")
    when = IN_THE_PAUSE if place == "in the pause" else lambda: service.received("task")
    notes = notes_of_interrupt(lambda: client.wait_for_task(task), when=when)
    assert notes == [f"the service goes on with task {task}"]


# Segments, fields, templates, the account


def test_a_segment_from_its_making_to_its_end(client, service):
    conditions = {
        "closure": "OR",
        "conds": [{"closure": "AND", "conds": [{"type": "created_at", "operator": ">", "date1": "2025-12-31"}]}],
    }
    made = client.create_segment("Near", conditions)
    assert client.get_segment(made["id"])["data"] == conditions
    assert client.update_segment(made["id"], name="Far")["name"] == "Far"
    service.add_subscriber("a@example.org")
    assert [c["email"] for c in client.get_segment_contacts(made["id"])] == ["a@example.org"]
    assert client.delete_segment(made["id"]) is True
    with pytest.raises(TypeError):
        client.update_segment(made["id"])


def test_a_field_from_its_making_to_its_end(client, service):
    made = client.create_field("City", "text")
    assert [f["key"] for f in client.list_fields()] == ["city"]
    assert client.update_field(made["id"], name="Town")["name"] == "Town"
    assert client.delete_field(made["id"]) is True
    assert client.list_fields() == []


def test_templates_and_credits(client):
    [template] = client.list_templates()
    assert client.get_template_html(template["id"]) == "<h1>Plain</h1>"
    assert client.get_credits() == {"total": 500}


# Ids


@pytest.mark.parametrize("key", ["../groups/1", "", "x", 0, -1, "1/schedule", "1?with=x"])
def test_what_is_no_id_leads_nowhere(client, service, key):
    for call in (client.get_campaign, client.send_campaign, client.delete_contact, client.get_list_contacts):
        with pytest.raises(ValueError, match="positive integer"):
            call(key)
    assert service.requests == []


@pytest.mark.parametrize("key", [None, True, 1.0, b"1"])
def test_what_is_of_no_type_of_id_is_refused(client, key):
    with pytest.raises(TypeError):
        client.get_campaign(key)


def test_an_id_may_come_as_text(client, service):
    campaign = str(service.add_campaign())
    assert client.send_campaign(campaign) is True
    assert client.get_campaign(campaign)["status"] == "sending"


@pytest.mark.parametrize("task", ["../newsletters/1", "a/b", "é?x=1"])
def test_a_task_id_stays_one_part_of_the_path(client, service, task):
    with pytest.raises(InfomaniakNotFoundError):
        client.get_task_status(task)
    assert service.requests[-1].operation == "task"


@pytest.mark.parametrize("task", ["", ".", ".."])
def test_what_can_be_no_part_of_a_path_is_refused(client, task):
    with pytest.raises(ValueError, match="not an id"):
        client.get_task_status(task)
