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
        (ValueError, [], {"recipients": {"groups": {"include": []}}}, "include of groups is empty"),
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


# Recipients as the API has them


def test_ids_of_the_apis_own_recipients_are_numbers_too(make, service):
    given = {"all_subscribers": True, "groups": {"exclude": ["4", 4, 5]}}
    make(recipients=given)
    assert recipients(service) == {"all_subscribers": True, "groups": {"exclude": [4, 5]}}
    assert given["groups"] == {"exclude": ["4", 4, 5]}


@pytest.mark.parametrize(
    ("kind", "wrong", "message"),
    [
        (TypeError, {"group": {"exclude": [3]}}, "recipients holds all_subscribers, .*, not 'group'"),
        (TypeError, {"groups": {"excluded": [3]}}, "groups of recipients holds include, exclude, not 'excluded'"),
        (TypeError, {"groups": [3]}, "groups of recipients is {.*}, not list"),
        (TypeError, {"segments": {"exclude": [None]}}, "exclude of segments is int, not NoneType"),
        (ValueError, {"segments": {"exclude": ["x"]}}, "exclude of segments is a positive integer"),
        (ValueError, {"groups": {"include": [3], "exclude": ["3"]}}, "groups 3 are both to receive it and excluded"),
    ],
)
def test_who_is_to_be_left_out_is_not_left_in_by_a_slip(make, client, service, kind, wrong, message):
    for write in (make, lambda **changes: client.update_campaign(7, **changes)):
        with pytest.raises(kind, match=message):
            write(recipients={"all_subscribers": True, **wrong})
    assert service.requests == []


# None


def test_an_argument_that_is_none_is_left_out(make, client, service):
    made = make(None, segment_id=5, exclude_mailing_list_id=None, exclude_segment_id=None, recipients=None)
    assert recipients(service) == {"segments": {"include": [5]}}
    client.update_campaign(made["id"], subject="New", mailing_list_id=None)
    assert service.received("update_campaign")[0].json == {"subject": "New"}


@pytest.mark.parametrize("name", ["mailing_list_id", "segment_id", "recipients"])
def test_nothing_but_none_is_refused_before_a_request(make, client, service, name):
    with pytest.raises(TypeError, match="nothing to change"):
        client.update_campaign(7, **{name: None})
    with pytest.raises(TypeError, match="give mailing_list_id, segment_id or recipients"):
        make(**{name: None})
    assert service.requests == []


def test_bytes_are_no_ids(make, service):
    with pytest.raises(TypeError, match="mailing_list_id is int, not bytes"):
        make(b"34")
    assert service.requests == []
