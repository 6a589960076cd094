"""Presigned URLs of the local provider and of ``cloud serve``: HMAC-SHA256 over what they allow.

The bucket and the key stand in the query, not in the path: clients tidy paths (``a/../b``), and a
key is any text. The query is ``bucket``, ``key``, ``method``, ``expires`` (unix seconds),
``content-type`` (of an upload, where one was promised) and ``signature``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from collections.abc import Mapping
from typing import NamedTuple

from codomyrmex.cloud.errors import PermissionDenied


class Grant(NamedTuple):
    """What a signed URL allows."""

    method: str
    """``GET`` (which allows HEAD) or ``PUT``."""
    bucket: str
    """Empty: all buckets, to look at."""
    key: str
    """For ``LIST``, the prefix."""
    expires: int
    """Unix seconds."""
    content_type: str = ""
    """That an upload must have; empty: any."""


class Signer:
    """Signs and verifies, with a key that its owner keeps."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, endpoint_url: str, grant: Grant) -> str:
        """The URL that carries ``grant`` to the gateway at ``endpoint_url``."""
        from urllib.parse import urlencode  # here, as a look-up must not wait for its import

        query = {k.replace("_", "-"): str(v) for k, v in grant._asdict().items()}
        return f"{endpoint_url.rstrip('/')}/?{urlencode(query | {'signature': self._signature(grant)})}"

    def verify(self, query: Mapping[str, str]) -> Grant:
        """What a request's query allows. PermissionDenied unless it is signed, unchanged and in time."""
        fields = {name: query.get(name.replace("_", "-"), "") for name in Grant._fields}
        expires = fields.pop("expires")
        grant = Grant(expires=int(expires) if expires.isascii() and expires.isdigit() else 0, **fields)
        if not hmac.compare_digest(self._signature(grant).encode(), query.get("signature", "").encode()):
            raise PermissionDenied(
                "the URL is not signed by this gateway, or was changed", code="SignatureDoesNotMatch"
            )
        if grant.expires < time.time():
            raise PermissionDenied("the URL has expired; ask its owner for a new one", code="Expired")
        return grant

    def _signature(self, grant: Grant) -> str:
        return hmac.new(self._key, json.dumps(grant).encode(), hashlib.sha256).hexdigest()


def expiry(seconds: int) -> int:
    """The time ``seconds`` from now, for a `Grant`."""
    return int(time.time()) + seconds


def signing_key(folder: str) -> bytes:
    """The key kept in ``folder``, made on first use, readable by its owner alone."""
    path = os.path.join(folder, ".signing-key")
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        os.makedirs(folder, mode=0o700, exist_ok=True)
    new = f"{path}.{os.urandom(8).hex()}"
    with open(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(os.urandom(32))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(new, path)  # of several processes one makes the key, and all read that one
    except FileExistsError:
        pass
    finally:
        os.unlink(new)
    with open(path, "rb") as file:
        return file.read()
