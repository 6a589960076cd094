"""The vendor's OpenAPI document, where it is at hand: in the folder that ``CLOUD_REFERENCE`` names."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import requests
from newsletter_server import Received
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from openapi_core.exceptions import OpenAPIError

FILE = Path(os.environ.get("CLOUD_REFERENCE", "/nowhere"), "infomaniak-newsletter-openapi.json")
_WRONG = ("fields", "groups")
"""Of subscribers, and of their import: lists of text in the document, and otherwise in its own examples."""


@cache
def document() -> dict[str, Any]:
    loaded = json.loads(FILE.read_text("utf-8"))
    for path, operations in loaded["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if isinstance(parameter.get("schema", {}).get("type"), list):  # openapi-core takes one type only
                    parameter["schema"] = {}
            if "/subscribers" in path and "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                schema["properties"].update({name: {} for name in _WRONG if name in schema["properties"]})
    return loaded


@cache
def _api() -> OpenAPI:
    return OpenAPI.from_dict(document())


@cache
def _problem(method: str, target: str, content_type: str, body: bytes) -> str | None:
    prepared = requests.Request(method, "https://api.infomaniak.com", data=body).prepare()
    prepared.url = f"https://api.infomaniak.com{target}"  # as it was on the wire, not as requests would tidy it
    prepared.headers.update({"Content-Type": content_type, "Authorization": "Bearer x"})
    try:
        _api().validate_request(RequestsOpenAPIRequest(prepared))
    except OpenAPIError as error:
        return f"{method} {target} {body!r}: {error!r} {error.__cause__!r}"
    return None


def problems(received: list[Received]) -> list[str]:
    """What the vendor's document objects to in these requests; nothing where it is not at hand."""
    if not FILE.is_file():
        return []
    found = (_problem(r.method, r.target, r.headers.get("content-type", ""), r.body) for r in received)
    return [problem for problem in found if problem]
