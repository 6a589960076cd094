"""Record sets of every type, and what the name server makes of them."""

import pytest
from codomyrmex.cloud.infomaniak.dns._contents import quoted
from codomyrmex.cloud.infomaniak.errors import (
    InfomaniakAlreadyExistsError,
    InfomaniakConflictError,
    InfomaniakNotFoundError,
    InfomaniakValidationError,
)

NOWHERE = "0c2d1b1e-0000-4000-8000-000000000000"


def in_order(record_set):
    """The same: the records of a set have no order of their own."""
    return {**record_set, "records": sorted(record_set["records"])}


def test_a_record_set_is_made_changed_and_deleted(client, zone, ask):
    name = zone["name"]
    made = client.create_record(name, "www", "a", ["192.0.2.1", "192.0.2.2"], ttl=60, description="web")
    assert in_order(made) == {
        "id": made["id"],
        "name": f"www.{name}",
        "type": "A",
        "records": ["192.0.2.1", "192.0.2.2"],
        "ttl": 60,
        "status": "ACTIVE",
        "description": "web",
    }
    assert sorted(map(str, ask(f"www.{name}", "A"))) == ["192.0.2.1", "192.0.2.2"]
    found = [client.get_record(name, "www"), client.get_record(zone["id"], made["id"])]
    assert [in_order(each) for each in [*found, *client.list_records(name, type="a")]] == [in_order(made)] * 3
    changed = client.update_record(name, "www", ["192.0.2.3"])
    assert changed == {**made, "records": ["192.0.2.3"]}
    assert client.update_record(name, f"www.{name}", ttl=120)["ttl"] == 120
    assert client.delete_record(name, "www")
    assert ask(f"www.{name}", "A") == []
    with pytest.raises(InfomaniakNotFoundError):
        client.get_record(name, made["id"])


def test_what_is_not_waited_for_is_pending(client, zone):
    made = client.create_record(zone["id"], "www", "A", ["192.0.2.1"], wait=False)
    assert made["status"] == "PENDING"
    assert client.update_record(zone["id"], made["id"], ttl=60, wait=False) == {**made, "ttl": 60}
    assert client.delete_record(zone["id"], made["id"], wait=False)


RECORDS = [
    ("v6", "AAAA", ["2001:db8::1"], ["2001:db8::1"]),
    ("alias", "CNAME", ["www"], ["www.{zone}"]),
    ("away", "CNAME", ["www.example.org"], ["www.example.org."]),
    ("@", "MX", ["10 mail", "20  mail.example.org"], ["10 mail.{zone}", "20 mail.example.org."]),
    ("sub", "NS", ["ns1.example.org", "ns2.example.org."], ["ns1.example.org.", "ns2.example.org."]),
    ("_sip._tcp", "SRV", ["10 20 5060 sip"], ["10 20 5060 sip.{zone}"]),
    ("pointer", "PTR", ["www.example.ch"], ["www.example.ch."]),
    ("caa", "CAA", ['0 issue "letsencrypt.org"'], ["0 issue letsencrypt.org"]),
    ("spf", "SPF", ["v=spf1 -all"], ['"v=spf1 -all"']),
    ("ssh", "SSHFP", ["4 2 " + "ab" * 32], ["4 2 " + "ab" * 32]),
    (
        "phone",
        "NAPTR",
        ['100 50 "s" "SIP+D2U" "" _sip._udp.example.org'],
        ['100 50 "s" "SIP+D2U" "" _sip._udp.example.org.'],
    ),
    ("nomail", "MX", ["0 ."], ["0 ."]),
    ("cert", "CERT", ["1 0 0 AAAA"], ["1 0 0 AAAA"]),
    ("_443._tcp", "TLSA", ["3 1 1 " + "ab" * 32], ["3 1 1 " + "ab" * 32]),
    ("svc", "SVCB", ["1 web.example.org alpn=h2"], ["1 web.example.org. alpn=h2"]),
    ("web", "HTTPS", ["1 web alpn=h2"], ["1 web.{zone} alpn=h2"]),
    ("*", "A", ["192.0.2.9"], ["192.0.2.9"]),
]


@pytest.mark.parametrize(
    ("name", "kind", "given", "kept"), RECORDS, ids=[f"{kind} {name}" for name, kind, *_ in RECORDS]
)
def test_a_record_of_each_type_is_written_as_the_service_wants_it(client, zone, name, kind, given, kept):
    made = client.create_record(zone["id"], name, kind, given, wait=False)
    assert made["name"] == (zone["name"] if name == "@" else f"{name}.{zone['name']}")
    assert sorted(made["records"]) == [record.format(zone=zone["name"]) for record in kept]
    again = client.update_record(zone["id"], made["id"], made["records"], wait=False)
    assert sorted(again["records"]) == sorted(made["records"])


@pytest.mark.parametrize("name", ["www.{zone}", "www.{zone}.", "WWW.{zone}", "www"])
def test_a_name_may_be_whole_or_within_the_zone(client, zone, name):
    made = client.create_record(zone["id"], name.format(zone=zone["name"].rstrip(".")), "A", ["192.0.2.1"], wait=False)
    assert made["name"].lower() == f"www.{zone['name']}"


def test_a_name_with_umlauts_is_written_in_ascii(client, zone):
    made = client.create_record(zone["id"], "zürich", "A", ["192.0.2.1"], wait=False)
    assert made["name"] == f"xn--zrich-kva.{zone['name']}"
    alias = client.create_record(zone["id"], "alias", "CNAME", ["bücher.example.ch"], wait=False)
    assert alias["records"] == ["xn--bcher-kva.example.ch."]


TEXTS = [
    "plain",
    "two words; and v=DKIM1",
    'say "hi"',
    '"hi" and "bye"',
    "back\\slash",
    "café £ 漢",
    "line\nline\ttab",
    "x" * 253,
    "x" * 254,
    "x" * 255 + "y" * 300,
    'q"' * 300,
    "é" * 150,
    "",
]


def test_a_text_reaches_those_who_ask_as_it_was_given(client, zone, ask):
    made = [client.create_record(zone["id"], f"text{n}", "TXT", [text], wait=False) for n, text in enumerate(TEXTS)]
    client.create_record(zone["id"], "last", "A", ["192.0.2.1"])
    for text, record in zip(TEXTS, made, strict=True):
        (answer,) = ask(record["name"], "TXT")
        assert b"".join(answer.strings).decode() == text
        again = client.update_record(zone["id"], record["id"], record["records"], wait=False)
        assert again["records"] == record["records"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ('"in quotes"', '"in quotes"'),
        ('"in two" " strings"', '"in two strings"'),
        (r'"escaped \" and \\ and \195\169"', r'"escaped \" and \\ and \195\169"'),
        ('"' + "k" * 255 + '" "' + "l" * 45 + '"', '"' + "k" * 253 + '" "' + "kk" + "l" * 45 + '"'),
    ],
)
def test_a_text_in_quotes_is_not_quoted_again(client, zone, given, kept):
    assert client.create_record(zone["id"], "text", "TXT", [given], wait=False)["records"] == [kept]


def test_half_a_quote_is_a_character():
    assert quoted('"') == '"\\""'
    assert quoted('"a\\"') == r'"\"a\\\""'


def test_a_record_set_that_is_there_already_is_a_conflict_in_both_faces(client, lenient, zone):
    client.create_record(zone["id"], "www", "A", ["192.0.2.1"], wait=False)
    with pytest.raises(InfomaniakAlreadyExistsError):
        client.create_record(zone["id"], "www", "A", ["192.0.2.2"])
    assert lenient.create_record(zone["id"], "www", "A", ["192.0.2.2"]) is None
    assert lenient.last_error.status_code == 409


def test_a_name_of_several_types_is_a_conflict_that_tells_the_ids(client, zone):
    made = [
        client.create_record(zone["id"], "www", *rest, wait=False)["id"]
        for rest in (("A", ["192.0.2.1"]), ("TXT", ["x"]))
    ]
    with pytest.raises(InfomaniakConflictError) as caught:
        client.delete_record(zone["id"], "www")
    assert all(each in str(caught.value) for each in made)
    assert client.delete_record(zone["id"], made[0], wait=False)
    assert client.delete_record(zone["id"], "www", wait=False)


def test_a_star_is_a_name_like_another(client, zone):
    client.create_record(zone["id"], "www", "A", ["192.0.2.1"], wait=False)
    with pytest.raises(InfomaniakNotFoundError):
        client.delete_record(zone["id"], "*")
    client.create_record(zone["id"], "*", "A", ["192.0.2.1"], wait=False)
    assert client.delete_record(zone["id"], "*", wait=False)
    assert client.get_record(zone["id"], "www")


def test_what_the_service_keeps_for_itself_is_not_deleted(client, zone):
    (soa,) = client.list_records(zone["id"], type="SOA")
    with pytest.raises(InfomaniakValidationError, match="SOA"):
        client.delete_record(zone["id"], soa["id"])


def test_what_the_service_does_not_accept_is_told_in_its_words(client, zone):
    with pytest.raises(InfomaniakValidationError, match=r"'300\.0\.2\.1' is not a 'A' Record"):
        client.create_record(zone["id"], "www", "A", ["300.0.2.1"])
    with pytest.raises(InfomaniakValidationError, match="not contained within"):
        client.create_record(zone["id"], "www.example.org.", "A", ["192.0.2.1"])
    with pytest.raises(InfomaniakValidationError, match="not a valid record type"):
        client.create_record(zone["id"], "www", "DS", ["60485 5 1 AB"])


@pytest.mark.parametrize("record", ["no", NOWHERE, "../recordsets"])
def test_a_record_set_that_does_not_exist_is_a_failure_in_both_faces(client, lenient, zone, record):
    for call, arguments, result in (
        ("get_record", (), None),
        ("update_record", (["192.0.2.1"],), None),
        ("delete_record", (), False),
    ):
        with pytest.raises(InfomaniakNotFoundError):
            getattr(client, call)(zone["id"], record, *arguments)
        assert getattr(lenient, call)(zone["id"], record, *arguments) == result


@pytest.mark.parametrize(
    ("records", "kind"), [("192.0.2.1", TypeError), ([], ValueError), ([1], TypeError), (None, TypeError)]
)
def test_what_can_be_no_record_set_raises_at_once(lenient, zone, records, kind):
    with pytest.raises(kind):
        lenient.create_record(zone["id"], "www", "A", records)


def test_a_zone_of_500_records_is_listed_whole(client, member, set_quota, new_name):
    set_quota(member, zone_recordsets=1000, zone_records=1000)
    lines = [f"host-{n} IN A 192.0.2.{n % 250 + 1}" for n in range(500)]
    soa = "@ 300 IN SOA ns.example.org. hostmaster.example.ch. 1 3600 600 86400 3600"
    zone = client.import_zone("\n".join(["$TTL 300", soa, *lines, ""]), name=new_name, timeout=240)
    names = [record["name"] for record in client.list_records(zone["id"], type="A")]
    assert sorted(names) == sorted(f"host-{n}.{new_name}." for n in range(500))
    assert len(client.list_records(zone["id"])) == 502
    client.delete_zone(zone["id"])
