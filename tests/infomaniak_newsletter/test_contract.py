"""Our table of the API is the vendor's, and both judge requests."""

import pytest
from codomyrmex.cloud.testing.services._http import ReceivedRequest
from codomyrmex.cloud.testing.services.newsletter import _contract as contract
from support import newsletter_document as vendor

from .account import DOMAIN

JSON = "application/json"
ROOT = f"/1/newsletters/{DOMAIN}"
needs_document = pytest.mark.skipif(
    not vendor.DOCUMENT.file.is_file(),
    reason="the vendor's document is not at hand: CLOUD_REFERENCE names no folder with it",
)
GOOD = [
    ("GET", f"{ROOT}/campaigns?page=1&per_page=100&filter%5Bsearch%5D=x", b""),
    ("PUT", f"{ROOT}/campaigns/7/schedule", b"{}"),
    ("PUT", f"{ROOT}/campaigns/7/schedule", b'{"started_at": 1767225600}'),
    ("POST", f"{ROOT}/subscribers", b'{"email": "a@example.org", "fields": {"firstname": "A"}, "groups": [1, "new"]}'),
    ("GET", "/1/async/tasks/5cb09b3c-d03a-11eb-b8bc-0242ac130003", b""),
]
BAD = [
    ("GET", f"{ROOT}/mailing-lists", b""),
    ("GET", f"{ROOT}/campaigns/x", b""),
    ("POST", f"{ROOT}/campaigns/7/send", b"{}"),
    ("POST", f"{ROOT}/campaigns", b'{"subject": "no sender"}'),
    ("POST", f"{ROOT}/groups", b"{}"),
    ("PUT", f"{ROOT}/subscribers/unsubscribe", b'{"include": [1]}'),
]


def ours(method, target, body):
    return contract.problems(method, target, None if method == "GET" else JSON, body)


def vendors(method, target, body):
    return vendor.DOCUMENT.problems([ReceivedRequest(method, target, {"content-type": JSON} if body else {}, body)])


@pytest.mark.parametrize("judge", [ours, pytest.param(vendors, marks=needs_document)])
@pytest.mark.parametrize("request_", GOOD)
def test_a_good_request_passes(judge, request_):
    assert judge(*request_) == []


@pytest.mark.parametrize("judge", [ours, pytest.param(vendors, marks=needs_document)])
@pytest.mark.parametrize("request_", BAD)
def test_a_wrong_request_does_not(judge, request_):
    assert judge(*request_) != []


@needs_document
def test_the_vendors_document_judges_types_too():
    body = b'{"started_at": "2026-12-24 18:00:00"}'
    assert vendors("PUT", f"{ROOT}/campaigns/7/schedule", body) != []


@needs_document
@pytest.mark.parametrize("operation", contract.OPERATIONS, ids=lambda operation: operation.name)
def test_our_table_is_the_vendors(operation):
    vendors = vendor.DOCUMENT.content["paths"][contract.full_path(operation)][operation.method.lower()]
    assert str(operation.ok) in vendors["responses"]
    query = {p["name"] for p in map(resolved, vendors.get("parameters", [])) if p["in"] == "query"}
    assert {name.partition("[")[0] for name in operation.query.split()} <= query
    schema = vendors.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema")
    if schema is None:
        assert operation.body is None
    else:
        required = schema.get("required", [])
        keys = contract.body_of(operation)
        assert {name: key.required for name, key in keys.items()} == {
            name: name in required for name in schema["properties"]
        }
        types = {name: (VENDORS_TYPES.get(key.type), key.nullable) for name, key in keys.items()}
        wrong = {"fields", "groups"}  # of subscribers, in the document
        assert {name: kind for name, kind in types.items() if name not in wrong} == {
            name: vendors_type(schema["type"]) for name, schema in schema["properties"].items() if name not in wrong
        }


VENDORS_TYPES = {"text": "string", "int": "integer", "bool": "boolean", "object": "object", "ints": "array"}


def vendors_type(declared):
    """The type, and whether it may be null."""
    return (declared, False) if isinstance(declared, str) else (declared[0], "null" in declared)


def resolved(schema):
    if "$ref" in schema:
        found = vendor.DOCUMENT.content
        for key in schema["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        return found
    return schema
