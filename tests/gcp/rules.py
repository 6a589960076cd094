"""Cloud Storage where fake-gcs-server differs from its documentation: a proxy before it that keeps the rules.

Titles are those of the Cloud Storage documentation. The rules: who may do what (401, 403), signatures of
URLs, checksums and preconditions of uploads of both kinds, preconditions of reads and deletes, the state
of a resumable upload and its cancellation, batches, locations, and what the answers 404 and 409 say.
"""

import base64
import email.parser
import hashlib
import http.client
import json
import re
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import google_crc32c

PIECE = 256 * 1024
BATCH = 100
CONDITION = "ifGenerationMatch"
MEDIA = {"uploadType": "media"}


class Refused(Exception):  # noqa: N818 - it is not ours to name
    """Another answer than the emulator's."""

    def __init__(self, status, message, reason="", **headers):
        super().__init__(message)
        self.status, self.message, self.reason, self.headers = status, message, reason, headers


class Answer(NamedTuple):
    status: int
    headers: dict
    body: bytes


class Upload:
    """A resumable upload that was begun."""

    def __init__(self, target, bucket, key, condition):
        self.target, self.bucket, self.key, self.condition = target, bucket, key, condition
        self.stored = 0
        self.crc32c = google_crc32c.Checksum()
        self.done = None
        self.lock = threading.Lock()


class Gcs:
    """The proxy, on a free port of 127.0.0.1.

    :param upstream_url: of fake-gcs-server.
    :param google: the `GoogleIdentity` whose tokens are good, and whose service account signs URLs.
    """

    def __init__(self, upstream_url, google):
        self.upstream = urlsplit(upstream_url).netloc
        self.google = google
        self.denied = set()  # principals that may do nothing
        self.keeps = lambda sent: sent  # how many bytes it stores of those of a resumable upload that were sent
        self.busy = set()  # keys whose delete within a batch is answered with 503
        self.uploads = {}
        self.locations = {}  # of buckets
        self.begun = {}  # what the latest resumable upload was begun with
        self.requests = []

    def __enter__(self):
        handler = type("Handler", (Handler,), {"gcs": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.endpoint_url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Handler(BaseHTTPRequestHandler):
    gcs = None
    protocol_version = "HTTP/1.1"
    timeout = 30
    disable_nagle_algorithm = True
    wbufsize = PIECE

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.gcs.requests.append((self.command, self.path))
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        try:
            self.reply(self.answer())
        except Refused as refused:
            error = {"message": str(refused), "domain": "global", "reason": refused.reason}
            body = json.dumps({"error": {"code": refused.status, "message": str(refused), "errors": [error]}})
            self.reply(Answer(refused.status, {"Content-Type": "application/json", **refused.headers}, body.encode()))

    do_PUT = do_POST = do_DELETE = do_PATCH = do_HEAD = do_GET

    def reply(self, answer):
        if answer is None:
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            if name not in ("Content-Length", "Date", "Transfer-Encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def setup(self):
        super().setup()
        self.upstream = http.client.HTTPConnection(self.gcs.upstream, timeout=60)

    def finish(self):
        self.upstream.close()
        with suppress(ConnectionError):  # the client has gone
            super().finish()

    def ask(self, method, path, body=None, headers=None):
        """The emulator's whole answer."""
        self.upstream.request(method, path, body, headers or {})
        answer = self.upstream.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read())

    def generation(self, bucket, key):
        """Of the object that is there; "0" for none."""
        found = self.ask("GET", f"/storage/v1/b/{quote(bucket)}/o/{quote(key, safe='')}")
        return json.loads(found.body)["generation"] if found.status == 200 else "0"

    def check_condition(self, bucket, key, condition):
        if condition is not None and condition != self.generation(bucket, key):
            raise Refused(412, "At least one of the pre-conditions you specified did not hold.", "conditionNotMet")

    def answer(self):
        path = urlsplit(self.path).path
        if "X-Goog-Signature" in self.query:
            return self.signed(path)
        if "upload_id" in self.query:  # its URL is all that is needed
            return self.resume(self.gcs.uploads.get(self.query["upload_id"]))
        self.judge(self.headers.get("Authorization"))
        if path == "/batch/storage/v1":
            return self.batch()
        return self.call(self.command, self.path)

    # "Authentication", "Access control"

    def judge(self, authorization):
        principal = self.gcs.google.principal((authorization or "").removeprefix("Bearer "))
        if principal is None:
            raise Refused(401, "Invalid Credentials", "authError", **{"WWW-Authenticate": "Bearer"})
        if principal in self.gcs.denied:
            raise Refused(403, f"{principal} does not have storage access to the resource.", "forbidden")

    # The JSON API

    def call(self, method, url):
        parts = urlsplit(url)
        bucket, key = self.named(parts.path)
        condition = self.query.get(CONDITION)
        if parts.path == "/storage/v1/b" and not self.query.get("project"):
            raise Refused(400, "Required parameter: project", "required")
        if parts.path.startswith("/upload/"):
            return self.upload(bucket)
        of_object = key is not None and "/rewriteTo/" not in parts.path
        if of_object and condition is not None and (method == "DELETE" or self.generation(bucket, key) != "0"):
            self.check_condition(bucket, key, condition)
        if method == "GET" and parts.path.startswith("/download/"):
            return self.stream(url, bucket, key)
        answer = self.ask(method, url, self.body, self.forwarded())
        if answer.status == 404:
            target = self.named(f"/storage/v1{parts.path.partition('/rewriteTo')[2]}")[0]
            missing = target and self.ask("GET", f"/storage/v1/b/{quote(target)}").status == 404
            self.not_found(target if missing else bucket, key)
        if (method, answer.status) == ("POST", 200) and parts.path == "/storage/v1/b":
            made = json.loads(self.body)
            self.gcs.locations[made["name"]] = made.get("location", "US")
        if (method, answer.status) == ("GET", 200) and parts.path == f"/storage/v1/b/{bucket}":  # "Bucket locations"
            told = {**json.loads(answer.body), "location": self.gcs.locations.get(bucket, "US")}
            return answer._replace(body=json.dumps(told).encode())
        if (method, key, answer.status) == ("DELETE", None, 412):
            raise Refused(409, "The bucket you tried to delete is not empty.", "conflict")
        return answer

    def named(self, path):
        found = re.match(r"(?:/upload|/download)?/storage/v1/b/([^/]+)(?:/o(?:/([^/]+))?)?", path)
        bucket, key = found.groups() if found else (None, None)
        return bucket and unquote(bucket), key and unquote(key)

    def not_found(self, bucket, key):
        if bucket and self.ask("GET", f"/storage/v1/b/{quote(bucket)}").status == 404:
            raise Refused(404, "The specified bucket does not exist.", "notFound")
        raise Refused(404, f"No such object: {bucket}/{key}", "notFound")

    def forwarded(self):
        dropped = ("host", "authorization", "connection", "content-length", "transfer-encoding")
        return {name: value for name, value in self.headers.items() if name.lower() not in dropped}

    def stream(self, url, bucket, key, extra=()):
        """Data, in pieces: they may be large."""
        self.upstream.request("GET", url, headers=self.forwarded())
        with self.upstream.getresponse() as answer:
            if answer.status == 404:
                answer.read()
                self.not_found(bucket, key)
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name != "Date":
                    self.send_header(name, value)
            for name, value in extra:
                self.send_header(name, value)
            self.end_headers()
            while piece := answer.read(PIECE):
                self.wfile.write(piece)

    # Uploads: "Data validation and change detection", "Request preconditions", "Resumable uploads"

    def upload(self, bucket):
        kind, condition = self.query["uploadType"], self.query.get(CONDITION)
        if kind == "multipart":
            resource, data = self.related()
            check_checksums(resource, data)
            self.check_condition(bucket, resource["name"], condition)
        answer = self.ask("POST", self.path, self.body, self.forwarded())
        if answer.status == 404:
            self.not_found(bucket, None)
        if kind == "resumable" and answer.status == 200:
            self.gcs.begun = json.loads(self.body)
            target = urlsplit(answer.headers["Location"])
            upload_id = dict(parse_qsl(target.query))["upload_id"]
            key = self.query.get("name") or json.loads(self.body)["name"]
            self.gcs.uploads[upload_id] = Upload(f"{target.path}?{target.query}", bucket, key, condition)
            answer.headers["Location"] = f"http://{self.headers['Host']}{target.path}?{target.query}"
        return answer

    def related(self):
        """The parts of a multipart/related body: what is said of the object, and its data."""
        boundary = re.search(r'boundary="?([^";]+)', self.headers["Content-Type"])[1].encode()
        about, _, rest = self.body.partition(b"--" + boundary + b"\r\n")[2].partition(b"\r\n--" + boundary + b"\r\n")
        data = rest.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--" + boundary + b"--")[0]
        return json.loads(about.partition(b"\r\n\r\n")[2]), data

    def resume(self, upload):
        if upload is None:
            raise Refused(404, "No such upload", "notFound")
        with upload.lock:
            if self.command == "DELETE":
                del self.gcs.uploads[self.query["upload_id"]]
                return Answer(499, {}, b"")
            if upload.done is not None:
                return upload.done
            first, total = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", self.headers["Content-Range"]).groups()
            if first is not None:
                self.store(upload, int(first), total)
            return upload.done or Answer(308, {"Range": f"bytes=0-{upload.stored - 1}"} if upload.stored else {}, b"")

    def store(self, upload, first, total):
        data = self.body[upload.stored - first :]  # what it has already is ignored
        if first > upload.stored:
            raise Refused(400, "Invalid request. The bytes do not follow those that are stored.", "badRequest")
        last = total != "*" and upload.stored + len(data) == int(total)
        data = data[: self.gcs.keeps(len(data))]
        last = last and upload.stored + len(data) == int(total)
        upload.crc32c.update(data)
        if last:
            promised = dict(p.split("=", 1) for p in self.headers.get("X-Goog-Hash", "").split(",") if p)
            check_crc32c(promised.get("crc32c"), upload.crc32c.digest())
            self.check_condition(upload.bucket, upload.key, upload.condition)
        end = upload.stored + len(data)
        content_range = f"bytes {upload.stored}-{end - 1}/{end if last else '*'}"
        answer = self.ask("PUT", upload.target, data, {"Content-Range": content_range})
        assert answer.status == (200 if last else 308), answer
        upload.stored = end
        upload.done = answer if last else None

    # "Batch requests"

    def batch(self):
        header = f"Content-Type: {self.headers['Content-Type']}\n\n".encode()
        parts = email.parser.BytesParser().parsebytes(header + self.body).get_payload()
        if len(parts) > BATCH:
            raise Refused(400, f"The batch request has more than {BATCH} calls.", "badRequest")
        answers = []
        for part in parts:
            method, url, _ = part.get_payload().split("\n", 1)[0].split(" ", 2)
            self.query = dict(parse_qsl(urlsplit(url).query))
            try:
                status = self.call_in_batch(method, urlsplit(url))
                text = f"HTTP/1.1 {status} No Content\r\nContent-Length: 0\r\n\r\n"
            except Refused as refused:
                body = json.dumps({"error": {"code": refused.status, "message": str(refused)}})
                text = f"HTTP/1.1 {refused.status} Error\r\nContent-Type: application/json\r\n\r\n{body}"
            answers.append(f"--batch\r\nContent-Type: application/http\r\n\r\n{text}\r\n")
        body = "".join(answers) + "--batch--\r\n"
        return Answer(200, {"Content-Type": "multipart/mixed; boundary=batch"}, body.encode())

    def call_in_batch(self, method, url):
        if self.named(url.path)[1] in self.gcs.busy:
            raise Refused(503, "Backend Error", "backendError")
        self.body = b""
        return self.call(method, f"{url.path}?{url.query}" if url.query else url.path).status

    # "V4 signing process", "Signed URLs"

    def signed(self, path):
        query = self.query
        self.check_signature(path)
        begun = datetime.strptime(query["X-Goog-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if datetime.now(UTC) > begun + timedelta(seconds=int(query["X-Goog-Expires"])):
            raise Refused(400, "The provided token has expired.", "ExpiredToken")
        bucket, _, key = (unquote(part) for part in path[1:].partition("/"))
        if self.command == "GET":
            shown = query.get("response-content-disposition")
            extra = [("Content-Disposition", shown)] if shown else []
            media = f"/download/storage/v1/b/{quote(bucket)}/o/{quote(key, safe='')}?alt=media"
            return self.stream(media, bucket, key, extra)
        if self.command == "PUT":
            url = f"/upload/storage/v1/b/{quote(bucket)}/o?{urlencode({**MEDIA, 'name': key}, quote_via=quote)}"
            return self.ask("POST", url, self.body, {"Content-Type": self.headers.get("Content-Type", "")})
        raise Refused(405, "The specified method is not allowed", "methodNotAllowed")

    def check_signature(self, path):
        names = self.query["X-Goog-SignedHeaders"].split(";")
        pairs = [pair for pair in urlsplit(self.path).query.split("&") if not pair.startswith("X-Goog-Signature=")]
        headers = "".join(f"{name}:{self.headers.get(name, '').strip()}\n" for name in names)
        canonical = [self.command, path, "&".join(sorted(pairs)), headers, ";".join(names), "UNSIGNED-PAYLOAD"]
        scope = self.query["X-Goog-Credential"].partition("/")
        digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
        to_sign = "\n".join([self.query["X-Goog-Algorithm"], self.query["X-Goog-Date"], scope[2], digest])
        try:
            signature = bytes.fromhex(self.query["X-Goog-Signature"])
        except ValueError:
            signature = b""
        if scope[0] != self.gcs.google.email or not self.gcs.google.verify(signature, to_sign.encode()):
            raise Refused(403, "Access denied.", "SignatureDoesNotMatch")


def check_checksums(resource, data):
    check_crc32c(resource.get("crc32c"), google_crc32c.Checksum(data).digest())
    md5 = base64.b64encode(hashlib.md5(data).digest()).decode()
    if resource.get("md5Hash") not in (None, md5):
        raise Refused(400, f'Provided MD5 hash "{resource["md5Hash"]}" doesn\'t match calculated MD5 hash.', "invalid")


def check_crc32c(promised, found):
    calculated = base64.b64encode(found).decode()
    if promised not in (None, calculated):
        message = f'Provided CRC32C "{promised}" doesn\'t match calculated CRC32C "{calculated}".'
        raise Refused(400, message, "invalid")
