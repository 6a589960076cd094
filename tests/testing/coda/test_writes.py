"""What is written: rows within their limits, pages and their content, copies of documents."""

import pytest
from codomyrmex.cloud.coda import CodaGoneError, CodaNotFoundError, CodaValidationError
from codomyrmex.cloud.testing.services.coda import Column

TABLE = ("doc", "Things")


def cells(**values):
    return {"cells": [{"column": name, "value": value} for name, value in values.items()]}


def test_a_calculated_column_is_not_written(coda, client, table):
    table.add_column(Column("Twice", formula="thisRow.Count * 2"))
    table.add_row({"Name": "d", "Twice": 6})
    column = client.get_column(*TABLE, "Twice")
    assert (column.calculated, column.formula) == (True, "thisRow.Count * 2")
    for write in (
        lambda: client.update_row(*TABLE, "a", {"Twice": 1}),
        lambda: client.insert_rows(*TABLE, [{"Name": "e"}, {"Twice": 1}]),
    ):
        with pytest.raises(CodaValidationError, match="'Twice' is calculated"):
            write()
    assert [row["Name"] for row in coda.rows()] == ["a", "b", "c", "d"]
    assert coda.effects == []


@pytest.mark.parametrize("keys", [[], ["Name"]])
def test_a_row_that_is_too_large_is_refused_with_its_request(coda, call, table, keys):
    rows = [cells(Name="fits"), cells(Name="x" * 90_000)]
    status, answer = call("POST", "/docs/doc/tables/grid-1/rows", {"rows": rows, "keyColumns": keys})
    assert (status, answer["statusCode"]) == (400, 400)
    assert "exceeds maximum size of 85 KB" in answer["message"]
    assert len(coda.rows()) == 3


def test_a_body_that_is_too_large_is_refused(coda, call, table):
    rows = [cells(Name="x" * 80_000) for _ in range(26)]
    status, answer = call("POST", "/docs/doc/tables/grid-1/rows", {"rows": rows})
    assert (status, answer["message"]) == (400, "request entity too large")
    assert len(coda.rows()) == 3


@pytest.mark.parametrize(("key", "is_there"), [(1.0, True), (1, True), (True, False), ("b", False)])
def test_a_key_is_the_same_where_its_value_is(coda, client, table, key, is_there):
    client.insert_rows(*TABLE, [{"Name": "new", "Count": key}], ["Count"])
    assert ("new" in [row["Name"] for row in coda.rows()[:3]]) == is_there


def test_rows_of_one_new_key_become_one_row(coda, client, table):
    client.insert_rows(*TABLE, [{"Name": "new", "Count": 1}, {"Name": "new", "Count": 2}], ["Name"])
    assert coda.rows()[3:] == [{"Name": "new", "Count": 2}]


def test_what_changes_nothing_has_no_effect(coda, client, call, table):
    coda.delay = 0.05
    row_id = next(iter(table.rows))
    client.delete_row(*TABLE, row_id, wait=False)
    client.update_row(*TABLE, row_id, {"Name": "too late"})
    call("POST", "/docs/doc/tables/grid-1/rows", {"rows": []})
    assert [row["Name"] for row in coda.rows()] == ["b", "c"]
    assert coda.effects == [("deleteRow", row_id)]


@pytest.mark.parametrize(("value", "status"), [([["a"]], 202), ([[["a"]]], 400), (None, 400), ({}, 400)])
def test_a_cell_takes_lists_of_lists_and_no_more(coda, call, table, value, status):
    assert call("POST", "/docs/doc/tables/grid-1/rows", {"rows": [cells(Name=value)]})[0] == status


def test_documents_are_kept_once_a_request_while_reads_lag(coda, client, table):
    class Copied:
        times = 0

        def __call__(self, row):
            return True

        def __deepcopy__(self, memo):
            Copied.times += 1
            return self

    table.where, coda.reads_lag = Copied(), 60
    client.delete_rows(*TABLE, list(table.rows))
    assert (Copied.times, len(list(client.iter_rows(*TABLE))), coda.rows()) == (1, 3, [])


def test_rows_are_not_inserted_into_a_view(coda, client, table):
    coda.add_view(table, "View")
    with pytest.raises(CodaValidationError, match="view"):
        client.insert_rows("doc", "View", [{"Name": "x"}])


def test_all_rows_of_a_key_are_updated(coda, client, table):
    table.add_row({"Name": "a", "Count": 5})
    client.insert_rows(*TABLE, [{"Name": "a", "Count": 7}, {"Name": "new", "Count": 8}], ["Name"])
    assert [row["Count"] for row in coda.rows()] == [7, 1, 2, 7, 8]


def test_of_several_of_a_name_one_is_taken(coda, client, doc, table):
    table.add_row({"Name": "a"})
    coda.add_page(doc, "Page")
    coda.add_page(doc, "Page")
    client.update_row(*TABLE, "a", {"Count": 9})
    assert [row.get("Count") for row in coda.rows()].count(9) == 1
    client.update_page("doc", "Page", subtitle="this")
    assert [page.subtitle for page in doc.pages.values()].count("this") == 1


def test_an_id_goes_before_a_name(client, table):
    first = next(iter(table.rows))
    table.add_row({"Name": first})
    assert client.get_row(*TABLE, first).name == "a"


def test_pages_have_looks_and_parents(coda, client, doc):
    above = client.create_page("doc", name="Above", subtitle="s", icon_name="rocket", image_url="https://a.example/i")
    below = client.create_page("doc", name="Below", parent_page_id=above["id"])
    client.create_page("doc", name="Beside")
    client.update_page("doc", "Above", is_hidden=True)
    page = client.get_page("doc", "Above")
    assert (page.subtitle, page.icon.name, page.image.browser_link) == ("s", "rocket", "https://a.example/i")
    assert [child.id for child in page.children] == [below["id"]]
    child = client.get_page("doc", "Below")
    assert (child.parent.id, child.is_hidden, child.is_effectively_hidden) == (above["id"], False, True)
    client.delete_page("doc", above["id"])
    for deleted in (above, below):
        with pytest.raises(CodaGoneError):
            client.get_page("doc", deleted["id"])
    assert [page.name for page in client.iter_pages("doc")] == ["Beside"]
    with pytest.raises(CodaValidationError, match="parent"):
        client.create_page("doc", name="x", parent_page_id="none")


def test_the_only_page_stays_visible(coda, client, doc):
    coda.add_page(doc, "Page")
    client.update_page("doc", "Page", is_hidden=True)
    assert not client.get_page("doc", "Page").is_hidden


@pytest.mark.parametrize(
    ("mode", "content"), [("append", "# One\n\nmore"), ("prepend", "more# One\n\n"), ("replace", "more")]
)
def test_content_goes_where_it_is_told(coda, client, doc, mode, content):
    page = coda.add_page(doc, "Page", content="# One\n\n")
    update = {"insertion_mode": mode, "canvas_content": {"format": "markdown", "content": "more"}}
    client.update_page("doc", "Page", content_update=update)
    assert page.content == client.export_page("doc", "Page", "markdown") == content


def test_content_is_exported_in_either_format(coda, client, doc):
    coda.add_page(doc, "Marked", content="# One & two\n\nText")
    coda.add_page(doc, "Tagged", content="<h1>One &amp; two</h1><p>Te<b>x</b>t</p>", text_format="html")
    assert client.export_page("doc", "Marked", "html") == "<h1>One &amp; two</h1><p>Text</p>"
    assert client.export_page("doc", "Tagged", "html") == "<h1>One &amp; two</h1><p>Te<b>x</b>t</p>"
    assert client.export_page("doc", "Tagged", "markdown") == "# One & two\n\nText"


def test_an_export_that_there_is_not_is_not_found(coda, client, doc):
    coda.add_page(doc, "Page")
    with pytest.raises(CodaNotFoundError):
        client.get_page_export("doc", "Page", "none")


def test_a_copy_has_all_that_its_source_has_and_is_another(coda, client, table):
    coda.add_page("doc", "Page", content="text")
    page = {"name": "First", "page_content": {"type": "embed", "url": "https://a.example"}}
    copied = client.create_doc("Copy", source_doc="doc", folder_id="fl-2", initial_page=page)
    assert (copied.source_doc.id, copied.folder.id) == ("doc", "fl-2")
    client.update_row(copied.id, "Things", "a", {"Count": 9})
    assert (coda.rows(copied.id)[0]["Count"], coda.rows("doc")[0]["Count"]) == (9, 0)
    assert client.export_page(copied.id, "Page") == "text"
    assert client.get_page(copied.id, "First").content_type == "embed"
    assert client.get_doc(copied.id).created_at > client.get_doc("doc").created_at
    with pytest.raises(CodaValidationError, match="to copy"):
        client.create_doc("Copy", source_doc="none")


def test_every_link_leads_back(coda, client, doc, table):
    coda.add_page(doc, "Page")
    found = [client.get_doc("doc"), *client.iter_pages("doc"), *client.iter_tables("doc"), *client.iter_rows(*TABLE)]
    for resource in found:
        resolved = client.resolve_browser_link(resource.browser_link).resource
        assert (resolved.id, resolved.type, resolved.href) == (resource.id, resource.type, resource.href)
    gone = client.get_doc("doc").browser_link + "/_sugone"
    with pytest.raises(CodaNotFoundError):
        client.resolve_browser_link(gone)
    assert client.resolve_browser_link(gone, degrade_gracefully=True).resource.id == "doc"
    with pytest.raises(CodaValidationError):
        client.resolve_browser_link("https://elsewhere.example/d/_ddoc")
