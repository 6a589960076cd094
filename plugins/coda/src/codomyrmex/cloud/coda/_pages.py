"""The part of the client that keeps pages and exports them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, Unpack

from codomyrmex.cloud.coda import params
from codomyrmex.cloud.coda._calls import Calls, walk
from codomyrmex.cloud.coda._targets import Target
from codomyrmex.cloud.coda._waiting import TIMEOUT, wait_for
from codomyrmex.cloud.coda.errors import CodaAPIError
from codomyrmex.cloud.coda.models import Page, PageExport, PageList
from codomyrmex.cloud.common import CloudClient, operation
from codomyrmex.cloud.rest.polling import WAIT_CHECKS


class Pages(CloudClient):
    """Pages, and their content."""

    _calls: Calls

    @operation(effect="list")
    def list_pages(self, doc_id: str, **paging: Unpack[params.Paging]) -> PageList:
        """One page of a document's pages."""
        return self._calls.get(PageList, "docs", doc_id, "pages", query=params.query(paging, params.Paging))

    @operation(effect="list", lazy=True)
    def iter_pages(self, doc_id: str, **paging: Unpack[params.Paging]) -> Iterator[Page]:
        """All pages of a document."""
        return walk(self.list_pages, (doc_id,), paging, params.Paging)

    @operation(effect="write", checks=WAIT_CHECKS)
    def create_page(
        self, doc_id: str, *, wait: bool = True, timeout: float = TIMEOUT, **fields: Unpack[params.PageFields]
    ) -> dict[str, Any]:
        """Make a page. Returns its ``id`` and the ``requestId``.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        body = params.body(fields, params.PageFields)
        target = Target(("docs", doc_id, "pages"), unsure="look at list_pages before making another")
        return self._calls.edit("POST", target, body=body, wait=wait, timeout=timeout)

    @operation(effect="read")
    def get_page(self, doc_id: str, page_id: str) -> Page:
        """A page's description. `CodaGoneError` if it was deleted."""
        return self._calls.get(Page, "docs", doc_id, "pages", page_id)

    @operation(effect="write", checks=WAIT_CHECKS)
    def update_page(
        self,
        doc_id: str,
        page_id: str,
        *,
        wait: bool = True,
        timeout: float = TIMEOUT,
        **changes: Unpack[params.PageChanges],
    ) -> dict[str, Any]:
        """Change a page's name, looks or content. Returns its ``id`` and the ``requestId``.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        body = params.body(changes, params.PageChanges)
        path = ("docs", doc_id, "pages", page_id)
        target = self._calls.target(*path)
        if body.get("contentUpdate", {}).get("insertionMode", "replace") != "replace":
            target = target.once("look whether the page holds it before adding it again")
        return self._calls.edit("PUT", target, body=body, wait=wait, timeout=timeout)

    @operation(effect="delete", checks=WAIT_CHECKS)
    def delete_page(self, doc_id: str, page_id: str, *, wait: bool = True, timeout: float = TIMEOUT) -> dict[str, Any]:
        """Delete a page. Returns its ``id`` and the ``requestId``.

        :param wait: return when the service has done it; if False, as soon as it has accepted it.
        :param timeout: seconds for that wait; ``math.inf`` for no end.
        """
        return self._calls.delete("docs", doc_id, "pages", page_id, wait=wait, timeout=timeout)

    @operation(effect="read")
    def begin_page_export(
        self, doc_id: str, page_id: str, output_format: Literal["html", "markdown"] = "markdown"
    ) -> PageExport:
        """Have Coda export a page's content; ask `get_page_export` for it by the ``id`` of the answer.

        Hooks are told ``read``: the request is a POST, but changes nothing in the document.
        """
        body = {"outputFormat": output_format}
        return self._calls.make(PageExport.from_json, "docs", doc_id, "pages", page_id, "export", body=body)

    @operation(effect="read")
    def get_page_export(self, doc_id: str, page_id: str, request_id: str) -> PageExport:
        """How far an export is."""
        return self._calls.get(PageExport, "docs", doc_id, "pages", page_id, "export", request_id)

    @operation(effect="read", checks=WAIT_CHECKS)
    def export_page(
        self,
        doc_id: str,
        page_id: str,
        output_format: Literal["html", "markdown"] = "markdown",
        *,
        timeout: float = TIMEOUT,
    ) -> str:
        """A page's content: begins the export, waits for it and downloads it.

        :param timeout: seconds until it is exported; ``math.inf`` for no end.
        """
        page_id = self._calls.target("docs", doc_id, "pages", page_id).path[-1]
        export = self.begin_page_export(doc_id, page_id, output_format)

        def finished(left: float) -> PageExport | None:
            now = self._calls.get(PageExport, "docs", doc_id, "pages", page_id, "export", export.id, within=left)
            return now if now.download_link or now.error else None

        done = wait_for(finished, timeout, f"export {export.id}")
        if done.download_link is None:
            raise CodaAPIError(f"Coda cannot export the page: {done.error}")
        return self._calls.transport.download(done.download_link, bytes.decode)
