"""Lists hold what is asked for, in the order and the pages that are asked for."""

import pytest


def test_campaigns_are_found_by_text_status_and_time(server, found):
    server.add_campaign(subject="News of May", created_at=100)
    server.add_campaign("sent", subject="News of June", created_at=200)
    server.add_campaign("scheduled", subject="Offer", created_at=300)
    assert found("campaigns?filter[search]=NEWS") == ["News of May", "News of June"]
    assert found("campaigns?filter[status]=sent") == ["News of June"]
    for many in ("filter[status][]=sent&filter[status][]=draft", "filter[status][0]=sent&filter[status][1]=draft"):
        assert found(f"campaigns?{many}") == ["News of May", "News of June"]
    assert found("campaigns?date_from=200") == ["News of June", "Offer"]
    assert found("campaigns?date_from=150&date_to=250") == ["News of June"]
    assert found("campaigns?filter[search]=news&filter[status]=draft") == ["News of May"]


@pytest.fixture
def people(server):
    group, other = server.add_group("Readers"), server.add_group("Others")
    server.add_subscriber("ada@example.org", group)
    server.add_subscriber("bob@example.org", group, status="unsubscribed")
    server.add_subscriber("eve@example.org", other)
    server.add_segment("Two", members=[3, 4])
    return group


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("subscribers", "ada eve"),  # the active ones, where no status is asked for
        ("subscribers?filter[status]=all", "ada bob eve"),
        ("subscribers?filter[status]=unsubscribed", "bob"),
        ("subscribers?filter[status]=under_verification", ""),
        ("subscribers?filter[search]=ADA", "ada"),
        ("subscribers?filter[status]=all&filter[groups][]=1", "ada bob"),
        ("subscribers?filter[groups][]=1&filter[groups][]=2", "ada eve"),
        ("groups/1/subscribers", "ada bob"),
        ("groups/1/subscribers?filter[status]=active", "ada"),
        ("groups/1/subscribers?filter[search]=bo", "bob"),
        ("segments/6/subscribers", "ada bob"),
        ("segments/6/subscribers?filter[status]=unsubscribed", "bob"),
        ("segments/6/subscribers?filter[search]=ada", "ada"),
    ],
)
def test_subscribers_are_found_by_text_status_and_group(people, found, path, names):
    assert found(path) == [f"{name}@example.org" for name in names.split()]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({}, "ada eve"),
        ({"filter": {"status": "all"}}, "ada bob eve"),
        ({"filter": {"status": "all", "groups": [1]}}, "ada bob"),
        ({"filter": {"search": "EVE"}}, "eve"),
    ],
)
def test_a_filter_in_a_body_finds_the_same(people, found, body, names):
    assert found("subscribers/filter?page=1", "POST", body) == [f"{name}@example.org" for name in names.split()]


def test_groups_segments_and_fields_are_searched(server, found):
    for name in ("Readers", "Press"):
        server.add_group(name)
        server.add_segment(name)
        server.add_field(name)
    for path in ("groups", "segments", "fields"):
        assert found(f"{path}?filter[search]=pre") == ["Press"]


@pytest.mark.parametrize(
    "path",
    ["groups?filter[status]=active", "segments?filter[status]=active", "subscribers?filter[validation_status]=1",
     "subscribers?filter[status]=wrong", "groups?filter[colour]=red", "groups?colour=red"],
)  # fmt: skip
def test_a_filter_that_has_no_known_effect_is_refused_instead_of_left_out(server, call, path):
    status, content = call("GET", path)
    assert (status, content["result"]) == (422, "error")
    assert len(server.violations) == 1
    server.violations.clear()


def test_a_list_is_sorted_as_asked(server, found):
    for name in ("b", "c", "a"):
        server.add_group(name)
    assert found("groups") == ["b", "c", "a"]
    assert found("groups?order_by=name") == ["a", "b", "c"]
    assert found("groups?order_by=name&order=desc") == ["c", "b", "a"]
    assert found("groups?order_by=id&order_for[id]=desc") == ["a", "c", "b"]
    assert found("groups?order_by=subscribed_count,name") == ["a", "b", "c"]


def test_a_list_has_pages_or_parts_or_a_number(server, call, found):
    for number in range(40):
        server.add_group(f"g{number}")
    status, content = call("GET", "groups?page=3")
    assert (status, len(content["data"])) == (200, 10)
    assert [content[key] for key in ("total", "page", "pages", "items_per_page")] == [40, 3, 3, 15]
    assert found("groups?limit=2&skip=3") == ["g3", "g4"]
    assert "total" not in call("GET", "groups?limit=2&skip=3")[1]
    assert call("GET", "groups?return=total")[1]["data"] == 40
    server.largest_page = 7
    assert len(found("groups?page=1&per_page=100")) == 7
    server.tells_pages = False
    assert call("GET", "groups?page=1")[1].keys() == {"result", "data"}
    assert found("groups?page=99") == []
