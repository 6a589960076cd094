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
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlencode

from codomyrmex.cloud.common.storage import PresignedRequest
from codomyrmex.cloud.errors import IntegrityError, PermissionDenied

_KEY_BYTES = 32


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
        query = {k.replace("_", "-"): str(v) for k, v in grant._asdict().items()}
        return f"{endpoint_url.rstrip('/')}/?{urlencode(query | {'signature': self._signature(grant)})}"

    def request(self, endpoint_url: str, grant: Grant) -> PresignedRequest:
        """The request that ``grant`` allows."""
        headers = {"Content-Type": grant.content_type} if grant.content_type else {}
        return PresignedRequest(grant.method, self.sign(endpoint_url, grant), headers)

    def verify(self, query: Mapping[str, str]) -> Grant:
        """What a request's query allows. PermissionDenied unless it is signed, unchanged and in time."""
        fields = {name: query.get(name.replace("_", "-"), "") for name in Grant._fields}
        try:
            expires = int(fields.pop("expires"))
        except ValueError:  # no number, or of thousands of digits
            expires = 0
        grant = Grant(expires=expires, **fields)
        given = query.get("signature", "").encode(errors="replace")
        if not hmac.compare_digest(self._signature(grant).encode(), given):
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
    if not os.path.exists(path):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        _make_key(path)
    with open(path, "rb") as file:
        key = file.read()
    if len(key) < _KEY_BYTES:  # anyone can sign with an empty key
        raise IntegrityError(f"{path} holds no signing key; remove it, and a new one is made")
    return key


def _make_key(path: str) -> None:
    new = f"{path}.{os.urandom(8).hex()}"
    try:
        with open(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(os.urandom(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(new, path)  # of several processes one makes the key, and all read that one
    finally:
        with suppress(FileNotFoundError):
            os.unlink(new)
