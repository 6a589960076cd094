"""An S3 that answers every request at once, from memory: for what a client costs by itself.

It is a proxy to all hosts of the world, and plays them: so a client talks to AWS, or to a store that is
not AWS's, with its own TLS and its own addresses, and no byte leaves this machine.
"""

import base64
import hashlib
import multiprocessing
import socketserver
import ssl
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from io import BufferedReader
from multiprocessing.connection import Connection

import trustme

KEYS = 1000
"""In its listings, of any bucket."""
CONTENT_TYPE = "application/octet-stream"


@contextmanager
def canned_s3(data: bytes, ca_file: str) -> Iterator[str]:
    """The URL of the proxy, in a process of its own. Every object holds ``data``.

    :param ca_file: where to write the certificate that its clients are to trust.
    """
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(data, ca_file, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _serve(data: bytes, ca_file: str, port: Connection) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(ca_file)
    plain, with_checksums = _answers(data, checksums=False), _answers(data, checksums=True)

    @cache
    def tls(host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(host).configure_cert(context)
        return context

    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            method, host, _ = _request(self.rfile)
            assert method == "CONNECT"
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            with tls(host.partition(":")[0]).wrap_socket(self.request, server_side=True) as connection:
                requests = connection.makefile("rb")
                while (request := _request(requests))[0]:
                    method, target, headers = request
                    if "expect" in headers:
                        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                    _skip_body(requests, headers)
                    knows = any(name.startswith(("x-amz-checksum-", "x-amz-sdk-checksum-")) for name in headers)
                    answers = with_checksums if knows else plain
                    connection.sendall(answers["LIST" if "list-type" in target else method])

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        port.send(server.server_address[1])
        server.serve_forever()


def _request(file: BufferedReader) -> tuple[str, str, dict[str, str]]:
    """Method, target and headers; the method is empty where the client has left."""
    method, _, target = file.readline().decode().rpartition(" ")[0].partition(" ")
    lines = iter(file.readline, b"\r\n") if method else ()
    return method, target, dict(line.decode().lower().rstrip().split(": ", 1) for line in lines)


def _skip_body(file: BufferedReader, headers: dict[str, str]) -> None:
    if headers.get("transfer-encoding") == "chunked":
        while size := int(file.readline(), 16):
            file.read(size + len("\r\n"))
        file.readline()
    file.read(int(headers.get("content-length", 0)))


def _answers(data: bytes, *, checksums: bool) -> dict[str, bytes]:
    md5 = hashlib.md5(data).hexdigest()
    kept = f'ETag: "{md5}"\r\n'
    if checksums:
        crc32 = base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()
        kept += f"x-amz-checksum-crc32: {crc32}\r\nx-amz-checksum-type: FULL_OBJECT\r\n"
    about = f"{kept}Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: {CONTENT_TYPE}\r\n"
    entry = (
        "<Contents><Key>folder/object-{:06}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
        f"<ETag>&quot;{md5}&quot;</ETag><Size>{len(data)}</Size><StorageClass>STANDARD</StorageClass></Contents>"
    )
    listing = (
        '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>bucket</Name><Prefix></Prefix><KeyCount>{KEYS}</KeyCount><MaxKeys>1000</MaxKeys>"
        f"<IsTruncated>false</IsTruncated>{''.join(map(entry.format, range(KEYS)))}</ListBucketResult>"
    )
    return {
        "PUT": _answer("200 OK", kept, 0),
        "GET": _answer("200 OK", about, len(data)) + data,
        "HEAD": _answer("200 OK", about, len(data)),
        "DELETE": b"HTTP/1.1 204 No Content\r\nx-amz-request-id: 0123456789ABCDEF\r\n\r\n",
        "LIST": _answer("200 OK", "Content-Type: application/xml\r\n", len(listing)) + listing.encode(),
    }


def _answer(status: str, headers: str, length: int) -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nx-amz-request-id: 0123456789ABCDEF\r\n{headers}Content-Length: {length}\r\n\r\n".encode()
    )
