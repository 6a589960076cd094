"""AWS's own host names on loopback, and S3's rules of regions, which moto does not have.

A client whose HTTPS_PROXY and AWS_CA_BUNDLE lead here asks https://bucket.s3.eu-west-1.amazonaws.com
and reaches moto: through a proxy that ends TLS (`TlsProxy`), a `FaultProxy`, and `Rules`, which answers
what S3 answers where the bucket is in another region than the request thinks.
"""

import base64
import http.client
import re
import shutil
import socket
import ssl
import sys
import threading
import zlib
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import trustme
from codomyrmex.cloud.testing.backends import FaultProxy

_HOST = re.compile(r"(?:(?P<bucket>[^/]+)\.)?s3(?:[.-](?P<region>[a-z0-9-]+))?\.amazonaws\.com")
_SCOPE = re.compile(r"Credential=[^/]+/[0-9]{8}/(?P<region>[a-z0-9-]+)/s3/aws4_request")

_SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request"
"""Enough for moto, and more than nothing."""


class Made(NamedTuple):
    """A bucket as it was asked for."""

    host: str
    location: str | None


class Aws:
    """S3 in all regions: a context manager around a running moto."""

    def __init__(self, moto, folder):
        self.moto = moto
        self._folder = folder
        self._stack = ExitStack()

    def __enter__(self):
        self.rules = self._stack.enter_context(Rules(self.moto))
        self.faults = self._stack.enter_context(FaultProxy(self.rules.endpoint_url))
        self.tls = self._stack.enter_context(TlsProxy(self.faults.endpoint_url))
        self.bundle = str(self._folder / "ca.pem")
        self.tls.authority.cert_pem.write_to_path(self.bundle)
        return self

    def __exit__(self, *exc_info):
        self._stack.close()

    def environment(self):
        return {
            "HTTPS_PROXY": self.tls.url,
            "AWS_CA_BUNDLE": self.bundle,
            "AWS_ACCESS_KEY_ID": self.moto.access_key,
            "AWS_SECRET_ACCESS_KEY": self.moto.secret_key,
        }

    def send(self, method, url, headers=None, body=None):
        """The answer to a request whose URL and headers are sent as they are, and its body."""
        parts = urlsplit(url)
        proxy = urlsplit(self.tls.url)
        context = ssl.create_default_context(cafile=self.bundle)
        connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, timeout=30, context=context)
        connection.set_tunnel(parts.hostname, 443)
        try:
            connection.request(method, url.partition(parts.netloc)[2], body, headers or {})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


class Running:
    """A context manager around a server of the standard library, in a thread of its own."""

    def __init__(self, server):
        self.server = server

    def __enter__(self):
        self._thread = threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info):
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


class HTTPServer(ThreadingHTTPServer):
    """Does not mind clients that have enough."""

    daemon_threads = True

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class TlsProxy(Running):
    """An HTTPS proxy that takes itself for every host, and passes on what was in the tunnel as it came."""

    def __init__(self, upstream_url):
        self.authority = trustme.CA()
        self._contexts = {}
        upstream = urlsplit(upstream_url)
        proxy = self

        class Handler(StreamRequestHandler):
            def handle(self):
                method, target, *_ = self.rfile.readline().decode().split()
                while self.rfile.readline().strip():
                    pass
                assert method == "CONNECT"
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                with suppress(OSError):  # one side broke off
                    proxy.tunnel(self.connection, target.rpartition(":")[0], (upstream.hostname, upstream.port))

        super().__init__(ThreadingTCPServer(("127.0.0.1", 0), Handler))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def tunnel(self, client, host, upstream):
        with self._context(host).wrap_socket(client, server_side=True) as inside, socket.socket() as server:
            server.connect(upstream)
            back = threading.Thread(target=_pump, args=[server, inside], daemon=True)
            back.start()
            _pump(inside, server)
            back.join()

    def _context(self, host):
        if host not in self._contexts:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.authority.issue_cert(host).configure_cert(context)
            self._contexts[host] = context
        return self._contexts[host]


def _pump(source, target):
    """Pass on all bytes, then the end of them."""
    try:
        while data := source.recv(256 * 1024):
            target.sendall(data)
    except OSError:
        pass
    finally:
        for side in (source, target):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)


class Rules(Running):
    """What S3 answers and moto does not, before moto.

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    """

    def __init__(self, moto):
        self._moto = urlsplit(moto.endpoint_url).netloc
        self.reset()
        rules = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if "Transfer-Encoding" in self.headers:
                    body = _read_chunks(self.rfile)
                else:
                    body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, code, extra = rules.judge(self.command, self.path, self.headers, body)
                if not status:
                    rules.forward(self, body)
                    return
                content = b"" if self.command == "HEAD" else _error(code, extra)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                if "Region" in extra and (rules.tells_region or _is_bucket_head(self.command, self.path)):
                    self.send_header("x-amz-bucket-region", extra["Region"])
                self.end_headers()
                self.wfile.write(content)

            do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

            def log_message(self, *arguments):
                pass

        super().__init__(HTTPServer(("127.0.0.1", 0), Handler))
        self.endpoint_url = f"http://127.0.0.1:{self.server.server_port}"

    def reset(self):
        self.tells_region = True
        """Whether the answer about a wrong region has the header with the right one. HeadBucket's always has."""
        self.denied = set()
        """Buckets that may not be looked at."""
        self.made = {}
        """Bucket to how it was asked for."""
        self.owners = {}
        """Bucket to the account that it is of."""
        self.requester_pays = set()
        """Buckets of which only who pays gets anything."""
        self.customer_keys = {}
        """``bucket/key`` to the key that it is encrypted with, in base 64."""

    def judge(self, method, path, headers, body):
        """Status, code and further elements of the error that S3 answers; a status of 0 where there is none."""
        host = _HOST.fullmatch(headers["Host"])
        bucket = host["bucket"] or path.lstrip("/").partition("?")[0].partition("/")[0]
        home = self._head(f"/{bucket}").get("x-amz-bucket-region") if bucket else None
        makes_bucket = method == "PUT" and path in ("/", f"/{bucket}")
        if makes_bucket and not home:
            location = re.search(rb"<LocationConstraint>(.*)</LocationConstraint>", body)
            self.made[bucket] = Made(headers["Host"], location and location[1].decode())
        if bucket in self.denied:
            return 403, "AccessDenied", {"Region": home}
        if refusal := self._refusal(method, bucket, path, headers):
            return *refusal, {}
        if home and not makes_bucket:
            if host["region"] and host["region"] != home:
                return 301, "PermanentRedirect", {"Region": home, "Bucket": bucket}
            signed = _SCOPE.search(headers.get("Authorization") or unquote(path).replace("X-Amz-", ""))
            if signed and signed["region"] != home:  # the global name leads to the bucket's own region
                return 400, "AuthorizationHeaderMalformed", {"Region": home}
        if method == "PUT" and _is_damaged(headers, body):
            return 400, "BadDigest", {}
        if method == "POST" and "If-Match" in headers and headers["If-Match"] != self._head(f"/{bucket}{path}")["ETag"]:
            return 412, "PreconditionFailed", {}  # moto looks at it for PUT alone
        return 0, "", {}

    def _refusal(self, method, bucket, path, headers):
        """Status and code for a request without what the owner of a bucket wants of it, if it is one."""
        source = unquote(headers.get("x-amz-copy-source", "")).lstrip("/")
        buckets = {"x-amz-expected-bucket-owner": bucket, "x-amz-source-expected-bucket-owner": source.split("/")[0]}
        for header, asked in buckets.items():
            if asked in self.owners and headers.get(header, self.owners[asked]) != self.owners[asked]:
                return 403, "AccessDenied"
            if asked in self.requester_pays and headers.get("x-amz-request-payer") != "requester":
                return 403, "AccessDenied"
        read = f"{bucket}{path}" if method in ("HEAD", "GET") and "?" not in path else None
        objects = {"x-amz-": read, "x-amz-copy-source-": source}
        for beginning, key in objects.items():
            sent = headers.get(f"{beginning}server-side-encryption-customer-key")
            if key in self.customer_keys and sent != self.customer_keys[key]:
                return 400, "InvalidRequest"
        return None

    def forward(self, handler, body):
        connection = http.client.HTTPConnection(self._moto, timeout=60)
        try:
            connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                if name.lower() not in ("content-length", "expect", "transfer-encoding"):
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            handler.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in ("connection", "transfer-encoding"):
                    handler.send_header(name, value)
            if answer.length is None and handler.command != "HEAD":
                handler.close_connection = True
                handler.send_header("Connection", "close")
            handler.end_headers()
            with suppress(ConnectionError):  # the client has enough
                shutil.copyfileobj(answer, handler.wfile, 256 * 1024)
        finally:
            connection.close()

    def _head(self, path):
        """What moto says of a bucket or object: the headers."""
        connection = http.client.HTTPConnection(self._moto, timeout=60)
        try:
            connection.request("HEAD", path.partition("?")[0], headers={"Authorization": _SIGNED})
            return connection.getresponse().headers
        finally:
            connection.close()


def _read_chunks(file):
    """A body without the framing of HTTP's chunks."""
    body = b""
    while size := int(file.readline().partition(b";")[0], 16):
        body += file.read(size)
        file.readline()
    while file.readline().strip():
        pass
    return body


def _is_damaged(headers, body):
    """Whether the data are not those of the checksum, which may stand behind them (aws-chunked)."""
    checksum = headers.get("x-amz-checksum-crc32")
    if headers.get("x-amz-trailer") == "x-amz-checksum-crc32":
        data = b""
        while True:
            size, _, body = body.partition(b"\r\n")
            if not int(size, 16):
                break
            data, body = data + body[: int(size, 16)], body[int(size, 16) + 2 :]
        checksum, body = body.partition(b":")[2].strip().decode(), data
    return checksum not in (None, base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode())


def _is_bucket_head(method, path):
    return method == "HEAD" and path == "/"


def _error(code, elements):
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in {"Code": code, "Message": code, **elements}.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode()
