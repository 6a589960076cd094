"""Who receives a campaign: lists and segments, several at once, without some."""

import pytest


@pytest.fixture
def make(client):
    return lambda *lists, **options: client.create_campaign("S", "a@example.org", "A", "<p>", *lists, **options)


def recipients(service):
    return service.received("create_campaign")[-1].json["recipients"]


@pytest.mark.parametrize(
    ("lists", "options", "expected"),
    [
        ([3], {}, {"groups": {"include": [3]}}),
        ([[3, 4, 3]], {}, {"groups": {"include": [3, 4]}}),
        (["3"], {}, {"groups": {"include": [3]}}),
        ([], {"mailing_list_id": iter((3, 4))}, {"groups": {"include": [3, 4]}}),
        ([], {"segment_id": 5}, {"segments": {"include": [5]}}),
        (
            [[3, 4]], {"segment_id": [5, 6], "exclude_mailing_list_id": 7, "exclude_segment_id": [8]},
            {"groups": {"include": [3, 4], "exclude": [7]}, "segments": {"include": [5, 6], "exclude": [8]}},
        ),
        ([], {"recipients": {"all_subscribers": True}}, {"all_subscribers": True}),
        ([], {"recipients": {"emails": ["a@example.org"]}}, {"emails": ["a@example.org"]}),
    ],
)  # fmt: skip
def test_lists_and_segments_are_the_recipients(make, service, lists, options, expected):
    make(*lists, **options)
    assert recipients(service) == expected


def test_a_campaign_for_several_lists_reaches_each_of_their_contacts_once(make, client, service):
    first, second, left_out = (service.add_group(name) for name in ("First", "Second", "Not these"))
    service.add_subscriber("ada@example.org", first, second)
    service.add_subscriber("bob@example.org", second)
    service.add_subscriber("eve@example.org", second, left_out)
    campaign = make([first, second], exclude_mailing_list_id=left_out)
    client.send_campaign(campaign["id"])
    assert [mail.to for mail in service.outbox] == [("ada@example.org", "bob@example.org")]


def test_the_recipients_of_a_draft_are_changed(client, service):
    campaign = service.add_campaign()
    client.update_campaign(campaign, mailing_list_id=[3, 4], exclude_segment_id=5)
    assert service.received("update_campaign")[0].json == {
        "recipients": {"groups": {"include": [3, 4]}, "segments": {"exclude": [5]}}
    }


@pytest.mark.parametrize(
    ("kind", "lists", "options", "message"),
    [
        (TypeError, [], {}, "nobody would receive it: give mailing_list_id, segment_id or recipients"),
        (TypeError, [], {"exclude_mailing_list_id": 3}, "nobody would receive it"),
        (TypeError, [3], {"recipients": {"all_subscribers": True}}, "mailing_list_id, or recipients, not both"),
        (TypeError, [], {"recipients": [3]}, "recipients is a mapping"),
        (TypeError, [], {"segments": [3]}, "unknown arguments: segments"),
        (ValueError, [], {"recipients": {}}, "nobody would receive it"),
        (ValueError, [], {"recipients": {"groups": {"include": []}}}, "nobody would receive it"),
        (ValueError, [[]], {}, "mailing_list_id is empty"),
        (ValueError, [3], {"segment_id": []}, "segment_id is empty"),
        (ValueError, [[3, 4]], {"exclude_mailing_list_id": 4}, "groups 4 are both to receive it and excluded"),
        (ValueError, [[3, 0]], {}, "mailing_list_id is a positive integer"),
        (TypeError, [3], {"segment_id": [1.5]}, "segment_id is int"),
    ],
)
def test_recipients_that_make_no_sense_are_refused_before_a_request(make, service, kind, lists, options, message):
    with pytest.raises(kind, match=message):
        make(*lists, **options)
    assert service.requests == []
