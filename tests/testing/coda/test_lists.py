"""Lists of rows: order, filters, formats, and what changed since; lists of documents."""

import pytest
from codomyrmex.cloud.coda import CodaForbiddenError, CodaValidationError
from codomyrmex.cloud.testing.services.coda import Column, error

TABLE = ("doc", "Things")


def names(rows):
    return [row.name for row in rows]


def test_rows_come_in_the_order_that_is_asked_for(client, table):
    table.change_row(next(iter(table.rows)), {"Count": 5})
    table.sorts = [("Count", "ascending")]
    orders = {None: "abc", "createdAt": "abc", "updatedAt": "bca", "natural": "bca"}
    assert {order: "".join(names(client.iter_rows(*TABLE, sort_by=order))) for order in orders} == orders
    table.sorts = [("Count", "descending")]
    assert names(client.iter_rows(*TABLE, sort_by="natural", limit=1)) == ["a", "c", "b"]


def test_natural_order_is_that_of_visible_rows(client, table):
    table.where = lambda row: row["Name"] != "b"
    table.column("Count").hidden = True
    assert names(client.iter_rows(*TABLE)) == ["a", "b", "c"]
    for shown in ({"visible_only": True}, {"sort_by": "natural"}):
        assert [row.values for row in client.iter_rows(*TABLE, **shown)] == [{"c-1": "a"}, {"c-1": "c"}]
    assert [column.name for column in client.iter_columns(*TABLE, visible_only=True)] == ["Name"]
    with pytest.raises(CodaValidationError):
        client.list_rows(*TABLE, sort_by="natural", visible_only=False)


def test_a_query_names_a_column_by_its_id_or_by_its_name_in_quotes(client, table):
    table.add_row({"Name": "d", "Count": True})
    assert names(client.iter_rows(*TABLE, query="c-2:1")) == ["b"]  # True is not 1
    assert names(client.iter_rows(*TABLE, query='"Name":"c"')) == ["c"]
    with pytest.raises(CodaValidationError, match="quoted"):
        client.list_rows(*TABLE, query='Name:"c"')


def test_a_page_that_is_read_while_rows_are_deleted_hides_none(client, table):
    first = client.list_rows(*TABLE, limit=1)
    table.delete_row(first.items[0].id)
    assert names(client.iter_rows(*TABLE, page_token=first.next_page_token)) == ["b", "c"]


def test_a_sync_token_lists_what_changed_since_the_list_began(client, table):
    first = client.list_rows(*TABLE, limit=2)
    client.update_row(*TABLE, "a", {"Count": 9})  # while the list is read
    last = client.list_rows(*TABLE, page_token=first.next_page_token)
    assert last.next_sync_token == first.next_sync_token
    table.add_row({"Name": "new"})
    table.delete_row(first.items[1].id)
    changed = client.list_rows(*TABLE, sync_token=last.next_sync_token, limit=1)
    assert [*names(changed), *names(client.iter_rows(*TABLE, page_token=changed.next_page_token))] == ["a", "new"]
    assert names(client.iter_rows(*TABLE, sync_token=changed.next_sync_token)) == []


def test_a_sync_token_of_a_read_that_lags_loses_nothing(coda, client, table):
    coda.reads_lag = 60
    client.update_row(*TABLE, "a", {"Count": 9})
    token = client.list_rows(*TABLE).next_sync_token
    coda.reads_lag = 0
    assert names(client.iter_rows(*TABLE, sync_token=token)) == ["a"]


@pytest.mark.parametrize("wrong", [{"sync_token": "x"}, {"page_token": "x"}])
def test_a_token_that_is_unknown_is_refused(client, table, wrong):
    with pytest.raises(CodaValidationError, match=r"no (sync|page) token"):
        client.list_rows(*TABLE, **wrong)


def test_a_token_of_another_list_is_refused(coda, client, table):
    other = coda.add_table("doc", "Others")
    page = client.list_rows(*TABLE, limit=1)
    for token in ({"sync_token": page.next_sync_token}, {"page_token": page.next_page_token}):
        with pytest.raises(CodaValidationError):
            client.list_rows("doc", other.id, **token)


FORMATS = [
    ("text", "x", "x", "x", "```x```"),
    ("text", "", "", "", ""),
    ("text", ["x", ["y", 1]], "x,y,1", ["x", ["y", 1]], ["```x```", ["```y```", 1]]),
    ("number", 1.5, 1.5, 1.5, 1.5),
    ("checkbox", True, True, True, True),
    ("select", [True, False], "true,false", [True, False], [True, False]),
    ("currency", 5, 5, 5,
     {"@context": "http://schema.org/", "@type": "MonetaryAmount", "currency": "USD", "amount": 5}),
    ("link", "https://a.example", *["https://a.example"] * 2,
     {"@context": "http://schema.org/", "@type": "WebPage", "url": "https://a.example"}),
    ("person", "a@b.example", *["a@b.example"] * 2,
     {"@context": "http://schema.org/", "@type": "Person", "name": "a@b.example", "email": "a@b.example"}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value", "simple", "arrays", "rich"), FORMATS)
def test_cells_are_shown_in_the_format_that_is_asked_for(client, table, kind, value, simple, arrays, rich):
    table.add_column(Column("More", type=kind))
    table.add_row({"Name": "x", "More": value}, row_id="i-x")
    for value_format, shown in {"simple": simple, "simpleWithArrays": arrays, "rich": rich}.items():
        row = client.get_row(*TABLE, "i-x", value_format=value_format, use_column_names=True)
        assert row["More"] == shown
        assert type(row["More"]) is type(shown)


def test_a_lookup_tells_its_row(coda, client, table):
    other = coda.add_table("doc", "Others", [Column("Thing", type="lookup", lookup_table_id=table.id)])
    other.add_row({"Thing": "b"})
    [row] = client.iter_rows("doc", "Others", value_format="rich")
    assert row["c-1"]["rowId"] == list(table.rows)[1]
    assert client.get_column("doc", "Others", "Thing").format["table"]["id"] == table.id


def test_documents_are_filtered(coda, client):
    plans = coda.add_doc("My plans")
    coda.add_doc("Notes").folder_id = "fl-9"
    coda.add_doc("Theirs").owner = "bob@example.org"
    copied = client.create_doc("Copied plans", source_doc=plans.id)
    plans.starred = plans.published = plans.in_gallery = True

    def found(**filters):
        return {doc.name for doc in client.iter_docs(**filters)}

    assert found(query="PLANS") == {"My plans", "Copied plans"}
    assert found(folder_id="fl-9") == {"Notes"}
    assert found(is_owner=True) == {"My plans", "Notes", "Copied plans"}
    assert found(source_doc=plans.id) == {"Copied plans"} == {copied.name}
    assert found(is_starred=True) == found(is_published=True) == found(in_gallery=True) == {"My plans"}
    assert "My plans" not in found(is_starred=False)
    assert found(workspace_id="ws-2") == set()


def test_the_document_that_was_changed_last_comes_first(coda, client):
    for title in "abc":
        coda.add_doc(title, doc_id=title)
    client.update_doc("a", title="A")
    assert [doc.name for doc in client.iter_docs()] == ["A", "c", "b"]


def test_a_fault_comes_before_the_truth(coda, client, table):
    coda.fail("listRows", error(403, "not yours"))
    with pytest.raises(CodaForbiddenError, match="not yours"):
        client.list_rows(*TABLE)
    assert len(client.list_rows(*TABLE)) == 3


@pytest.mark.parametrize("direction", ["ascending", "descending"])
def test_empty_cells_are_last_in_natural_order(client, table, direction):
    table.sorts = [("Name", direction)]
    table.add_rows([{"Count": 9}, {"Name": "b2"}, {"Count": 8}])
    counts = [row["c-2"] for row in client.iter_rows("doc", "grid-1", sort_by="natural")]
    assert counts[-2:] == [9, 8]


def test_a_page_that_holds_all_is_the_last(client, table):
    assert client.list_rows("doc", "grid-1", limit=3).next_page_token is None
