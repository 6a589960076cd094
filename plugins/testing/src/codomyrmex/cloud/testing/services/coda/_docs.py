"""Chapter of the API: documents."""

from __future__ import annotations

from collections.abc import Mapping

from codomyrmex.cloud.testing.services.coda._checks import Shape, text
from codomyrmex.cloud.testing.services.coda._operations import COMMON_ERRORS, Chapter
from codomyrmex.cloud.testing.services.coda._pages import PAGE_CREATE, add_page, icon
from codomyrmex.cloud.testing.services.coda._records import USER_EMAIL, Doc
from codomyrmex.cloud.testing.services.coda._responses import Json, api_link, browser_link, refusal
from codomyrmex.cloud.testing.services.coda._service import Call

chapter = Chapter("Docs")
_FILTERS = "isOwner:bool isPublished:bool query sourceDoc isStarred:bool inGallery:bool workspaceId folderId"
_CREATE = Shape({"title": text, "sourceDoc": text, "timezone": text, "folderId": text, "initialPage": PAGE_CREATE})


@chapter.operation("GET", "/docs", query=f"{_FILTERS} limit:int pageToken")
def list_docs(call: Call) -> Json:
    """Those that were changed last come first."""
    cursor = call.cursor("docs")
    docs = [doc for doc in call.docs.values() if _is_wanted(doc, cursor.query)]
    return call.page(
        cursor, [(-doc.updated.revision, doc) for doc in docs], lambda doc: doc_resource(call.service.url, doc)
    )


def _is_wanted(doc: Doc, query: Mapping[str, str]) -> bool:
    if query.get("isStarred") in ("true", "false") and doc.starred != (query["isStarred"] == "true"):
        return False
    flags = {"isOwner": doc.owner == USER_EMAIL, "isPublished": doc.published, "inGallery": doc.in_gallery}
    fields = {"sourceDoc": doc.source_id, "workspaceId": doc.workspace_id, "folderId": doc.folder_id}
    return (
        all(value for name, value in flags.items() if query.get(name) == "true")
        and all(query[name] == value for name, value in fields.items() if name in query)
        and query.get("query", "").lower() in doc.title.lower()
    )


@chapter.operation("POST", "/docs", 201, errors="400 401 403 429", body=_CREATE)
def create_doc(call: Call) -> Json:
    """It is there at once, also where writes are delayed."""
    service, source_id = call.service, call.body.get("sourceDoc")
    if source_id is not None and source_id not in service.docs:
        raise refusal(400, f"no document {source_id!r} to copy")
    doc_id, title = service.ledger.new_id("doc", service.docs), call.body.get("title", "Untitled")

    def create() -> None:
        doc = service.docs[source_id].copy(doc_id, title) if source_id else Doc(service.ledger, doc_id, title)
        doc.folder_id = call.body.get("folderId", doc.folder_id)
        if "initialPage" in call.body:
            add_page(doc, call.body["initialPage"])
        service.docs[doc_id] = doc

    service.write("createDoc", doc_id, create)
    return {**doc_resource(service.url, service.docs[doc_id]), "requestId": service.accept()}


@chapter.operation("GET", "/docs/{docId}")
def get_doc(call: Call, doc_id: str) -> Json:
    """A document."""
    return doc_resource(call.service.url, call.doc(doc_id))


@chapter.operation(
    "PATCH", "/docs/{docId}", errors=f"400 {COMMON_ERRORS}", body=Shape({"title": text, "iconName": text})
)
def update_doc(call: Call, doc_id: str) -> Json:
    """It is changed at once, also where writes are delayed."""
    doc = call.doc(doc_id)

    def change() -> bool:
        before = doc.title, doc.icon
        doc.title, doc.icon = call.body.get("title", doc.title), call.body.get("iconName", doc.icon)
        if before == (doc.title, doc.icon):
            return False
        doc.touch()
        return True

    call.service.write("updateDoc", doc_id, change)
    return {}


@chapter.operation("DELETE", "/docs/{docId}", 202)
def delete_doc(call: Call, doc_id: str) -> Json:
    """It is gone at once, also where writes are delayed."""
    call.doc(doc_id)
    call.service.write("deleteDoc", doc_id, lambda: call.service.docs.pop(doc_id))
    return {}


def doc_resource(base_url: str, doc: Doc) -> Json:
    """A document as the API shows it."""
    workspace = {"id": doc.workspace_id, "type": "workspace", "browserLink": "https://coda.io/docs", "name": "Work"}
    folder = {"id": doc.folder_id, "type": "folder", "browserLink": "https://coda.io/docs", "name": "My docs"}
    resource: Json = {
        "id": doc.id,
        "type": "doc",
        "href": api_link(base_url, "docs", doc.id),
        "browserLink": browser_link(doc.id),
        "name": doc.title,
        "owner": doc.owner,
        "ownerName": doc.owner_name,
        "createdAt": str(doc.created),
        "updatedAt": str(doc.updated),
        "workspace": workspace,
        "folder": folder,
        "workspaceId": doc.workspace_id,
        "folderId": doc.folder_id,
        "docSize": {
            "totalRowCount": sum(len(table.rows) for table in doc.tables.values() if table.type == "table"),
            "tableAndViewCount": len(doc.tables),
            "pageCount": len(doc.pages),
            "overApiSizeLimit": False,
        },
    }
    if doc.icon:
        resource["icon"] = icon(doc.icon)
    if doc.source_id:
        resource["sourceDoc"] = {
            "id": doc.source_id,
            "type": "doc",
            "href": api_link(base_url, "docs", doc.source_id),
            "browserLink": browser_link(doc.source_id),
        }
    return resource
