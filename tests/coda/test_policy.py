"""A policy that goes by effect: what only looks passes, and of what changes anything no request leaves."""

import inspect

import pytest
from codomyrmex.cloud import hooks
from codomyrmex.cloud.coda import CodaClient
from codomyrmex.cloud.common.operations import spec_of
from codomyrmex.cloud.errors import OperationRefused
from codomyrmex.cloud.hooks import hookimpl

CHANGES = sorted(
    name for name, method in inspect.getmembers(CodaClient, inspect.isfunction)
    if (spec := spec_of(method)) and spec.effect not in ("read", "list")
)  # fmt: skip


class ReadOnly:
    @hookimpl
    def cloud_before_operation(self, operation):
        if operation.effect not in ("read", "list"):
            raise OperationRefused(f"{operation.name} is not allowed: this process only reads")


@pytest.fixture
def read_only():
    policy = ReadOnly()
    hooks.register(policy)
    yield
    hooks.unregister(policy)


@pytest.fixture
def page(client):
    content = {"type": "canvas", "canvas_content": {"format": "markdown", "content": "# One"}}
    return client.create_page("doc", name="Page", page_content=content)["id"]


def test_what_only_looks_passes(page, read_only, client, coda):
    assert [doc.id for doc in client.iter_docs()] == ["doc"]
    assert [table.id for table in client.list_tables("doc").items] == ["grid-1"]
    assert [row.id for row in client.iter_rows("doc", "grid-1")] == ["i-00", "i-10", "i-20"]
    assert client.whoami().name
    assert client.export_page("doc", page) == "# One"  # though it begins with a POST


def test_no_more_and_no_less_counts_as_a_change():
    assert CHANGES == [
        "create_doc", "create_page", "delete_doc", "delete_page", "delete_row", "delete_rows", "insert_rows",
        "push_button", "update_doc", "update_page", "update_row",
    ]  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_anything_is_refused_before_a_request(name, read_only, client, coda):
    method = getattr(client, name)
    kinds = inspect.signature(method).parameters.values()
    required = [p.name for p in kinds if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is p.empty]
    with pytest.raises(OperationRefused, match=f"{name} is not allowed"):
        method(**dict.fromkeys(required, "doc"))
    assert coda.requests == []
    assert len(coda.rows()) == 3
