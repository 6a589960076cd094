"""Downloads that go on where their connection broke, over a socket."""

import hashlib
import io
import re
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from codomyrmex.cloud.errors import IntegrityError, ServiceUnavailable
from codomyrmex.cloud.rest import bodies
from codomyrmex.cloud.rest.bodies import ResponseBody, ResumableBody
from urllib3.exceptions import HTTPError

DATA = bytes(range(256)) * 20_000
END = len(DATA)
BROKEN = (HTTPError, requests.RequestException, OSError)


class Object(BaseHTTPRequestHandler):
    """Serves ranges of DATA, of which each breaks after so many bytes as ``server.breaks`` says next."""

    def do_GET(self):
        first, last = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"]).groups()
        data = DATA[int(first) : int(last) + 1]
        self.server.asked.append(self.headers["Range"])
        self.send_response(206)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        breaks = self.server.breaks.pop(0) if self.server.breaks else None
        self.wfile.write(data[:breaks])

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Object) as server:
        server.breaks, server.asked = [], []
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


class Sha256:
    def __init__(self, expected):
        self._found, self._expected = hashlib.sha256(), expected

    def update(self, data):
        self._found.update(data)

    def verify(self):
        if self._found.digest() != self._expected:
            raise IntegrityError("damaged")


@pytest.fixture
def open_body(server):
    """``open_body(start, end, **options)``: of DATA at the server."""
    with ExitStack() as stack:
        session = stack.enter_context(requests.Session())

        def open_part(start, end):
            url = f"http://127.0.0.1:{server.server_port}/"
            answer = session.get(url, headers={"Range": f"bytes={start}-{end - 1}"}, stream=True, timeout=10)
            return ResponseBody(answer)

        def make(start=0, end=END, **options):
            body = ResumableBody(open_part(start, end), open_part, start, end, broken=BROKEN, **options)
            return stack.enter_context(body)

        yield make


def in_pieces(body):
    with io.BufferedReader(body, 1000) as file:
        return b"".join(iter(lambda: file.read(70_000), b""))


def filled(body):
    data = bytearray(len(DATA) - 10)
    body.fill(memoryview(data))
    return bytes(data)


READING = {
    "read": lambda body: body.read(),
    "in pieces": in_pieces,
    "chunks": lambda body: b"".join(bytes(chunk) for chunk in body.chunks()),
    "filled": filled,
}


@pytest.mark.parametrize("read", READING.values(), ids=READING)
def test_it_goes_on_where_it_broke(server, open_body, read):
    server.breaks = [1000, 0, 3_000_000]
    assert read(open_body(10)) == DATA[10:]
    end = len(DATA) - 1
    assert server.asked == [f"bytes={start}-{end}" for start in (10, 1010, 1010, 3_001_010)]


def test_a_range_ends_where_it_ends(server, open_body):
    server.breaks = [5]
    assert open_body(10, 30).read() == DATA[10:30]
    assert server.asked == ["bytes=10-29", "bytes=15-29"]


def test_it_gives_up_when_it_gains_nothing(server, open_body, monkeypatch):
    monkeypatch.setattr(bodies, "RESUMED", 2)
    server.breaks = [1000, 0, 10, 0, 0]
    body = open_body()
    with pytest.raises(BROKEN):
        body.read()
    assert len(server.asked) == 5
    assert body.closed


def test_what_the_reader_gets_is_the_typed_error(server, open_body, monkeypatch):
    monkeypatch.setattr(bodies, "RESUMED", 0)
    server.breaks = [0]
    with pytest.raises(ServiceUnavailable, match="typed") as caught:
        open_body(typed_error=lambda error: ServiceUnavailable("typed")).read()
    assert isinstance(caught.value.__cause__, BROKEN)


@pytest.mark.parametrize("breaks", [[], [1000]])
def test_the_whole_is_verified_across_breaks(server, open_body, breaks):
    server.breaks = list(breaks)
    assert open_body(verifier=Sha256(hashlib.sha256(DATA).digest())).read() == DATA
    server.breaks = list(breaks)
    body = open_body(verifier=Sha256(b"another"))
    with pytest.raises(IntegrityError, match="damaged"):
        body.read()


def test_an_early_end_without_an_error_is_no_end(open_body):
    opened = []

    def open_part(start, end):
        opened.append((start, end))
        return io.BytesIO(DATA[start:end])

    with ResumableBody(io.BytesIO(DATA[:7]), open_part, 0, 100, broken=()) as body:
        assert body.read() == DATA[:100]
    assert opened == [(7, 100)]


class Opened(io.BytesIO):
    """A body that knows how much was asked of it at a time."""

    most = 0

    def readinto(self, buffer):
        self.most = max(self.most, len(buffer))
        return super().readinto(buffer)


class Source:
    """Opens those of DATA, of which the first breaks."""

    def __init__(self):
        self.opened = [Opened(DATA[:1000])]

    def open_part(self, start, end):
        assert all(body.closed for body in self.opened)  # else connections pile up
        self.opened.append(Opened(DATA[start:end]))
        return self.opened[-1]

    def body(self, **options):
        return ResumableBody(self.opened[0], self.open_part, 0, END, broken=(), **options)


ENDING = {
    "at its end": lambda body: body.fill(memoryview(bytearray(END))),
    "early": lambda body: (body.read(1000), body.read(1000), body.close()),
    "chunks abandoned": lambda body: [next(chunks := body.chunks()), next(chunks), chunks.close()],
}


@pytest.mark.parametrize("end", ENDING.values(), ids=ENDING)
def test_every_connection_is_closed(end):
    source = Source()
    body = source.body()  # held, as what is collected is closed by that
    end(body)
    assert len(source.opened) == 2
    assert all(body.closed for body in source.opened)


def test_a_connection_gives_a_mebibyte_at_a_time():  # urllib3 has as much in memory again
    source = Source()
    source.body().read()
    assert [body.most for body in source.opened] == [1024 * 1024] * 2


def test_the_body_of_a_response_closes_its_connection(server):
    url = f"http://127.0.0.1:{server.server_port}/"
    with requests.Session() as session:
        answer = session.get(url, headers={"Range": "bytes=0-1000000"}, stream=True, timeout=10)
        ResponseBody(answer).close()
        assert answer.raw.closed


def test_an_object_of_no_bytes_is_verified_too():
    body = ResumableBody(io.BytesIO(), lambda start, end: io.BytesIO(), 0, 0, broken=(), verifier=Sha256(b"another"))
    with pytest.raises(IntegrityError):
        body.read()


def test_what_is_asked_for_the_rest_ends_the_reading_when_it_raises():
    def open_part(start, end):
        raise IntegrityError("the object was replaced")

    body = ResumableBody(io.BytesIO(b"abc"), open_part, 0, 10, broken=())
    with pytest.raises(IntegrityError, match="replaced"):
        body.read()
