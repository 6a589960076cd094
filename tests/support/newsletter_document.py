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
                if isinstance(parameter.get("schema", {}).get("type"), list):  # openapi-core takes one type only
                    parameter["schema"] = {}
            if "/subscribers" in path and "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                schema["properties"].update({name: {} for name in _WRONG if name in schema["properties"]})
    return loaded


DOCUMENT = VendorDocument("infomaniak-newsletter-openapi.json", "https://api.infomaniak.com", _read)
