"""The vendor's OpenAPI document, where it is at hand: in the folder that ``CLOUD_REFERENCE`` names."""

import os
from functools import cache
from pathlib import Path
from typing import Any

import requests
import yaml
from coda_server import ROOT, Received
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from openapi_core.exceptions import OpenAPIError

FILE = Path(os.environ.get("CLOUD_REFERENCE", "/nowhere"), "coda-openapi.yaml")


@cache
def document() -> dict[str, Any]:
    loaded = yaml.load(FILE.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return _without_contradictions(loaded)


def _without_contradictions(node: Any) -> Any:
    """Without those members of ``allOf`` that forbid every property, also those the others describe."""
    if isinstance(node, list):
        return [_without_contradictions(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _without_contradictions(value) for key, value in node.items()}
    if "allOf" in node:
        node["allOf"] = [m for m in node["allOf"] if m.get("additionalProperties", True) or "properties" in m]
    return node


@cache
def _api() -> OpenAPI:
    return OpenAPI.from_dict(document())


@cache
def _problem(method: str, target: str, content_type: str, body: bytes) -> str | None:
    prepared = requests.Request(method, "https://coda.io", data=body).prepare()
    prepared.url = f"https://coda.io{ROOT}{target}"  # as it was on the wire, not as requests would tidy it
    prepared.headers.update({"Content-Type": content_type, "Authorization": "Bearer x"})
    try:
        _api().validate_request(RequestsOpenAPIRequest(prepared))
    except OpenAPIError as error:
        return f"{method} {target}: {error!r} {error.__cause__!r}"
    return None


def problems(received: list[Received]) -> list[str]:
    """What the vendor's document objects to in these requests; nothing where it is not at hand."""
    if not FILE.is_file():
        return []
    found = (_problem(r.method, r.target, r.headers.get("content-type", ""), r.body) for r in received)
    return [problem for problem in found if problem]
