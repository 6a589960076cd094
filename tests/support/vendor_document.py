"""A vendor's OpenAPI document as a judge of requests, where it is at hand: in the folder of ``CLOUD_REFERENCE``."""

import os
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import requests
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from openapi_core.exceptions import OpenAPIError


class VendorDocument:
    """The document in a file of that name.

    :param root: the URL below which a request's target is.
    :param read: makes of the file's text what openapi-core can take.
    """

    def __init__(self, name: str, root: str, read: Callable[[str], dict[str, Any]]) -> None:
        self.file = Path(os.environ.get("CLOUD_REFERENCE", "/nowhere"), name)
        self._root, self._read = root, read
        self._problem = cache(self._judged)

    @cached_property
    def content(self) -> dict[str, Any]:
        return self._read(self.file.read_text("utf-8"))

    @cached_property
    def _api(self) -> OpenAPI:
        return OpenAPI.from_dict(self.content, config=Config(spec_validator_cls=None))  # it judges, and is not judged

    def problems(self, received: list[Any]) -> list[str]:
        """What the document objects to in these requests; nothing where it is not at hand."""
        if not self.file.is_file():
            return []
        found = (self._problem(r.method, r.target, r.headers.get("content-type", ""), r.body) for r in received)
        return [problem for problem in found if problem]

    def _judged(self, method: str, target: str, content_type: str, body: bytes) -> str | None:
        prepared = requests.Request(method, self._root, data=body).prepare()
        prepared.url = f"{self._root}{target}"  # as it was on the wire, not as requests would tidy it
        prepared.headers.update({"Content-Type": content_type, "Authorization": "Bearer x"})
        try:
            self._api.validate_request(RequestsOpenAPIRequest(prepared))
        except OpenAPIError as error:
            return f"{method} {target} {body!r}: {error!r} {error.__cause__!r}"
        return None
