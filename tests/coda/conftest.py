import os

import pytest
from codomyrmex.cloud.coda import CodaClient
from codomyrmex.cloud.testing.services._http import listening
from codomyrmex.cloud.testing.services.coda import TOKEN, CodaServer
from support import coda_document as vendor
from support.coda_responses import JudgedCoda
from support.matrix import Matrix

from .relayed import make, violations


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    """The machine's own account is not what these tests use."""
    for name in [name for name in os.environ if name.startswith("CODA_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def server():
    with listening(CodaServer()) as started:
        yield started


@pytest.fixture
def coda(server):
    """A Coda of its own, with a document ``doc`` and a table ``grid-1`` of three rows.

    Whatever was sent to it must be what Coda accepts: by our own table of its API, and by the vendor's
    document where that is at hand; and what it responds must be what that document says. A test that sends
    something else on purpose clears ``violations``.
    """
    service = JudgedCoda()
    doc = service.add_doc("A document", doc_id="doc")
    table = service.add_table(doc, table_id="grid-1", sorts=[("Name", "descending")])
    for n, name in enumerate("abc"):
        table.add_row({"Name": name, "Count": n, "Tags": ["x", "y"]}, row_id=f"i-{n}0")
    server.serve(service)
    yield service
    service.released.set()
    assert service.violations == []
    assert vendor.DOCUMENT.problems(service.requests) == []
    assert service.wrong_responses == []


@pytest.fixture
def connect(coda):
    """``connect(**options)``: a client of it. It keeps no rate limits unless told to."""
    clients = []

    def make(token=TOKEN, **options):
        client = CodaClient(token, coda.url, **{"timeout": 5, "limits": None, **options})
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(connect):
    return connect()


@pytest.fixture(scope="module")
def matrix():
    return Matrix(make, violations)
