"""Chapter of the API: the account, links, and the status of writes."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from urllib.parse import quote

from codomyrmex.cloud.testing.services.coda._operations import COMMON_ERRORS, Chapter
from codomyrmex.cloud.testing.services.coda._records import USER_EMAIL, USER_NAME, Doc
from codomyrmex.cloud.testing.services.coda._responses import Json, browser_link, refusal
from codomyrmex.cloud.testing.services.coda._service import Call, Mutation

chapter = Chapter("Account and miscellaneous")
_UNKNOWN = Mutation(float("inf"), 0.0)


@chapter.operation("GET", "/whoami", errors="401 429")
def whoami(call: Call) -> Json:
    """Whose token it is."""
    return {
        "name": USER_NAME,
        "loginId": USER_EMAIL,
        "type": "user",
        "scoped": False,
        "tokenName": "tests",
        "href": call.link("whoami"),
        "workspace": {"id": "ws-1", "type": "workspace", "browserLink": "https://coda.io/docs", "name": "Work"},
    }


@chapter.operation("GET", "/resolveBrowserLink", errors=f"400 {COMMON_ERRORS}", query="url* degradeGracefully:bool")
def resolve_browser_link(call: Call) -> Json:
    """What a ``browserLink`` of this API leads to; with ``degradeGracefully`` at least the document it is in."""
    url = call.query["url"]
    match = re.match(r"https://(?:[\w-]+\.)?coda\.io/d/([^/?#]+)", url)
    if match is None:
        raise refusal(400, f"no link to a document of Coda: {url!r}")
    docs = [doc for doc in call.docs.values() if match[1].endswith(f"_d{quote(doc.id, safe='')}")]
    if not docs:
        raise refusal(404, f"nothing is at {url!r}")
    doc = max(docs, key=lambda doc: len(doc.id))
    whole = {"type": "doc", "id": doc.id, "href": call.link("docs", doc.id), "name": doc.title}
    inside = url[match.end() :].partition("?")[0]
    if inside in ("", "/"):
        return _api_link(call, browser_link(doc.id), whole)
    for link, resource in _linked_resources(call, doc):
        if link.removeprefix(browser_link(doc.id)) == inside:
            return _api_link(call, link, resource)
    if call.query.get("degradeGracefully") == "true":
        return _api_link(call, browser_link(doc.id), whole)
    raise refusal(404, f"nothing is at {url!r}")


def _api_link(call: Call, link: str, resource: Json) -> Json:
    href = f"{call.link('resolveBrowserLink')}?url={quote(call.query['url'], safe='')}"
    return {"type": "apiLink", "href": href, "browserLink": link, "resource": resource}


def _linked_resources(call: Call, doc: Doc) -> Iterator[tuple[str, Json]]:
    """All that is in a document and has a link of its own."""
    for page in doc.pages.values():
        href = call.link("docs", doc.id, "pages", page.id)
        yield browser_link(doc.id, "_su", page.id), {"type": "page", "id": page.id, "href": href, "name": page.name}
    for table in doc.tables.values():
        href, link = call.link("docs", doc.id, "tables", table.id), browser_link(doc.id, "_tu", table.id)
        yield link, {"type": "table", "id": table.id, "href": href, "name": table.name}
        for row in table.rows.values():
            resource = {"type": "row", "id": row.id, "href": f"{href}/rows/{quote(row.id, safe='')}"}
            yield f"{link}#_r{row.id}", {**resource, "name": table.name_of(row)}


@chapter.operation("GET", "/mutationStatus/{requestId}", errors="401 404 429")
def get_mutation_status(call: Call, request_id: str) -> Json:
    """Whether a write is applied; 404 until ``replication`` is over."""
    mutation, now = call.service.mutations.get(request_id, _UNKNOWN), time.monotonic()
    if now < mutation.known_at:
        raise refusal(404, f"no request {request_id!r}")
    status: Json = {"completed": now >= mutation.applied_at}
    return {**status, "warning": call.service.warning} if call.service.warning else status
