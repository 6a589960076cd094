"""What Coda's API v1 (1.4.17) accepts, of the calls that the client makes: a compact table.

`tests/coda/test_contract.py` compares it with the vendor's OpenAPI document where that is at hand, so it is true
where that is not. In ``query``, ``:bool`` and ``:int`` are types, ``=a|b`` are the values there are;
in ``body``, ``*`` marks what is required.
"""

import json
import re
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

ROW_QUERY = "useColumnNames:bool valueFormat=simple|simpleWithArrays|rich"
COMMON = "401 403 404 429"


class Operation(NamedTuple):
    name: str
    method: str
    path: str
    ok: int
    errors: str = COMMON
    query: str = ""
    body: str | None = None


OPERATIONS = [
    Operation(
        "listDocs", "GET", "/docs", 200, query="isOwner:bool isPublished:bool query sourceDoc isStarred:bool "
        "inGallery:bool workspaceId folderId limit:int pageToken",
    ),
    Operation(
        "createDoc", "POST", "/docs", 201, "400 401 403 429", body="title sourceDoc timezone folderId initialPage"
    ),
    Operation("getDoc", "GET", "/docs/{docId}", 200),
    Operation("updateDoc", "PATCH", "/docs/{docId}", 200, f"400 {COMMON}", body="title iconName"),
    Operation("deleteDoc", "DELETE", "/docs/{docId}", 202),
    Operation("listPages", "GET", "/docs/{docId}/pages", 200, query="limit:int pageToken"),
    Operation(
        "createPage", "POST", "/docs/{docId}/pages", 202, f"400 {COMMON}",
        body="name subtitle iconName imageUrl parentPageId pageContent",
    ),
    Operation("getPage", "GET", "/docs/{docId}/pages/{pageIdOrName}", 200, "401 403 404 410 429"),
    Operation(
        "updatePage", "PUT", "/docs/{docId}/pages/{pageIdOrName}", 202, f"400 {COMMON}",
        body="name subtitle iconName imageUrl isHidden contentUpdate",
    ),
    Operation("deletePage", "DELETE", "/docs/{docId}/pages/{pageIdOrName}", 202, f"400 {COMMON}"),
    Operation(
        "beginPageContentExport", "POST", "/docs/{docId}/pages/{pageIdOrName}/export", 202,
        "400 401 403 404 410 429", body="outputFormat*",
    ),
    Operation(
        "getPageContentExportStatus", "GET", "/docs/{docId}/pages/{pageIdOrName}/export/{requestId}", 200,
        "401 403 404 410 429",
    ),
    Operation(
        "listTables", "GET", "/docs/{docId}/tables", 200, query="limit:int pageToken sortBy=name tableTypes=table|view"
    ),
    Operation(
        "getTable", "GET", "/docs/{docId}/tables/{tableIdOrName}", 200, query="useUpdatedTableLayouts:bool"
    ),
    Operation(
        "listColumns", "GET", "/docs/{docId}/tables/{tableIdOrName}/columns", 200,
        query="limit:int pageToken visibleOnly:bool",
    ),
    Operation("getColumn", "GET", "/docs/{docId}/tables/{tableIdOrName}/columns/{columnIdOrName}", 200),
    Operation(
        "listRows", "GET", "/docs/{docId}/tables/{tableIdOrName}/rows", 200, f"400 {COMMON}",
        query=f"query sortBy=createdAt|natural|updatedAt {ROW_QUERY} visibleOnly:bool limit:int pageToken syncToken",
    ),
    Operation(
        "upsertRows", "POST", "/docs/{docId}/tables/{tableIdOrName}/rows", 202, f"400 {COMMON}",
        query="disableParsing:bool", body="rows* keyColumns",
    ),
    Operation(
        "deleteRows", "DELETE", "/docs/{docId}/tables/{tableIdOrName}/rows", 202, f"400 {COMMON}", body="rowIds*"
    ),
    Operation("getRow", "GET", "/docs/{docId}/tables/{tableIdOrName}/rows/{rowIdOrName}", 200, query=ROW_QUERY),
    Operation(
        "updateRow", "PUT", "/docs/{docId}/tables/{tableIdOrName}/rows/{rowIdOrName}", 202, f"400 {COMMON}",
        query="disableParsing:bool", body="row*",
    ),
    Operation("deleteRow", "DELETE", "/docs/{docId}/tables/{tableIdOrName}/rows/{rowIdOrName}", 202),
    Operation(
        "pushButton", "POST", "/docs/{docId}/tables/{tableIdOrName}/rows/{rowIdOrName}/buttons/{columnIdOrName}", 202,
        f"400 {COMMON}",
    ),
    Operation("whoami", "GET", "/whoami", 200, "401 429"),
    Operation(
        "resolveBrowserLink", "GET", "/resolveBrowserLink", 200, f"400 {COMMON}", query="url degradeGracefully:bool"
    ),
    Operation("getMutationStatus", "GET", "/mutationStatus/{requestId}", 200, "401 404 429"),
]  # fmt: skip
_PATTERNS = [
    (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", operation.path)), operation) for operation in OPERATIONS
]


def find(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a raw path below ``/apis/v1`` leads to, and its parts as they are written."""
    for pattern, operation in _PATTERNS:
        if operation.method == method and (match := pattern.fullmatch(path)):
            return operation, match.groupdict()
    return None


def problems(method: str, target: str, content_type: str, body: bytes) -> list[str]:
    """What is wrong with a request for ``target``, a raw path and query below ``/apis/v1``."""
    parts = urlsplit(target)
    if (found := find(method, parts.path)) is None:
        return [f"no such operation: {method} {parts.path}"]
    operation, _ = found
    wrong = list(_wrong_query(operation, parse_qsl(parts.query, keep_blank_values=True)))
    if operation.body is None:
        return wrong + (["a body where there is none"] if body else [])
    if content_type != "application/json":
        return [*wrong, f"content type {content_type!r}"]
    try:
        content = json.loads(body)
    except ValueError:
        return [*wrong, "no JSON"]
    return wrong + (list(_wrong_body(operation, content)) if isinstance(content, dict) else ["no JSON object"])


def query_of(operation: Operation) -> dict[str, str]:
    """Each query parameter with its type: ``bool``, ``int``, ``a|b`` or nothing."""
    found = (re.fullmatch(r"(\w+)[:=]?(.*)", word).groups() for word in operation.query.split())
    return dict(found)


def body_of(operation: Operation) -> dict[str, bool]:
    """Each key of the body, and whether it is required."""
    return {word.rstrip("*"): word.endswith("*") for word in (operation.body or "").split()}


def _wrong_query(operation, pairs):
    known = query_of(operation)
    for name, value in pairs:
        kind = known.get(name)
        if kind is None:
            yield f"unknown parameter {name!r}"
        elif kind == "bool" and value not in ("true", "false"):
            yield f"{name}={value!r} is no boolean"
        elif kind == "int" and not (value.isdigit() and int(value) > 0):
            yield f"{name}={value!r} is no number"
        elif kind not in ("", "bool", "int") and not set(value.split(",")) <= set(kind.split("|")):
            yield f"{name}={value!r} is none of {kind}"


def _wrong_body(operation, body):
    known = body_of(operation)
    yield from (f"unknown key {key!r}" for key in body if key not in known)
    yield from (f"{key!r} is missing" for key, required in known.items() if required and key not in body)
    rows = body.get("rows") or ([body["row"]] if "row" in body else [])
    for row in rows:
        if row.keys() != {"cells"}:
            yield f"a row with {sorted(row)}"
        yield from (f"no cell: {cell}" for cell in row.get("cells", []) if not _is_cell(cell))


def _is_cell(cell) -> bool:
    return cell.keys() == {"column", "value"} and isinstance(cell["column"], str) and _is_value(cell["value"])


def _is_value(value, depth=0) -> bool:
    if isinstance(value, list):
        return depth < 2 and all(_is_value(item, depth + 1) for item in value)
    return isinstance(value, str | int | float | bool)
