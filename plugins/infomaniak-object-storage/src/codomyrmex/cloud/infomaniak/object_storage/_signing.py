"""Temporary URLs (the TempURL middleware of Swift): requests that a key of the container or account signs.

https://docs.openstack.org/swift/latest/api/temporary_url_middleware.html
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Mapping
from typing import Literal
from urllib.parse import urlsplit

from codomyrmex.cloud.infomaniak.errors import InfomaniakUnsupportedError, InfomaniakValidationError
from codomyrmex.cloud.infomaniak.object_storage import _results
from codomyrmex.cloud.infomaniak.object_storage._names import path
from codomyrmex.cloud.infomaniak.object_storage._swift import Swift
from codomyrmex.cloud.infomaniak.openstack import check_choice

Method = Literal["DELETE", "GET", "HEAD", "POST", "PUT"]
"""What a temporary URL may be signed for."""
_KEYS = ("Meta-Temp-URL-Key", "Meta-Temp-URL-Key-2")


def sign(swift: Swift, method: Method, bucket: str, key: str, expires_in: int) -> str:
    """The object's URL, by which anyone may send this method for ``expires_in`` seconds."""
    check_choice("method", Method, method)
    if not key.strip("/"):
        raise InfomaniakValidationError("Swift gives no temporary URL of a key of slashes alone")
    if swift.info and "tempurl" not in swift.info:
        raise InfomaniakUnsupportedError("the cluster has no temporary URLs")
    expires = int(time.time()) + expires_in
    account = urlsplit(swift.url).path
    signed = f"{method}\n{expires}\n{account[account.rfind('/v1/') :]}/{bucket}/{key}"
    secret = _secret(swift, method, bucket, key)
    signature = hmac.new(secret.encode("latin-1"), signed.encode(), _digest(swift)).hexdigest()
    return f"{swift.url}/{path(bucket, key)}?temp_url_sig={signature}&temp_url_expires={expires}"


def _digest(swift: Swift) -> str:
    return "sha256" if "sha256" in swift.info.get("tempurl", {}).get("allowed_digests", ()) else "sha1"


def _secret(swift: Swift, method: str, bucket: str, key: str) -> str:
    """The account's key, else the container's; a new one is set if there is none.

    A container's key does not open the container of segments, so to read a large object takes the account's.
    """
    if found := _key_in("Account", swift.send("HEAD").headers):
        return found
    container = swift.send("HEAD", bucket).headers
    if method in ("GET", "HEAD") and _results.is_large(swift.send("HEAD", bucket, key, accept=(404,)).headers):
        return _new_key(swift, "Account")
    return _key_in("Container", container) or _new_key(swift, "Container", bucket)


def _key_in(level: str, headers: Mapping[str, str]) -> str | None:
    return next((found for name in _KEYS if (found := headers.get(f"X-{level}-{name}"))), None)


def _new_key(swift: Swift, level: str, container: str = "") -> str:
    secret = secrets.token_urlsafe(32)
    swift.send("POST", container, headers={f"X-{level}-{_KEYS[0]}": secret})
    return secret
