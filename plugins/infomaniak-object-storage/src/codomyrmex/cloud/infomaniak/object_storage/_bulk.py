"""Many objects deleted by one request ("Bulk Delete", Swift)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from urllib.parse import quote, unquote

from codomyrmex.cloud.errors import CloudError
from codomyrmex.cloud.infomaniak.errors import InfomaniakCloudError, InfomaniakServerError
from codomyrmex.cloud.infomaniak.object_storage._swift import Swift
from codomyrmex.cloud.infomaniak.openstack import from_answer

DELETED_AT_ONCE = 10_000
"""Objects of a request, unless the cluster takes fewer."""
_SILENT = 60.0
"""Seconds: the service sends something every ten, until all is done."""


def delete(swift: Swift, container: str, keys: Iterable[str]) -> dict[str, CloudError]:
    """Delete the objects; those that are not there count as deleted. Returns the failures by key."""
    if "bulk_delete" not in swift.info:
        return _one_by_one(swift, container, keys)
    failures: dict[str, CloudError] = {}
    remaining = iter(keys)
    size = swift.limit("bulk_delete", "max_deletes_per_request", DELETED_AT_ONCE)
    while batch := list(islice(remaining, size)):
        # the path of slashes alone would be the container's
        slashes = [key for key in batch if not key.strip("/")]
        failures |= _one_by_one(swift, container, slashes)
        failures |= _at_once(swift, container, [key for key in batch if key.strip("/")])
    return failures


def _at_once(swift: Swift, container: str, keys: list[str]) -> dict[str, CloudError]:
    if not keys:
        return {}
    body = "".join(f"{quote(f'{container}/{key}')}\n" for key in keys)
    headers = {"Content-Type": "text/plain", "Accept": "application/json"}
    query = {"bulk-delete": ""}
    answer = swift.send("POST", query=query, headers=headers, data=body.encode(), timeout=_SILENT).json()
    failures: dict[str, CloudError] = {}
    for name, status in answer.get("Errors", ()):
        key = unquote(name).lstrip("/").partition("/")[2]
        failures[key] = _failure(status)
    outcome = answer.get("Response Status", "")
    if answer.get("Response Body") or not outcome.startswith(("200", "400")):
        # it stopped on the way: after too many failures, for one
        return failures | _one_by_one(swift, container, [key for key in keys if key not in failures])
    return failures


def _failure(status: str) -> InfomaniakCloudError:
    code = status.partition(" ")[0]
    if not code.isdecimal():
        return InfomaniakServerError(status)
    return from_answer(int(code), None, f"the service answered {status}")


def _one_by_one(swift: Swift, container: str, keys: Iterable[str]) -> dict[str, CloudError]:
    failures: dict[str, CloudError] = {}
    for key in keys:
        try:
            swift.send("DELETE", container, key, accept=(404,))
        except CloudError as error:
            failures[key] = error
    return failures
