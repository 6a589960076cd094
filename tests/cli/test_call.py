import os

import pytest


def test_a_method_is_called_with_options_from_its_signature(run, storage):
    result = run("call", "local.storage", "upload_file", "--bucket", "box", "--key", "k", "--data", "hello")
    assert result.text == "local://box/k\n"
    assert storage.download_file("box", "k") == b"hello"


def test_data_comes_from_a_file_or_standard_input(run, storage, tmp_path):
    (tmp_path / "data").write_bytes(b"\0from a file")
    upload = ("call", "local.storage", "upload_file", "--bucket", "box", "--key", "k", "--data")
    assert run(*upload, f"@{tmp_path / 'data'}").code == 0
    assert storage.download_file("box", "k") == b"\0from a file"
    assert run(*upload, "-", stdin=b"from a pipe").code == 0
    assert storage.download_file("box", "k") == b"from a pipe"


def test_bytes_come_out_as_they_are(run, storage):
    storage.upload_file("box", "k", bytes(range(256)))
    assert run("call", "local.storage", "download_file", "--bucket", "box", "--key", "k").out == bytes(range(256))
    range_of = ("call", "local.storage", "open_read", "--bucket", "box", "--key", "k", "--start", "3", "--length", "2")
    assert run(*range_of).out == b"\x03\x04"


def test_records_come_as_a_table_or_json(run, storage):
    storage.upload_file("box", "k", b"12")
    assert run("call", "local.storage", "iter_objects", "--bucket", "box", "--json").json[0]["size"] == 2
    table = run("call", "local.storage", "iter_objects", "--bucket", "box").lines
    assert table[0].split()[:3] == ["bucket", "key", "size"]
    assert table[1].split()[:3] == ["box", "k", "2"]


def test_a_list_and_a_mapping_are_given_on_the_command_line(run, storage, tmp_path):
    for key in "abc":
        storage.upload_file("box", key, b"")
    assert run("call", "local.storage", "delete_many", "--bucket", "box", "--keys", "a", "--keys", "b").code == 0
    assert [o.key for o in storage.iter_objects("box")] == ["c"]
    (tmp_path / "f").write_bytes(b"")
    upload = ("call", "local.storage", "upload_path", "--bucket", "box", "--key", "m", "--path", tmp_path / "f")
    assert run(*upload, "--metadata", '{"k": "v"}').code == 0
    assert storage.stat("box", "m").metadata == {"k": "v"}
    assert run(*upload, "--metadata", "{broken").code == 2


def test_options_of_the_constructor_stand_before_the_method(run, storage, tmp_path):
    assert run("call", "local.storage", "--root", tmp_path / "other", "list_buckets", "--json").json == []
    assert run("call", "local.storage", "list_buckets", "--json").json == ["box"]


def test_a_failure_is_an_error_and_not_an_empty_result(run, storage):
    result = run("call", "local.storage", "stat", "--bucket", "box", "--key", "absent")
    assert (result.code, result.out) == (3, b"")


def test_a_missing_argument_is_named(run, storage):
    result = run("call", "local.storage", "stat", "--bucket", "box")
    assert result.code == 2
    assert "--key" in result.err


def test_help_comes_from_the_docstrings(run):
    assert "stat " in run("call", "local.storage", "--help").text
    text = run("call", "local.storage", "iter_objects", "--help").text
    assert "by the UTF-8 order of their keys" in text
    assert "begin behind this key" in text
    assert ":param" not in text


STRANGER = '''
import enum
from datetime import datetime
from typing import Any, Literal, Required, TypedDict, Unpack

from codomyrmex.cloud.common import CloudClient, lenient, operation
from codomyrmex.cloud.errors import AuthenticationError

class Colour(enum.Enum):
    RED = "red"

class Changes(TypedDict, total=False):
    zone: Required[str]
    ttl: int
    kind: Literal["A", "B"]

class Dns(CloudClient):
    """Zones."""

    provider, service = "acme", "dns"

    def __init__(self, region: str = "north", api_token: str | None = None, *, session: Any = None,
                 strict: bool = False):
        self.region, self.strict = region, strict

    @lenient(None)
    @operation
    def create_zone(self, name: str, email: str | None = None, *, ttl: int = 3600, kind: Literal["A", "B"] = "A",
                    colour: Colour = Colour.RED, active: bool = True, when: datetime | None = None,
                    tags: list[str] | None = None, records: list[dict[str, Any]] | None = None) -> dict | None:
        """Make a zone.

        :param ttl: seconds that answers
            are kept.
        """
        return {"name": name, "email": email, "ttl": ttl, "kind": kind, "active": active, "when": when, "tags": tags,
                "records": records, "region": self.region}

    @lenient([])
    @operation
    def list_zones(self, **filters) -> list[dict]:
        if filters:
            return [filters]
        raise AuthenticationError("no")

    @operation
    def change_zone(self, **changes: Unpack[Changes]) -> dict:
        return changes
'''


@pytest.fixture
def acme(install_plugin):
    return install_plugin("acme-dns", STRANGER, {"providers": {"acme.dns": "acme_dns:Dns"}})


def test_any_installed_client_can_be_called(run, acme):
    options = "--name example.org --ttl 60 --kind B --no-active --when 2026-12-24T18:00:00+01:00 --tags x --tags y"
    made = run("call", "acme.dns", "create_zone", *options.split(), "--records", '[{"a": 1}]', "--json").json
    assert made == {
        "name": "example.org",
        "email": None,
        "ttl": 60,
        "kind": "B",
        "active": False,
        "when": "2026-12-24T18:00:00+01:00",
        "tags": ["x", "y"],
        "records": [{"a": 1}],
        "region": "north",
    }


def test_keyword_arguments_without_a_signature_are_given_as_json(run, acme):
    assert run("call", "acme.dns", "list_zones", "--set", '{"a": 1}', "--json").json == [{"a": 1}]


SIGNED = ("call", "aws.storage", "--endpoint-url", "http://127.0.0.1:1", "generate_presigned_url", "--bucket", "b",
          "--key", "k")  # fmt: skip


@pytest.mark.parametrize(
    "typed",
    [
        ("--response-content-type", "text/x"),
        ("--ResponseContentType", "text/x"),
        ("--set", "ResponseContentType=text/x"),
    ],
)
def test_an_argument_of_a_vendor_s_sdk_is_an_option(run, monkeypatch, typed):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    assert "&response-content-type=text%2Fx" in run(*SIGNED, *typed).text.replace("?", "&")
    assert run(*SIGNED, "--response-content-typ", "text/x").code == 2
    assert "ResponseContentTyp" in run(*SIGNED, "--set", "ResponseContentTyp=text/x").err


def test_keyword_arguments_that_a_typed_dict_names_are_options(run, acme):
    change = ("call", "acme.dns", "change_zone")
    assert run(*change, "--zone", "z", "--ttl", "60", "--json").json == {"zone": "z", "ttl": 60}
    assert "--zone" in run(*change).err
    assert run(*change, "--zone", "z", "--kind", "C").code == 2


def test_a_text_of_several_lines_is_shown_as_it_is_below_the_others(run, acme):
    key = "-----BEGIN KEY-----\nbW9yZQ==\n\x1b[2J\n-----END KEY-----\n"
    shown = run("call", "acme.dns", "change_zone", "--zone", key, "--ttl", "60").text
    assert [line.split() for line in shown.splitlines()[:2]] == [["ttl", "60"], []]
    assert shown.endswith("\nzone:\n-----BEGIN KEY-----\nbW9yZQ==\n\\x1b[2J\n-----END KEY-----\n")


def test_a_lenient_client_fails_on_the_command_line(run, acme):
    result = run("call", "acme.dns", "list_zones")
    assert result.code == 4
    assert "cloud doctor" in result.err


def test_an_object_that_only_python_has_is_no_option(run, acme):
    assert "--session" not in run("call", "acme.dns", "--help").text


@pytest.mark.parametrize("bad", [("--ttl", "soon"), ("--kind", "C"), ("--when", "tomorrow"), ("--nonsense", "1")])
def test_a_value_of_the_wrong_type_is_refused_before_the_call(run, acme, bad):
    result = run("call", "acme.dns", "create_zone", "--name", "x", *bad)
    assert (result.code, result.out) == (2, b"")
