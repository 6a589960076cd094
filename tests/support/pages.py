"""A service that answers in small pages, as an operator may set one up: it asks the real one for them."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

_HOPS = ("connection", "content-length", "transfer-encoding", "content-encoding")


class Pages:
    """The service at ``upstream``, seen at `url` with at most ``limit`` of anything in an answer.

    `requests` are the paths asked for so far, with their query.
    """

    def __init__(self, upstream, limit):
        self.requests = []
        session = requests.Session()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(handler):  # noqa: N805
                parts = urlsplit(handler.path)
                query = parse_qsl(parts.query)
                if parts.path.count("/") > 1 and "limit" not in dict(query):
                    query.append(("limit", str(limit)))
                self.requests.append(handler.path)
                # with the host that was asked, so that links to the next page lead here
                answer = session.get(f"{upstream}{parts.path}?{urlencode(query)}", headers=dict(handler.headers))
                handler.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in _HOPS:
                        handler.send_header(name, value)
                handler.send_header("Content-Length", str(len(answer.content)))
                handler.end_headers()
                handler.wfile.write(answer.content)

            def log_message(self, *args):
                pass

        self._session = session
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._session.close()
