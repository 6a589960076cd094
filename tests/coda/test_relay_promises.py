"""An answer without what the vendor promises of it is no result."""

from functools import partial

import pytest
from codomyrmex.cloud.testing.services.coda import _contract as contract
from support import coda_document as vendor
from support import relay as faults
from support.matrix import told

from .relayed import READS, WRITES, broken_read, connect, one_client

needs_document = pytest.mark.skipif(
    not vendor.DOCUMENT.file.is_file(),
    reason="the vendor's document is not at hand: CLOUD_REFERENCE names no folder with it",
)


# What the vendor promises of an answer


def resolved(node):
    """A schema without references: the properties and required keys of all its parts."""
    while "$ref" in node:
        part = vendor.DOCUMENT.content
        for key in node["$ref"].removeprefix("#/").split("/"):
            part = part[key]
        node = part
    if "allOf" not in node:
        return node
    parts = [resolved(part) for part in node["allOf"]]
    return {
        "properties": {key: value for part in parts for key, value in part.get("properties", {}).items()},
        "required": [key for part in parts for key in part.get("required", ())],
    }


def promised(operation):
    """The places in an operation's success that always hold something: keys, also of a list's items."""
    found = next(each for each in contract.OPERATIONS if each.name == operation)
    answer = vendor.DOCUMENT.content["paths"][found.path][found.method.lower()]["responses"][str(found.ok)]
    schema = resolved(answer["content"]["application/json"]["schema"])
    yield from ((key,) for key in needed(schema))
    if "items" in schema.get("properties", {}):
        items = resolved(schema["properties"]["items"]["items"])
        yield from (("items", 0, key) for key in needed(items) if (operation, key) != ("getTable", "viewId"))


def needed(schema):
    """The keys that are always there, and are not to vanish."""
    for key in schema.get("required", ()):
        if key != "viewId" and not resolved(schema["properties"][key]).get("deprecated"):
            yield key


def spoiled(place, how):
    """A fault: the answer does not hold there what it promises."""

    def change(content):
        *way, last = place
        holder = content
        for key in way:
            holder = holder[key]
        value = holder[last]
        if how == "missing":
            del holder[last]
        elif how == "null":
            holder[last] = None
        else:
            holder[last] = {bool: str(value).lower(), dict: [], list: {}, str: 7}.get(type(value), str(value))
        return content

    return faults.changed(change)


by_spoiled = pytest.mark.parametrize(
    "ways", [("missing",), pytest.param(("null", "of another type"), marks=pytest.mark.slow)], ids=" or ".join
)


@needs_document
@by_spoiled
def test_an_answer_without_what_the_vendor_promises_is_no_result(matrix, ways):
    matrix.check(
        {
            f"{method}, {place} {how}": partial(broken_read, read, spoiled(place, how), False)
            for method, read in READS.items()
            for place in promised(read.operation)
            for how in ways
        }
    )


@needs_document
@by_spoiled
def test_a_write_whose_answer_lacks_what_the_vendor_promises_is_no_success(matrix, ways):
    def case(write, fault, never, coda, relay):
        if not never:
            yield from one_client(write, fault, write.request, coda, relay)
            return
        coda.delay = 60
        relay.arm(fault, write.request, times=10)  # as the client may ask again
        with connect(relay) as client:
            result, error, stranger = told(lambda: write.call(client))
        if stranger or not error:
            yield stranger or f"it was not waited for, and told a success: {result!r}"

    matrix.check(
        {
            f"{method}, {place} {how}": partial(case, write, spoiled(place, how), "requestId" in place)
            for method, write in WRITES.items()
            for place in promised(write.operation)
            for how in ways
        }
    )
