"""The Coda on loopback answers as Coda does where a client could be wrong, and counts what it carried out."""

import pytest
import requests
from codomyrmex.cloud.coda import CodaValidationError
from codomyrmex.cloud.testing.services.coda import TOKEN

TABLE = ("doc", "grid-1")


@pytest.mark.parametrize("query", ["Name", '"Name"', ":", "Name:b", '"Name:"b"', '"None":"b"'])
@pytest.mark.parametrize("rows", [0, 3])
def test_a_query_that_is_none_is_refused(client, coda, query, rows):
    if not rows:
        coda.docs["doc"].tables["grid-1"].rows.clear()
    with pytest.raises(CodaValidationError) as caught:
        client.list_rows(*TABLE, query=query)
    assert caught.value.status_code == 400


def test_a_page_token_that_is_none_is_refused(client):
    with pytest.raises(CodaValidationError, match="no page token"):
        client.list_rows(*TABLE, page_token="x")


def test_an_empty_cell_is_an_empty_text(client):
    client.insert_rows(*TABLE, [{"Name": "new"}])
    [row] = client.iter_rows(*TABLE, query='"Name":"new"', use_column_names=True)
    assert row.values == client.get_row(*TABLE, row.id, use_column_names=True).values
    assert row.values == {"Name": "new", "Count": "", "Tags": ""}
    assert [row.id for row in client.iter_rows(*TABLE, query='"Count":""')] == [row.id]


def test_a_new_row_takes_the_place_of_none(client, coda):
    for n in range(1, 9):
        coda.docs["doc"].tables["grid-1"].add_row({"Name": "by hand"}, row_id=f"i-{n}")
    for columns in ((), ("Name",)):
        client.insert_rows(*TABLE, [{"Name": f"new {columns}"}], columns)
    assert len(coda.rows()) == 3 + 8 + 2


def test_a_path_is_the_same_with_a_slash_at_its_end_and_that_is_told(coda):
    answer = requests.get(f"{coda.url}/docs/?limit=1", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
    assert [doc["id"] for doc in answer.json()["items"]] == ["doc"]
    assert coda.violations == ["GET /docs/?limit=1 ends with a slash"]
    coda.violations.clear()


def test_what_breaks_the_service_is_told_to_the_client_and_to_the_test(coda):
    coda.docs["doc"] = None
    answer = requests.get(f"{coda.url}/docs/doc", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
    assert answer.status_code == 500
    assert "GET /apis/v1/docs/doc broke the service: AttributeError" in coda.violations[0]
    coda.violations.clear()


def test_only_what_changes_something_is_an_effect(client, coda):
    for _ in range(2):
        client.update_row(*TABLE, "i-00", {"Name": "z"})
        client.insert_rows(*TABLE, [{"Name": "b", "Count": 7}], ["Name"])
        client.delete_rows(*TABLE, ["i-20"])
        client.push_button(*TABLE, "i-00", "Count")
    assert coda.effects == [
        ("updateRow", "i-00"), ("upsertRows", "grid-1"), ("deleteRows", "i-20"), ("pushButton", ("i-00", "c-2")),
        ("pushButton", ("i-00", "c-2")),
    ]  # fmt: skip


def test_reads_may_lag_behind_writes(client, coda):
    coda.reads_lag = 60
    client.update_row(*TABLE, "i-00", {"Name": "z"})
    client.delete_rows(*TABLE, ["i-10"])
    assert [row.name for row in client.iter_rows(*TABLE)] == ["a", "b", "c"]
    assert [row["Name"] for row in coda.rows()] == ["z", "c"]
    coda.reads_lag = 0
    assert [row.name for row in client.iter_rows(*TABLE)] == ["z", "c"]
