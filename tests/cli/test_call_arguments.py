"""What ``cloud call`` makes of what was typed, for each type of a stranger's parameters."""

import sys

import pytest

STRANGER = '''
from __future__ import annotations

import enum
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal, NamedTuple, NewType, NotRequired, TextIO, TypedDict
from typing import TypeVar
from uuid import UUID

from codomyrmex.cloud.common import CloudClient, operation

if TYPE_CHECKING:
    from collections.abc import Collection
    from nowhere import Session

ZoneId = NewType("ZoneId", int)
Text = TypeVar("Text", str, bytes)

class Colour(enum.Enum):
    RED = "red"
    TWO = 2

class Pool(TypedDict):
    start: str
    size: NotRequired[int]

@dataclass
class Limits:
    reads: int
    pause: float = 0.5

class Point(NamedTuple):
    x: int
    y: int = 0

class Base(CloudClient):
    @operation(effect="write")
    def unannotated(self, name: str, zone: int, tags: Sequence[str] = (), *, ttl: float = 1, size=None) -> str: ...

    @operation(effect="write")
    def renamed(self, instance_id: int) -> str: ...

class Echo(Base):
    """Tell what was given."""

    provider, service = "acme", "echo"

    def given(self, name):
        """A method that nothing decorates."""
        return repr(name)

    def unannotated(self, name, zone, tags=(), *, ttl=1, size=None, flag=False, number=5, word="", more=None,
                    names=(), table={}):
        return repr({k: v for k, v in vars().items() if k != "self" and v not in ((), {}, None, "", False)})

    @operation(effect="write", aliases={"instance_id": "server"})
    def renamed(self, server):
        return repr(server)

    @operation(effect="read")
    def passed_on(self, first: str, /, second: int = 2, *rest: int, third: bool = False, **more: float) -> str:
        return repr((first, second, rest, third, more))

    @operation(effect="read")
    def clash(self, json: int, debug: str = "", *, help: str | None = None, type_: str = "", **others: Any) -> str:
        return repr((json, debug, help, type_, others))
'''
TYPES = {
    "text": "str",
    "text_or_none": "str | None",
    "text_or_bytes": "str | bytes",
    "data": "bytes",
    "mutable": "bytearray",
    "flag": "bool",
    "wait": "bool | float",
    "number": "int",
    "ratio": "float",
    "number_or_none": "int | None",
    "number_or_text": "int | str",
    "text_or_time_or_number": "str | datetime | float",
    "price": "Decimal",
    "pause": "timedelta",
    "at": "datetime",
    "day": "date",
    "uid": "UUID",
    "kind": "Literal['a', 'b', 3]",
    "colour": "Colour",
    "path": "str | os.PathLike[str]",
    "folder": "Path",
    "zone": "ZoneId",
    "annotated": "Annotated[int, 'a comment']",
    "generic": "Text",
    "items": "Sequence[str]",
    "maybe": "Sequence[str] | None",
    "one_or_many": "str | Sequence[str]",
    "numbers": "Iterable[int]",
    "ids": "Sequence[int | str]",
    "members": "frozenset[str]",
    "pair": "tuple[float, float]",
    "iterator": "Iterator[str]",
    "colours": "Iterable[Colour]",
    "bare": "list",
    "hidden": "Collection[int] | None",
    "unknown": "Session",
    "metadata": "Mapping[str, str]",
    "sizes": "dict[str, int]",
    "payload": "Mapping[str, Any]",
    "row_or_rows": "Mapping[str, Any] | Iterable[Mapping[str, Any]]",
    "rows": "Iterable[Mapping[str, Any] | Iterable[Mapping[str, Any]]]",
    "contacts": "Iterable[Mapping[str, Any]] | str | os.PathLike[str]",
    "pools": "Sequence[Pool]",
    "pool": "Pool",
    "limits": "Limits | None",
    "point": "Point",
    "environment": "str | os.PathLike[str] | Mapping[str, Any] | Iterable[str | os.PathLike[str] | Mapping[str, Any]]",
    "anything": "Any",
    "untyped": "",
}


def source():
    methods = "".join(
        f"\n    @operation(effect='write')\n    def {name}(self, value{kind and ': ' + kind}):\n"
        f"        return repr({'list(value)' if name == 'iterator' else 'value'})\n"
        for name, kind in TYPES.items()
    )
    return f"{STRANGER}{methods}"


@pytest.fixture
def echo(run, install_plugin):
    """What a method of the stranger was given, for these values of its option ``--value``."""
    install_plugin("acme-echo", source(), {"providers": {"acme.echo": "acme_echo:Echo"}})

    def call(method, *values, stdin=b""):
        options = [word for value in values for word in ("--value", value)]
        return run("call", "acme.echo", method, *options, stdin=stdin)

    return call


VALUES = [
    ("text", ["x"], "'x'"),
    ("text", ["7"], "'7'"),
    ("text", ['{"a":1}'], "'{\"a\":1}'"),
    ("text", [""], "''"),
    ("text", [r"\@home"], "'@home'"),
    ("text", [r"\-"], "'-'"),
    ("text", [r"\share"], r"'\\share'"),
    ("text", ["@"], "'@'"),
    ("text", ["--json"], "'--json'"),
    ("text_or_none", ["null"], "None"),
    ("text_or_none", [r"\null"], "'null'"),
    ("text", ["null"], "'null'"),
    ("maybe", ["null"], "None"),
    ("text_or_bytes", ["x"], "'x'"),
    ("data", ["ä"], r"b'\xc3\xa4'"),
    ("mutable", ["x"], "bytearray(b'x')"),
    ("wait", ["30"], "30.0"),
    ("wait", ["true"], "True"),
    ("wait", ["false"], "False"),
    ("number", ["-5"], "-5"),
    ("ratio", ["5"], "5.0"),
    ("number_or_none", ["null"], "None"),
    ("number_or_none", ["5"], "5"),
    ("number_or_text", ["7"], "7"),
    ("number_or_text", ["007"], "'007'"),
    ("number_or_text", ["1_0"], "'1_0'"),
    ("number_or_text", ["x"], "'x'"),
    ("text_or_time_or_number", ["1.5"], "1.5"),
    ("text_or_time_or_number", ["1.10"], "'1.10'"),
    ("text_or_time_or_number", ["1e3"], "'1e3'"),
    ("text_or_time_or_number", ["2026-12-24"], "datetime.datetime(2026, 12, 24, 0, 0)"),
    ("text_or_time_or_number", ["soon"], "'soon'"),
    ("price", ["1.10"], "Decimal('1.10')"),
    ("pause", ["90"], "datetime.timedelta(seconds=90)"),
    ("at", ["2026-12-24T18:00:00"], "datetime.datetime(2026, 12, 24, 18, 0)"),
    ("day", ["2026-12-24"], "datetime.date(2026, 12, 24)"),
    ("uid", ["0" * 32], "UUID('00000000-0000-0000-0000-000000000000')"),
    ("kind", ["a"], "'a'"),
    ("kind", ["3"], "3"),
    ("colour", ["red"], "<Colour.RED: 'red'>"),
    ("colour", ["2"], "<Colour.TWO: 2>"),
    ("path", ["a/b"], "'a/b'"),
    ("path", ["@a/b"], "PosixPath('a/b')"),
    ("folder", ["a/b"], "PosixPath('a/b')"),
    ("zone", ["7"], "7"),
    ("annotated", ["7"], "7"),
    ("generic", ["7"], "'7'"),
    ("items", ["9.9.9.9"], "['9.9.9.9']"),
    ("items", ["a", "b", "a"], "['a', 'b', 'a']"),
    ("items", ['["a", "b"]', "c"], "['a', 'b', 'c']"),
    ("items", ["[draft]"], "['[draft]']"),
    ("items", ["[]"], "[]"),
    ("items", ["1"], "['1']"),
    ("maybe", ["a"], "['a']"),
    ("one_or_many", ["a"], "'a'"),
    ("one_or_many", ["a", "b"], "['a', 'b']"),
    ("one_or_many", ['["a"]'], "['a']"),
    ("one_or_many", ["[]"], "[]"),
    ("numbers", ["1", "[2, 3]"], "[1, 2, 3]"),
    ("ids", ["1", "x"], "[1, 'x']"),
    ("members", ["a", "a"], "frozenset({'a'})"),
    ("pair", ["10", "60"], "(10.0, 60.0)"),
    ("pair", ["[10, 60]"], "(10.0, 60.0)"),
    ("iterator", ["a", "b"], "['a', 'b']"),
    ("colours", ["red", "2"], "[<Colour.RED: 'red'>, <Colour.TWO: 2>]"),
    ("bare", ["1", "x", '{"a": null}'], "[1, 'x', {'a': None}]"),
    ("hidden", ["1", "2"], "[1, 2]"),
    ("unknown", ["x"], "'x'"),
    ("unknown", ['{"a": 1}'], "{'a': 1}"),
    ("metadata", ['{"k": "v"}'], "{'k': 'v'}"),
    ("metadata", ["k=v", "e=a=b", "n=1"], "{'k': 'v', 'e': 'a=b', 'n': '1'}"),
    ("sizes", ["a=1", '{"b": 2}'], "{'a': 1, 'b': 2}"),
    ("payload", ['{"a":1}'], "{'a': 1}"),
    ("payload", ["a=1", "b=x", "c=[1]", "d=true"], "{'a': 1, 'b': 'x', 'c': [1], 'd': True}"),
    ("row_or_rows", ["a=1", "b=2"], "{'a': 1, 'b': 2}"),
    ("row_or_rows", ['{"a": 1}', '{"a": 2}'], "[{'a': 1}, {'a': 2}]"),
    ("row_or_rows", ['[{"a": 1}]'], "[{'a': 1}]"),
    ("rows", ['[{"a": 1}, [{"b": 2}]]'], "[{'a': 1}, [{'b': 2}]]"),
    ("rows", ['{"a": 1}', '[{"a": 2}]'], "[{'a': 1}, {'a': 2}]"),
    ("contacts", ['{"a": 1}'], "[{'a': 1}]"),
    ("contacts", ['{"a": 1}', '{"a": 2}'], "[{'a': 1}, {'a': 2}]"),
    ("contacts", ['[{"a": 1}]'], "[{'a': 1}]"),
    ("contacts", ["a.csv"], "'a.csv'"),
    ("pools", ['{"start": "10.0.0.9", "size": 3}'], "[{'start': '10.0.0.9', 'size': 3}]"),
    ("pool", ["start=10", "size=3"], "{'start': '10', 'size': 3}"),
    ("limits", ['{"reads": 3}'], "Limits(reads=3, pause=0.5)"),
    ("point", ['{"x": 3}'], "Point(x=3, y=0)"),
    ("environment", ["a.yaml", "a.yaml"], "['a.yaml', 'a.yaml']"),
    ("environment", ["a.yaml"], "'a.yaml'"),
    ("environment", ["a=b.yaml"], "'a=b.yaml'"),
    ("environment", ['{"a": 1}', "b.yaml"], "[{'a': 1}, 'b.yaml']"),
    ("environment", ["{a: 1}"], "'{a: 1}'"),
    ("anything", ["5"], "5"),
    ("anything", ["x"], "'x'"),
    ("untyped", ["5"], "5"),
    ("untyped", ["12e4"], "'12e4'"),
    ("untyped", ["0123"], "'0123'"),
    ("untyped", ["NaN"], "'NaN'"),
    ("untyped", ['"5"'], "'5'"),
    ("untyped", ["null"], "None"),
    ("untyped", ['{"a":1}'], "{'a': 1}"),
]


def test_what_is_typed_becomes_a_value_of_the_parameter_s_type(echo):
    received = {(method, *values): echo(method, *values).text.rstrip("\n") for method, values, _ in VALUES}
    assert received == {(method, *values): expected for method, values, expected in VALUES}


REFUSED = [
    ("text", ["a", "b"], "takes one value, and is given 2 times"),
    ("flag", [], "Missing option"),
    ("text", [], "Missing option"),
    ("number", ["soon"], "'soon' is not a whole number"),
    ("number", ["1_000"], "is not a whole number"),
    ("number", ["5.0"], "is not a whole number"),
    ("number", [""], "is not a whole number"),
    ("wait", ["soon"], "is not true or false or a number"),
    ("at", ["tomorrow"], "is not a time such as"),
    ("kind", ["c"], "is not one of a, b, 3"),
    ("colour", ["blue"], "is not one of red, 2"),
    ("numbers", ["1", "x"], "'x' is not a whole number"),
    ("numbers", ["[1, true]"], "item 2: true is not a whole number"),
    ("pair", ["1"], "takes 2 values, not 1"),
    ("metadata", ["k"], "'k' is neither NAME=VALUE nor a JSON object"),
    ("metadata", ["=v"], "neither NAME=VALUE"),
    ("metadata", ["{broken"], "is no JSON"),
    ("metadata", ['{"k": 1}'], "k: 1 is not text"),
    ("metadata", ["k=1", "k=2"], "k is given twice"),
    ("payload", ['{"a": NaN}'], "NaN"),
    ("payload", ['{"a": 1, "a": 2}'], "a is there twice"),
    ("ratio", ["nan"], "is not a number"),
    ("rows", ["a=1", "b=2"], "'a=1' is no item: give each as a JSON object"),
    ("contacts", ["@a.csv"], "file 'a.csv' cannot be read: No such file"),
    ("contacts", ['[{"a": 1}, 2]'], "item 2: 2 is not a JSON object"),
    ("pool", ["size=3", "end=4"], "Pool has no end, but start, size"),
    ("pools", ['{"size": 3}'], "Pool needs start"),
    ("pools", ['[{"start": "x", "end": 1}]'], "Pool has no end"),
    ("limits", ['{"reads": "3"}'], 'reads: "3" is not a whole number'),
    ("anything", ["{broken"], "is no JSON"),
    ("untyped", ["[1,"], "is no JSON"),
]


def test_what_is_no_value_of_the_type_is_refused_before_the_call_and_says_why(echo):
    results = [(echo(method, *values), method, message) for method, values, message in REFUSED]
    assert [(m, r.err) for r, m, message in results if (r.code, r.out) != (2, b"") or message not in r.err] == []


def test_a_flag_is_given_by_its_name_alone(run, echo):
    assert run("call", "acme.echo", "flag", "--value").text == "True\n"
    assert run("call", "acme.echo", "flag", "--no-value").text == "False\n"
    assert run("call", "acme.echo", "wait", "--value").text == "True\n"
    assert run("call", "acme.echo", "wait", "--value", "--json").json == "True"


def test_what_is_not_annotated_has_the_type_of_the_base_class_or_of_its_default(run, echo):
    given = ("--name", "5", "--zone", "7", "--tags", "1", "--ttl", "5", "--size", "5", "--flag", "--number", "2.5")
    more = ("--word", "5", "--more", "[1]", "--names", "a", "--names", "b", "--table", "a=1")
    assert eval(run("call", "acme.echo", "unannotated", *given, *more).text) == {
        "name": "5",
        "zone": 7,
        "tags": ["1"],
        "ttl": 5.0,
        "size": 5,
        "flag": True,
        "number": 2.5,
        "word": "5",
        "more": [1],
        "names": ("a", "b"),
        "table": {"a": 1},
    }
    assert run("call", "acme.echo", "unannotated", "--name", "n", "--zone", "x").code == 2
    assert run("call", "acme.echo", "renamed", "--server", "7").text == "7\n"
    assert run("call", "acme.echo", "renamed", "--server", "x").code == 2


def test_arguments_are_given_as_the_parameters_take_them(run, echo):
    call = ("call", "acme.echo", "passed_on", "--first", "x")
    assert run(*call).text == "('x', 2, (), False, {})\n"
    assert run(*call, "--rest", "3", "--rest", "4", "--third").text == "('x', 2, (3, 4), True, {})\n"
    more = ("--set", "ratio=1", "--set", '{"more": 2}')
    assert run(*call, *more).text == "('x', 2, (), False, {'ratio': 1.0, 'more': 2.0})\n"
    assert "is not a number" in run(*call, "--set", "ratio=x").err
    assert "ratio is given twice" in run(*call, "--set", "ratio=1", "--set", "ratio=2").err
    assert "second is given by --set, and by an option" in run(*call, "--second", "1", "--set", "second=2").err


def test_a_parameter_with_the_name_of_an_option_of_all_commands_is_given_by_set(run, echo):
    call = ("call", "acme.echo", "clash", "--set", "json=5", "--set", "debug=7", "--set", "help=x", "--type", "t")
    assert run(*call, "--set", "z=1").text == "(5, '7', 'x', 't', {'z': 1})\n"
    assert run(*call, "--json").json == "(5, '7', 'x', 't', {})"


def test_a_method_that_nothing_decorates_is_called_too(run, echo):
    assert run("call", "acme.echo", "given", "--name", "x").text == "'x'\n"


@pytest.mark.parametrize("client", ["local.storage", "acme.echo"])
def test_what_all_clients_have_to_help_is_no_command(run, echo, client):
    commands = {
        line.split()[0] for line in run("call", client, "--help").text.split("Commands:")[1].splitlines() if line
    }
    helpers = (
        "close credential_source from_url resource_name split_url translate_error typed_error url native last_error"
    )
    assert commands & set(helpers.split()) == set()
    assert run("call", client, "typed_error", "--error", "x").code == 2


# Files and standard input


@pytest.mark.parametrize(
    ("method", "content", "expected"),
    [
        ("text", b" a\n", "' a\\n'"),
        ("text", b"", "''"),
        ("text_or_bytes", b"#!/bin/sh\n", "'#!/bin/sh\\n'"),
        ("text_or_bytes", b"\xff\0", "b'\\xff\\x00'"),
        ("data", b"\xff\n", "b'\\xff\\n'"),
        ("number", b"5\n", "5"),
        ("number_or_text", b"x\n", "'x\\n'"),
        ("kind", b"a\n", "'a'"),
        ("at", b"2026-12-24\n", "datetime.datetime(2026, 12, 24, 0, 0)"),
        ("items", b"a\n\nb c\n", "['a', 'b c']"),
        ("items", b'["a", "b"]\n', "['a', 'b']"),
        ("numbers", b"1\n2\n", "[1, 2]"),
        ("one_or_many", b"a\nb\n", "['a', 'b']"),
        ("metadata", b'{"k": "v"}', "{'k': 'v'}"),
        ("metadata", b"k=v\nl=w\n", "{'k': 'v', 'l': 'w'}"),
        ("payload", b'{"a": [1]}', "{'a': [1]}"),
        ("rows", b'{"a": 1}\n{"a": 2}\n', "[{'a': 1}, {'a': 2}]"),
        ("rows", b'[{"a": 1}]', "[{'a': 1}]"),
        ("limits", b'{"reads": 3}', "Limits(reads=3, pause=0.5)"),
        ("untyped", b"[link]: x\n", "'[link]: x\\n'"),
        ("untyped", b'{"a": 1}\n', "{'a': 1}"),
        ("environment", b'{"a": 1}', "{'a': 1}"),
        ("contacts", b'{"a": 1}\n{"a": 2}\n', "[{'a': 1}, {'a': 2}]"),
    ],
)
def test_any_argument_comes_from_a_file_or_standard_input(echo, tmp_path, method, content, expected):
    (tmp_path / "file").write_bytes(content)
    assert echo(method, f"@{tmp_path / 'file'}").text == f"{expected}\n"
    assert echo(method, "-", stdin=content).text == f"{expected}\n"


def test_lists_come_from_several_files(echo, tmp_path):
    (tmp_path / "a.yaml").write_text("a: 1\n")
    (tmp_path / "b.json").write_text('{"b": 1}\n')
    given = (f"@{tmp_path / 'a.yaml'}", f"@{tmp_path / 'b.json'}", "c.yaml")
    assert echo("environment", *given).text == f"[{tmp_path / 'a.yaml'!r}, {{'b': 1}}, 'c.yaml']\n"
    (tmp_path / "one").write_text("a\nb\n")
    (tmp_path / "two").write_text('["c"]')
    given = ("x", f"@{tmp_path / 'one'}", f"@{tmp_path / 'two'}", "-")
    assert echo("items", *given, stdin=b"d\n").text == "['x', 'a', 'b', 'c', 'd']\n"


@pytest.mark.parametrize(
    ("method", "values", "message"),
    [
        ("text", ["@{folder}/absent"], "absent' cannot be read: No such file"),
        ("text", ["@\0"], "cannot be read: embedded null byte"),
        ("items", ["a", "@{folder}"], "Is a directory"),
        ("text", ["@{folder}/binary"], "not in UTF-8"),
        ("items", ["-", "-"], "standard input is read for another argument already"),
        ("numbers", ["@{folder}/text"], "'x' is not a whole number"),
    ],
)
def test_a_file_that_cannot_be_taken_is_an_error_before_the_call(echo, tmp_path, method, values, message):
    (tmp_path / "binary").write_bytes(b"\xff")
    (tmp_path / "text").write_text("x\n")
    result = echo(method, *(value.format(folder=tmp_path) for value in values))
    assert (result.code, result.out) == (2, b"")
    assert message in result.err
    assert "'--value'" in result.err


@pytest.mark.parametrize("content", [b"a: 1\n", b"{a: 1}\n", b"email\nada\n", b"\xff", b"", b'{"a": 1}\nx\n'])
def test_a_path_leads_to_what_is_no_json_of_standard_input(echo, install_plugin, content):
    """A path and a text are told apart by their types: Infomaniak's DNS takes a str for the zone file itself."""
    read = "return repr(value.read_bytes())"
    install_plugin(
        "acme-echo", source().replace("return repr(value)", read), {"providers": {"acme.echo": "acme_echo:Echo"}}
    )
    assert echo("environment", "-", stdin=content).text == f"{content!r}\n"
    assert echo("path", "-", stdin=content).text == f"{content!r}\n"


def test_a_path_may_be_standard_input_unless_it_is_written(run, storage):
    place = ("--bucket", "box", "--key", "k", "--path", "-")
    assert run("call", "local.storage", "upload_path", *place, stdin=b"\0piped").code == 0
    assert storage.download_file("box", "k") == b"\0piped"
    result = run("call", "local.storage", "download_path", *place)
    assert (result.code, result.out, "- is standard input" in result.err) == (2, b"", True)


def test_a_stream_is_an_open_file(run, storage, tmp_path):
    (tmp_path / "file").write_bytes(b"\0data")
    upload = ("call", "local.storage", "upload_stream", "--bucket", "box", "--key", "k", "--stream")
    for stream, stdin in ((f"@{tmp_path / 'file'}", b""), (tmp_path / "file", b""), ("-", b"\0data")):
        assert run(*upload, stream, stdin=stdin).code == 0
        assert storage.download_file("box", "k") == b"\0data"
        storage.delete_file("box", "k")
    assert "No such file" in run(*upload, tmp_path / "absent").err


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the 'type' statement is of Python 3.12")
def test_a_type_statement_is_what_it_stands_for(run, install_plugin):
    code = """
from codomyrmex.cloud.common import CloudClient, operation

type Names = list[str] | None
type Tree = dict[str, Tree] | list[Tree] | int

class Dns(CloudClient):
    provider, service = "acme", "dns"

    @operation(effect="read")
    def zones(self, names: Names = None, tree: Tree = 0) -> str:
        return repr((names, tree))
"""
    install_plugin("acme-dns", code, {"providers": {"acme.dns": "acme_dns:Dns"}})
    assert run("call", "acme.dns", "zones", "--names", "x", "--tree", '[{"a": [1]}]').text == "(['x'], [{'a': [1]}])\n"
