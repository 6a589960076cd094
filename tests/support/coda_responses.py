"""Coda's OpenAPI document as a judge of responses, where it is at hand.

It contradicts itself, so that no response of some operations could pass. What is made of it is the fair reading:

* Members of an ``allOf`` forbid the properties of the others: they are one object, with the properties of all.
* A cell is *one of* `Value` and `RichValue`, and a text is both; so are most formats of columns: what is one of
  several is any of them, and what a discriminator maps is that alone.
* A `Table` must have ``viewId``, and may not: it may.
"""

import json
from functools import cache

from codomyrmex.cloud.testing.services._api_server import Refused
from codomyrmex.cloud.testing.services.coda import CodaServer
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from .coda_document import DOCUMENT

JUDGED = 10
"""How many responses of an operation are judged, of each test."""


class JudgedCoda(CodaServer):
    """A Coda whose responses are judged: ``wrong_responses`` tells what is wrong with them."""

    def __init__(self):
        super().__init__()
        self.wrong_responses = []
        self._judged = {}

    def respond(self, request, match):
        try:
            response = super().respond(request, match)
        except Refused as refused:
            self._judge(request, match, refused.response)
            raise
        self._judge(request, match, response)
        return response

    def _judge(self, request, match, response):
        if match and DOCUMENT.file.is_file():
            case = match[0], response.status
            self._judged[case] = self._judged.get(case, 0) + 1
            if self._judged[case] <= JUDGED:
                self.wrong_responses += problems(match[0], response)


def problems(operation, response):
    """What the document objects to in a response."""
    # an error that is not declared for the operation has the form of those that are
    declared = str(response.status) if response.status < 400 or operation.name != "createDoc" else "400"
    validator = _validator(operation.path, operation.method.lower(), declared)
    body = json.loads(json.dumps(response.body))
    found = [
        f"{operation.name} {response.status}: {error.json_path} {error.message}"
        for error in validator.iter_errors(body)
    ]
    return [*found, *([f"{operation.name}: a repr"] if "<built-in" in str(body) or " at 0x" in str(body) else [])]


@cache
def _validator(path, method, status):
    declared = DOCUMENT.content["paths"][path][method]["responses"]
    response = _resolved(declared.get(status) or declared["401"])
    schema = response["content"]["application/json"]["schema"]
    return Draft202012Validator(_fair(schema), registry=_registry(), format_checker=None)


@cache
def _registry():
    schemas = {name: _fair(schema) for name, schema in DOCUMENT.content["components"]["schemas"].items()}
    schemas["Table"]["properties"]["viewId"] = {"type": "string"}
    content = {"components": {**DOCUMENT.content["components"], "schemas": schemas}}
    return Registry().with_resource("vendor:", DRAFT202012.create_resource(content))


def _fair(schema):
    """A schema without the contradictions."""
    if isinstance(schema, list):
        return [_fair(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema and isinstance(schema["$ref"], str):
        return {"$ref": f"vendor:{schema['$ref']}"}
    if "allOf" in schema:
        return _fair(_merged(schema))
    fair = {key: _fair(value) for key, value in schema.items() if key not in ("oneOf", "discriminator")}
    mapping = schema.get("discriminator", {}).get("mapping") if isinstance(schema.get("discriminator"), dict) else None
    if mapping:
        name = schema["discriminator"]["propertyName"]
        fair["allOf"] = [
            {"if": {"properties": {name: {"const": value}}}, "then": {"$ref": f"vendor:{ref}"}}
            for value, ref in mapping.items()
        ]
    elif isinstance(schema.get("oneOf"), list):
        fair["anyOf"] = _fair(schema["oneOf"])
    return fair


def _merged(schema):
    """An ``allOf`` as one schema."""
    if "allOf" not in schema:
        return schema
    members = [_merged(_resolved(member)) for member in schema["allOf"]]
    merged = {key: value for key, value in schema.items() if key != "allOf"}
    for member in members:
        merged |= {key: value for key, value in member.items() if key not in ("properties", "required")}
    if any("properties" in member for member in members):
        merged["properties"] = {name: each for m in members for name, each in m.get("properties", {}).items()}
        merged["required"] = [name for m in members for name in m.get("required", [])]
    elif any("enum" in member or "oneOf" in member or "anyOf" in member for member in members):
        merged.pop("additionalProperties", None)
    return merged


def _resolved(schema):
    while isinstance(schema.get("$ref"), str):
        found = DOCUMENT.content
        for key in schema["$ref"].removeprefix("#/").split("/"):
            found = found[key]
        schema = found
    return schema
