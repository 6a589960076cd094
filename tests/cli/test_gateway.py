import hashlib
import os
import re
import shlex
import socket
import subprocess
import sys
import time
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from codomyrmex.cloud import get_client
from codomyrmex.cloud.cli.gateway import running
from codomyrmex.cloud.cli.signer import signer_for
from codomyrmex.cloud.local.signing import Grant, Signer, signing_key


@pytest.fixture
def gateway(storage):
    with running(storage, Signer(signing_key(storage.root))) as started:
        yield started


@pytest.fixture
def shared(storage, gateway):
    """The storage as one who knows where the gateway is."""
    with get_client("local", root=storage.root, endpoint_url=gateway.endpoint_url) as client:
        yield client


@pytest.fixture
def http():
    with requests.Session() as session:
        session.trust_env = False  # loopback needs no proxy
        yield session


ODD_KEYS = [
    "plain.txt",
    "../up",
    "/abs",
    "a//b",
    "dir/",
    ".",
    "..",
    "100%",
    "a?b#c&d=e+f",
    "é",
    "é",
    "\n",
    "\U0001f600" * 256,
]


@pytest.mark.parametrize("key", ODD_KEYS)
def test_any_key_is_uploaded_and_fetched_by_url(shared, http, key):
    put = shared.generate_presigned_upload("box", key)
    assert http.put(put.url, data=key.encode()).status_code == 200
    assert shared.download_file("box", key) == key.encode()
    assert http.get(shared.generate_presigned_url("box", key)).content == key.encode()
    assert [info.key for info in shared.iter_objects("box")] == [key]


def test_a_fetched_object_has_its_type_length_and_etag(shared, http):
    shared.upload_file("box", "page.html", b"<b>x</b>")
    answer = http.get(shared.generate_presigned_url("box", "page.html"))
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.headers["Content-Length"] == "8"
    assert answer.headers["ETag"] == f'"{hashlib.md5(b"<b>x</b>").hexdigest()}"'
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    again = http.get(answer.url, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "status", "body"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=8-99", 206, b"89"),
        ("bytes=10-", 416, b""),
        ("nonsense", 200, b"0123456789"),
        ("bytes=1-2,4-5", 200, b"0123456789"),
    ],
)
def test_ranges_are_served(shared, http, asked, status, body):
    shared.upload_file("box", "k", b"0123456789")
    answer = http.get(shared.generate_presigned_url("box", "k"), headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, body)


def test_head_tells_the_length_and_sends_nothing(shared, http):
    shared.upload_file("box", "k", b"0123456789")
    answer = http.head(shared.generate_presigned_url("box", "k"))
    assert (answer.headers["Content-Length"], answer.content) == ("10", b"")


@pytest.mark.parametrize("part", ["method", "bucket", "key", "expires", "signature", "content-type"])
def test_a_url_with_any_part_changed_is_refused(shared, storage, http, part):
    shared.upload_file("box", "k", b"secret")
    shared.upload_file("box", "kx", b"other")
    url = urlsplit(shared.generate_presigned_url("box", "k"))
    query = {k: v[0] for k, v in parse_qs(url.query, keep_blank_values=True).items()}
    query[part] += "0" if part in ("expires", "signature") else "x"
    answer = http.get(f"http://{url.netloc}/", params=query)
    assert answer.status_code == 403
    assert b"secret" not in answer.content
    assert b"other" not in answer.content


def test_an_expired_url_is_refused(shared, http):
    shared.upload_file("box", "k", b"secret")
    assert http.get(shared.generate_presigned_url("box", "k", expires_in=60)).status_code == 200
    url = shared.generate_presigned_url("box", "k", expires_in=1)
    deadline = time.time() + 10
    while http.get(url).status_code == 200 and time.time() < deadline:
        time.sleep(0.1)
    answer = http.get(url)
    assert answer.status_code == 403
    assert "expired" in answer.text


def test_a_url_serves_the_method_it_was_signed_for_and_no_other(shared, http):
    shared.upload_file("box", "k", b"old")
    url = shared.generate_presigned_url("box", "k")
    assert http.put(url, data=b"new").status_code == 403
    assert http.delete(url).status_code == 405
    put = shared.generate_presigned_upload("box", "k")
    assert http.get(put.url).status_code == 403
    assert shared.download_file("box", "k") == b"old"


def test_an_upload_must_have_the_content_type_that_was_signed(shared, http):
    put = shared.generate_presigned_upload("box", "k", content_type="text/x-note")
    assert http.put(put.url, data=b"x", headers={"Content-Type": "text/html"}).status_code == 403
    assert http.put(put.url, data=b"x", headers=dict(put.headers)).status_code == 200
    assert shared.stat("box", "k").content_type == "text/x-note"


def test_a_chunked_upload_of_unknown_length_is_stored_whole(shared, http):
    put = shared.generate_presigned_upload("box", "k")
    assert http.put(put.url, data=(b"x" * 100_000 for _ in range(30))).status_code == 200
    assert shared.stat("box", "k").size == 3_000_000


@pytest.mark.parametrize(
    "header", ["Content-Length: 1000\r\n\r\nbegun", "Transfer-Encoding: chunked\r\n\r\n3e8\r\nbegun"]
)
def test_an_upload_that_is_cut_leaves_the_old_object(shared, gateway, header):
    shared.upload_file("box", "k", b"old")
    url = urlsplit(shared.generate_presigned_upload("box", "k").url)
    with socket.create_connection((url.hostname, url.port), timeout=20) as connection:
        connection.sendall(f"PUT /?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n{header}".encode())
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert b" 200 " not in answer.partition(b"\r\n")[0]
    assert shared.download_file("box", "k") == b"old"


def test_what_is_not_there_is_404_and_says_so(shared, http):
    answer = http.get(shared.generate_presigned_url("box", "absent"))
    assert (answer.status_code, "absent" in answer.text) == (404, True)
    assert http.get(shared.generate_presigned_url("absent", "k")).status_code == 404


def test_nothing_is_served_without_a_signature(gateway, http):
    for path in ("/", "/box/k", "/?bucket=box&key=k&method=GET&expires=99999999999"):
        assert http.get(gateway.endpoint_url + path).status_code == 403


def links(page: str) -> dict[str, str]:
    return {unescape(name): unescape(url) for url, name in re.findall(r'<a href="([^"]+)">([^<]*)</a>', page)}


def test_the_pages_lead_from_the_buckets_to_every_object(shared, gateway, http):
    for key in ("a<script>.txt", "dir/deep/b.txt"):
        shared.upload_file("box", key, key.encode())
    buckets = links(http.get(gateway.look_url()).text)
    assert list(buckets) == ["box/"]
    top = http.get(buckets["box/"])
    assert "<script>" not in top.text
    entries = links(top.text)
    assert list(entries) == ["a<script>.txt", "dir/"]
    assert http.get(entries["a<script>.txt"]).content == b"a<script>.txt"
    deeper = links(http.get(links(http.get(entries["dir/"]).text)["deep/"]).text)
    assert http.get(deeper["b.txt"]).content == b"dir/deep/b.txt"


def test_many_clients_at_once_get_their_own_objects(shared, http):
    from concurrent.futures import ThreadPoolExecutor

    for number in range(40):
        shared.upload_file("box", str(number), str(number).encode() * 50_000)
    urls = [shared.generate_presigned_url("box", str(number)) for number in range(40)]
    with ThreadPoolExecutor(16) as pool:
        bodies = list(pool.map(lambda url: http.get(url).content, urls))
    assert bodies == [str(number).encode() * 50_000 for number in range(40)]


@pytest.fixture
def serve(storage):
    """Start ``cloud serve`` and give its first lines of output; it is interrupted at the end."""
    processes = []

    def start(*arguments):
        command = [sys.executable, "-m", "codomyrmex.cloud.cli", "serve", "--port", "0", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ)
        processes.append(process)
        return process, [process.stdout.readline() for _ in range(3)]

    yield start
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def test_serve_answers_until_it_is_interrupted(serve, storage, http):
    process, lines = serve("local://")
    endpoint = lines[0].split()[-1]
    with get_client("local", root=storage.root, endpoint_url=endpoint) as shared:
        shared.upload_file("box", "k", b"served")
        assert http.get(shared.generate_presigned_url("box", "k")).content == b"served"
    assert "box/" in http.get(lines[1].split()[-1]).text
    process.send_signal(2)
    assert process.wait(timeout=20) == 130
    assert "Traceback" not in process.stdout.read()


def test_serve_listens_on_loopback_only(run, storage):
    for host in ("0.0.0.0", "192.168.1.1", "example.org"):
        result = run("serve", "--host", host)
        assert (result.code, "loopback" in result.err) == (2, True)


def test_a_port_that_is_taken_is_said(storage):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "codomyrmex.cloud.cli", "serve", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ)
    assert done.returncode == 5
    assert "--port 0" in done.stderr


def test_presign_gives_urls_that_the_gateway_answers(run, storage, gateway, monkeypatch, http, tmp_path):
    monkeypatch.setenv("CLOUD_LOCAL_ENDPOINT", gateway.endpoint_url)
    request = run("presign", "--put", "local://box/k", "--content-type", "text/plain", "--json").json
    assert http.request(request["method"], request["url"], headers=request["headers"], data=b"up").status_code == 200
    assert http.get(run("presign", "local://box/k").text.strip()).content == b"up"
    assert run("presign", "local://box/k", "--json").json["method"] == "GET"


def test_presign_prints_a_command_for_uploads_that_works(run, storage, gateway, monkeypatch, http):
    monkeypatch.setenv("CLOUD_LOCAL_ENDPOINT", gateway.endpoint_url)
    words = shlex.split(run("presign", "--put", "local://box/it's", "--content-type", "text/plain").text)
    assert words[:-1] == ["curl", "-X", "PUT", "--upload-file", "FILE", "-H", "Content-Type: text/plain"]
    http.put(words[-1], data=b"by curl", headers={"Content-Type": "text/plain"}).raise_for_status()
    assert storage.download_file("box", "it's") == b"by curl"


def test_conditional_uploads_are_refused_with_412(shared, http):
    put = shared.generate_presigned_upload("box", "k")
    assert http.put(put.url, data=b"first", headers={"If-None-Match": "*"}).status_code == 200
    assert http.put(put.url, data=b"second", headers={"If-None-Match": "*"}).status_code == 412
    assert http.put(put.url, data=b"second", headers={"If-Match": '"0123"'}).status_code == 412
    etag = f'"{shared.stat("box", "k").etag}"'
    assert http.put(put.url, data=b"second", headers={"If-Match": etag}).status_code == 200
    assert shared.download_file("box", "k") == b"second"


def test_a_range_of_what_has_changed_since_is_answered_whole(shared, http):
    shared.upload_file("box", "k", b"0123456789")
    url = shared.generate_presigned_url("box", "k")
    etag = http.head(url).headers["ETag"]
    for condition, status in ((etag, 206), ('"other"', 200), ("Mon, 01 Jan 2001 00:00:00 GMT", 200)):
        assert http.get(url, headers={"Range": "bytes=2-", "If-Range": condition}).status_code == status


def test_a_url_for_one_storage_opens_no_other(tmp_path, monkeypatch, http):
    class Other(type(get_client("local"))):
        provider = "other"

    class Third(Other):
        provider = "third"

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    one, other = Other(tmp_path / "one"), Third(tmp_path / "two")
    monkeypatch.setattr("codomyrmex.cloud.cli.signer.LocalStorage", type(None))  # as strangers, who sign nothing
    url = signer_for(one).sign("http://127.0.0.1:1", Grant("LIST", "", "", 2**40))
    with running(other, signer_for(other)) as gateway:
        query = urlsplit(url).query
        assert http.get(f"{gateway.endpoint_url}/?{query}").status_code == 403
        assert http.get(gateway.look_url()).status_code == 200
