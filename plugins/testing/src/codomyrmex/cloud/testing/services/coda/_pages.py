"""Chapter of the API: pages, their content, and its export."""

from __future__ import annotations

import copy

from codomyrmex.cloud.testing.services.coda._checks import Shape, boolean, one_of, text, variant
from codomyrmex.cloud.testing.services.coda._content import exported
from codomyrmex.cloud.testing.services.coda._operations import COMMON_ERRORS, Chapter
from codomyrmex.cloud.testing.services.coda._records import USER_EMAIL, USER_NAME, Content, Doc, Page
from codomyrmex.cloud.testing.services.coda._responses import Json, browser_link, refusal
from codomyrmex.cloud.testing.services.coda._service import Call, Export, Write

chapter = Chapter("Pages")
_CONTENT = Shape({"format*": one_of("html", "markdown"), "content*": text})
_SYNC_PAGE = variant("mode", {
    "page": Shape({
        "type*": text, "mode*": text, "includeSubpages*": boolean, "sourcePageId*": text, "sourceDocId*": text,
    }),
    "document": Shape({"type*": text, "mode*": text, "sourceDocId*": text}),
})  # fmt: skip
_PAGE_CONTENT = variant("type", {
    "canvas": Shape({"type*": text, "canvasContent*": _CONTENT}),
    "embed": Shape({"type*": text, "url*": text, "renderMethod": one_of("compatibility", "standard")}),
    "syncPage": _SYNC_PAGE,
})  # fmt: skip
_LOOKS = {"name": text, "subtitle": text, "iconName": text, "imageUrl": text}
PAGE_CREATE = Shape({**_LOOKS, "parentPageId": text, "pageContent": _PAGE_CONTENT})
# the vendor's document, version 1.4.17, knows no "prepend" yet
_CONTENT_UPDATE = Shape({"insertionMode*": one_of("append", "prepend", "replace"), "canvasContent*": _CONTENT})
_PAGE_UPDATE = Shape({**_LOOKS, "isHidden": boolean, "contentUpdate": _CONTENT_UPDATE})
_PAGE = "/docs/{docId}/pages/{pageIdOrName}"
_EXPORT_ERRORS = "401 403 404 410 429"


@chapter.operation("GET", "/docs/{docId}/pages", query="limit:int pageToken")
def list_pages(call: Call, doc_id: str) -> Json:
    """In the order in which they were made."""
    doc = call.doc(doc_id)
    cursor = call.cursor("docs", doc.id, "pages")
    entries = [(page.number, page) for page in doc.pages.values()]
    return call.page(cursor, entries, lambda page: _page_resource(call, doc, page))


@chapter.operation("POST", "/docs/{docId}/pages", 202, errors=f"400 {COMMON_ERRORS}", body=PAGE_CREATE)
def create_page(call: Call, doc_id: str) -> Json:
    """Its id is told at once."""
    doc, body = call.doc(doc_id), call.body
    _check_parent(doc, body)
    page_id = call.service.ledger.new_id("canvas", {*doc.pages, *doc.deleted_pages})
    return _accepted(call, Write("createPage", page_id, lambda: add_page(doc, body, page_id)))


@chapter.operation("GET", _PAGE, errors=_EXPORT_ERRORS)
def get_page(call: Call, doc_id: str, page_id_or_name: str) -> Json:
    """A page; 410 for one that was deleted."""
    doc = call.doc(doc_id)
    return _page_resource(call, doc, find_page(doc, page_id_or_name))


@chapter.operation("PUT", _PAGE, 202, errors=f"400 {COMMON_ERRORS}", body=_PAGE_UPDATE)
def update_page(call: Call, doc_id: str, page_id_or_name: str) -> Json:
    """Change its looks or its content."""
    doc = call.doc(doc_id)
    page = find_page(doc, page_id_or_name)
    return _accepted(call, Write("updatePage", page.id, lambda: _change(doc, page, call.body)))


@chapter.operation("DELETE", _PAGE, 202, errors=f"400 {COMMON_ERRORS}")
def delete_page(call: Call, doc_id: str, page_id_or_name: str) -> Json:
    """Delete it and the pages below it."""
    doc = call.doc(doc_id)
    page = find_page(doc, page_id_or_name)
    return _accepted(call, Write("deletePage", page.id, lambda: doc.delete_page(page.id)))


@chapter.operation(
    "POST",
    f"{_PAGE}/export",
    202,
    errors=f"400 {_EXPORT_ERRORS}",
    body=Shape({"outputFormat*": one_of("html", "markdown")}),
)
def begin_page_content_export(call: Call, doc_id: str, page_id_or_name: str) -> Json:
    """It is complete when it is asked for the second time."""
    page = find_page(call.doc(doc_id), page_id_or_name)
    export_id = call.service.ledger.new_id("export", call.service.exports)
    call.service.exports[export_id] = Export(doc_id, page.id, call.body["outputFormat"])
    return _export_status(call, export_id, "inProgress")


@chapter.operation("GET", f"{_PAGE}/export/{{requestId}}", errors=_EXPORT_ERRORS)
def get_page_content_export_status(call: Call, doc_id: str, page_id_or_name: str, request_id: str) -> Json:
    """How far an export is, and where it can be downloaded from."""
    page = find_page(call.doc(doc_id), page_id_or_name)
    export = call.service.exports.get(request_id)
    if export is None or (export.doc_id, export.page_id) != (doc_id, page.id):
        raise refusal(404, f"no export {request_id!r} of the page")
    if export.polls_left > 0:
        export.polls_left -= 1
        return _export_status(call, request_id, "inProgress")
    if page.export_error:
        return {**_export_status(call, request_id, "failed"), "error": page.export_error}
    export.content = exported(page.contents, export.format)
    link = f"{call.service.url.removesuffix(call.service.root)}/blobs/{request_id}?signature=abc"
    return {**_export_status(call, request_id, "complete"), "downloadLink": link}


def _export_status(call: Call, export_id: str, status: str) -> Json:
    export = call.service.exports[export_id]
    href = call.link("docs", export.doc_id, "pages", export.page_id, "export", export_id)
    return {"id": export_id, "status": status, "href": href}


def _accepted(call: Call, write: Write) -> Json:
    return {"requestId": call.service.accept(write), "id": write.target}


def find_page(doc: Doc, id_or_name: str) -> Page:
    """A page by its id or, where none has that id, its name; 410 for one that was deleted, or 404."""
    if id_or_name in doc.pages:
        return doc.pages[id_or_name]
    if id_or_name in doc.deleted_pages:
        raise refusal(410, f"page {id_or_name!r} was deleted")
    for page in doc.pages.values():
        if page.name == id_or_name:
            return page
    raise refusal(404, f"no page {id_or_name!r}")


def _check_parent(doc: Doc, body: Json) -> None:
    if "parentPageId" in body and body["parentPageId"] not in doc.pages:
        raise refusal(400, f"no page {body['parentPageId']!r} to be the parent")


def add_page(doc: Doc, body: Json, page_id: str | None = None) -> Page:
    """Make a page of the body that creates it."""
    page = doc.add_page(
        body.get("name", "Untitled"),
        page_id=page_id,
        parent=body.get("parentPageId"),
        subtitle=body.get("subtitle"),
        icon=body.get("iconName"),
        image_url=body.get("imageUrl"),
    )
    if content := body.get("pageContent"):
        page.content_type = content["type"]
        if canvas := content.get("canvasContent"):
            page.contents = [Content(canvas["format"], canvas["content"])]
    return page


def _change(doc: Doc, page: Page, body: Json) -> bool:
    before = copy.deepcopy(page)
    page.name = body.get("name", page.name)
    page.subtitle = body.get("subtitle", page.subtitle)
    page.icon = body.get("iconName", page.icon)
    page.image_url = body.get("imageUrl", page.image_url)
    is_sole = not page.parent_id and not any(other is not page and not other.parent_id for other in doc.pages.values())
    page.hidden = body.get("isHidden", page.hidden) and not is_sole
    if update := body.get("contentUpdate"):
        piece = Content(update["canvasContent"]["format"], update["canvasContent"]["content"])
        around = {"append": (page.contents, []), "prepend": ([], page.contents), "replace": ([], [])}
        above, below = around[update["insertionMode"]]
        page.contents = [*above, piece, *below]
    if page == before:
        return False
    page.updated = doc.touch()
    return True


def icon(name: str) -> Json:
    """An icon as the API shows it."""
    return {"name": name, "type": "image/png", "browserLink": f"https://cdn.coda.io/icons/png/{name}.png"}


def page_reference(call: Call, doc: Doc, page: Page) -> Json:
    """A page, where another resource names it."""
    return {
        "id": page.id,
        "type": "page",
        "href": call.link("docs", doc.id, "pages", page.id),
        "browserLink": browser_link(doc.id, "_su", page.id),
        "name": page.name,
    }


def _page_resource(call: Call, doc: Doc, page: Page) -> Json:
    person = {"@context": "http://schema.org/", "@type": "Person", "name": USER_NAME, "email": USER_EMAIL}
    resource: Json = {
        **page_reference(call, doc, page),
        "contentType": page.content_type,
        "isHidden": page.hidden,
        "isEffectivelyHidden": doc.is_hidden(page),
        "children": [page_reference(call, doc, child) for child in doc.children(page)],
        "authors": [person],
        "createdAt": str(page.created),
        "createdBy": person,
        "updatedAt": str(page.updated),
        "updatedBy": person,
    }
    if page.subtitle is not None:
        resource["subtitle"] = page.subtitle
    if page.icon:
        resource["icon"] = icon(page.icon)
    if page.image_url:
        resource["image"] = {"browserLink": page.image_url}
    if page.parent_id in doc.pages:
        resource["parent"] = page_reference(call, doc, doc.pages[page.parent_id])
    return resource
