"""What the service's API accepts, of the calls that the client makes: a compact table.

`tests/infomaniak_newsletter/test_contract.py` compares it with the vendor's OpenAPI document where that is at
hand. Paths are below ``/1/newsletters/{domain}``; those with a slash in front are below ``/1``. In ``body``, ``*``
marks what is required, and a body of None is none.
"""

import json
import re
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

PAGES = "page per_page order_by"
CAMPAIGN = (
    "content_html email_from_addr{0} email_from_name{0} force_sended lang{0} preheader recipients subject{0} "
    "template_id tracking_link tracking_opening tracking_utm unsub_link"
)


class Operation(NamedTuple):
    name: str
    method: str
    path: str
    ok: int = 200
    query: str = ""
    body: str | None = None


OPERATIONS = [
    Operation("domain", "GET", ""),
    Operation("list_campaigns", "GET", "campaigns", query=f"{PAGES} filter[search]"),
    Operation("create_campaign", "POST", "campaigns", 201, body=CAMPAIGN.format("*")),
    Operation("get_campaign", "GET", "campaigns/{campaign}", query="with"),
    Operation("update_campaign", "PUT", "campaigns/{campaign}", body=CAMPAIGN.format("")),
    Operation("delete_campaign", "DELETE", "campaigns/{campaign}"),
    Operation("duplicate", "POST", "campaigns/{campaign}/duplicate"),
    Operation("test", "POST", "campaigns/{campaign}/test", body="email*"),
    Operation("schedule", "PUT", "campaigns/{campaign}/schedule", body="started_at"),
    Operation("cancel", "PUT", "campaigns/{campaign}/cancel"),
    Operation("links", "GET", "campaigns/{campaign}/report/links"),
    Operation("activity", "GET", "campaigns/{campaign}/report/activity", query=PAGES),
    Operation("list_groups", "GET", "groups", query=f"{PAGES} filter[search]"),
    Operation("create_group", "POST", "groups", 201, body="name*"),
    Operation("get_group", "GET", "groups/{group}", query="with"),
    Operation("update_group", "PUT", "groups/{group}", body="name*"),
    Operation("delete_group", "DELETE", "groups/{group}"),
    Operation("group_subscribers", "GET", "groups/{group}/subscribers", query=f"{PAGES} filter[search]"),
    Operation("assign", "POST", "groups/{group}/subscribers/assign", body="subscriber_ids*"),
    Operation("unassign", "POST", "groups/{group}/subscribers/unassign", body="subscriber_ids*"),
    Operation("list_subscribers", "GET", "subscribers", query=f"{PAGES} filter[search] filter[status]"),
    Operation("create_subscriber", "POST", "subscribers", 201, body="email* fields groups status"),
    Operation("filter_subscribers", "POST", "subscribers/filter", query=PAGES, body="filter segment"),
    Operation("upload", "POST", "subscribers/import/upload", body="content file"),
    Operation(
        "import_", "POST", "subscribers/import",
        body="csv_enclosure csv_separator fields* groups ipd_uuid replace_fields upload_id",
    ),
    Operation("unsubscribe", "PUT", "subscribers/unsubscribe", 202, body="filter segment select*"),
    Operation("get_subscriber", "GET", "subscribers/{subscriber}", query="with"),
    Operation("update_subscriber", "PUT", "subscribers/{subscriber}", body="fields groups status"),
    Operation("delete_subscriber", "DELETE", "subscribers/{subscriber}"),
    Operation("forget", "DELETE", "subscribers/{subscriber}/forget"),
    Operation("list_segments", "GET", "segments", query=f"{PAGES} filter[search]"),
    Operation("create_segment", "POST", "segments", 201, body="data* name*"),
    Operation("get_segment", "GET", "segments/{segment}", query="with"),
    Operation("update_segment", "PUT", "segments/{segment}", body="data name"),
    Operation("delete_segment", "DELETE", "segments/{segment}"),
    Operation("segment_subscribers", "GET", "segments/{segment}/subscribers", query=PAGES),
    Operation("list_fields", "GET", "fields", query=PAGES),
    Operation("create_field", "POST", "fields", 201, body="name* slug type*"),
    Operation("update_field", "PUT", "fields/{field}", body="name*"),
    Operation("delete_field", "DELETE", "fields/{field}"),
    Operation("list_templates", "GET", "templates", query="page per_page"),
    Operation("template_html", "GET", "templates/{template}/html"),
    Operation("credits", "GET", "credits/details"),
    Operation("task", "GET", "/async/tasks/{task_uuid}"),
]  # fmt: skip


def full_path(operation: Operation) -> str:
    """As the vendor's document has it."""
    if operation.path.startswith("/"):
        return f"/1{operation.path}"
    return f"/1/newsletters/{{domain}}/{operation.path}".rstrip("/")


def _pattern(operation: Operation) -> re.Pattern[str]:
    path = re.sub(r"\{(task_uuid)\}", r"(?P<\1>[^/]+)", full_path(operation))
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[0-9]+)", path))


_PATTERNS = [(_pattern(operation), operation) for operation in OPERATIONS]


def find(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a raw path leads to, and its parts."""
    for pattern, operation in _PATTERNS:
        if operation.method == method and (match := pattern.fullmatch(path)):
            return operation, match.groupdict()
    return None


def body_of(operation: Operation) -> dict[str, bool]:
    """Each key of the body, and whether it is required."""
    return {word.rstrip("*"): word.endswith("*") for word in (operation.body or "").split()}


def problems(method: str, target: str, content_type: str | None, body: bytes) -> list[str]:
    """What is wrong with a request for ``target``, a raw path and query."""
    parts = urlsplit(target)
    if (found := find(method, parts.path)) is None:
        return [f"no such operation: {method} {parts.path}"]
    operation, _ = found
    wrong = [f"unknown parameter {name!r}" for name, _ in parse_qsl(parts.query) if name not in operation.query.split()]
    if content_type != (None if method == "GET" else "application/json"):
        wrong.append(f"content type {content_type!r}")  # the service refuses a query where a GET declares a body
    if operation.body is None:
        return wrong + (["a body where there is none"] if body else [])
    try:
        content = json.loads(body)
    except ValueError:
        return [*wrong, "no JSON"]
    return wrong + (list(_wrong_body(operation, content)) if isinstance(content, dict) else ["no JSON object"])


def _wrong_body(operation, body):
    known = body_of(operation)
    yield from (f"unknown key {key!r}" for key in body if key not in known)
    yield from (f"{key!r} is missing" for key, required in known.items() if required and key not in body)
