"""What the documents say of the newsletter in this process is true."""

import pytest
from codomyrmex.cloud.testing.services import NewsletterServer
from support.documents import README, check_examples_pass, defaults, not_told, section

SECTION = section("## What servers have in common") + section("## The newsletter")


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "pytest-xdist"])
@pytest.mark.parametrize("document", [SECTION, README], ids=["page", "readme"])
def test_the_examples_pass(document, workers, tmp_path):
    check_examples_pass(document, "newsletter_server", tmp_path, *workers)


def test_the_page_tells_all_that_a_test_may_use():
    internal = {
        "contract", "root", "released", "connections", "faults", "lock", "count_request", "handle", "respond",
        "refusal", "later", "mail", "new_key", "take_back", "uploads",
    }  # fmt: skip
    assert not_told(NewsletterServer(), internal, SECTION) == []


def test_the_page_tells_the_defaults_that_hold():
    server = NewsletterServer()
    assert defaults(SECTION)
    for name, default in defaults(SECTION):
        if name != "upload_answer":
            assert str(getattr(server, name)) == default.strip('"'), name
