"""What no client of ours sends is answered as a service would, and the connection goes on."""

import json
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from codomyrmex.cloud.testing.services import Response
from codomyrmex.cloud.testing.services.coda import VENDOR_RATES, faster
from support import coda_document
from support.coda_responses import problems

ROWS = "/docs/doc/tables/grid-1/rows"
BAD = [
    ("GET", "/docs?%zz", None, 400),
    ("GET", "/docs?query=%zz", None, 400),
    ("GET", "/docs?query=%ff", None, 400),
    ("GET", "/docs?limit", None, 400),
    ("GET", "/docs?limit=0", None, 400),
    ("GET", "/docs?limit=-1", None, 400),
    ("GET", "/docs?limit=", None, 400),
    ("GET", "/docs?limit=%C2%B2", None, 400),
    ("GET", "/docs?isOwner=True", None, 400),
    ("GET", f"{ROWS}?valueFormat=none", None, 400),
    ("GET", "/docs/doc/tables/grid-1/columns?limit=101", None, 400),
    ("GET", "/resolveBrowserLink", None, 400),
    ("GET", "/docs/%ff", None, 400),
    ("GET", "/docs", b"{}", 400),
    ("GET", "/docs/none", None, 404),
    ("GET", "/documents", None, 404),
    ("PATCH", "/docs/doc/pages", None, 405),
    ("DELETE", "/whoami", None, 405),
    ("POST", ROWS, None, 400),
    ("POST", ROWS, b"{", 400),
    ("POST", ROWS, b"[" * 100_000, 400),
    ("POST", ROWS, b"\xff", 400),
    ("POST", ROWS, b'{"rows":[{"cells":[{"column":"Name","value":NaN}]}]}', 400),
    ("POST", ROWS, b'{"rows":[{"cells":[{"column":"Name","value":1e999}]}]}', 400),
    *(("POST", ROWS, body, 400) for body in (
        [], b"null", b"", {"rows": None}, {"rows": [None]}, {"rows": [{"cells": {}}]}, {"rows": [{"cells": [1]}]},
        {"rows": [], "keyColumns": "Name"}, {"rows": [], "keyColumns": ["None"]}, {"rows": [], "keyColums": []},
        {"rows": [{"cells": [{"column": 1, "value": 1}]}]}, {"rows": [{"cells": [{"column": "Name", "value": None}]}]},
        {"rows": [{"cells": [{"column": "None", "value": 1}]}]},
    )),
    ("DELETE", ROWS, {"rowIds": [1]}, 400),
    ("POST", "/docs", {"title": 1}, 400),
    ("POST", "/docs", {"initialPage": {"pageContent": {"type": "none"}}}, 400),
    ("POST", "/docs/doc/pages", {"pageContent": {"type": "canvas"}}, 400),
    ("PUT", "/docs/doc/pages/Page", {"contentUpdate": {"insertionMode": "append"}}, 400),
    ("PUT", "/docs/doc/pages/Page", {"isHidden": "yes"}, 400),
    ("POST", f"{ROWS}/a/buttons/None", None, 404),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status"), BAD)
def test_what_is_wrong_is_told_and_the_connection_goes_on(coda, call, table, method, path, body, status):
    coda.add_page("doc", "Page")
    answered, error = call(method, path, body)
    assert (answered, error.keys()) == (status, {"statusCode", "statusMessage", "message"})
    assert call("GET", "/docs/doc")[0] == 200
    assert len(coda.connections) == 1
    assert coda.effects == []


def test_a_body_says_that_it_is_json(call, table):
    status, error = call("POST", ROWS, {"rows": []}, "text/plain")
    assert (status, error["message"]) == (400, "content type 'text/plain'")


def test_a_body_without_a_length_is_none(coda, table):
    url = urlsplit(coda.url)
    with closing(HTTPConnection(url.netloc, timeout=10)) as connection:
        for _ in range(2):
            connection.putrequest("POST", url.path + ROWS)
            connection.putheader("Authorization", f"Bearer {coda.token}")
            connection.putheader("Content-Type", "application/json")
            connection.endheaders()
            response = connection.getresponse()
            assert (response.status, json.load(response)["message"]) == (400, "no JSON")
    assert len(coda.connections) == 1


def test_text_of_any_kind_is_kept(coda, call, table):
    body = b'{"rows":[{"cells":[{"column":"Name","value":"\\ud800 \\u0000"}]}]}'
    assert call("POST", ROWS, body)[0] == 202
    assert call("GET", f"{ROWS}?sortBy=updatedAt")[1]["items"][-1]["name"] == "\ud800 \0"


def test_a_slash_at_the_end_and_a_charset_are_taken(coda, call, table):
    assert call("GET", "/docs/doc/")[0] == 200
    assert call("PATCH", "/docs/doc", {}, "application/json; charset=utf-8")[0] == 200


@pytest.mark.parametrize(("path", "largest"), [("rows?limit=9999", 500), ("columns?limit=100", 100), ("rows", 25)])
def test_pages_have_the_vendors_sizes(call, table, path, largest):
    if path.startswith("columns"):
        for number in range(120):
            table.add_column(f"Column {number}")
    else:
        table.add_rows({"Name": str(number)} for number in range(600))
    page = call("GET", f"/docs/doc/tables/grid-1/{path}")[1]
    assert len(page["items"]) == largest
    assert page["nextPageToken"] in page["nextPageLink"]


def test_requests_beyond_the_vendors_rates_are_refused(coda, call, doc):
    coda.rates, coda.retry_after = faster(VENDOR_RATES, 0.1), "6"
    assert [call("GET", "/docs")[0] for _ in range(5)] == [200, 200, 200, 200, 429]
    assert call("GET", "/docs/doc")[0] == 200
    assert coda.refused == 1


@pytest.mark.skipif(not coda_document.DOCUMENT.file.is_file(), reason="CLOUD_REFERENCE names no folder with Coda's API")
@pytest.mark.parametrize("change", [{"name": None}, {"more": 1}, {"id": 7}, {"values": {"c-1": {"a": 1}}}], ids=repr)
def test_the_judge_of_responses_objects(coda, call, table, change):
    row = table.rows and call("GET", f"{ROWS}/a")[1]
    operation = coda.contract.find("GET", f"{ROWS}/a")[0]
    assert problems(operation, Response(200, row)) == []
    changed = {key: value for key, value in {**row, **change}.items() if value is not None}
    assert problems(operation, Response(200, changed)) != []
