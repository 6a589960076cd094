"""The storage in memory behind HTTP, for the suite's faults to be tried on: a server, and its client."""

import hashlib
import io
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, islice
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import urllib3
from codomyrmex.cloud import errors
from codomyrmex.cloud.common import Capability, ObjectInfo
from codomyrmex.cloud.errors import (
    CloudError,
    IntegrityError,
    RateLimited,
    ServiceUnavailable,
    Timeout,
    certificate_error,
)
from codomyrmex.cloud.plugin import atomic_write, check_key
from memory import MemoryStorage

PART = 2 * 1024 * 1024
STATUS = {"BucketNotFound": 404, "ObjectNotFound": 404, "IntegrityError": 400}


class Handler(BaseHTTPRequestHandler):
    """``/bucket/key`` is an object, ``/bucket`` its listing (GET) or several deletes (POST)."""

    protocol_version = "HTTP/1.1"

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except ConnectionError:  # the client, or the proxy, has gone
            self.close_connection = True

    def log_message(self, *args):
        pass

    def _answer(self):
        url = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        _, self.bucket, *keys = url.path.split("/")
        self.key = unquote(keys[0]) if keys else ""
        length = int(self.headers.get("Content-Length", 0))
        self.body = self.rfile.read(length)
        try:
            if len(self.body) < length:
                raise ConnectionAbortedError
            data, info = getattr(self, f"_{self.command.lower()}")(self.server.storage)
            self._send(200, data, info)
        except CloudError as error:
            kind = type(error).__name__
            self._send(STATUS.get(kind, 500), json.dumps([kind, str(error)]).encode())

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _answer  # their names for http.server

    def _send(self, status, data, info=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        if info:
            plain = info._replace(last_modified=None)
            self.send_header("X-Info", json.dumps(plain))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _get(self, storage):
        if not self.key:
            found = islice(
                storage.iter_objects(self.bucket, self.query["prefix"], start_after=self.query["after"]), 1000
            )
            return json.dumps([info._replace(last_modified=None) for info in found]).encode(), None
        start, length = int(self.query.get("start", 0)), self.query.get("length")
        data = storage.read_range(self.bucket, self.key, start, None if length is None else int(length))
        return data, storage.stat(self.bucket, self.key)

    def _head(self, storage):
        return b"", storage.stat(self.bucket, self.key)

    def _put(self, storage):
        promised = self.headers.get("X-MD5")
        if promised and promised != hashlib.md5(self.body).hexdigest():
            raise IntegrityError("the data are not what was promised")
        if "part" in self.query:
            parts = self.server.uploads.setdefault(self.query["upload"], {})
            parts[int(self.query["part"])] = self.body
            return b"", None
        if "upload" in self.query:
            parts = self.server.uploads.pop(self.query["upload"])
            self.body = b"".join(parts[number] for number in sorted(parts))
        storage.upload_file(self.bucket, self.key, self.body)
        return b"", storage.stat(self.bucket, self.key)

    def _post(self, storage):
        storage.delete_many(self.bucket, json.loads(self.body))
        return b"", None

    def _delete(self, storage):
        if "upload" in self.query:
            self.server.uploads.pop(self.query["upload"], None)
        else:
            storage.delete_file(self.bucket, self.key)
        return b"", None


@contextmanager
def serving(storage):
    """The server of this storage, with its ``endpoint_url`` and the ``uploads`` that were not finished."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.storage, server.uploads = storage, {}
    server.endpoint_url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=[0.05])
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class RemoteStorage(MemoryStorage):
    """Data and listings by HTTP; the rest, which no fault is tried on, as in memory."""

    capabilities = frozenset({Capability.LISTING, Capability.STAT, Capability.STREAMING, Capability.BATCH_DELETE})
    timeout = 1
    retries = urllib3.Retry(
        3, other=0, status_forcelist={429, 500, 503}, allowed_methods=None, backoff_factor=0.02, raise_on_status=False
    )
    _ids = count()

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._http = urllib3.PoolManager(maxsize=16)

    def close(self):
        self._http.clear()

    def iter_objects(self, bucket, prefix="", *, start_after=""):
        while page := json.loads(self._request("GET", bucket, query={"prefix": prefix, "after": start_after})[0]):
            for fields in page:
                yield ObjectInfo(*fields)
            start_after = page[-1][1]

    def stat(self, bucket, key):
        return self._request("HEAD", bucket, key)[1]

    def download_file(self, bucket, key):
        data, info = self._request("GET", bucket, key)
        self._verify(data, info)
        return data

    def open_read(self, bucket, key, *, start=0, length=None):
        if start or length is not None:
            return io.BytesIO(self.read_range(bucket, key, start, length))
        return io.BytesIO(self.download_file(bucket, key))

    def read_range(self, bucket, key, start=0, length=None):
        query = {"start": start} if length is None else {"start": start, "length": length}
        data, info = self._request("GET", bucket, key, query)
        left = max(info.size - start, 0)
        if len(data) != (left if length is None else min(left, length)):
            raise IntegrityError("the range is cut short")
        return data

    def download_path(self, bucket, key, path, *, progress=None):
        data = self.download_file(bucket, key)
        with atomic_write(path) as file:
            file.write(data)
        return self.stat(bucket, key)

    def upload_stream(self, bucket, key, stream, *, progress=None, **options):
        data = read_full(stream, PART)
        if len(data) < PART:
            return self._put(bucket, key, data)
        upload = f"{next(self._ids)}"
        try:
            for number in count():
                self._put(bucket, key, data, {"upload": upload, "part": number})
                if not (data := read_full(stream, PART)):
                    return self._request("PUT", bucket, key, {"upload": upload})[1]
        except BaseException:
            self._abort(bucket, key, upload)
            raise

    def delete_file(self, bucket, key):
        self._request("DELETE", bucket, key)
        return True

    def delete_many(self, bucket, keys):
        keys = list(keys)
        for key in keys:
            check_key(key)
        self._request("POST", bucket, body=json.dumps(keys))
        return {}

    def translate_error(self, error):
        if untrusted := certificate_error(error, "REMOTE_CA"):
            return untrusted
        reason = getattr(error, "reason", error)
        if isinstance(reason, urllib3.exceptions.TimeoutError):
            return Timeout(str(reason))
        if isinstance(reason, urllib3.exceptions.HTTPError):
            return ServiceUnavailable(str(reason))
        return super().translate_error(error)

    def _abort(self, bucket, key, upload):
        self._request("DELETE", bucket, key, {"upload": upload})

    def _put(self, bucket, key, data, query=None):
        return self._request("PUT", bucket, key, query, data, {"X-MD5": hashlib.md5(data).hexdigest()})[1]

    def _verify(self, data, info):
        if hashlib.md5(data).hexdigest() != info.etag:
            raise IntegrityError("the data are not what was stored")

    def _request(self, method, bucket, key="", query=None, body=None, headers=None):
        """The body and the ObjectInfo of the answer."""
        path = f"/{bucket}/{quote(key, safe='')}" if key else f"/{bucket}"
        url = f"{self.endpoint_url}{path}?{urlencode(query or {})}"
        answer = self._http.request(method, url, body=body, headers=headers, timeout=self.timeout, retries=self.retries)
        if answer.status == 429:
            raise RateLimited("too many requests")
        if answer.status >= 500:
            raise ServiceUnavailable(f"the service answered {answer.status}")
        if answer.status >= 400:
            kind, message = json.loads(answer.data) if answer.data else ("ObjectNotFound", "no such object")
            raise getattr(errors, kind)(message)
        info = answer.headers.get("X-Info")
        return answer.data, ObjectInfo(*json.loads(info)) if info else None


def read_full(stream, size):
    """So many bytes of the stream, fewer only at its end."""
    data = io.BytesIO()
    while data.tell() < size and (piece := stream.read(size - data.tell())):
        data.write(piece)
    return data.getvalue()
