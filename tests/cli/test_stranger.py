"""The example of the documentation, six methods in one file, through every command."""

import subprocess
import sys
from pathlib import Path

import pytest
import requests
from codomyrmex.cloud import get_client, open_storage
from codomyrmex.cloud.cli.gateway import running
from codomyrmex.cloud.cli.signer import signer_for

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "acme"


@pytest.fixture
def acme(tmp_path, monkeypatch, clean_slate):
    """The example, built by its own pyproject.toml and installed for this test."""
    target = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--target", target]
    subprocess.run([*command, EXAMPLE], check=True)
    monkeypatch.syspath_prepend(target)
    (tmp_path / "acme").mkdir()
    monkeypatch.setenv("ACME_ROOT", str(tmp_path / "acme"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return get_client("acme")


def test_it_works_from_the_command_line(run, acme, tmp_path):
    (tmp_path / "f.txt").write_bytes(b"hello")
    assert run("mb", "acme://box").code == 0
    assert run("ls", "acme://").lines == ["acme://box"]
    assert run("cp", tmp_path / "f.txt", "acme://box/../odd/").code == 0
    assert run("cat", "acme://box/../odd/f.txt").out == b"hello"
    assert run("stat", "acme://box/../odd/f.txt", "--json").json["size"] == 5
    assert run("cp", "acme://box/../odd/f.txt", tmp_path / "back.txt").code == 0
    assert (tmp_path / "back.txt").read_bytes() == b"hello"
    assert run("rm", "acme://box/../odd/f.txt").code == 0
    assert run("rm", "acme://box/../odd/f.txt").code == 3


def test_what_it_cannot_do_is_said_in_one_line(run, acme):
    acme.create_bucket("box")
    for command in (("ls", "acme://box"), ("rb", "acme://box"), ("presign", "acme://box/k")):
        result = run(*command)
        assert result.code == 1
        assert result.err.count("\n") == 1


def test_copies_go_between_it_and_another_provider(run, acme, root):
    acme.create_bucket("box")
    acme.upload_file("box", "k", b"x" * 100_000)
    run("mb", "local://box")
    assert run("cp", "acme://box/k", "local://box/").code == 0
    assert run("cp", "local://box/k", "acme://box/back").code == 0
    assert acme.download_file("box", "back") == b"x" * 100_000


def test_the_gateway_serves_it_by_urls_of_its_own(run, acme):
    acme.create_bucket("box")
    with running(open_storage("acme://"), signer_for(acme)) as gateway, requests.Session() as http:
        http.trust_env = False
        put = run("presign", "--put", "acme://box/k", "--gateway", gateway.endpoint_url, "--json").json
        assert http.put(put["url"], data=b"by HTTP").status_code == 200
        url = run("presign", "acme://box/k", "--gateway", gateway.endpoint_url).text.strip()
        assert http.get(url, headers={"Range": "bytes=3-"}).content == b"HTTP"
        assert http.get(url.replace("key=k", "key=x")).status_code == 403
        assert http.get(gateway.look_url("box")).status_code == 501  # it lists no objects
