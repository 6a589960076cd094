"""What changed since a sync token."""

import pytest
from codomyrmex.cloud.coda import CodaForbiddenError, CodaValidationError
from codomyrmex.cloud.testing.services._http import Response
from codomyrmex.cloud.testing.services.coda._server import error

TABLE = ("doc", "grid-1")


@pytest.fixture
def pages(coda, client):
    """``pages(*tokens)``: lists are made of so many pages of one row, which have these sync tokens."""
    row = client.list_rows(*TABLE)[0]
    listed = {
        "id": row.id, "type": "row", "name": "a", "index": 0, "href": row.href, "browserLink": row.browser_link,
        "createdAt": "2026-01-02T03:04:05Z", "updatedAt": "2026-01-02T03:04:05Z", "values": {},
    }  # fmt: skip

    def pages(*tokens):
        coda.requests.clear()
        for number, token in enumerate(tokens, 1):
            page = {"items": [listed | {"id": f"i-{number}"}]}
            page |= {"nextPageToken": f"page-{number}"} if number < len(tokens) else {}
            coda.fail("listRows", Response(200, page | ({"nextSyncToken": token} if token else {})))

    return pages


def queries(coda):
    return [request.query for request in coda.received("listRows")]


def test_changes_are_read_page_by_page_from_the_token_on(client, coda, pages):
    pages("one", "two", "three")
    changes = client.iter_changes(*TABLE, "zero", use_column_names=True)
    assert [row.id for row in changes] == ["i-1", "i-2", "i-3"]
    assert queries(coda) == [
        {"syncToken": "zero", "useColumnNames": "true", "limit": "200"},
        {"pageToken": "page-1"}, {"pageToken": "page-2"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("tokens", "after"),
    [(["one", "two"], "one"), ([None, "two"], "two"), ([None, None], "zero")],
    ids=["of each page", "of the last page", "none"],
)
def test_the_token_to_keep_is_the_one_of_when_reading_began(client, pages, tokens, after):
    pages(*tokens)
    changes = client.iter_changes(*TABLE, "zero")
    next(changes)
    assert changes.sync_token == "zero"
    assert len(list(changes)) == 1
    assert changes.sync_token == after


def test_reading_that_fails_keeps_the_token_that_was_given(client, coda, pages):
    pages("one", "two")
    coda.faults[-1] = coda.faults[-1]._replace(response=error(403))
    changes = client.iter_changes(*TABLE, "zero")
    with pytest.raises(CodaForbiddenError):
        list(changes)
    assert changes.sync_token == "zero"


def test_without_a_token_all_rows_are_read(client, coda):
    changes = client.iter_changes(*TABLE)
    assert changes.sync_token is None
    assert [row.id for row in changes] == ["i-00", "i-10", "i-20"]
    assert changes.sync_token
    assert queries(coda) == [{"limit": "200"}]


def test_no_request_leaves_before_rows_are_read_and_wrong_arguments_raise_at_once(client, coda):
    client.iter_changes(*TABLE)
    with pytest.raises(TypeError, match="unexpected argument 'sort_by'"):
        client.iter_changes(*TABLE, sort_by="natural")
    assert coda.requests == []


# Against a Coda that knows what changed


def test_what_changed_since_is_read_and_no_more(client, coda):
    changes = client.iter_changes(*TABLE)
    assert [row.id for row in changes] == ["i-00", "i-10", "i-20"]
    assert list(client.iter_changes(*TABLE, changes.sync_token)) == []
    client.update_row(*TABLE, "i-10", {"Count": 7})
    added = client.insert_rows(*TABLE, [{"Name": "new"}]).added_row_ids
    client.delete_row(*TABLE, "i-00")  # of which nothing is told
    changes = client.iter_changes(*TABLE, changes.sync_token, limit=1)
    assert sorted(row.id for row in changes) == sorted(["i-10", *added])
    assert list(client.iter_changes(*TABLE, changes.sync_token)) == []


def test_what_changes_while_changes_are_read_comes_with_the_next(client, coda):
    changes = client.iter_changes(*TABLE, limit=1)
    next(changes)
    client.update_row(*TABLE, "i-00", {"Count": 7})  # which was read
    list(changes)
    assert [row["c-2"] for row in client.iter_changes(*TABLE, changes.sync_token)] == [7]


def test_a_token_that_coda_does_not_know_is_refused(client, coda):
    with pytest.raises(CodaValidationError):
        list(client.iter_changes(*TABLE, "made up"))
