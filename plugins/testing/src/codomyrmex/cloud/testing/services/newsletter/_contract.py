"""What the service's API accepts, of the calls that the server imitates: a compact table.

`tests/infomaniak_newsletter/test_contract.py` compares it with the vendor's OpenAPI document where that is at
hand. Paths are below ``/1/newsletters/{domain}``; those with a slash in front are below ``/1``. In ``body``, ``*``
marks what is required, and a type follows a colon where it is not text; a body of None is none. In ``query``,
``filter[groups]`` is also ``filter[groups][]``, one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

PAGES = "page per_page return order order_for[]"
LISTS = f"{PAGES} order_by limit skip"
FOUND = f"{LISTS} filter[search] filter[status]"
CAMPAIGN = (
    "content_html email_from_addr{0} email_from_name{0} force_sended:bool? lang{0} preheader recipients:object "
    "subject{0} template_id:int tracking_link:bool tracking_opening:bool tracking_utm:object? unsub_link:bool?"
)


class Operation(NamedTuple):
    """A call of the API."""

    name: str
    method: str
    path: str
    ok: int = 200
    """The status of its success."""
    query: str = ""
    body: str | None = None


OPERATIONS = [
    Operation("domain", "GET", "", query="with newsletter_id"),
    Operation("list_campaigns", "GET", "campaigns", query=f"{FOUND} with date_from date_to newsletter_id"),
    Operation("create_campaign", "POST", "campaigns", 201, body=CAMPAIGN.format("*")),
    Operation("get_campaign", "GET", "campaigns/{campaign}", query="with"),
    Operation("update_campaign", "PUT", "campaigns/{campaign}", body=CAMPAIGN.format("")),
    Operation("delete_campaign", "DELETE", "campaigns/{campaign}"),
    Operation("duplicate", "POST", "campaigns/{campaign}/duplicate"),
    Operation("test", "POST", "campaigns/{campaign}/test", body="email*"),
    Operation("schedule", "PUT", "campaigns/{campaign}/schedule", body="started_at:int"),
    Operation("cancel", "PUT", "campaigns/{campaign}/cancel"),
    Operation("links", "GET", "campaigns/{campaign}/report/links"),
    Operation(
        "activity", "GET", "campaigns/{campaign}/report/activity",
        query=f"{PAGES} order_by filter[action] filter[search]",
    ),
    Operation("list_groups", "GET", "groups", query=f"{FOUND} with"),
    Operation("create_group", "POST", "groups", 201, body="name*"),
    Operation("get_group", "GET", "groups/{group}", query="with"),
    Operation("update_group", "PUT", "groups/{group}", body="name*"),
    Operation("delete_group", "DELETE", "groups/{group}"),
    Operation("group_subscribers", "GET", "groups/{group}/subscribers", query=f"{FOUND} with group_id"),
    Operation("assign", "POST", "groups/{group}/subscribers/assign", body="subscriber_ids*:ints"),
    Operation("unassign", "POST", "groups/{group}/subscribers/unassign", body="subscriber_ids*:ints"),
    Operation(
        "list_subscribers", "GET", "subscribers", query=f"{FOUND} with filter[groups] filter[validation_status]"
    ),
    Operation("create_subscriber", "POST", "subscribers", 201, body="email* fields:object groups:groups status"),
    Operation(
        "filter_subscribers", "POST", "subscribers/filter", query=f"{LISTS} with", body="filter:object segment"
    ),
    Operation("upload", "POST", "subscribers/import/upload", body="content file"),
    Operation(
        "import_subscribers", "POST", "subscribers/import",
        body="csv_enclosure csv_separator fields*:columns groups:groups ipd_uuid replace_fields:bool upload_id:int",
    ),
    Operation("unsubscribe", "PUT", "subscribers/unsubscribe", 202, body="filter:object segment select*:object"),
    Operation("get_subscriber", "GET", "subscribers/{subscriber}", query="with"),
    Operation(
        "update_subscriber", "PUT", "subscribers/{subscriber}", query="with", body="fields:object groups:groups status"
    ),
    Operation("delete_subscriber", "DELETE", "subscribers/{subscriber}"),
    Operation("forget", "DELETE", "subscribers/{subscriber}/forget"),
    Operation("list_segments", "GET", "segments", query=f"{FOUND} with newsletter_id"),
    Operation("create_segment", "POST", "segments", 201, body="data*:object name*"),
    Operation("get_segment", "GET", "segments/{segment}", query="with newsletter_id segment_id"),
    Operation("update_segment", "PUT", "segments/{segment}", body="data:object? name"),
    Operation("delete_segment", "DELETE", "segments/{segment}"),
    Operation(
        "segment_subscribers", "GET", "segments/{segment}/subscribers", query=f"{FOUND} with newsletter_id segment_id"
    ),
    Operation("list_fields", "GET", "fields", query=f"{LISTS} filter[search]"),
    Operation("create_field", "POST", "fields", 201, body="name* slug type*"),
    Operation("update_field", "PUT", "fields/{field}", body="name*"),
    Operation("delete_field", "DELETE", "fields/{field}"),
    Operation("list_templates", "GET", "templates", query="page per_page return limit skip"),
    Operation("template_html", "GET", "templates/{template}/html"),
    Operation("credits", "GET", "credits/details"),
    Operation("task", "GET", "/async/tasks/{task_uuid}"),
]  # fmt: skip

CHOICES = {
    "lang": ("de_DE", "en_GB", "es_ES", "fr_FR", "it_IT"),
    "type": ("boolean", "date_en", "date_fr", "email", "float", "number", "text"),
    "order": ("asc", "desc"),
    "return": ("total",),
    "filter[action]": ("bounce", "click", "complaint", "not_open", "open", "sbounce", "unsub"),
}
"""The values that a key may have, in a body or a query."""
NUMBERS = {"page": 1, "per_page": 1, "limit": 1, "skip": 0, "date_from": 0, "date_to": 0, "newsletter_id": 1,
           "group_id": 1, "segment_id": 1, "filter[groups]": 1}  # fmt: skip
"""The parameters that are integers, to the least that each may be."""
MAX_CHARACTERS = {"email_from_addr": 255, "email_from_name": 255, "name": 255, "slug": 255}


class Key(NamedTuple):
    """What a key of a body holds."""

    required: bool
    type: str
    nullable: bool


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


TYPES: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "int": _is_int,
    "bool": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "ints": lambda value: isinstance(value, list) and all(map(_is_int, value)),
    "groups": lambda value: isinstance(value, list) and all(_is_int(v) or isinstance(v, str) for v in value),
    "columns": lambda value: isinstance(value, list) and bool(value) and all(map(is_column, value)),
}


def is_column(value: Any) -> bool:
    """Whether it says what a column of an import holds: a field's id, or type and name of one."""
    return _is_int(value) or (
        isinstance(value, dict) and value.keys() == {"type", "name"} and all(isinstance(v, str) for v in value.values())
    )


def full_path(operation: Operation) -> str:
    """As the vendor's document has it."""
    if operation.path.startswith("/"):
        return f"/1{operation.path}"
    return f"/1/newsletters/{{domain}}/{operation.path}".rstrip("/")


def _pattern(operation: Operation) -> re.Pattern[str]:
    path = re.sub(r"\{(task_uuid)\}", r"(?P<\1>[^/]+)", full_path(operation))
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[0-9]{1,18})", path))


_PATTERNS = [(_pattern(operation), operation) for operation in OPERATIONS]


def find(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation that a raw path leads to, and its parts."""
    for pattern, operation in _PATTERNS:
        if operation.method == method and (match := pattern.fullmatch(path)):
            return operation, match.groupdict()
    return None


def body_of(operation: Operation) -> dict[str, Key]:
    """Each key of the body, and what it holds."""
    found = re.findall(r"(\w+)(\*?):?(\w*)(\??)(?:\s|$)", operation.body or "")
    return {name: Key(bool(star), kind or "text", bool(null)) for name, star, kind, null in found}


def parameters(target: str) -> dict[str, list[str]]:
    """The parameters of a query; ``filter[groups][]`` and ``filter[groups][0]`` are ``filter[groups]``."""
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(urlsplit(target).query, keep_blank_values=True):
        found.setdefault(re.sub(r"\[\d*\]$", "", name), []).append(value)
    return found


def problems(method: str, target: str, content_type: str | None, body: bytes) -> list[str]:
    """What is wrong with a request for ``target``, a raw path and query."""
    path = urlsplit(target).path
    if (found := find(method, path)) is None:
        return [f"no such operation: {method} {path}"]
    operation, _ = found
    wrong = [
        problem for name, values in parameters(target).items() for problem in _wrong_query(operation, name, values)
    ]
    media_type = content_type.partition(";")[0].strip().lower() if content_type else None
    if media_type != (None if method == "GET" else "application/json"):
        wrong.append(f"content type {content_type!r}")  # the service refuses a query where a GET declares a body
    if operation.body is None:
        return wrong + (["a body where there is none"] if body else [])
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return [*wrong, "no JSON"]
    return wrong + (list(_wrong_body(operation, content)) if isinstance(content, dict) else ["no JSON object"])


def _wrong_query(operation: Operation, name: str, values: list[str]) -> Iterator[str]:
    known = operation.query.split()
    if name not in known and not ("order_for[]" in known and re.fullmatch(r"order_for\[\w+\]", name)):
        yield f"unknown parameter {name!r}"
    for value in values:
        if name in NUMBERS and not (re.fullmatch("[0-9]{1,18}", value) and int(value) >= NUMBERS[name]):
            yield f"{name!r} is {value!r}, and no integer from {NUMBERS[name]}"
        choices = CHOICES.get("order" if name.startswith("order_for[") else name, (value,))
        if value not in choices:
            yield f"{name!r} is {value!r}, and none of {', '.join(choices)}"


def _wrong_body(operation: Operation, body: dict[str, Any]) -> Iterator[str]:
    known = body_of(operation)
    yield from (f"unknown key {key!r}" for key in body if key not in known)
    yield from (f"{name!r} is missing" for name, key in known.items() if key.required and name not in body)
    for name, value in body.items():
        if name not in known or (known[name].nullable and value is None):
            continue
        if not TYPES[known[name].type](value):
            yield f"{name!r} is no {known[name].type}"
        elif name in CHOICES and value not in CHOICES[name]:
            yield f"{name!r} is {value!r}, and none of {', '.join(CHOICES[name])}"
        elif isinstance(value, str) and len(value) > MAX_CHARACTERS.get(name, len(value)):
            yield f"{name!r} is longer than {MAX_CHARACTERS[name]} characters"
