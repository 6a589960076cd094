import os
import sqlite3
from contextlib import closing

import pytest
from codomyrmex.cloud.infomaniak.newsletter import InfomaniakNewsletterClient, _record, _state_file
from codomyrmex.cloud.testing.services._http import listening
from support import newsletter_document as vendor
from support.matrix import Matrix

from .account import DOMAIN, TOKEN, make_newsletter
from .relayed import make, violations


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    """The machine's own account is not what these tests use."""
    for name in [name for name in os.environ if name.startswith("INFOMANIAK_NEWSLETTER_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def record(tmp_path, monkeypatch):
    """The file of a test's own in which what may have been sent is recorded, also by the processes it starts.

    The process of the tests begins each as a new one does, and remembers nothing.
    """
    monkeypatch.setenv("CLOUD_STATE_DIR", str(tmp_path / "state"))
    forget()
    return tmp_path / "state" / _state_file.FILE_NAME


def forget():
    _record._histories.clear()
    _state_file._warned.clear()


@pytest.fixture
def set_back(record):
    """Have all that was asked for be asked for so many seconds before."""

    def set_back(seconds):
        with closing(sqlite3.connect(record)) as db, db:
            assert db.execute("update claims set asked_at = asked_at - ?", (seconds,)).rowcount
            db.execute("update taken_back set taken_back_at = taken_back_at - ?", (seconds,))
        for history in _record._histories.values():
            history.claims = {claim._replace(asked_at=claim.asked_at - seconds) for claim in history.claims}
            history.taken_back = {taken_back_at - seconds for taken_back_at in history.taken_back}

    return set_back


@pytest.fixture(scope="session")
def server():
    with listening(make_newsletter()) as started:
        yield started


@pytest.fixture
def service(server):
    """A newsletter of its own.

    Whatever was sent to it must be what the service accepts: by our own table of its API, and by the vendor's
    document where that is at hand. A test that sends something else on purpose clears ``violations``.
    """
    newsletter = make_newsletter()
    server.serve(newsletter)
    yield newsletter
    newsletter.released.set()
    assert newsletter.violations == []
    assert vendor.DOCUMENT.problems(newsletter.requests) == []


@pytest.fixture
def connect(service):
    """``connect(**options)``: a client of it. It raises, and keeps no rate, unless told otherwise."""
    clients = []

    def make(token=TOKEN, newsletter_id=DOMAIN, **options):
        defaults = {"base_url": service.url, "timeout": 5, "requests_per_minute": None, "strict": True}
        client = InfomaniakNewsletterClient(token, newsletter_id, **{**defaults, **options})
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(connect):
    return connect()


@pytest.fixture(scope="module")
def matrix(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLOUD_STATE_DIR", str(tmp_path_factory.mktemp("state")))
        yield Matrix(make, violations)
