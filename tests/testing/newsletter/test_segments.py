"""Segments hold those for whom their conditions hold."""

import pytest


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ({"type": "meta", "operator": "=", "meta_id": 9, "value": "bern"}, "ada"),
        ({"type": "meta", "operator": "<>", "meta_id": 9, "value": "Bern"}, "bob eve"),
        ({"type": "meta", "operator": "like", "meta_id": 9, "value": "er"}, "ada bob"),
        ({"type": "meta", "operator": "not like", "meta_id": 9, "value": "er"}, "eve"),
        ({"type": "meta", "operator": "start", "meta_id": 9, "value": "be"}, "ada bob"),
        ({"type": "meta", "operator": "finish", "meta_id": 9, "value": "lin"}, "bob"),
        ({"type": "mailinglist", "operator": "include", "mailinglist_id": 1}, "ada bob"),
        ({"type": "mailinglist", "operator": "exclude", "mailinglist_id": 1}, "eve"),
        ({"type": "created_at", "operator": "=", "date1": "2026-01-01"}, "ada bob"),
        ({"type": "created_at", "operator": ">", "date1": "2026-01-01"}, ""),
        ({"type": "created_at", "operator": "<", "date1": "2026-01-01"}, "eve"),
        ({"type": "created_at", "operator": "between", "date1": "2024-12-31", "date2": "2025-06-01"}, "eve"),
        ({"type": "campaign", "operator": "sent", "actionId": "all"}, "ada"),
        ({"type": "campaign", "operator": "nosent", "actionId": "any"}, "bob eve"),
        ({"type": "campaign", "operator": "sent", "actionId": "last5"}, "ada"),
        ({"type": "campaign", "operator": "sent", "actionId": "custom", "campaign_id": 99}, ""),
        ({"type": "campaign", "operator": "open", "actionId": "all"}, ""),
    ],
)
def test_a_segment_holds_those_for_whom_its_conditions_hold(server, client, condition, names):
    group = server.add_group()
    city = server.add_field("City", field_id=9)
    assert (group, city) == (1, 9)
    server.add_subscriber("ada@example.org", group, city="Bern")
    server.add_subscriber("bob@example.org", group, city="Berlin")
    eve = server.add_subscriber("eve@example.org")
    server.subscribers[eve]["created_at"] = 1_735_689_600  # 2025-01-01
    server.send(server.add_campaign(recipients={"emails": ["ada@example.org"]}))
    conditions = {"closure": "OR", "conds": [{"closure": "AND", "conds": [condition]}]}
    made = client.create_segment("Some", conditions)
    assert made["subscribed_count"] == len(names.split())
    assert [each["email"] for each in client.get_segment_contacts(made["id"])] == [
        f"{name}@example.org" for name in names.split()
    ]


def test_any_of_the_outer_conditions_and_all_of_the_inner_ones_hold(server, client):
    one, two, three = (server.add_group() for _ in range(3))
    server.add_subscriber("one@example.org", one)
    server.add_subscriber("both@example.org", one, two)
    server.add_subscriber("three@example.org", three)
    inner = [[one, two], [three]]
    conditions = {"closure": "OR", "conds": [
        {"closure": "AND", "conds": [{"type": "mailinglist", "operator": "include", "mailinglist_id": g} for g in ids]}
        for ids in inner
    ]}  # fmt: skip
    made = client.create_segment("Some", conditions)
    assert [c["email"] for c in client.get_segment_contacts(made["id"])] == ["both@example.org", "three@example.org"]


@pytest.mark.parametrize(
    "data",
    [
        {"closure": "AND", "conds": []}, {"closure": "OR"}, {"closure": "OR", "conds": [7]},
        {"closure": "OR", "conds": [{"closure": "OR", "conds": []}]},
        *({"closure": "OR", "conds": [{"closure": "AND", "conds": [condition]}]} for condition in [
            7, {}, {"type": "colour", "operator": "="}, {"type": "meta", "operator": "="},
            {"type": "meta", "operator": "between", "meta_id": 1, "value": "x"},
            {"type": "meta", "operator": "=", "meta_id": 1, "value": 7}, {"type": "created_at", "operator": "="},
            {"type": "created_at", "operator": "=", "date1": "tomorrow"}, {"type": ["meta"], "operator": "="},
            {"type": "created_at", "operator": "between", "date1": "2026-01-01"},
            {"type": "campaign", "operator": "sent"},
            {"type": "campaign", "operator": "sent", "actionId": "custom"},
        ]),
    ],
)  # fmt: skip
def test_conditions_that_cannot_be_are_refused(server, call, data):
    assert call("POST", "segments", {"name": "s", "data": data})[0] == 422
    assert (server.segments, len(server.violations)) == ({}, 1)
    server.violations.clear()
    with pytest.raises(ValueError, match=r".+"):
        server.add_segment(conditions=data)
