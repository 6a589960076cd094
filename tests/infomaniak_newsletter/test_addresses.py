"""What is certainly no address is refused before any request; what is unusual and valid is taken."""

import pytest
from codomyrmex.cloud.infomaniak.newsletter._addresses import same_address

WRONG = [
    '"ada@example.org', 'ada"@example.org', "'ada@example.org", "ada'@example.org",
    "\u2018ada@example.org", "ada\u2019@example.org", "“ada”@example.org", "«ada»@example.org", "`ada@example.org",
    "ada", "ada@", "@example.org", "ada@@example.org", "a@da@example.org", "ada b@example.org", "ada@exam ple.org",
    ".ada@example.org", "ada.@example.org", "a..da@example.org", "ada@example..org", "ada@.example.org",
    "ada@example.org.", "ada@-example.org", "ada@example-.org", "ada@exa_mple.org", "ada@example", "ada@localhost",
    "ada@1.2.3.4", "ada@[1.2.3.4]", "ada@example.1", "ada\n@example.org", "ada@example.org\nbcc:x", "a\0da@example.org",
    "a\u200bda@example.org", "mailto:ada@example.org", "ada@example.org, bob@example.org",
    "ada@example.org;bob@example.org", "a(c)@example.org", "<ada@example.org", "Ada <>", "Ada <ada@example.org> x",
    "x" * 65 + "@example.org", "a@" + "x" * 64 + ".org", "a@" + ".".join(["x" * 60] * 5) + ".org", "", " ",
]  # fmt: skip
VALID = [
    '"ada"@example.org', '"a b"@example.org', '"a@b"@example.org', "ada+news@example.org",
    "o'neill@example.org", "ada_b-c@example.org", "a@example.org", "{ada}%1@example.org",
    "ADA@Example.ORG", "zoë@example.org", "ada@münchen.example", "ada@xn--mnchen-3ya.example", "用户@例子.公司",
    "x" * 64 + "@example.org", "1@2.example",
]  # fmt: skip
WRITES = {
    "create_contact": ("email", lambda c, email: c.create_contact(email)),
    "send_test": ("email", lambda c, email: c.send_test(7, email)),
    "create_campaign": ("sender_email", lambda c, email: c.create_campaign("s", email, "n", "<p>", 1)),
    "update_campaign": ("sender_email", lambda c, email: c.update_campaign(7, sender_email=email)),
    "update_campaign by the API's name": ("sender_email", lambda c, email: c.update_campaign(7, email_from_addr=email)),
    "recipients": (
        "recipients.emails", lambda c, email: c.update_campaign(7, recipients={"emails": ["a@example.org", email]})
    ),
}  # fmt: skip


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize("email", WRONG)
def test_what_is_no_address_is_refused_before_a_request(connect, service, call, email):
    name, write = WRITES[call]
    with pytest.raises(ValueError, match=f"^{name}: .* is not an e-mail address: "):
        write(connect(strict=False), email)
    assert service.requests == []


@pytest.mark.parametrize("call", WRITES)
def test_what_is_no_text_is_refused_before_a_request(client, service, call):
    for email in (None, 7, b"ada@example.org"):
        with pytest.raises(TypeError, match="is str"):
            WRITES[call][1](client, email)
    assert service.requests == []


def test_of_contacts_to_import_they_have_failed(client, service):
    group = service.add_group()
    result = client.import_contacts(group, [{"email": email} for email in (*WRONG, "ada@example.org")])
    assert [failed["email"] for failed in result["failed"]] == [email.strip() for email in WRONG]
    assert all("e-mail address" in failed["error"] for failed in result["failed"])
    assert list(service.members(group)) == ["ada@example.org"]


@pytest.mark.parametrize("email", VALID)
def test_what_is_valid_is_sent_as_it_is_written(connect, service, email):
    connect(strict=False).create_contact(email)  # whether or not the service takes it
    assert service.received("create_subscriber")[0].json == {"email": email}


@pytest.mark.parametrize("text", [" ada@example.org\n", "Ada <ada@example.org>", '"L., Ada" <ada@example.org>',
                                  "Ada L. < ada@example.org >", "<ada@example.org>"])  # fmt: skip
def test_a_name_and_blanks_around_an_address_are_left_out(client, service, text):
    client.create_contact(text)
    assert client.import_contacts(service.add_group(), [{"email": text}])["imported"] == 1
    assert {request.json["email"] for request in service.received("create_subscriber")} == {"ada@example.org"}


@pytest.mark.parametrize(("one", "other", "same"), [
    ("Ada@example.org", "ada@EXAMPLE.org", True), ("a@München.example", "A@xn--mnchen-3ya.example", True),
    ("zoë@example.org", "ZOË@example.org", True), ("a+b@example.org", "a@example.org", False),
    ("a.b@example.org", "ab@example.org", False), ("a@straße.example", "a@strasse.example", False),
    ("a@Straße.example", "a@xn--strae-oqa.example", True), ("zoe\u0308@example.org", "zo\u00eb@example.org", True),
    ("a@mu\u0308nchen.example", "a@münchen.example", True), ("é@-.example", "É@-.example", True),
    ("zoë@example.org", "zoe@example.org", False),
])  # fmt: skip
def test_which_addresses_are_the_same(one, other, same):
    assert (same_address(one) == same_address(other)) is same
