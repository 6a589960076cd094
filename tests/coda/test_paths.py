"""Ids and names of any kind stay in their place of the path."""

from urllib.parse import unquote, urlsplit

import pytest
from codomyrmex.cloud.coda import CodaNotFoundError
from codomyrmex.cloud.testing.services.coda._contract import find
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

ODD = [
    "a/b", "../..", "a/../b", "..%2F", "%2e%2e", "%", "%41", "100%", "a?b=c", "a#b", "a&b;c", "Größe", "名前", "🙂",
    " ", " a ", "a+b", "a\\b", "a:b", "//x", "...", ".hidden", "~", "a\nb", "a\0b", "@", "'\"<>", "e\u0301",
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_name_leads_to_its_table_and_row(client, coda, odd):
    table = coda.add_table(coda.add_doc(doc_id=odd), "Odd", table_id=odd)
    table.add_row({"Name": "found"}, row_id=odd)
    assert client.get_doc(odd).id == odd
    assert client.get_table(odd, odd).id == odd
    assert client.get_row(odd, odd, odd).name == "found"
    client.update_row(odd, odd, odd, {"Name": "changed"}, wait=False)
    client.insert_rows(odd, odd, [{"Name": "new"}], wait=False)
    assert [row["Name"] for row in coda.rows(odd, odd)] == ["changed", "new"]
    client.delete_row(odd, odd, odd, wait=False)
    assert len(coda.rows(odd, odd)) == 1
    operations = ["getDoc", "getTable", "getRow"]
    operations += ["getRow", "updateRow", "getTable", "upsertRows", "getRow", "deleteRow"]
    assert [request.operation for request in coda.requests] == operations


@pytest.mark.parametrize("call", [
    lambda c, name: c.get_doc(name),
    lambda c, name: c.delete_page("doc", name),
    lambda c, name: c.get_column("doc", "t", name),
    lambda c, name: c.update_row("doc", "grid-1", name, {}),
    lambda c, name: c.insert_rows(name, "grid-1", [{}]),
    lambda c, name: c.get_mutation_status(name),
    lambda c, name: c.iter_rows("doc", name),
])  # fmt: skip
@pytest.mark.parametrize("name", ["", ".", ".."])
def test_what_every_server_takes_for_a_step_in_the_path_is_refused(client, coda, call, name):
    with pytest.raises(ValueError, match="not an id or name"):
        call(client, name)
    assert coda.requests == []


def test_an_id_is_text(client):
    with pytest.raises(TypeError, match="id or name is str, not int"):
        client.get_doc(7)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda t: t not in (".", "..")))
@example("../../docs/other")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_reaches_the_service_as_it_is(client, coda, name):
    coda.requests.clear()
    with pytest.raises(CodaNotFoundError):
        client.get_row("doc", name, "i-00")
    operation, parts = find("GET", urlsplit(coda.requests[0].target).path)
    assert (operation.name, *map(unquote, parts.values())) == ("getRow", "doc", name, "i-00")
