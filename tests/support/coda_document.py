"""Coda's OpenAPI document, where it is at hand."""

from typing import Any

import yaml
from codomyrmex.cloud.testing.services.coda import CodaServer

from .vendor_document import VendorDocument


def _read(text: str) -> dict[str, Any]:
    return _without_contradictions(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


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


DOCUMENT = VendorDocument("coda-openapi.yaml", f"https://coda.io{CodaServer.root}", _read)
