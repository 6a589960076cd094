"""The columns that other services export are known, and who refused newsletters there gets none here."""

import csv
import logging

import pytest
from codomyrmex.cloud.infomaniak.newsletter import _header_names as header_names

EXPORTS = {
    "Infomaniak": "email,firstname,lastname",
    "Mailchimp": "Email Address,First Name,Last Name",
    "Brevo": "EMAIL,FIRSTNAME,LASTNAME",
    "Mailjet": "Email,firstname,name_last,lastname",
    "HubSpot": "Email,First Name,Last Name",
    "SendGrid": "EMAIL,FIRST_NAME,LAST_NAME",
    "Constant Contact": "Email address,First name,Last name",
    "CleverReach": "Email,firstname,lastname",
    "Google Contacts": "E-mail 1 - Value,First Name,Last Name",
    "Google Contacts before 2024": "E-mail 1 - Value,Given Name,Family Name",
    "Outlook": "E-mail Address,First Name,Last Name",
    "Outlook in German": "E-Mail-Adresse,Vorname,Nachname",
    "Outlook in French": "Adresse de messagerie,Prénom,Nom",
    "Outlook in Italian": "Indirizzo posta elettronica,Nome,Cognome",
    "Outlook in Spanish": "Dirección de correo electrónico,Nombre,Apellidos",
    "Thunderbird": "Primary Email,First Name,Last Name",
    "Thunderbird in German": "Primäre E-Mail-Adresse,Vorname,Nachname",
    "Apple": "Home Email,First name,Last name",
    "WordPress": "user_email,first_name,last_name",
    "WooCommerce": "Billing Email,Billing First Name,Billing Last Name",
    "German": "E-Mail,VORNAME,Familienname",
    "French": "Adresse e-mail,prenom,nom de famille",
    "French with blanks": " Courriel , Prénom , NOM ",
    "Italian": "Posta elettronica,nome,cognome",
    "Spanish": "Correo electrónico,nombre,apellido",
    "Spanish without accents": "correo-electronico,NOMBRE,Apellidos",
}


@pytest.fixture
def group(service):
    return service.add_group()


@pytest.fixture
def known(service):
    """The fields that a newsletter has from its beginning."""
    for name in ("firstname", "lastname"):
        service.add_field(name)
    service.effects.clear()


@pytest.fixture
def read(client, service, group, tmp_path):
    """``read(rows)``: the result of the import of a file of these rows, and the fields of who is in by address."""

    def read(*rows, **options):
        with open(tmp_path / "contacts.csv", "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
        result = client.import_contacts(group, tmp_path / "contacts.csv", **options)
        return result, {email: member["fields"] for email, member in service.members(group).items()}

    return read


@pytest.mark.parametrize("export", EXPORTS)
@pytest.mark.parametrize("more", [0, 30])
def test_address_and_names_are_found_in_what_others_export(read, service, known, export, more):
    header = [name for name in EXPORTS[export].split(",") if name != "name_last"]
    rows = [[f"p{n}@example.org", "P", "Q"] for n in range(more)]
    result, members = read(header, ["ada@example.org", "Ada", "Lovelace"], *rows)
    assert (result["imported"], result["failed"]) == (1 + more, [])
    assert members["ada@example.org"] == {"firstname": "Ada", "lastname": "Lovelace"}
    assert service.changed("create_field") == []


def test_the_names_of_mappings_are_known_too(client, service, group, known):
    contacts = [
        {"E-Mail-Adresse": "ada@example.org", "Vorname": "Ada"},
        {"courriel": "bob@example.org", "Prénom": "Bob"},
    ]
    assert client.import_contacts(group, contacts)["imported"] == 2
    assert [m["fields"] for m in service.members(group).values()] == [{"firstname": "Ada"}, {"firstname": "Bob"}]


@pytest.mark.parametrize("name", ["Vorname", "vorname", "VORNAME"])
def test_a_field_of_the_newsletters_own_comes_first(read, service, known, name):
    service.add_field("Vorname")
    service.effects.clear()
    _, members = read(["Email", name], ["ada@example.org", "Ada"])
    assert members == {"ada@example.org": {"vorname": "Ada"}}
    assert service.changed("create_field") == []


def test_an_own_field_is_found_by_its_name_whatever_its_case(read, service):
    service.add_field("Home Town")
    service.effects.clear()
    _, members = read(["Email", "HOME TOWN"], ["ada@example.org", "London"])
    assert members == {"ada@example.org": {"home_town": "London"}}
    assert service.changed("create_field") == []


def test_a_field_of_the_same_meaning_is_taken_where_there_is_no_firstname(read, service):
    service.add_field("Prénom")
    service.effects.clear()
    _, members = read(["Email", "Vorname"], ["ada@example.org", "Ada"])
    assert members == {"ada@example.org": {"prénom": "Ada"}}
    assert service.changed("create_field") == []


@pytest.mark.parametrize("more", [0, 30])
def test_other_columns_with_values_become_fields(read, service, more):
    rows = [[f"p{n}@example.org", "Bern", "", "x"] for n in range(more)]
    _, members = read(["Email", "Home town", "Phone", ""], ["ada@example.org", "London", "", "x"], *rows)
    assert members["ada@example.org"] == {"home_town": "London"}
    assert [field["name"] for field in service.fields.values()] == ["Home town"]


def test_other_addresses_become_fields_where_one_column_is_email(read):
    _, members = read(["Work email", "Email"], ["w@example.org", "ada@example.org"])
    assert members == {"ada@example.org": {"work_email": "w@example.org"}}


MAILCHIMP = [
    ["Email Address", "First Name", "MEMBER_RATING", "OPTIN_TIME", "OPTIN_IP", "LEID", "EUID", "GMTOFF", "TAGS"],
    ["ada@example.org", "Ada", "2", "2024-01-02 10:00:00", "192.0.2.7", "123", "a1b2", "1", "vip"],
]


def test_what_others_note_for_themselves_is_left_out_and_logged(read, known, caplog):
    with caplog.at_level(logging.WARNING):
        _, members = read(*MAILCHIMP)
    assert members == {"ada@example.org": {"firstname": "Ada", "tags": "vip"}}
    assert "'OPTIN_IP'" in caplog.text
    assert "fields=" in caplog.text
    assert "192.0.2.7" not in caplog.text


def test_columns_may_be_chosen(read, known, caplog):
    _, members = read(*MAILCHIMP, fields=["first name", "LEID"])
    assert members == {"ada@example.org": {"firstname": "Ada", "leid": "123"}}
    assert caplog.records == []
    _, members = read(*MAILCHIMP, fields=[])
    assert members == {"ada@example.org": {"firstname": "Ada", "leid": "123"}}


def test_columns_may_be_given_other_names(read, known):
    fields = {"Work email": "email", "Ville": "City", "Rufname": "firstname"}
    header, row = ["Email", "Work email", "Ville", "Rufname", "x"], ["a@b.example", "ada@example.org", "B", "Ada", "x"]
    _, members = read(header, row, fields=fields)
    assert members == {"ada@example.org": {"city": "B", "firstname": "Ada"}}


@pytest.mark.parametrize("column", ["Email", "E-Mail", "Ort"])
def test_which_column_is_of_addresses_may_be_said(read, column):
    row = {"Email": "a@example.org", "E-Mail": "b@example.org", "Ort": "c@example.org"}
    _, members = read(row.keys(), row.values(), fields={column: "email"})
    assert members == {row[column]: {}}


def test_two_columns_cannot_both_be_the_one_of_addresses(client, read, service, group):
    fields = {"Email": "email", "Ort": "email"}
    with pytest.raises(ValueError, match="line 1, has several columns of addresses: Email, Ort"):
        read(["Email", "Ort"], ["a@example.org", "b@example.org"], fields=fields)
    with pytest.raises(ValueError, match="contact 1 has several columns of addresses"):
        client.import_contacts(group, [{"Email": "a@example.org", "Ort": "b@example.org"}], fields=fields)
    assert service.requests == []


def test_columns_that_are_not_chosen_may_have_the_same_name(read, known):
    _, members = read(["Email", "Note", "Note", "Vorname"], ["a@example.org", "x", "y", "Ada"], fields=["Vorname"])
    assert members == {"a@example.org": {"firstname": "Ada"}}


def test_columns_of_mappings_may_be_chosen(client, service, group, known):
    contacts = [{"email": "ada@example.org", "Vorname": "Ada", "id": 7}]
    client.import_contacts(group, contacts, fields=["Vorname"])
    assert service.members(group)["ada@example.org"]["fields"] == {"firstname": "Ada"}


@pytest.mark.parametrize(("options", "error", "message"), [
    ({"fields": ["City"]}, ValueError, "line 1, has no column 'city'; it has Email, Vorname, Prénom"),
    ({"fields": "Vorname"}, TypeError, "fields is a list"),
    ({}, ValueError, "the columns 'Vorname' and 'Prénom' are both the field 'firstname': take one of them by fields="),
])  # fmt: skip
def test_columns_that_contradict_are_refused_before_anything_is_written(read, service, known, options, error, message):
    with pytest.raises(error, match=message):
        read(["Email", "Vorname", "Prénom"], ["ada@example.org", "A", "B"], **options)
    assert all(request.method == "GET" for request in service.requests)


def test_nested_fields_are_taken_by_their_keys(client, service, group):
    contacts = [{"email": "ada@example.org", "fields": {"status": "vip", "LEID": "1"}}]
    assert client.import_contacts(group, contacts)["imported"] == 1
    assert service.members(group)["ada@example.org"]["fields"] == {"status": "vip", "leid": "1"}
    with pytest.raises(TypeError, match="fields of contact 1 is a mapping"):
        client.import_contacts(group, [{"email": "ada@example.org", "fields": [{"key": "city"}]}])


# Consent

REFUSALS = [
    ("status", "unsubscribed"), ("Status", "Cleaned"), ("STATUS", "bounced"), ("Global Status", "Unconfirmed"),
    ("Email Status", "Opted-out"), ("Email permission status", "Unsubscribed"), ("status", "pending"),
    ("Email Marketing Consent", "NEVER_SUBSCRIBED"), ("Statut", "Désabonné"), ("Status", "abgemeldet"),
    ("Stato", "Disiscritto"), ("Estado", "Dado de baja"), ("status", "junk"),
    ("Unsubscribed from all email", "true"), ("EMAIL_BLACKLIST", "1"), ("Blacklisted", "yes"), ("unsub", "1"),
    ("IsExcludedFromCampaigns", "True"), ("Has Opted Out of Email", "1"), ("Email Opt Out", "x"),
    ("Unsubscribed", "2024-02-03 10:00"), ("Abgemeldet", "ja"),
    ("Accepts Email Marketing", "no"), ("Subscribed", "FALSE"), ("Opt-in", "0"), ("Aktiv", "nein"),
    ("newsletter", "non"), ("Newsletter", "abgemeldet"), ("Subscribed", "f"), ("Subscribed", "0.0"),
    ("Consent", "No"), ("Opted in", "false"), ("Email marketing consent", "no"), ("Status", "False"),
    ("Status", "Unsubscribed (by admin)"), ("Status", "HARD_BOUNCE: mailbox full"), ("Status", "inactive"),
    ("Estado", "Baja"), ("UNSUB_TIME", "2024-02-03 10:00:00"), ("CLEAN_TIME", "2024-02-03 10:00:00"),
    ("Opted out of email: Marketing Information", "true"), ("Email hard bounce reason", "UNKNOWN_USER"),
    ("Unsubscribed", "0.1"),
]  # fmt: skip
AGREEMENTS = [
    ("status", "subscribed"), ("Status", "active"), ("status", ""), ("Status", "anything else"),
    ("Unsubscribed from all email", "false"), ("EMAIL_BLACKLIST", "0"), ("Unsubscribed", ""), ("Blacklisted", "No"),
    ("Accepts Email Marketing", "yes"), ("Subscribed", "1"), ("Opt-in", ""), ("Aktiv", "ja"),
    ("Unsubscribed at", "0000-00-00 00:00:00"), ("Unsubscribed", "0.0"), ("Unsubscribed at", "NaT"),
    ("Subscribed", "1.0"), ("Estado", "Baja California"), ("Status", "soft bounced"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value"), REFUSALS)
def test_who_refused_newsletters_is_not_subscribed(read, client, group, service, column, value):
    rows = ["ada@example.org", value], ["bob@example.org", ""]
    result, members = read(["Email", column], *rows)
    assert (result["imported"], result["unsubscribed"], result["failed"]) == (1, 1, [])
    assert list(members) == ["bob@example.org"]
    result = client.import_contacts(group, [{"email": "ada@example.org", column: value}])
    assert (result["imported"], result["unsubscribed"]) == (0, 1)
    assert service.received("create_subscriber")[1:] == []


@pytest.mark.parametrize(("column", "value"), AGREEMENTS)
def test_who_did_not_is(read, column, value):
    result, members = read(["Email", column], ["ada@example.org", value])
    assert (result["imported"], result["unsubscribed"], members) == (1, 0, {"ada@example.org": {}})


def test_a_row_that_ends_before_its_status_refuses_nothing(read):
    result, members = read(["Email", "Status"], ["ada@example.org"])
    assert (result["imported"], members) == (1, {"ada@example.org": {}})


@pytest.mark.parametrize("options", [{}, {"fields": []}, {"fields": ["Status"]}])
def test_a_refusal_counts_whatever_columns_are_chosen(read, service, options):
    service.add_field("Status")
    result, members = read(["Email", "Status"], ["ada@example.org", "unsubscribed"], **options)
    assert (result["unsubscribed"], members) == (1, {})


@pytest.mark.parametrize("values", [["subscribed", "unsubscribed"], ["unsubscribed", "subscribed"]])
def test_one_refusal_of_an_address_is_enough(read, values):
    result, members = read(["Email", "Status"], *(["ada@example.org", value] for value in values))
    assert (result["imported"], result["unsubscribed"], result["duplicates"], members) == (0, 1, 1, {})


def test_a_refusal_counts_in_a_row_with_too_many_cells(read, client, service, group, tmp_path):
    rows = ["ada@example.org", "unsubscribed", "", "x"], ["ada@example.org", "subscribed"]
    result, members = read(["Email", "Status", ""], *rows)
    assert (result["failed"], result["unsubscribed"], members) == ([], 1, {})
    with open(tmp_path / "contacts.csv", encoding="utf-8", newline="") as file:
        result = client.import_contacts(group, csv.DictReader(file))
    assert (result["failed"], result["unsubscribed"], service.members(group)) == ([], 1, {})


def test_an_own_field_with_the_name_of_a_status_is_filled(read, service):
    service.add_field("Status")
    _, members = read(["Email", "Status"], ["ada@example.org", "gold"])
    assert members == {"ada@example.org": {"status": "gold"}}


def test_no_name_means_two_things():
    meanings = [header_names.EMAIL, header_names.FIRST_NAME, header_names.LAST_NAME, header_names.NOT_IMPORTED,
                header_names.STATUS, header_names.REFUSES, header_names.AGREES]  # fmt: skip
    assert sum(map(len, meanings)) == len(frozenset().union(*meanings))
