"""Our table of the API is the vendor's, and both judge requests."""

import pytest
from codomyrmex.cloud.testing.services._http import ReceivedRequest
from codomyrmex.cloud.testing.services.coda import _contract as contract
from support import coda_document as vendor

JSON = "application/json"
ROWS = "/docs/d/tables/t/rows"
needs_document = pytest.mark.skipif(
    not vendor.DOCUMENT.file.is_file(),
    reason="the vendor's document is not at hand: CLOUD_REFERENCE names no folder with it",
)

GOOD = [
    ("GET", "/docs?isOwner=true&limit=3", b""),
    ("GET", "/docs/d%2F..%2Fe/tables/%C3%A9/rows?query=%22A%22%3A1&valueFormat=rich", b""),
    ("POST", ROWS, b'{"rows":[{"cells":[{"column":"A","value":[1,"x",[true]]}]}],"keyColumns":["A"]}'),
    ("PUT", f"{ROWS}/r?disableParsing=true", b'{"row":{"cells":[]}}'),
    ("DELETE", ROWS, b'{"rowIds":["i-1"]}'),
]
BAD = [
    ("GET", "/docs?limit=0", b""),
    ("GET", f"{ROWS}?valueFormat=none", b""),
    ("GET", "/documents", b""),
    ("POST", ROWS, b'{"keyColumns":["A"]}'),
    ("POST", ROWS, b'{"rows":[{"cells":[{"column":"A"}]}]}'),
    ("POST", ROWS, b'{"rows":[{"cells":[{"column":"A","value":null}]}]}'),
    ("POST", ROWS, b'{"rows":[{"cells":[{"column":"A","value":{"a":1}}]}]}'),
    ("POST", ROWS, b'{"rows":[],"keyColums":[]}'),
    ("PUT", f"{ROWS}/r", b'{"cells":[]}'),
    ("DELETE", ROWS, b'{"rowIds":["i-1"],"more":1}'),
]
FINER = [  # openapi-core lets these pass
    ("GET", "/docs?isOwner=True", b""),
    ("GET", "/docs?is_owner=true", b""),
    ("GET", "/docs//tables", b""),
]


def ours(method, target, body):
    return contract.problems(method, target, JSON if body else "", body)


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


@pytest.mark.parametrize("request_", FINER)
def test_our_table_is_the_stricter_judge(request_):
    assert ours(*request_) != []


@needs_document
@pytest.mark.parametrize("operation", contract.OPERATIONS, ids=lambda operation: operation.name)
def test_our_table_is_the_vendors(operation):
    vendors = vendor.DOCUMENT.content["paths"][operation.path][operation.method.lower()]
    assert vendors["operationId"] == operation.name
    statuses = set(map(str, vendors["responses"]))
    assert statuses == {str(operation.ok), *operation.errors.split()}
    query = {p["name"]: kind(p["schema"]) for p in map(resolved, vendors.get("parameters", [])) if p["in"] == "query"}
    assert operation.parameters == query
    schema = vendors.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema")
    if schema is None:
        assert operation.body is None
    else:
        schema = resolved(schema)
        required = schema.get("required", [])
        assert operation.body.required == {key: key in required for key in schema["properties"]}


def resolved(schema):
    while "$ref" in schema:
        found = vendor.DOCUMENT.content
        for key in schema["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        schema = found
    return schema


def kind(schema):
    """The type of a query parameter in the words of our table."""
    schema = resolved(schema)
    if schema["type"] == "array":
        schema = resolved(schema["items"])
    if "enum" in schema:
        return "|".join(schema["enum"])
    if "maximum" in schema:
        return f"int..{schema['maximum']}"
    return {"boolean": "bool", "integer": "int", "string": ""}[schema["type"]]
