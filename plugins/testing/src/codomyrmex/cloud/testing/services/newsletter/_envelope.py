"""What every response of the API is wrapped in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from codomyrmex.cloud.testing.services._http import Response

CODES = {
    400: "bad_request",
    401: "not_authorized",
    403: "access_denied",
    404: "object_not_found",
    500: "unexpected_error",
}
"""The codes that the vendor's document names, by status."""


def success(data: Any, result: str = "success", **more: Any) -> dict[str, Any]:
    """The envelope of a success; ``more`` is beside its data, such as the numbers of pages."""
    return {"result": result, "data": data, **more}


def error(
    status: int,
    description: str = "because",
    *causes: tuple[str, str],
    headers: Mapping[str, str] | None = None,
    code: str | None = None,
) -> Response:
    """An error, in the service's envelope.

    Args:
        status: of HTTP.
        description: in words.
        causes: arguments, and what is wrong with each.
        headers: such as ``Retry-After``.
        code: the service's; the default follows from the status.
    """
    content: dict[str, Any] = {"code": code or CODES.get(status, "validation_failed"), "description": description}
    if causes:
        content["errors"] = [{"description": text, "context": {"attribute": name}} for name, text in causes]
    return Response(status, {"result": "error", "error": content}, headers or {})


def invalid(attribute: str, reason: str) -> Response:
    """The 422 of an argument that the service does not take."""
    return error(422, "validation failed", (attribute, reason))
