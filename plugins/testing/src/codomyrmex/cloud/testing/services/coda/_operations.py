"""The operations of the API: what each accepts, and the function that carries it out.

A chapter of the API is a module with a `Chapter`, whose operations are functions:

    chapter = Chapter("Docs")

    @chapter.operation("GET", "/docs/{docId}")
    def get_doc(call: Call, doc_id: str) -> Json: ...

The vendor's operationId is the function's name in camel case, and the path's parts are its arguments in snake case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote_plus

from codomyrmex.cloud.testing.services._http import Response
from codomyrmex.cloud.testing.services.coda._checks import Shape, decoded, parse_json
from codomyrmex.cloud.testing.services.coda._responses import Json

COMMON_ERRORS = "401 403 404 429"
Handler = Callable[..., Json | Response]
"""Takes a `Call`, and the parts of the path by their names."""
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True)
class Operation:
    """A call of the API."""

    name: str
    """The vendor's operationId."""
    method: str
    path: str
    handler: Handler
    ok: int
    errors: str
    """The statuses of the errors that the vendor declares, between blanks."""
    query: str
    """Parameters between blanks: ``name``, ``name:bool``, ``name:int``, ``name:int..100`` for one with a maximum, and
    ``name=a|b`` for one of, or a list of, these values. Those that end with ``*`` are required."""
    body: Shape | None

    @property
    def parameters(self) -> dict[str, str]:
        """Each parameter of the query with its type: ``bool``, ``int``, ``int..100``, ``a|b`` or nothing."""
        words = (re.fullmatch(r"(\w+)\*?[:=]?(.*)", word) for word in self.query.split())
        return {word[1]: word[2] for word in words if word}

    @property
    def required_parameters(self) -> set[str]:
        """The parameters without which there is no answer."""
        return {name for name in self.parameters if f"{name}*" in self.query}


class Chapter:
    """Operations that belong together."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.operations: list[Operation] = []

    def operation(
        self,
        method: str,
        path: str,
        ok: int = 200,
        *,
        errors: str = COMMON_ERRORS,
        query: str = "",
        body: Shape | None = None,
    ) -> Callable[[H], H]:
        """Have a function carry out an operation. Arguments as the fields of `Operation`."""

        def register(handler: H) -> H:
            name = re.sub("_(.)", lambda match: match[1].upper(), handler.__name__)
            self.operations.append(Operation(name, method, path, handler, ok, errors, query, body))
            return handler

        return register


def to_arguments(parts: dict[str, str]) -> dict[str, str]:
    """The parts of a path as the arguments of a `Handler`. ValueError for one that is not URL-encoded."""
    return {re.sub("([A-Z])", r"_\1", name).lower(): decoded(part) for name, part in parts.items()}


def query_problems(operation: Operation, query: str) -> Iterator[str]:
    """What is wrong with a raw query."""
    try:
        pairs = [_pair(part) for part in query.split("&") if part]
    except ValueError as error:
        yield str(error)
        return
    parameters = operation.parameters
    yield from (f"{name} is missing" for name in operation.required_parameters - {name for name, _ in pairs})
    for name, value in pairs:
        kind = parameters.get(name)
        if kind is None:
            yield f"unknown parameter {name!r}"
        elif not _fits(kind, value):
            yield f"{name}={value!r} is {_WORDS.get(kind, f'none of {kind}')}"


def _pair(part: str) -> tuple[str, str]:
    name, sign, value = part.partition("=")
    if not sign:
        raise ValueError(f"{part!r} has no value")
    decoded(name), decoded(value)
    return unquote_plus(name), unquote_plus(value)


_WORDS = {"bool": "neither true nor false", "int": "no number above 0", "int..100": "no number from 1 to 100"}


def _fits(kind: str, value: str) -> bool:
    if kind == "bool":
        return value in ("true", "false")
    if kind.startswith("int"):
        maximum = kind.partition("..")[2]
        is_number = re.fullmatch("[0-9]{1,9}", value) is not None and int(value) > 0
        return is_number and (not maximum or int(value) <= int(maximum))
    return not kind or set(value.split(",")) <= set(kind.split("|"))


def body_problems(operation: Operation, content_type: str, body: bytes) -> Iterator[str]:
    """What is wrong with a body."""
    if operation.body is None:
        if body:
            yield "a body where there is none"
        return
    if content_type.partition(";")[0].strip().lower() != "application/json":
        yield f"content type {content_type!r}"
    try:
        content: Any = parse_json(body)
    except ValueError:
        yield "no JSON"
        return
    yield from operation.body("body", content)
