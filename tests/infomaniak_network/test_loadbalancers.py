"""Load balancers with all their parts, against Octavia, which refuses a change while another is under way."""

import sqlite3
from contextlib import ExitStack, closing

import pytest
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakCloudError,
    InfomaniakConflictError,
    InfomaniakForbiddenError,
    InfomaniakNotFoundError,
    InfomaniakQuotaExceededError,
    InfomaniakTimeoutError,
    InfomaniakValidationError,
)
from support.interrupts import interrupt, notes_of_interrupt


@pytest.fixture(scope="session")
def lab(openstack_lab):
    openstack_lab.require("neutron", "octavia")
    return openstack_lab


@pytest.fixture
def balancer(client, subnet):
    yield client.create_loadbalancer("lb", network_id="net")
    for each in client.list_loadbalancers():
        client.delete_loadbalancer(each["id"], cascade=True)


def test_a_load_balancer_is_built_part_by_part_and_taken_down_again(lab, client, subnet):
    seen = []
    with ExitStack() as held:
        held.enter_context(lab.held("lb"))  # until it was seen unfinished

        def progress(status):
            seen.append(status)
            held.close()

        balancer = client.create_loadbalancer("lb", "sub", progress=progress)
    assert (balancer["name"], balancer["provisioning_status"]) == ("lb", "ACTIVE")
    assert balancer["vip_address"]
    assert {(status.kind, status.id) for status in seen} == {("load balancer", balancer["id"])}
    assert (seen[0].state, seen[-1].state) == ("PENDING_CREATE", "ACTIVE")
    assert client.list_loadbalancers() == [balancer]

    listener = client.create_listener("lb", "web", "HTTP", 80)
    assert (listener["port"], listener["protocol"], listener["loadbalancer_id"]) == (80, "HTTP", balancer["id"])
    pool = client.create_pool("servers", "HTTP", listener_id="web", session_persistence={"type": "SOURCE_IP"})
    assert (pool["listeners"], pool["lb_algorithm"]) == ([listener["id"]], "ROUND_ROBIN")
    members = [client.add_pool_member("servers", f"10.0.0.{n}", 8080, name=f"m{n}", weight=n) for n in (1, 2)]
    assert client.list_pool_members("servers")[0].keys() == members[0].keys()
    assert sorted((m["address"], m["port"], m["weight"]) for m in client.list_pool_members("servers")) == [
        ("10.0.0.1", 8080, 1),
        ("10.0.0.2", 8080, 2),
    ]
    monitor = client.create_health_monitor("servers", url_path="/health", expected_codes="200-204")
    assert (monitor["type"], monitor["timeout"], monitor["pool_id"]) == ("HTTP", 3, pool["id"])
    assert [each["id"] for each in client.list_health_monitors()] == [monitor["id"]]
    assert {part["provisioning_status"] for part in (listener, pool, *members, monitor)} == {"ACTIVE"}
    (listed,) = client.list_pools("lb")
    assert listed["health_monitor_id"] == monitor["id"]
    assert sorted(listed["members"]) == sorted(each["id"] for each in members)
    assert client.list_listeners("lb")[0]["default_pool_id"] == pool["id"]

    assert client.delete_health_monitor(monitor["id"])
    assert client.remove_pool_member("servers", "m1")
    assert [each["name"] for each in client.list_pool_members("servers")] == ["m2"]
    assert client.delete_pool("servers")
    assert client.delete_listener("web")
    assert client.list_pools() == client.list_listeners() == client.list_health_monitors() == []
    assert client.delete_loadbalancer("lb")
    assert client.list_loadbalancers() == []
    with pytest.raises(InfomaniakNotFoundError):
        client.get_loadbalancer(balancer["id"])


@pytest.fixture
def set_state(lab, balancer):
    """``set_state("PENDING_UPDATE")``: to Octavia a change of the load balancer is under way, until told otherwise."""

    def set_state(state):
        with closing(sqlite3.connect(lab.places.path("octavia", "octavia.db"), timeout=20)) as database, database:
            change = (
                "UPDATE load_balancer SET provisioning_status = ? WHERE id = ? AND provisioning_status != 'DELETED'"
            )
            database.execute(change, (state, balancer["id"]))

    yield set_state
    set_state("ACTIVE")  # else it is not deleted


@pytest.fixture
def pending(set_state):
    """Another's change is under way until ``progress`` is called, which keeps the states: ``(states, progress)``."""
    seen = []

    def progress(status):
        if not seen:
            set_state("ACTIVE")
        seen.append(status.state)

    set_state("PENDING_UPDATE")
    return seen, progress


def test_a_change_waits_until_the_one_before_is_done(client, balancer, pending):
    seen, progress = pending
    assert client.create_listener("lb", "web", "HTTP", 80, progress=progress)["name"] == "web"
    assert (seen[0], seen[-1]) == ("PENDING_UPDATE", "ACTIVE")
    assert len(client.list_listeners("lb")) == 1


def test_a_deletion_waits_too(client, balancer, pending):
    seen, progress = pending
    assert client.delete_loadbalancer("lb", progress=progress)
    assert seen[0] == "PENDING_UPDATE"
    assert client.list_loadbalancers() == []


def test_who_interrupts_a_wait_is_told_what_goes_on(client, balancer):
    service = client.connection.load_balancer
    notes = notes_of_interrupt(lambda: client.create_listener("lb", "web", "HTTP", 80, progress=interrupt))
    (listener,) = client.list_listeners("lb")
    assert notes == [f"the service goes on with listener {listener['id']}"]
    service.wait_for_load_balancer(balancer["id"], interval=0.2)
    notes = notes_of_interrupt(lambda: client.delete_listener("web", progress=interrupt))
    assert notes == [f"the service goes on with the deletion of listener {listener['id']}"]
    service.wait_for_load_balancer(balancer["id"], interval=0.2)
    deleted = service.get_load_balancer(balancer["id"])
    notes = notes_of_interrupt(lambda: client.delete_loadbalancer("lb", progress=interrupt))
    assert notes == [f"the service goes on with the deletion of load balancer {balancer['id']}"]
    service.wait_for_delete(deleted, interval=0.2)


def test_who_interrupts_the_wait_for_a_turn_is_told_that_it_is_anothers_change(client, balancer, set_state):
    set_state("PENDING_UPDATE")
    notes = notes_of_interrupt(lambda: client.create_listener("lb", "web", "HTTP", 80, progress=interrupt))
    assert notes == [f"the service goes on with another change of load balancer {balancer['id']}"]
    assert client.list_listeners("lb") == []


def test_a_part_that_fails_is_an_error_where_the_load_balancer_is_well(lab, client, balancer):
    def fail(status):
        """As Octavia leaves a part whose flow it reverts, with the load balancer ACTIVE."""
        with closing(sqlite3.connect(lab.places.path("octavia", "octavia.db"), timeout=20)) as database, database:
            database.execute("UPDATE listener SET provisioning_status = 'ERROR' WHERE name = 'web'")

    with pytest.raises(InfomaniakCloudError, match="listener web is in state ERROR") as caught:
        client.create_listener("lb", "web", "HTTP", 80, progress=fail)
    (listener,) = client.list_listeners("lb")
    assert (caught.value.resource, caught.value.retryable) == (listener["id"], False)


def test_a_part_that_is_not_deleted_is_an_error_where_the_load_balancer_is_well(lab, client, balancer):
    listener = client.create_listener("lb", "web", "HTTP", 80)
    trigger = (
        "CREATE TRIGGER keep BEFORE DELETE ON listener BEGIN "
        "UPDATE listener SET provisioning_status = 'ERROR' WHERE id = OLD.id; SELECT RAISE(IGNORE); END"
    )
    with closing(sqlite3.connect(lab.places.path("octavia", "octavia.db"), timeout=20)) as database:
        with database:
            database.execute(trigger)
        try:
            with pytest.raises(InfomaniakCloudError, match="listener web is in state ERROR") as caught:
                client.delete_listener("web")
            assert (caught.value.resource, caught.value.retryable) == (listener["id"], False)
        finally:
            with database:
                database.execute("DROP TRIGGER keep")
    assert client.delete_listener("web")


def test_what_does_not_come_in_time_says_how_far_it_is(client, lenient, balancer, set_state):
    set_state("PENDING_UPDATE")
    with pytest.raises(InfomaniakTimeoutError, match="PENDING_UPDATE"):
        client.create_listener("lb", "web", "HTTP", 80, timeout=0.5)
    assert lenient.delete_loadbalancer("lb", timeout=0.1) is False
    assert isinstance(lenient.last_error, InfomaniakTimeoutError)


def test_one_that_failed_takes_no_change_but_can_be_deleted(client, balancer, set_state):
    set_state("ERROR")
    with pytest.raises(InfomaniakCloudError, match="load balancer lb is in state ERROR") as caught:
        client.create_listener("lb", "web", "HTTP", 80)
    assert caught.value.resource == balancer["id"]
    assert client.delete_loadbalancer("lb")
    assert client.list_loadbalancers() == []


def test_a_quota_that_is_used_up_is_told(lab, client_of):
    member = lab.new_project()
    lab.admin.load_balancer.update_quota(member.project_id, load_balancers=0)
    client = client_of(member)
    client.create_network("net")
    client.create_subnet("net", "10.0.0.0/24", name="sub")
    with pytest.raises(InfomaniakQuotaExceededError, match=r"(?i)quota"):
        client.create_loadbalancer("lb", "sub")
    client.delete_network("net")


def test_a_conflict_that_does_not_pass_is_raised_at_once(client, lenient, balancer):
    client.create_listener("lb", "web", "HTTP", 80)
    with pytest.raises(InfomaniakConflictError, match="already using protocol HTTP and protocol_port 80"):
        client.create_listener("lb", "other", "HTTP", 80)
    assert lenient.create_listener("lb", "other", "HTTP", 80) is None
    assert lenient.last_error.status_code == 409


def test_one_with_parts_is_deleted_only_with_cascade(client, balancer):
    client.create_pool("servers", "HTTP", loadbalancer_id="lb")
    with pytest.raises(InfomaniakValidationError, match="it has children"):
        client.delete_loadbalancer("lb")


def test_who_lacks_the_role_is_refused(lab, member, client_of, balancer):
    other = client_of(lab.new_user(member.project, roles=["reader"]))
    with pytest.raises(InfomaniakForbiddenError):
        other.delete_loadbalancer(balancer["id"])
    assert client_of(member).get_loadbalancer("lb")["id"] == balancer["id"]


@pytest.mark.parametrize(
    ("call", "arguments", "result"),
    [
        ("get_loadbalancer", ("no",), None),
        ("delete_loadbalancer", ("no",), False),
        ("list_listeners", ("no",), []),
        ("create_listener", ("no", "l", "HTTP", 80), None),
        ("delete_listener", ("no",), False),
        ("delete_pool", ("no",), False),
        ("list_pool_members", ("no",), []),
        ("add_pool_member", ("no", "10.0.0.1", 80), None),
        ("remove_pool_member", ("no", "no"), False),
        ("create_health_monitor", ("no",), None),
        ("delete_health_monitor", ("no",), False),
    ],
)
def test_what_does_not_exist_is_a_failure_in_both_faces(client, lenient, call, arguments, result):
    with pytest.raises(InfomaniakNotFoundError):
        getattr(client, call)(*arguments)
    assert getattr(lenient, call)(*arguments) == result
    assert isinstance(lenient.last_error, InfomaniakNotFoundError)
