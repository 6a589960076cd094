"""What is read: documents, pages, tables, columns, rows, and lists of any length."""

import pickle
from dataclasses import replace
from datetime import UTC

import pytest
from codomyrmex.cloud.coda import CodaAPIError, Doc, Person, Reference
from codomyrmex.cloud.testing.services._http import Response
from codomyrmex.cloud.testing.services.coda._docs import doc_resource


def test_a_document_has_the_fields_of_the_api_in_snake_case(client, coda):
    doc = client.get_doc("doc")
    assert (doc.id, doc.type, doc.name, doc.owner) == ("doc", "doc", "A document", "ada@example.org")
    assert (doc.created_at, doc.created_at.tzinfo) == (coda.docs["doc"].created.time, UTC)
    assert doc.workspace.name == "Work"
    assert doc.doc_size.total_row_count == 3
    assert (doc.icon, doc.extra) == (None, {})


def test_keys_the_client_does_not_know_are_out_of_the_way(client, coda):
    known = client.get_doc("doc")
    coda.fail("getDoc", Response(200, {**doc_resource(coda.url, coda.docs["doc"]), "brandNew": {"a": 1}, "icon": None}))
    doc = client.get_doc("doc")
    assert doc == known
    assert doc.extra == {"brandNew": {"a": 1}}
    assert "brandNew" not in repr(doc)
    copied = pickle.loads(pickle.dumps(doc))
    assert (copied, copied.extra, dict(Doc.extra)) == (doc, doc.extra, {})


@pytest.mark.parametrize("answer", [[], "text", 1, None])
def test_json_that_is_no_object_is_no_model(answer):
    with pytest.raises(ValueError, match="holds no Doc"):
        Doc.from_json(answer)


WRONG = [
    {"workspace": "text"}, {"createdAt": "yesterday"}, {"createdAt": 5}, {"createdAt": None}, {"id": 7}, {"name": None},
    {"docSize": {"totalRowCount": True, "tableAndViewCount": 1, "pageCount": 1, "overApiSizeLimit": False}},
    {"docSize": {"totalRowCount": 1}}, {"icon": []},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_an_answer_of_another_shape_is_an_error_that_holds_it(connect, coda, wrong):
    answer = {**doc_resource(coda.url, coda.docs["doc"]), **wrong}
    coda.fail("getDoc", Response(200, answer))
    with pytest.raises(CodaAPIError, match="cannot be read") as caught:
        connect(retry_budget=0).get_doc("doc")
    assert caught.value.response_body == answer
    assert caught.value.retryable


def test_a_model_says_what_was_left_out(coda):
    answer = {**doc_resource(coda.url, coda.docs["doc"]), "updatedAt": None}
    del answer["name"]
    with pytest.raises(ValueError, match="the answer's Doc lacks name, updatedAt"):
        Doc.from_json(answer)


@pytest.mark.parametrize("items", [None, {}, "text", [None], [[]], [7]], ids=repr)
def test_a_list_that_is_none_is_an_error(connect, coda, items):
    coda.fail("listRows", Response(200, {"items": items}))
    with pytest.raises(CodaAPIError, match="cannot be read"):
        list(connect(retry_budget=0).iter_rows("doc", "grid-1"))


def test_an_answer_that_cannot_be_read_is_asked_for_again(client, coda):
    coda.largest_page = 2
    coda.fail("listRows", Response(200, b""))
    assert len(list(client.iter_rows("doc", "grid-1"))) == 3
    assert len(coda.received("listRows")) == 3


def test_models_do_not_change(client):
    with pytest.raises(AttributeError):
        client.get_doc("doc").name = "other"


def test_a_page_has_its_people_and_its_children(client):
    created = client.create_page("doc", name="Plans", subtitle="of all kinds")
    page = client.get_page("doc", created["id"])
    assert (page.name, page.subtitle, page.is_hidden, page.content_type) == ("Plans", "of all kinds", False, "canvas")
    assert page.authors == [Person(name="Ada", email="ada@example.org")]
    assert page.children == []
    assert client.get_page("doc", "Plans") == page


def test_a_table_tells_its_columns_sorts_and_rows(client):
    table = client.get_table("doc", "Things", use_updated_table_layouts=True)
    assert (table.id, table.table_type, table.row_count, table.parent.type) == ("grid-1", "table", 3, "page")
    assert (table.display_column.id, table.sorts[0].direction) == ("c-1", "descending")
    column = client.get_column("doc", "grid-1", "Count")
    assert (column.id, column.format["type"], column.parent.name) == ("c-2", "text", "Things")


def test_a_row_gives_its_values_by_column(client):
    row = client.get_row("doc", "grid-1", "i-10", use_column_names=True, value_format="simpleWithArrays")
    assert (row["Name"], row["Count"], row["Tags"]) == ("b", 1, ["x", "y"])
    assert (row.id, row.name, row.index, row.parent.id) == ("i-10", "b", 1, "grid-1")
    assert client.get_row("doc", "grid-1", "i-10").values == {"c-1": "b", "c-2": 1, "c-3": "x,y"}


def test_a_list_is_one_page_that_iterates_and_tells_the_next(client, coda):
    page = client.list_rows("doc", "grid-1", limit=2)
    assert [row.id for row in page] == [row.id for row in page.items] == ["i-00", "i-10"]
    assert len(page) == 2
    last = client.list_rows("doc", "grid-1", page_token=page.next_page_token)
    assert ([row.id for row in last], last.next_page_token) == (["i-20"], None)
    assert last.next_sync_token == page.next_sync_token


def test_filters_go_out_under_the_names_of_the_api(client, coda):
    client.list_docs(is_owner=True, is_starred=False, query="a b&c", workspace_id="ws-1", limit=3)
    assert coda.requests[-1].query == {
        "isOwner": "true", "isStarred": "false", "query": "a b&c", "workspaceId": "ws-1", "limit": "3",
    }  # fmt: skip
    client.list_tables("doc", table_types=["table", "view"], sort_by="name")
    assert coda.requests[-1].query == {"tableTypes": "table,view", "sortBy": "name"}
    client.list_columns("doc", "grid-1", visible_only=True)
    assert coda.requests[-1].query == {"visibleOnly": "true"}
    token = client.list_rows("doc", "grid-1").next_sync_token
    client.list_rows("doc", "grid-1", query='"Name":"b"', sort_by="natural", sync_token=token, value_format="rich")
    expected = {"query": '"Name":"b"', "sortBy": "natural", "syncToken": token, "valueFormat": "rich"}
    assert coda.requests[-1].query == expected


def test_a_filter_that_is_none_is_not_sent(client, coda):
    client.list_docs(query=None)
    assert coda.requests[-1].target == "/docs"


@pytest.mark.parametrize("call", ["list_rows", "iter_rows"])
def test_a_filter_that_does_not_exist_is_refused_at_once(client, coda, call):
    with pytest.raises(TypeError, match="did you mean 'use_column_names'"):
        getattr(client, call)("doc", "grid-1", use_colum_names=True)
    assert coda.requests == []


def test_rows_are_found_by_a_query(client):
    assert [row.id for row in client.iter_rows("doc", "grid-1", query='"Name":"b"')] == ["i-10"]
    assert [row.id for row in client.iter_rows("doc", "grid-1", query="c-2:2")] == ["i-20"]


def test_iterating_walks_all_pages_with_the_token_alone(client, coda):
    coda.largest_page = 2
    rows = list(client.iter_rows("doc", "grid-1", query='c-3:["x","y"]', use_column_names=True))
    assert [row["Name"] for row in rows] == ["a", "b", "c"]
    first, second = coda.received("listRows")
    assert first.query == {"limit": "200", "query": 'c-3:["x","y"]', "useColumnNames": "true"}
    assert set(second.query) == {"pageToken"}


def test_iterating_is_lazy(client, coda):
    coda.largest_page = 1
    rows = client.iter_rows("doc", "grid-1")
    assert coda.requests == []
    assert next(rows).id == "i-00"
    assert len(coda.requests) == 1


def test_iterating_begins_at_a_page_token(client, coda):
    page = client.list_rows("doc", "grid-1", limit=1)
    assert [row.id for row in client.iter_rows("doc", "grid-1", page_token=page.next_page_token)] == ["i-10", "i-20"]
    assert coda.received("listRows")[1].query == {"pageToken": page.next_page_token}  # alone


def test_a_short_page_is_not_taken_for_the_last(client, coda):
    coda.largest_page = 1
    assert len(list(client.iter_rows("doc", "grid-1", limit=3))) == 3


def test_every_list_can_be_walked(client, coda):
    coda.largest_page = 2
    doc = coda.docs["doc"]
    for number in range(5):
        coda.add_doc(f"doc-{number}")
        client.create_page("doc", name=f"Page {number}")
        coda.add_table(doc, f"grid-x{number}")
        doc.tables["grid-1"].add_column(f"Column {number}")
    assert len(list(client.iter_docs())) == 6
    assert [page.name for page in client.iter_pages("doc")] == ["A document", *(f"Page {n}" for n in range(5))]
    assert len(list(client.iter_tables("doc", table_types=["table"]))) == 6
    assert len(list(client.iter_columns("doc", "grid-1"))) == 8


def test_a_service_that_repeats_a_page_does_not_hold_the_client_for_ever(client, coda):
    page = {"items": [], "nextPageToken": "same"}
    coda.fail("listRows", Response(200, page), times=9)
    with pytest.raises(CodaAPIError, match="again and again"):
        list(client.iter_rows("doc", "grid-1"))
    assert len(coda.requests) == 2


def test_the_account_and_links_are_told(client):
    user = client.whoami()
    assert (user.name, user.login_id, user.token_name, user.scoped) == ("Ada", "ada@example.org", "tests", False)
    link = client.resolve_browser_link("https://coda.io/d/_ddoc", degrade_gracefully=True)
    assert link.resource == Reference(id="doc", type="doc", name="A document", href=link.resource.href)


def test_rows_are_found_in_sets_by_their_ids(client):
    row = client.get_row("doc", "grid-1", "i-00")
    assert hash(row) == hash(replace(row, values={"c-1": ["unhashable"]}))
