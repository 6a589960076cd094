"""What a test puts into a Coda is what clients read, and what clients write is what the test sees."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from codomyrmex.cloud import get_client
from codomyrmex.cloud.coda import CodaAuthenticationError, CodaClient
from codomyrmex.cloud.testing.services.coda import Column


def test_a_client_is_led_to_it(coda, doc):
    with get_client("coda", "documents", **coda.client_options) as client:
        assert [each.name for each in client.iter_docs()] == ["A document"]
        assert client.limits is None
    with CodaClient("another", coda.url) as stranger, pytest.raises(CodaAuthenticationError):
        stranger.whoami()


def test_rows_are_put_in_and_looked_at_by_names_or_ids(coda, client, table):
    table.add_row({"Name": "d", "c-2": 3}, row_id="i-mine")
    assert client.get_row("doc", "Things", "d").id == "i-mine"
    client.update_row("doc", "Things", "d", {"Count": 4})
    assert coda.rows("doc", "Things") == coda.rows(coda.docs["doc"], table) == coda.rows()
    assert coda.rows()[-1] == {"Name": "d", "Count": 4}


def test_a_column_that_is_not_there_adds_no_row(table):
    with pytest.raises(KeyError, match="Nmae"):
        table.add_rows([{"Name": "d"}, {"Nmae": "e"}])
    assert len(table.rows) == 3


def test_what_is_accepted_is_seen_before_it_is_applied(coda, client, table):
    coda.delay = 60
    client.insert_rows("doc", "Things", [{"Name": "late"}], wait=False)
    assert len(client.list_rows("doc", "Things")) == 3
    assert coda.rows()[-1] == {"Name": "late"}


def test_rows_are_put_in_while_requests_come(coda, client, table):
    with ThreadPoolExecutor(4) as pool:
        added = [pool.submit(table.add_row, {"Name": f"new {number}"}) for number in range(300)]
        written = [pool.submit(client.insert_rows, "doc", "Things", [{"Name": "written"}]) for _ in range(20)]
        read = [pool.submit(lambda: list(client.iter_rows("doc", "Things"))) for _ in range(20)]
    assert [future.result() for future in (*added, *written, *read)]
    assert len(table.rows) == 3 + 300 + 20


def test_new_ids_are_none_that_a_test_gave(coda, client, doc, table):
    for number in range(2, 5):
        coda.add_doc(doc_id=f"doc-{number}")
        coda.add_page(doc, page_id=f"canvas-{number}")
        coda.add_table(doc, table_id=f"grid-{number}0")
    assert client.create_doc("x").id not in ("doc-2", "doc-3", "doc-4")
    assert client.create_page("doc", name="x")["id"] not in ("canvas-2", "canvas-3", "canvas-4")
    table.add_row({"Name": "mine"}, row_id="i-5")
    client.insert_rows("doc", "Things", [{"Name": str(number)} for number in range(3)])
    assert (len(coda.docs), len(doc.pages), len(doc.tables), len(table.rows)) == (5, 5, 4, 7)


def test_an_id_is_given_once(coda, doc, table):
    taken = [
        lambda: coda.add_doc(doc_id="doc"),
        lambda: coda.add_page("doc", page_id="canvas-1"),
        lambda: coda.add_table("doc", table_id="grid-1"),
        lambda: coda.add_view(table, "View", table_id="grid-1"),
        lambda: table.add_row({}, row_id="i-1"),
    ]
    for add in taken:
        with pytest.raises(ValueError, match="already"):
            add()


def test_a_view_shows_rows_and_columns_of_its_table(coda, client, table):
    view = coda.add_view(table, "Few", ["Name"], where=lambda row: row["Count"] < 2)
    assert client.get_table("doc", "Few").parent_table.id == table.id
    assert client.get_table("doc", "Few").row_count == 2
    assert [row.values for row in client.iter_rows("doc", view.id)] == [{"c-1": "a"}, {"c-1": "b"}]
    client.update_row("doc", "Few", "b", {"Count": 9})
    assert [row.name for row in client.iter_rows("doc", "Few")] == ["a"]
    assert [each.name for each in client.iter_tables("doc", table_types=["view"])] == ["Few"]
    client.delete_row("doc", "Few", "a")
    assert [row["Name"] for row in coda.rows("doc", "Things")] == ["b", "c"]


TYPES = [
    "text", "person", "lookup", "number", "percent", "currency", "date", "dateTime", "time", "duration", "slider",
    "scale", "image", "imageReference", "attachments", "button", "checkbox", "select", "link", "email", "other",
]  # fmt: skip


@pytest.mark.parametrize("kind", TYPES)
def test_a_column_of_any_type_is_as_the_vendor_describes_it(coda, client, table, kind):
    table.add_column(Column("More", type=kind, default_value="1"))
    column = client.get_column("doc", "Things", "More")
    assert (column.format["type"], column.default_value) == (kind, "1")


def test_tables_are_listed_by_name_where_that_is_asked_for(coda, client, table):
    coda.add_table("doc", "abc")
    assert [each.name for each in client.iter_tables("doc")] == ["Things", "abc"]
    assert [each.name for each in client.iter_tables("doc", sort_by="name")] == ["abc", "Things"]


def test_times_move_with_changes(coda, client, doc, table):
    page = coda.add_page(doc, "Page")

    def times():
        read = client.get_doc("doc"), client.get_table("doc", "Things"), client.get_row("doc", "Things", "a")
        return [each.updated_at for each in (*read, client.get_page("doc", page.id))]

    before, made = times(), client.get_row("doc", "Things", "a").created_at
    client.update_row("doc", "Things", "a", {"Count": 7})
    after = times()
    assert [new > old for new, old in zip(after, before, strict=True)] == [True, True, True, False]
    client.update_row("doc", "Things", "a", {"Count": 7})  # which changes nothing
    assert times() == after
    client.update_page("doc", page.id, name="Other")
    assert [new > old for new, old in zip(times(), after, strict=True)] == [True, False, False, True]
    assert client.get_row("doc", "Things", "a").created_at == made


def test_the_layout_of_a_table_is_told_by_its_newer_name_on_request(coda, client, doc):
    coda.add_table(doc, "Forms", layout="form")
    assert client.get_table("doc", "Forms").layout == "masterDetail"
    assert client.get_table("doc", "Forms", use_updated_table_layouts=True).layout == "form"
