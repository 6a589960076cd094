"""The part of the client that keeps documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Unpack

from codomyrmex.cloud.coda import params
from codomyrmex.cloud.coda._calls import Calls, walk
from codomyrmex.cloud.coda._waiting import TIMEOUT
from codomyrmex.cloud.coda.models import Doc, DocList
from codomyrmex.cloud.common import CloudClient, operation
from codomyrmex.cloud.rest.polling import WAIT_CHECKS


class Docs(CloudClient):
    """Documents."""

    _calls: Calls

    @operation(effect="list")
    def list_docs(self, **filters: Unpack[params.DocFilters]) -> DocList:
        """One page of the documents that the user has opened, the last used first."""
        return self._calls.get(DocList, "docs", query=params.query(filters, params.DocFilters), kind="list_docs")

    @operation(effect="list", lazy=True)
    def iter_docs(self, **filters: Unpack[params.DocFilters]) -> Iterator[Doc]:
        """All documents that `list_docs` lists, page by page."""
        return walk(self.list_docs, (), filters, params.DocFilters)

    @operation(effect="write", checks=WAIT_CHECKS)
    def create_doc(
        self, title: str, *, wait: bool = True, timeout: float = TIMEOUT, **options: Unpack[params.DocOptions]
    ) -> Doc:
        """Make a document.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        body = {"title": title, **params.body(options, params.DocOptions)}
        doc = self._calls.make(Doc.from_json, "docs", body=body, unsure="look at list_docs before making another")
        if wait and isinstance(request_id := doc.extra.get("requestId"), str):
            self._calls.settle(request_id, timeout, doc.id)
        return doc

    @operation(effect="read")
    def get_doc(self, doc_id: str) -> Doc:
        """A document's description."""
        return self._calls.get(Doc, "docs", doc_id)

    @operation(effect="write")
    def update_doc(self, doc_id: str, **changes: Unpack[params.DocChanges]) -> dict[str, Any]:
        """Change a document's title or icon. Returns Coda's answer, which is empty."""
        return self._calls.write("PATCH", "docs", doc_id, body=params.body(changes, params.DocChanges))

    @operation(effect="delete")
    def delete_doc(self, doc_id: str) -> dict[str, Any]:
        """Delete a document. Returns Coda's answer, which is empty: there is nothing to wait for."""
        return self._calls.write("DELETE", "docs", doc_id)
