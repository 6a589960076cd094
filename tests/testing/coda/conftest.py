"""A Coda whose responses are judged by the vendor's document, a client of it, and requests that no client makes."""

import json
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from codomyrmex.cloud.coda import CodaClient
from support.coda_responses import JudgedCoda


@pytest.fixture
def coda():
    with JudgedCoda() as server:
        yield server
    assert server.wrong_responses == []
    assert [violation for violation in server.violations if "broke the service" in violation] == []


@pytest.fixture
def client(coda):
    with CodaClient(**coda.client_options) as client:
        yield client


@pytest.fixture
def doc(coda):
    return coda.add_doc("A document", doc_id="doc")


@pytest.fixture
def table(coda, doc):
    """A table ``Things`` of three rows, ``a``, ``b`` and ``c``."""
    table = coda.add_table(doc, "Things", ["Name", "Count"], table_id="grid-1")
    table.add_rows([{"Name": name, "Count": number} for number, name in enumerate("abc")])
    return table


@pytest.fixture
def call(coda):
    """``call(method, path, body, content_type)``: sends that as it is, on one connection; gives status and JSON.

    A body that is no bytes goes out as JSON.
    """
    url = urlsplit(coda.url)
    with closing(HTTPConnection(url.netloc, timeout=10)) as connection:

        def call(method, path, body=None, content_type="application/json"):
            headers = {"Authorization": f"Bearer {coda.token}"}
            if body is not None:
                headers["Content-Type"] = content_type
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
            connection.request(method, url.path + path, body, headers)
            response = connection.getresponse()
            return response.status, json.load(response)

        yield call
