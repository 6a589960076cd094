"""Infomaniak's OpenAPI document of its newsletter, where it is at hand."""

import json
from typing import Any

from .vendor_document import VendorDocument

_WRONG = ("fields", "groups")
"""Of subscribers, and of their import: lists of text in the document, and otherwise in its own examples."""


def _read(text: str) -> dict[str, Any]:
    loaded = json.loads(text)
    for path, operations in loaded["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                schemas = [(parameter, "schema"), *((of, key) for of in [_filters(parameter)] for key in of)]
                for holder, key in schemas:
                    kind = holder.get(key, {}).get("type")
                    if isinstance(kind, list) or kind == "array":  # openapi-core takes neither several types nor a[]
                        holder[key] = {}
            if "/subscribers" in path and "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                schema["properties"].update({name: {} for name in _WRONG if name in schema["properties"]})
    return loaded


def _filters(parameter: dict[str, Any]) -> dict[str, Any]:
    """The schemas of a list's filters, by name."""
    return parameter.get("schema", {}).get("properties", {})


DOCUMENT = VendorDocument("infomaniak-newsletter-openapi.json", "https://api.infomaniak.com", _read)
