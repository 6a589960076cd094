"""A newsletter, a client of it, and requests that no client of ours makes."""

import pytest
import requests
from codomyrmex.cloud.infomaniak.newsletter import InfomaniakNewsletterClient


@pytest.fixture
def server(newsletter_server):
    yield newsletter_server
    assert newsletter_server.violations == []


@pytest.fixture
def client(server):
    with InfomaniakNewsletterClient(**server.client_options, strict=True) as client:
        yield client


@pytest.fixture
def call(server):
    """``call(method, path, body)``: a request that no client of ours makes. Gives the status and the content."""

    def call(method, path, body=None):
        url = server.url + (path if path.startswith("/") else f"/1/newsletters/{server.newsletter_id}/{path}")
        headers = {"Authorization": f"Bearer {server.token}"}
        if method != "GET":
            headers["Content-Type"] = "application/json"
        answer = requests.request(method, url, json=body, headers=headers, timeout=10)
        return answer.status_code, answer.json()

    return call


@pytest.fixture
def found(call):
    """``found(path)``: what a list holds, by its first key of id, email and name that is not the id."""

    def found(path, method="GET", body=None):
        status, content = call(method, path, body)
        assert status == 200, content
        return [item.get("email") or item.get("name") or item.get("subject") for item in content["data"]]

    return found
