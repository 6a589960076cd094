"""An HTTP gateway over any storage: presigned URLs to fetch, upload and look.

Every request must carry a URL signed by the gateway's key (see `codomyrmex.cloud.local.signing`),
so another program or web page of this machine gets nothing it was not given.
"""

from __future__ import annotations

import html
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any, BinaryIO
from urllib.parse import quote

from cheroot.wsgi import Server
from codomyrmex.cloud.cli.output import printable, size_text
from codomyrmex.cloud.cli.urls import one_level
from codomyrmex.cloud.common import ObjectInfo, StorageClient
from codomyrmex.cloud.errors import (
    AuthenticationError,
    CloudError,
    Conflict,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    PreconditionFailed,
    QuotaExceeded,
    RateLimited,
    ServiceUnavailable,
    Timeout,
    UnsupportedOperation,
)
from codomyrmex.cloud.local.signing import Grant, Signer, expiry
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.http import http_date, unquote_etag
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import FileWrapper

_CHUNK = 1024 * 1024
_PAGE = 1000  # entries that a page shows
_PAGE_LIFETIME = 3600  # seconds that its links work
_STATUS: dict[type[CloudError], int] = {
    PreconditionFailed: 412,
    NotFound: 404,
    PermissionDenied: 403,
    AuthenticationError: 502,
    InvalidRequest: 400,
    Conflict: 409,
    QuotaExceeded: 507,
    RateLimited: 429,
    ServiceUnavailable: 503,
    Timeout: 504,
    UnsupportedOperation: 501,
}
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # a signed URL is a secret
    "Cache-Control": "private, no-cache",
}
_OBJECT_POLICY = "sandbox allow-downloads"  # a stored page must not act as this origin
_LISTING_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class Gateway:
    """The WSGI application. ``endpoint_url`` is where it is reached, for the links it makes."""

    def __init__(self, storage: StorageClient, signer: Signer, endpoint_url: str) -> None:
        self.storage = storage
        self.signer = signer
        self.endpoint_url = endpoint_url

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer one request, by the rules of WSGI (PEP 3333)."""
        request = Request(environ)
        try:
            response = self._answer(request)
        except CloudError as error:
            status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
            response = Response(f"{type(error).__name__}: {printable(str(error))}\n", status)
        except ValueError as error:
            response = Response(f"{printable(str(error))}\n", 400)
        except HTTPException as error:
            response = Response(f"{error.description}\n", error.code)
        if "chunked" in request.headers.get("Transfer-Encoding", ""):  # else its rest would be read as a request
            with suppress(OSError, ValueError, HTTPException):
                while request.stream.read(_CHUNK):
                    pass
        response.headers.extend(_HEADERS)
        return response(environ, start_response)

    def look_url(self, bucket: str = "", prefix: str = "") -> str:
        """A signed URL of the page that lists all buckets, or the objects under a prefix."""
        return self._sign("LIST", bucket, prefix)

    def _answer(self, request: Request) -> Response:
        grant = self.signer.verify(request.args)
        allowed = {"PUT": ("PUT",), "GET": ("GET", "LIST"), "HEAD": ("GET", "LIST")}
        if request.method not in allowed:
            raise MethodNotAllowed(list(allowed), f"{request.method} is not served")
        if grant.method not in allowed.get(request.method, ()):
            raise PermissionDenied(f"the URL was signed for {grant.method}, not for {request.method}")
        if grant.method == "PUT":
            return self._put(request, grant)
        return self._get(request, grant) if grant.method == "GET" else self._list(grant)

    def _get(self, request: Request, grant: Grant) -> Response:
        info = self.storage.stat(grant.bucket, grant.key)
        response = Response(content_type=info.content_type or "application/octet-stream")
        response.accept_ranges = "bytes"
        name = quote(grant.key.rpartition("/")[2] or "object", safe="")
        response.headers["Content-Security-Policy"] = _OBJECT_POLICY
        response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{name}"
        etag = unquote_etag(info.etag)[0]
        if etag:
            response.set_etag(etag)
        if info.last_modified:
            response.headers["Last-Modified"] = http_date(info.last_modified)
        if etag and request.if_none_match.contains(etag):
            response.status_code = 304
            return response
        start, end = 0, info.size
        if (
            request.range
            and len(request.range.ranges) == 1
            and ("If-Range" not in request.headers or request.if_range.etag == (etag or "?"))
        ):
            asked = request.range.range_for_length(info.size)
            if asked is None:
                return Response(status=416, headers={"Content-Range": f"bytes */{info.size}"})
            start, end = asked
            response.status_code = 206
            response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{info.size}"
        response.content_length = end - start
        if request.method == "GET":
            file = self.storage.open_read(grant.bucket, grant.key, start=start, length=end - start)
            if etag and self.storage.stat(grant.bucket, grant.key).etag != info.etag:
                file.close()
                raise Conflict(f"{grant.key!r} was replaced just now; ask again")
            response.response = FileWrapper(file, _CHUNK)
            response.direct_passthrough = True
        return response

    def _put(self, request: Request, grant: Grant) -> Response:
        content_type = request.headers.get("Content-Type") or None
        if grant.content_type and content_type != grant.content_type:
            raise PermissionDenied(f"the URL was signed for Content-Type {grant.content_type}, not for {content_type}")
        info = self.storage.upload_stream(
            grant.bucket,
            grant.key,
            _Body(request),  # type: ignore[arg-type]
            content_type=content_type,
            if_match=next(iter(request.if_match.as_set()), None),
            if_none_match="*" if request.if_none_match.star_tag else None,
        )
        response = Response(status=200)
        if etag := unquote_etag(info.etag)[0]:
            response.set_etag(etag)
        return response

    def _list(self, grant: Grant) -> Response:
        title = html.escape(printable(self.storage.url(grant.bucket, grant.key) if grant.bucket else "Buckets"))
        if grant.bucket:
            items = islice(one_level(self.storage, grant.bucket, grant.key), _PAGE + 1)
            rows = [self._row(grant, item) for item in items]
        else:
            rows = [_row(f"{name}/", self.look_url(name)) for name in self.storage.list_buckets()]
        if len(rows) > _PAGE:
            rows[_PAGE:] = [f"<tr><td>The first {_PAGE}; 'cloud ls' lists all.</td></tr>"]
        head = f"<!doctype html><meta charset=utf-8><title>{title}</title>{_STYLE}<h1>{title}</h1>"
        page = Response(f"{head}<table>{''.join(rows)}</table>", mimetype="text/html")
        page.headers["Content-Security-Policy"] = _LISTING_POLICY
        return page

    def _row(self, grant: Grant, item: ObjectInfo | str) -> str:
        if isinstance(item, str):
            return _row(item[len(grant.key) :], self.look_url(grant.bucket, item))
        modified = f"{item.last_modified:%Y-%m-%d %H:%M} UTC" if item.last_modified else ""
        return _row(
            item.key[len(grant.key) :], self._sign("GET", grant.bucket, item.key), size_text(item.size), modified
        )

    def _sign(self, method: str, bucket: str, key: str) -> str:
        return self.signer.sign(self.endpoint_url, Grant(method, bucket, key, expiry(_PAGE_LIFETIME)))


_STYLE = """<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#222;background:#fff}h1{font-size:1.2rem;overflow-wrap:anywhere}table{width:100%;border-collapse:collapse}
td{padding:.25rem .5rem;border-top:1px solid #ddd;overflow-wrap:anywhere}td+td{text-align:right;white-space:nowrap}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}a{color:#8ab4f8}td{border-color:#333}}</style>"""


def _row(name: str, url: str, *cells: str) -> str:
    link = f'<a href="{html.escape(url)}">{html.escape(printable(name))}</a>'
    return f"<tr><td>{link}</td>{''.join(f'<td>{html.escape(c)}</td>' for c in cells)}</tr>"


class _Body:
    """A request's body as a stream that raises, rather than ends, when the client goes away early."""

    def __init__(self, request: Request) -> None:
        self._stream: BinaryIO = request.stream  # type: ignore[assignment]
        self._missing = request.content_length

    def read(self, size: int = -1) -> bytes:
        if self._missing is not None:
            size = min(size, self._missing) if size >= 0 else self._missing
        data = self._stream.read(size)
        if self._missing is not None:
            self._missing -= len(data)
            if not data and self._missing:
                raise InvalidRequest(f"the connection ended {self._missing} bytes early; nothing was stored")
        return data


@contextmanager
def listening(host: str, port: int) -> Iterator[Server]:
    """A server bound to ``host`` and ``port`` (0: any that is free), to be given its application."""
    server = Server((host, port), None, numthreads=16, server_name="cloud")
    server.shutdown_timeout = 1
    server.expiration_interval = 0.1  # seconds until it notices that it shall stop
    try:
        try:
            server.prepare()
        except OSError as error:
            raise ServiceUnavailable(f"cannot listen on {host}:{port}, is it in use? Try --port 0") from error
        yield server
    finally:
        server.stop()


def endpoint(server: Server) -> str:
    """The URL where the server answers."""
    host, port = server.bind_addr[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def running(storage: StorageClient, signer: Signer) -> Iterator[Gateway]:
    """A gateway on loopback that answers in threads of its own until the end of the block."""
    with listening("127.0.0.1", 0) as server:
        gateway = server.wsgi_app = Gateway(storage, signer, endpoint(server))
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        yield gateway
        server.stop()
        thread.join()
