"""What the documents of this distribution say is true."""

import re
from pathlib import Path

import pytest
from codomyrmex.cloud.infomaniak.newsletter import RESEND_AFTER, _csv_files, _dispatch, _imports, _state_file
from codomyrmex.cloud.infomaniak.newsletter import _header_names as header_names
from codomyrmex.cloud.infomaniak.newsletter import client as module
from codomyrmex.cloud.rest import transport
from platformdirs import macos, unix

from .account import DOMAIN, TOKEN

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/newsletter.md").read_text("utf-8")
README = (ROOT / "plugins/infomaniak-newsletter/README.md").read_text("utf-8")


@pytest.mark.parametrize("document", [PAGE, README], ids=["page", "readme"])
def test_the_examples_run(service, client, monkeypatch, document, capsys, tmp_path):
    monkeypatch.setenv("INFOMANIAK_NEWSLETTER_TOKEN", TOKEN)
    monkeypatch.setenv("INFOMANIAK_NEWSLETTER_ID", str(DOMAIN))
    monkeypatch.chdir(tmp_path)
    Path("readers.csv").write_text("email;firstname\nada@example.org;Ada\nnobody;No\n")
    service.sending_takes = 0.0
    names = {}
    examples = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    assert examples
    for example in examples:
        if "OutcomeUnknown" in example:
            service.fail("schedule", fault="reset", executed=True)
        exec(example.replace("from_env(", f"from_env(base_url={service.url!r}, "), names)
    names["client"].close()
    out = capsys.readouterr().out
    assert "nobody" in out
    assert service.sends
    if document is PAGE:
        assert "1 are in; ['nobody'] are not" in out
        assert "scheduled {'sent_count': 0" in out
        assert "sent" in out.splitlines()
        assert len(service.sends) == 3


def test_the_page_tells_the_numbers_that_hold():
    assert f"allows {module.REQUESTS_PER_MINUTE} requests a minute" in PAGE
    assert f"Up to {_imports.MAX_ONE_BY_ONE} contacts" in PAGE
    assert "up to four times" in PAGE
    assert transport.ATTEMPTS == 5


def test_the_page_tells_what_the_states_mean():
    [sendable] = re.findall(r"^\| (.*) \| it was not,", PAGE, re.MULTILINE)
    assert tuple(re.findall(r"`(\w+)`", sendable)) == _dispatch.SENDABLE
    accepted = " ".join(re.findall(r"^\| .* \| it was accepted|^- `get_campaign` shows.*$", PAGE, re.MULTILINE))
    assert {*re.findall(r"`(\w+)`", accepted)} == {"get_campaign", *_dispatch.ACCEPTED}


def test_the_page_tells_what_is_remembered_where_and_how_long(monkeypatch):
    assert f"for {RESEND_AFTER / 60:.0f} minutes (`codomyrmex.cloud.infomaniak.newsletter.RESEND_AFTER`" in PAGE
    assert f"is still so after {RESEND_AFTER / 60:.0f} minutes" in PAGE
    assert f"The file is `{_state_file.FILE_NAME}`" in PAGE
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    for platform, kind in {"Linux": unix.Unix, "macOS": macos.MacOS}.items():
        folder = kind("codomyrmex-cloud", appauthor=False).user_state_dir
        assert f"| {platform} | `{folder.replace(str(Path.home()), '~')}`" in PAGE


def test_the_page_tells_what_an_import_takes():
    assert f"a line of more than {_csv_files.MAX_LINE_CHARACTERS:,} characters" in PAGE
    section = PAGE.partition("### Who wants no newsletters")[2].partition("###")[0]
    columns, words = header_names.STATUS | header_names.REFUSES | header_names.AGREES, header_names.NOT_SUBSCRIBED
    for quoted in re.findall(r"^- (.*?)\n(?=- |\n)", section, re.MULTILINE | re.DOTALL):
        for word in re.findall(r"`([^`]+)`", quoted):
            assert header_names.simple(word) in columns | words
