"""Zones, their files, and the names of floating IPs."""

import pytest
from codomyrmex.cloud.errors import LocalFileNotFound
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakAlreadyExistsError,
    InfomaniakForbiddenError,
    InfomaniakNotFoundError,
    InfomaniakQuotaExceededError,
    InfomaniakValidationError,
)
from support.interrupts import interrupt, notes_of_interrupt

NOWHERE = "0c2d1b1e-0000-4000-8000-000000000000"


def test_a_zone_is_made_changed_and_deleted(client, new_name):
    told = []
    made = client.create_zone(new_name, "hostmaster@example.ch", ttl=600, description="ours", progress=told.append)
    assert made == {
        "id": made["id"],
        "name": f"{new_name}.",
        "email": "hostmaster@example.ch",
        "status": "ACTIVE",
        "type": "PRIMARY",
        "ttl": 600,
        "description": "ours",
    }
    assert told[-1] == ("zone", made["id"], "ACTIVE", None)
    assert client.get_zone(new_name) == client.get_zone(f"{new_name}.") == client.get_zone(made["id"]) == made
    assert client.list_zones() == [made]
    changed = client.update_zone(new_name, ttl=900, email="dns@example.ch")
    assert changed == {**made, "ttl": 900, "email": "dns@example.ch"}
    assert client.delete_zone(new_name)
    with pytest.raises(InfomaniakNotFoundError):
        client.get_zone(made["id"])
    assert client.list_zones() == []


def test_what_is_not_waited_for_is_pending(client, new_name, address):
    made = client.create_zone(new_name, "hostmaster@example.ch", wait=False)
    assert made["status"] == "PENDING"
    assert client.update_zone(made["id"], ttl=900, wait=False) == {**made, "ttl": 900}
    assert client.delete_zone(made["id"], wait=False)
    assert client.import_zone(zone_file(f"file.{new_name}"), wait=False)["name"] == f"file.{new_name}."
    assert client.delete_zone(f"file.{new_name}", wait=False)
    assert client.set_ptr_record(address.id, "mail.example.ch", wait=False)["status"] == "PENDING"
    assert client.delete_ptr_record(address.id)


def test_a_name_with_umlauts_is_written_in_ascii(client):
    made = client.create_zone("zürich-test.example", "hostmaster@example.ch", wait=False)
    assert made["name"] == "xn--zrich-test-9db.example."
    assert client.get_zone("Zürich-Test.example")["id"] == made["id"]
    assert client.delete_zone(made["id"], wait=False)


def test_a_star_is_no_name_of_all_zones(client, zone):
    with pytest.raises(InfomaniakNotFoundError):
        client.delete_zone("*.example")
    with pytest.raises(InfomaniakNotFoundError):
        client.delete_zone("../zones")
    assert client.get_zone(zone["id"])


@pytest.mark.parametrize("name", ["", ".", "..", "é" * 70])
def test_what_is_no_name_raises_at_once(lenient, name):
    with pytest.raises(ValueError, match="name"):
        lenient.create_zone(name, "hostmaster@example.ch")


def test_nothing_to_change_raises_at_once(lenient, zone):
    with pytest.raises(ValueError, match="nothing to change"):
        lenient.update_zone(zone["id"])


def test_a_zone_that_is_there_already_is_a_conflict_in_both_faces(client, lenient, zone):
    with pytest.raises(InfomaniakAlreadyExistsError, match="Duplicate Zone"):
        client.create_zone(zone["name"], "hostmaster@example.ch")
    assert lenient.create_zone(zone["name"], "hostmaster@example.ch") is None
    assert lenient.last_error.status_code == 409
    assert lenient.last_error.request_id


def test_what_the_service_does_not_accept_is_told_in_its_words(client, new_name):
    with pytest.raises(InfomaniakValidationError, match="is not an email"):
        client.create_zone(new_name, "nobody")


def test_who_lacks_the_role_is_refused(lab, member, client_of, zone):
    reader = client_of(lab.new_user(member.project, roles=["reader"]))
    assert zone["id"] in [each["id"] for each in reader.list_zones()]
    with pytest.raises(InfomaniakForbiddenError):
        reader.delete_zone(zone["id"])


def test_a_quota_that_is_used_up_is_told(lab, client_of, set_quota, new_name):
    member = lab.new_project()
    set_quota(member, zones=1)
    client = client_of(member)
    made = client.create_zone(f"one.{new_name}", "hostmaster@example.ch", wait=False)
    with pytest.raises(InfomaniakQuotaExceededError):
        client.create_zone(f"two.{new_name}", "hostmaster@example.ch")
    with pytest.raises(InfomaniakQuotaExceededError):
        client.import_zone(zone_file(f"three.{new_name}"))
    client.delete_zone(made["id"], wait=False)


@pytest.mark.parametrize("zone", ["no.example", NOWHERE])
@pytest.mark.parametrize(
    ("call", "arguments", "options", "result"),
    [
        ("get_zone", (), {}, None),
        ("update_zone", (), {"ttl": 60}, None),
        ("delete_zone", (), {}, False),
        ("export_zone", (), {}, None),
        ("list_records", (), {}, []),
        ("get_record", ("www",), {}, None),
        ("create_record", ("www", "A", ["192.0.2.1"]), {}, None),
        ("update_record", ("www", ["192.0.2.1"]), {}, None),
        ("delete_record", ("www",), {}, False),
    ],
)
def test_a_zone_that_does_not_exist_is_a_failure_in_both_faces(client, lenient, zone, call, arguments, options, result):
    with pytest.raises(InfomaniakNotFoundError):
        getattr(client, call)(zone, *arguments, **options)
    assert getattr(lenient, call)(zone, *arguments, **options) == result
    assert lenient.last_error.operation == call


def zone_file(name, *lines):
    soa = "@ IN SOA ns.example.org. hostmaster.example.ch. 1 3600 600 86400 3600"
    return "\n".join([f"$ORIGIN {name}.", "$TTL 300", soa, *lines, ""])


def test_a_zone_file_is_imported_exported_and_imported_again(client, new_name, ask):
    lines = ["www 60 IN A 192.0.2.1", "    60 IN A 192.0.2.2", "@ IN MX 10 mail", 'note IN TXT "one" "two; three"']
    made = client.import_zone(zone_file(new_name, *lines))
    assert (made["name"], made["email"], made["status"]) == (f"{new_name}.", "hostmaster@example.ch", "ACTIVE")
    before = contents(client, made["id"])
    assert before["www", "A"] == (60, ["192.0.2.1", "192.0.2.2"])
    assert before["@", "MX"] == (300, [f"10 mail.{new_name}."])
    assert before["note", "TXT"] == (300, ['"one" "two; three"'])
    text = client.export_zone(new_name)
    assert client.delete_zone(new_name)
    again = client.import_zone(text)
    assert contents(client, again["id"]) == before
    client.delete_zone(again["id"], wait=False)


def contents(client, zone):
    name = client.get_zone(zone)["name"]
    own = [record for record in client.list_records(zone) if record["type"] not in ("SOA", "NS")]
    short = lambda record: record["name"].removesuffix(name).rstrip(".") or "@"  # noqa: E731
    return {(short(record), record["type"]): (record["ttl"], sorted(record["records"])) for record in own}


def test_a_zone_file_may_be_a_file_without_origin(client, new_name, tmp_path):
    path = tmp_path / "zone"
    path.write_text(zone_file(new_name, "www IN A 192.0.2.1").partition("\n")[2], "utf-8")
    made = client.import_zone(path, name=new_name)
    assert contents(client, made["id"])["www", "A"] == (300, ["192.0.2.1"])
    client.delete_zone(made["id"], wait=False)


def test_a_zone_file_that_cannot_be_read_says_why(client, lenient, zone, new_name, tmp_path):
    with pytest.raises(InfomaniakValidationError, match=r"\$ORIGIN"):
        client.import_zone("www IN A 192.0.2.1")
    with pytest.raises(InfomaniakValidationError, match="SOA"):
        client.import_zone("www 300 IN A 192.0.2.1", name=new_name)
    with pytest.raises(InfomaniakAlreadyExistsError):
        client.import_zone(zone_file(zone["name"].rstrip(".")))
    with pytest.raises(LocalFileNotFound):
        client.import_zone(tmp_path / "none")
    assert lenient.import_zone("") is None
    assert isinstance(lenient.last_error, InfomaniakValidationError)


@pytest.fixture
def address(member):
    """A floating IP of the member's."""
    network = member.connection.network
    pool = network.find_network("ext-floating1", ignore_missing=False)
    made = network.create_ip(floating_network_id=pool.id)
    yield made
    network.delete_ip(made)


def test_a_floating_ip_gets_a_name_and_loses_it(client, address):
    ip = address.floating_ip_address
    nameless = {
        "id": f"{client.region}:{address.id}",
        "address": ip,
        "ptrdname": None,
        "ttl": None,
        "description": None,
        "status": "INACTIVE",
    }
    assert client.list_ptr_records() == [nameless]
    made = client.set_ptr_record(ip, "mail.example.ch", ttl=600)
    assert made == {**nameless, "ptrdname": "mail.example.ch.", "ttl": 600, "status": "ACTIVE"}
    assert client.get_ptr_record(ip) == client.get_ptr_record(address.id) == client.get_ptr_record(made["id"]) == made
    assert client.delete_ptr_record(address.id)
    assert client.get_ptr_record(ip)["ptrdname"] is None


def test_a_floating_ip_of_others_is_not_found_in_both_faces(client, lenient):
    for call, arguments, result in (
        ("get_ptr_record", (), None),
        ("set_ptr_record", ("mail.example.ch",), None),
        ("delete_ptr_record", (), False),
    ):
        with pytest.raises(InfomaniakNotFoundError):
            getattr(client, call)("192.0.2.1", *arguments)
        assert getattr(lenient, call)("192.0.2.1", *arguments) == result


def test_who_interrupts_a_wait_is_told_what_goes_on(client, zone, address):
    stop = {"progress": interrupt}
    notes = notes_of_interrupt(lambda: client.update_zone(zone["id"], ttl=900, **stop))
    assert notes == [f"the service goes on with zone {zone['id']}"]
    notes = notes_of_interrupt(lambda: client.create_record(zone["id"], "www", "A", ["192.0.2.1"], **stop))
    record = client.get_record(zone["id"], "www")["id"]
    assert notes == [f"the service goes on with record set {record}"]
    notes = notes_of_interrupt(lambda: client.delete_record(zone["id"], record, **stop))
    assert notes == [f"the service goes on with the deletion of record set {record}"]
    pointer = client.get_ptr_record(address.id)["id"]
    notes = notes_of_interrupt(lambda: client.set_ptr_record(pointer, "mail.example.ch", **stop))
    assert notes == [f"the service goes on with floating IP {pointer}"]
    client.delete_ptr_record(pointer)


def test_who_interrupts_the_work_on_a_zone_file_is_told_which_task_goes_on(client, zone):
    (note,) = notes_of_interrupt(lambda: client.export_zone(zone["id"], progress=interrupt))
    exports = client.connection.dns.get("/zones/tasks/exports").json()["exports"]  # the SDK asks at another address
    assert note == f"the service goes on with zone export {exports[0]['id']}"
    again = zone_file(zone["name"].rstrip("."))  # which fails, and leaves no zone
    known = {task.id for task in client.connection.dns.zone_imports()}
    notes = notes_of_interrupt(lambda: client.import_zone(again, progress=interrupt))
    (begun,) = {task.id for task in client.connection.dns.zone_imports()} - known
    assert notes == [f"the service goes on with zone import {begun}"]
