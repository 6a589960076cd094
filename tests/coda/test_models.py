"""What is read behaves as Python has it: rows are mappings, pages of lists are sequences, all of it goes into JSON."""

import copy
import dataclasses
import json
import pickle
from collections.abc import Sequence
from datetime import datetime

import pytest
from codomyrmex.cloud.testing.services._http import Response
from codomyrmex.cloud.testing.services.coda._docs import doc_resource

TABLE = ("doc", "grid-1")


@pytest.fixture
def row(client):
    return client.get_row(*TABLE, "i-10", use_column_names=True)


def test_a_row_is_a_mapping_of_columns_to_values(row):
    cells = {"Name": "b", "Count": 1, "Tags": "x,y"}
    assert dict(row) == {**row} == dict(row.items()) == row.values == cells
    assert list(row) == list(row.keys()) == list(cells)
    assert len(row) == 3
    assert ("Name" in row, "Nope" in row) == (True, False)
    assert (row["Count"], row.get("Count"), row.get("Nope"), row.get("Nope", 7)) == (1, 1, None, 7)


def test_a_column_that_a_row_has_not_is_told_with_those_it_has(row, client):
    with pytest.raises(KeyError, match="no column 'Nam' in row i-10: did you mean 'Name'"):
        row["Nam"]
    with pytest.raises(KeyError, match=r"there are Name, Count, Tags\"$"):
        row["Due"]
    with pytest.raises(KeyError, match=r"there are c-1, c-2, c-3 \(use_column_names=True keys by names"):
        client.get_row(*TABLE, "i-10")["Name"]


def test_a_row_without_cells_is_a_row_all_the_same(row):
    bare = dataclasses.replace(row, values={})
    assert (bool(bare), len(bare), dict(bare)) == (True, 0, {})
    with pytest.raises(KeyError, match="no column 'Name' in row i-10: it has none"):
        bare["Name"]


def test_a_page_is_a_sequence(client):
    page = client.list_rows(*TABLE)
    assert isinstance(page, Sequence)
    first, second, third = page
    assert (page[0], page[-1], page[1:]) == (first, third, [second, third])
    assert (second in page, page.index(second), page.count(second), next(reversed(page))) == (True, 1, 1, third)
    with pytest.raises(IndexError):
        page[3]


READS = {
    "doc": lambda c: c.get_doc("doc"),
    "docs": lambda c: c.list_docs(),
    "table": lambda c: c.get_table(*TABLE),
    "tables": lambda c: c.list_tables("doc"),
    "columns": lambda c: c.list_columns(*TABLE),
    "column": lambda c: c.get_column(*TABLE, "c-1"),
    "page": lambda c: c.get_page("doc", c.create_page("doc", name="A page")["id"]),
    "pages": lambda c: c.list_pages("doc"),
    "export": lambda c: c.begin_page_export("doc", c.create_page("doc", name="A page")["id"]),
    "link": lambda c: c.resolve_browser_link(c.get_doc("doc").browser_link),
    "status": lambda c: c.get_mutation_status(c.update_row(*TABLE, "i-00", {"Count": 1})["requestId"]),
    "row": lambda c: c.get_row(*TABLE, "i-00"),
    "rows": lambda c: c.list_rows(*TABLE, value_format="simpleWithArrays"),
    "user": lambda c: c.whoami(),
    "result": lambda c: c.insert_rows(*TABLE, [{"Name": "new"}]),
}


@pytest.mark.parametrize("name", READS)
def test_what_is_read_goes_into_json(client, name):
    read = READS[name](client)
    assert json.loads(json.dumps(read.to_dict())) == read.to_dict()
    assert read.to_dict().keys() >= vars(read).keys() - {"extra"}


def test_json_has_the_names_of_the_fields_times_as_text_and_what_is_not_known(client, coda):
    answer = {**doc_resource(coda.url, coda.docs["doc"]), "brandNew": {"a": 1}}
    coda.fail("getDoc", Response(200, answer))
    shown = client.get_doc("doc").to_dict()
    assert shown["brandNew"] == {"a": 1}
    assert shown["workspace"]["id"] == answer["workspace"]["id"]
    assert datetime.fromisoformat(shown["created_at"]) == datetime.fromisoformat(answer["createdAt"])


def test_a_row_is_copied_and_pickled(row):
    assert copy.deepcopy(row) == pickle.loads(pickle.dumps(row)) == row
    assert hash(copy.copy(row)) == hash(row)


# Rows that were read are rows to write


@pytest.mark.parametrize("by_names", [True, False])
def test_rows_that_were_read_are_inserted(client, coda, by_names):
    rows = client.iter_rows(*TABLE, use_column_names=by_names, value_format="simpleWithArrays", limit=2)
    client.insert_rows(*TABLE, rows)
    assert coda.rows()[3:] == coda.rows()[:3]


def test_a_page_of_rows_is_inserted_into_another_table_by_names(client, coda):
    coda.add_table(coda.docs["doc"], "Others", ("Count", "Name", "Tags"), table_id="grid-2")
    client.insert_rows("doc", "Others", client.list_rows(*TABLE, use_column_names=True))
    assert [(row["Name"], row["Count"]) for row in coda.rows(table="grid-2")] == [("a", 0), ("b", 1), ("c", 2)]


def test_a_row_updates_another(client, coda, row):
    client.update_row(*TABLE, "i-00", row)
    assert coda.rows()[0] == {"Name": "b", "Count": 1, "Tags": "x,y"}
