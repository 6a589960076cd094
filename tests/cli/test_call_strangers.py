"""``cloud call`` of clients that strangers write, in whatever way Python lets them."""

import json
import subprocess
import sys

import pytest
from codomyrmex.cloud.cli.call.secrets import is_secret
from support.completion import complete

HEAD = """
from __future__ import annotations

import dataclasses
import enum
import functools
import io
import json
import os
import sys
from collections import Counter
from collections.abc import *
from datetime import *
from decimal import Decimal
from ipaddress import IPv4Address
from pathlib import Path
from typing import *

from codomyrmex.cloud.common import CloudClient, operation
from codomyrmex.cloud.errors import CloudError, Timeout

def show(*values, **named):
    return json.dumps([repr(value) for value in values] + [f"{k}={v!r}" for k, v in named.items()])
"""
CLIENT = '''
class Client(CloudClient):
    """A stranger's."""

    provider, service = "acme", "odd"
'''


@pytest.fixture
def odd(run, install_plugin):
    """Run ``cloud call acme.odd`` with these arguments, for a client of this source."""

    def install(source, entry="Client"):
        install_plugin("acme-odd", source, {"providers": {"acme.odd": f"acme_odd:{entry}"}})
        return lambda *arguments, stdin=b"": run("call", "acme.odd", *arguments, stdin=stdin)

    return install


@pytest.fixture
def method(odd):
    """What a method made of this ``def`` line was called with, for these arguments: reprs, or the error."""

    def call(definition, *arguments, stdin=b"", before=""):
        name = definition.partition("def ")[2].partition("(")[0]
        names = definition.partition("self")[2]
        cloud = odd(f"{HEAD}{before}{CLIENT}\n    {definition}\n")
        result = cloud(name, *arguments, stdin=stdin)
        assert names
        return json.loads(result.text) if result.code == 0 else result.err

    return call


# Types


TYPES = """
class Key(str):
    def __new__(cls, text):
        raise LookupError("no such key")

class Pool(TypedDict):
    start: str

class Point(NamedTuple):
    x: int
    y: int = 0

Bound = TypeVar("Bound", bound=int)
"""


@pytest.mark.parametrize(
    ("annotation", "values", "expected"),
    [
        ("tuple[int, str]", ["1", "2"], "(1, '2')"),
        ("tuple[int, str]", ['[1, "x"]'], "(1, 'x')"),
        ("tuple[int, str]", ["x", "1"], "'x' is not a whole number"),
        ("float | str", ["5"], "5.0"),
        ("float | str", ["NaN"], "'NaN'"),
        ("Decimal | str", ["007"], "'007'"),
        ("timedelta | str", ["007"], "'007'"),
        ("datetime | str", ["20260101"], "'20260101'"),
        ("float", ["math.inf"], "inf"),
        ("float", ["1e400"], "is not a number"),
        ("dict[str, float]", ['{"a": 1e400}'], "is no JSON"),
        ("list[Decimal]", ["[1.5]"], "[Decimal('1.5')]"),
        ("LiteralString", ["5"], "'5'"),
        ("time", ["18:00"], "datetime.time(18, 0)"),
        ("IPv4Address", ["10.0.0.1"], "IPv4Address('10.0.0.1')"),
        ("IPv4Address", ["10.0.0"], "is not an IP address"),
        ("complex", ["1+2j"], "(1+2j)"),
        ("dict[int, str]", ['{"1": "x", "01": "y"}'], "are not as many names"),
        ("Counter[str]", ["a=1"], "Counter({'a': 1})"),
        ("Literal[True, 'x']", ["true"], "True"),
        ("set[Any]", ["[[1]]"], "unhashable"),
        ("list[int] | None", ["null"], "None"),
        ("Mapping[str, int] | Sequence[int]", ["1"], "[1]"),
        ("Mapping[str, int] | Sequence[int]", ["a=1"], "{'a': 1}"),
        ("bytes | BinaryIO", ["text"], "b'text'"),
        ("IO[str] | str", ["text"], "'text'"),
        ("Sequence[str]", ['["a", 1]'], "item 2: 1 is not text"),
        ("Sequence[str]", ["[1, 2]"], "item 1: 1 is not text"),
        ("Sequence[str]", ['["a","b"'], "is no JSON"),
        ("str | Sequence[str]", ['["a", 1]'], "item 2: 1 is not text"),
        ("str | Sequence[str]", ['["a"'], "is no JSON"),
        ("str | Sequence[str]", ['{"a": 1}'], "'{\"a\": 1}'"),
        ("bool | str", ["true"], "True"),
        ("bool | str", ["True"], "'True'"),
        ("Sequence[Sequence[int]]", ["[1, 2]", "[3]"], "[[1, 2], [3]]"),
        ("Sequence[tuple[int, int]]", ["[1, 2]", "[[3, 4]]"], "[(1, 2), (3, 4)]"),
        ("Optional[Annotated[list[int], 'x']]", ["1"], "[1]"),
        ("int", ["9" * 5000], "is not a whole number"),
        ("bytes | Iterable[bytes]", ["x"], "b'x'"),
        ("bytes | Iterable[bytes]", ["x", "y"], "[b'x', b'y']"),
        ("BinaryIO | Iterable[bytes]", ["absent"], "file 'absent' cannot be read"),
        ("Key", ["bad"], "'--value': is refused: no such key"),
        ("Pool | Point", ["x=3", "y=1"], "Point(x=3, y=1)"),
        ("str | list[int] | dict[str, str]", ["a=1", "b=2"], "{'a': '1', 'b': '2'}"),
        ("list[int] | dict[str, Any]", ['{"a": 1}', '{"b": 2}'], "{'a': 1, 'b': 2}"),
        ("list[str] | list[int]", ["1", "2"], "[1, 2]"),
        ("list[str] | dict[str, str]", ["a=1", "b=2"], "{'a': '1', 'b': '2'}"),
        ("str | list[str] | dict[str, str]", ["a=1", "b=2"], "['a=1', 'b=2']"),
        ("list[str] | list[dict[str, Any]]", ['{"a": 1}'], "[{'a': 1}]"),
        ("Any", [r"\null"], "'null'"),
        ("Literal['null'] | None", [r"\null"], "'null'"),
        ("timedelta", ["9" * 30], "is not a number of seconds"),
        ("list[Literal[1]]", ["[true]"], "is not one of 1"),
        ("list[date | str]", ['["2026-12-24"]'], "['2026-12-24']"),
        ("Bound", ["7"], "7"),
    ],
)
def test_what_is_typed_for_a_type(method, annotation, values, expected):
    arguments = [word for value in values for word in ("--value", value)]
    shown = method(f"def m(self, value: {annotation}): return show(value)", *arguments, before=TYPES)
    assert (expected in shown) if isinstance(shown, str) else shown == [expected]


FIELDS = """
class Zone(TypedDict, total=False):
    name: Required[str]
    ttl: int

class Rules(Zone):
    tags: NotRequired[list[str]]

class Colour(enum.Enum):
    RED = "#f00"

@dataclasses.dataclass
class Limit:
    count: int
    inner: "Limit | None" = None

    def __post_init__(self):
        if self.count < 0:
            raise ValueError(f"{self.count} is negative")
"""


@pytest.mark.parametrize(
    ("annotation", "values", "expected"),
    [
        ("Zone", ["name=a", "ttl=5"], "{'name': 'a', 'ttl': 5}"),
        ("Zone", ["ttl=5"], "Zone needs name"),
        ("Rules", ['{"name": "a", "tags": ["x"]}'], "{'name': 'a', 'tags': ['x']}"),
        ("Rules", ["name=a", "x=1"], "Rules has no x, but name, ttl, tags"),
        ("Colour", ["#f00"], "<Colour.RED: '#f00'>"),
        ("Colour", ["RED"], "<Colour.RED: '#f00'>"),
        ("list[Colour | str]", ['["#f00"]'], "[<Colour.RED: '#f00'>]"),
        ("Limit", ["count=1"], "Limit(count=1, inner=None)"),
        ("Limit", ['{"count": 1, "inner": {"count": 2}}'], "Limit(count=1, inner=Limit(count=2, inner=None))"),
        ("Limit", ["count=-1"], "'--value': is refused: -1 is negative"),
        ("Limit", ['{"count": 1, "inner": {"count": "x"}}'], 'inner: count: "x" is not a whole number'),
    ],
)
def test_named_fields(method, annotation, values, expected):
    arguments = [word for value in values for word in ("--value", value)]
    shown = method(f"def m(self, value: {annotation}): return show(value)", *arguments, before=FIELDS)
    assert (expected in shown) if isinstance(shown, str) else shown == [expected]


CHECKERS = """
if TYPE_CHECKING:
    import collections.abc as cabc
    import decimal as dec
    import nowhere
    from uuid import UUID
    from acme_absent import Session
"""


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        ("UUID | None", "zz", "is not a UUID"),
        ("dec.Decimal", "1.10", "Decimal('1.10')"),
        ("cabc.Sequence[int]", "1", "[1]"),
        ("Optional['int']", "x", "is not a whole number"),
        ("list['int']", "x", "is not a whole number"),
        ("dict[str, 'dec.Decimal']", "a=1", "{'a': Decimal('1')}"),
        ("Session", "x", "'x'"),
        ("nowhere.Session[int]", "x", "'x'"),
        ("Inner", "a", "<Inner.A: 'a'>"),
        ("Mode", "inner", "<Mode.A: 'inner'>"),
        ("list[Inner]", "b", "is not one of a"),
    ],
)
@pytest.mark.parametrize("future", [True, False])
def test_a_name_means_what_the_type_checker_takes_it_for(odd, annotation, value, expected, future):
    head = HEAD if future else HEAD.replace("from __future__ import annotations\n", "")
    written = annotation if future else repr(annotation)
    inner = "\n    class Inner(enum.Enum):\n        A = 'a'\n\n    class Mode(enum.Enum):\n        A = 'inner'\n"
    head += "\nclass Mode(enum.Enum):\n    A = 'outer'\n"
    cloud = odd(f"{head}{CHECKERS}{CLIENT}{inner}\n    def m(self, value: {written}): return show(value)\n")
    result = cloud("m", "--value", value)
    assert expected in (result.err or json.loads(result.text)[0])


# Calls


@pytest.mark.parametrize(
    ("definition", "arguments", "expected"),
    [
        ("def m(self, a=1, b=2, /, **kw): return show(a, b, **kw)", ["--b", "5"], ["1", "5"]),
        ("def m(self, a, /, b=2): return show(a, b)", ["--a", "5"], ["5", "2"]),
        ("def m(self, a, b=2, *rest): return show(a, b, rest)", ["--a", "1", "--rest", "3"], ["1", "2", "(3,)"]),
        ("def m(self, *rest: int): return show(rest)", ["--rest", "[1, 2]"], ["(1, 2)"]),
        ("def m(self, **kw: str): return show(**kw)", ["--set", "a-b=1", "--set", r"c=\@x"], ["a-b='1'", "c='@x'"]),
        ("def m(self, **kw): return show(**kw)", ["--set", "a=1", "--set", '{"b": "x"}'], ["a=1", "b='x'"]),
        ("def m(self, from_: str = ''): return show(from_)", ["--from", "x"], ["'x'"]),
        ("def m(self, no_cache: bool = False): return show(no_cache)", ["--no-cache"], ["True"]),
        ("def m(self, no_cache: bool = True): return show(no_cache)", ["--cache"], ["False"]),
        (
            "def m(self, zoneId: str, größe: int): return show(zoneId, größe)",
            ["--zoneId", "x", "--größe", "1"],
            ["'x'", "1"],
        ),
        (
            "def m(self, wait: bool = True, no_wait: int = 0): return show(wait, no_wait)",
            ["--set", "no_wait=1"],
            ["True", "1"],
        ),
        ("def m(self, _: int = 3): return show(_)", [], ["3"]),
        (
            "def m(self, size: int, json: bool): return show(size, json)",
            ["--size", "1", "--set", "json=true"],
            ["1", "True"],
        ),
    ],
)
def test_arguments_reach_their_parameters(method, definition, arguments, expected):
    assert method(definition, *arguments) == expected


@pytest.mark.parametrize(("option", "given"), [("--left", "'null'"), ("--right", "None"), ("--set", "{'c': None}")])
def test_null_is_none_where_leaving_an_argument_out_is_not(method, option, given):
    definition = (
        "def m(self, left: str | None = None, right: str | None = 'x', **more: Any): return show(left, right, more)"
    )
    shown = method(definition, option, "c=null" if option == "--set" else "null")
    assert given in shown


def test_a_method_that_passes_on_what_it_is_given_has_the_options_of_the_one_that_it_overrides(odd):
    source = """
class Base(CloudClient):
    def m(self, n: int) -> str: return show(n)

class Client(Base):
    provider, service = "acme", "odd"

    def m(self, *args, **kwargs): return super().m(*args, **kwargs)
"""
    assert odd(HEAD + source)("m", "--n", "7").text == '["7"]\n'


@pytest.mark.parametrize(("text", "message"), [("=x", "neither NAME=VALUE"), ("ratio=x", "ratio: 'x' is not a number")])
def test_what_set_cannot_take_is_told_by_its_name(method, text, message):
    assert message in method("def m(self, **kw: float): return show(**kw)", "--set", text)


def test_set_gives_nothing_that_an_option_gives(method):
    definition = "def m(self, *rest: str, **kw: str): return show(rest, **kw)"
    assert "rest is given by --rest" in method(definition, "--set", "rest=abc")


TYPED_KEYS = """
Keys = TypedDict("Keys", {"in": str, "a-b": int, "json": int}, total=False)
"""


def test_two_keys_may_differ_by_what_no_name_has(method):
    definition = "def m(self, **kw: Unpack[Keys]): return show(**kw)"
    before = 'Keys = TypedDict("Keys", {"x.y": int, "x_y": int}, total=False)\n'
    assert method(definition, "--x.y", "1", before=before) == ["x.y=1"]
    assert method(definition, "--x.y", "1", "--x-y", "2", before=before) == ["x.y=1", "x_y=2"]


def test_the_keys_of_a_typed_dict_may_be_no_names_of_python(method):
    definition = "def m(self, **kw: Unpack[Keys]): return show(**kw)"
    arguments = ("--in", "x", "--a-b", "1", "--set", "json=2")
    assert method(definition, *arguments, before=TYPED_KEYS) == ["in='x'", "a-b=1", "json=2"]


CAMEL_KEYS = """
class Keys(TypedDict, total=False):
    \"\"\"Arguments of ``PutThing``.\"\"\"

    StorageClass: str
    SSECustomerKeyMD5: str
    SSEKMSId: int
    ACL: str
    IPv4Address: str
    PublicIPv6: str
    SubnetIDs: str
"""


@pytest.mark.parametrize("option", ["--storage-class", "--StorageClass", "--storage_class"])
def test_an_option_in_camel_case_is_typed_as_shells_have_it_or_as_it_is(method, option):
    definition = "def m(self, **kw: Unpack[Keys]): return show(**kw)"
    names = {"sse-customer-key-md5": "y", "ssekms-id": "7", "acl": "z", "ipv4-address": "i", "public-ipv6": "p"}
    given = [word for name, value in {**names, "subnet-ids": "s"}.items() for word in (f"--{name}", value)]
    arguments = (option, "x", *given)
    shown = ["ACL='z'", "IPv4Address='i'", "PublicIPv6='p'", "SSECustomerKeyMD5='y'", "SSEKMSId=7", "StorageClass='x'"]
    shown += ["SubnetIDs='s'"]
    assert sorted(method(definition, *arguments, before=CAMEL_KEYS)) == shown


@pytest.mark.parametrize("option", ["--base-url", "--baseUrl"])
def test_so_are_those_of_the_constructor(odd, option):
    source = f"""{HEAD}{CLIENT}
    def __init__(self, baseUrl: str = ""): self.url = baseUrl
    def m(self) -> str: return self.url
"""
    assert odd(source)(option, "http://x", "m").text == "http://x\n"


def test_set_gives_an_option_of_a_typed_dict_too_and_what_is_newer_than_its_keys(method):
    definition = "def m(self, **kw: Unpack[Keys]): return show(**kw)"
    arguments = ("--set", "SSEKMSId=7", "--set", "Newer=true", "--acl", "z")
    assert sorted(method(definition, *arguments, before=CAMEL_KEYS)) == ["ACL='z'", "Newer=True", "SSEKMSId=7"]
    assert "SSEKMSId: 'x' is not a whole number" in method(definition, "--set", "SSEKMSId=x", before=CAMEL_KEYS)
    twice = ("--set", "ACL=a", "--acl", "b")
    assert "ACL is given by --set, and by an option" in method(definition, *twice, before=CAMEL_KEYS)


def test_set_says_how_the_name_of_an_option_is_meant(method):
    definition = "def m(self, **kw: Unpack[Keys]): return show(**kw)"
    message = "there is no 'storage-class', but StorageClass"
    assert message in method(definition, "--set", "storage-class=x", before=CAMEL_KEYS)
    assert message in method(definition, "--set", '{"storage-class": "x"}', before=CAMEL_KEYS)


def test_set_is_shown_where_a_key_has_no_option_or_any_name_will_do(odd):
    keys = 'Keys = TypedDict("Keys", {"Key": str, "json": int}, total=False)\n'
    definitions = """
    def m(self, key: str, **kw: Unpack[Keys]): return show(key, **kw)
    def n(self, **kw: str): return show(**kw)
"""
    cloud = odd(HEAD + keys + CLIENT + definitions)
    assert "--set NAME=VALUE Key; json [may be repeated; or JSON]" in " ".join(cloud("m", "--help").text.split())
    assert json.loads(cloud("m", "--key", "x", "--set", "Key=y").text) == ["'x'", "Key='y'"]
    for typed in (("--Key", "y"), ("--Key=y",)):
        assert "--key is of another argument: give --set Key=VALUE" in cloud("m", "--key", "x", *typed).err
    assert "--set NAME=VALUE what else it takes" in " ".join(cloud("n", "--help").text.split())


def test_options_of_a_typed_dict_stand_below_the_others_and_what_it_says(odd):
    definition = '    def m(self, key: str, **kw: Unpack[Keys]): """Put."""'
    text = odd(f"{HEAD}{CAMEL_KEYS}{CLIENT}{definition}")("m", "--help").text
    own, more = text.split("More options:")
    assert "--key TEXT" in own
    assert "--set" not in text
    assert more.split()[:3] == ["Arguments", "of", "PutThing."]
    assert "--storage-class TEXT" in more


OBJECT_KEYS = """
class Policy:
    def __init__(self, **fields: Any): ...

class Keys(TypedDict, total=False):
    policy: Policy
    cpk: Policy
    lease: Policy | str
"""


@pytest.mark.parametrize("typed", [("--policy", '{"a": 1}'), ("--cpk", "x")])
def test_a_key_that_takes_only_an_object_of_a_program_is_no_option(method, typed):
    definition = "def m(self, **kw: Unpack[Keys]): return show(**kw)"
    assert "No such option" in method(definition, *typed, before=OBJECT_KEYS)
    name, value = typed[0].removeprefix("--"), typed[1]
    for text in (f"{name}={value}", json.dumps({name: value})):
        error = method(definition, "--set", text, before=OBJECT_KEYS)
        assert f"{name} takes what only a program has" in error


def test_where_an_object_or_text_is_taken_what_is_typed_is_text(method):
    definition = "def m(self, **kw: Unpack[Keys]): return show(**kw)"
    for text in ("7", '{"a": 1}'):
        assert method(definition, "--lease", text, before=OBJECT_KEYS) == [f"lease={text!r}"]


DOCUMENTED_KEYS = """
class Base(TypedDict, total=False):
    first: int
    'Seconds that ``it``\\n    may take.'
    second: int

class Keys(Base, total=False):
    '''Arguments of PutThing.

    Attributes:
        third (int): apples,
            not pears.
        fourth: what its own text overrules.
    '''

    third: int
    fourth: int
    'Pears.'
"""


def test_what_stands_below_a_key_of_a_typed_dict_is_the_help_of_its_option(odd):
    definition = '    def m(self, **kw: Unpack[Keys]): """Put."""'
    text = odd(f"{HEAD}{DOCUMENTED_KEYS}{CLIENT}{definition}")("m", "--help").text
    more = text.partition("More options:")[2]
    lines = [" ".join(line.split()) for line in more.splitlines() if line.strip()]
    assert lines[:5] == [
        "Arguments of PutThing.",
        "--first INTEGER Seconds that it may take.",
        "--second INTEGER",
        "--third INTEGER apples, not pears.",
        "--fourth INTEGER Pears.",
    ]
    assert "Attributes" not in text


def test_options_that_cannot_be_read_are_any(method):
    definition = "def m(self, **kw: Unpack[Unknown]): return show(**kw)"
    assert method(definition, "--set", "a=1") == ["a=1"]


@pytest.mark.parametrize(
    "definition",
    [
        "def m(self, predicate: Callable[[str], Any] | None = None): return show(predicate)",
        "def m(self, predicate: Callable[[str], bool] | None = None): return show(predicate)",
        "def m(self, key: Callable | None = None): return show(key)",
        "def m(self, hook: Callable[[str], None] | str = 'q'): return show(hook)",
    ],
)
def test_only_what_listens_is_given_a_listener(method, definition):
    assert method(definition) == [{"'": "'q'"}.get("'" if "'q'" in definition else "", "None")]


KINDS_OF_METHODS = """
class Mixin:
    def mixed(self, n: int): return show(n)

class Client(CloudClient, Mixin):
    provider, service = "acme", "odd"

    def _made(self, n: int, m: int): return show(n, m)
    partial = functools.partialmethod(_made, m=2)

    @functools.singledispatchmethod
    def single(self, n): return show(n)

    @functools.cached_property
    def session(self): raise AssertionError

    @property
    def zones(self): raise AssertionError

    @classmethod
    def from_file(cls, path: str): raise AssertionError

    @staticmethod
    def helper(path: str): raise AssertionError

    async def coroutine(self): raise AssertionError

    async def generator(self): yield 1

    class Nested: pass

    def broken(self, value: int = 10 ** 5000, *, mode: "Literal[[]]" = 0): return show(value)
"""


def test_a_command_is_what_can_be_called_on_a_client(odd):
    cloud = odd(HEAD + KINDS_OF_METHODS)
    text = cloud("--help").text
    commands = [line.split()[0] for line in text.partition("Commands:")[2].splitlines() if line.strip()]
    assert commands == ["broken", "mixed", "partial", "single"]
    assert cloud("partial", "--n", "1").text == '["1", "2"]\n'
    assert cloud("mixed", "--n", "1").text == '["1"]\n'
    assert cloud("single", "--n", "1").text == '["1"]\n'
    for name in ("session", "mro", "register", "from_file"):
        assert cloud(name).code == 2


CONSTRUCTED = {
    "a required option": ("def __init__(self, zone: str): self.got = zone", ["--zone", "a"], "'a'"),
    "a default of Any": ("def __init__(self, zone: Any = 'x'): self.got = zone", ["--zone", "a"], "'a'"),
    "a type that is not there": ("def __init__(self, zone: URL = 'x'): self.got = zone", ["--zone", "a"], "'a'"),
    "what is passed on": ("def __init__(self, *args, **kw): self.got = kw", ["--set", "a=1"], "{'a': 1}"),
    "only __new__": ("def __new__(cls, zone: int): self = super().__new__(cls); self.got = zone; return self",
                     ["--zone", "1"], "1"),
}  # fmt: skip


@pytest.mark.parametrize("case", CONSTRUCTED)
def test_a_client_is_made_with_what_its_constructor_takes(odd, case):
    constructor, options, expected = CONSTRUCTED[case]
    cloud = odd(f"{HEAD}{CLIENT}\n    {constructor}\n\n    def m(self, n: int = 0): return show(self.got)\n")
    assert json.loads(cloud(*options, "m").text) == [expected]
    assert "--n" in cloud("m", "--help").text


def test_a_required_option_of_the_constructor_is_asked_for_when_a_method_runs(odd):
    constructor = CONSTRUCTED["a required option"][0]
    cloud = odd(f"{HEAD}{CLIENT}\n    {constructor}\n\n    def m(self): return show(self.got)\n")
    assert "[required]" in cloud("--help").text
    assert "Missing option '--zone', which stands before m" in cloud("m").err


FACTORY = """
class Client(CloudClient):
    provider, service = "acme", "odd"

    def __init__(self, url: str, zone: int = 1): self.url, self.zone = url, zone

    def m(self, n: int): return show(self.url, self.zone, n)

def annotated(zone: int = 2) -> Client | None: return Client("u", zone)
def unannotated(zone: int = 2): return Client("u", zone)
partial = functools.partial(Client, url="https://user:s3cr3t@host")
"""


def test_what_makes_clients_may_be_a_function(odd):
    assert odd(HEAD + FACTORY, "annotated")("--zone", "3", "m", "--n", "1").text == """["'u'", "3", "1"]\n"""


def test_a_function_that_does_not_say_what_it_makes_is_told(odd):
    result = odd(HEAD + FACTORY, "unannotated")("m", "--n", "1")
    assert (result.code, "acme.odd does not say by its annotation which class" in result.err) == (1, True)


def test_a_partial_shows_nothing_that_it_holds(odd):
    cloud = odd(HEAD + FACTORY, "partial")
    assert cloud("--zone", "3", "m", "--n", "1").text == """["'https://user:s3cr3t@host'", "3", "1"]\n"""
    assert "s3cr3t" not in cloud("--help").text


# Secrets

SECRETS = '''
class Client(CloudClient):
    """Zones."""

    provider, service = "acme", "odd"

    def __init__(self, password=None, token: Any = None, url: str = "https://user:s3cr3t@host", api_key: str = "s3cr3t",
                 **more: str):
        self.got = [password, token, more]

    def m(self, pwd: Strict | None = None, use_token: bool = False, **numbers: int): return show(*self.got)

@dataclasses.dataclass
class Strict:
    secret: str

    def __post_init__(self):
        raise ValueError(f"{self.secret} is too short")
'''


@pytest.mark.parametrize("secret", ["12345678", "true", "null", "1.5", '"q"', "{x", "007"])
def test_a_secret_that_no_type_tells_of_is_text(odd, monkeypatch, secret):
    monkeypatch.setenv("ACME", secret)
    cloud = odd(HEAD + SECRETS)
    expected = [repr(secret), repr(secret), repr({"client_secret": secret})]
    given = ("--password", "env:ACME", "--token", "env:ACME", "--set", "client_secret=env:ACME")
    assert json.loads(cloud(*given, "m").text) == expected


@pytest.mark.parametrize(
    ("annotation", "secrets", "expected"),
    [
        ("Sequence[str]", [b"s1\ns2\n"], "['s1', 's2']"),
        ("Sequence[str]", [b"s1", b"s2"], "['s1', 's2']"),
        ("Mapping[str, str]", [b"a=1\nb=2"], "{'a': '1', 'b': '2'}"),
        ("bytes", [b"\xff\n"], "b'\\xff\\n'"),
        ("str | bytes", [b" x \r\n"], "' x '"),
        ("str | bytes", [b"\xff\n"], "b'\\xff\\n'"),
        ("str", [b"\xff"], "what it was given is not text"),
        ("str", [b"x", b"y"], "takes one value, and is given 2 times"),
        ("int", [b"7\n"], "7"),
    ],
)
def test_a_secret_is_read_from_files_for_its_type(method, tmp_path, annotation, secrets, expected):
    arguments = []
    for number, secret in enumerate(secrets):
        (tmp_path / str(number)).write_bytes(secret)
        arguments += ["--password", f"@{tmp_path / str(number)}"]
    shown = method(f"def m(self, password: {annotation}): return show(password)", *arguments)
    assert (expected in shown) if isinstance(shown, str) else shown == [expected]


def test_a_path_or_a_flag_is_no_secret(method):
    definition = "def m(self, private_key: Path, password: bool = False): return show(private_key, password)"
    assert method(definition, "--private-key", "id.pem", "--password") == ["PosixPath('id.pem')", "True"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--set", "client_secret=s3cr3t", "m"],
        ["--set", '{"client_secret": "s3cr3t"}', "m"],
        ["m", "--set", "password=s3cr3t"],
        ["m", "--set", "password=env:ACME"],
        ["m", "--pwd", "env:ACME"],
        ["--password", "@s3cr3t", "m"],
        ["--help"],
    ],
)
@pytest.mark.parametrize("more", [[], ["--json"], ["--debug"]])
def test_no_message_shows_a_secret(odd, monkeypatch, arguments, more):
    monkeypatch.setenv("ACME", '{"secret": "s3cr3t"}' if "--pwd" in arguments else "s3cr3t")
    result = odd(HEAD + SECRETS)(*arguments, *more)
    assert "s3cr3t" not in result.text + result.err
    assert result.code == (0 if "--help" in arguments else 2)


SECRET_NAMES = """
secret token api_token apikey APIKey api_keys password passwd pwd secret_key private_key credentials credential jwt dsn
sas adminPass SSECustomerKey connection_string token_ MFA cpk
"""
OTHER_NAMES = """
key keys key_name page_token next_token sync_token client_token public_key name uploadToken idempotency_token compass
bypass secretary tokenize author
"""


def test_a_secret_is_known_by_its_name():
    assert [name for name in SECRET_NAMES.split() if not is_secret(name)] == []
    assert [name for name in OTHER_NAMES.split() if is_secret(name)] == []


# Results

RESULTS = """
class Client(CloudClient):
    provider, service = "acme", "odd"

    @operation(effect="list", lazy=True)
    def some(self) -> Iterator[str]:
        yield "a"
        yield "b"
        raise Timeout("too slow")

    @operation(effect="read")
    def data(self, kind: str) -> Any:
        data = b"\\x89PNG\\r\\n"
        return {"array": bytearray(data), "view": memoryview(data), "parts": iter([data[:3], data[3:]]),
                "file": io.BytesIO(data), "text": io.StringIO("ä\\n")}[kind]

    @operation(effect="read")
    def odd(self, kind: str) -> Any:
        def fails():
            raise Timeout("too slow")
            yield

        def interrupted():
            yield "a"
            raise KeyboardInterrupt

        return {"first": fails(), "nan": {"a": [float("nan"), -float("inf")]}, "interrupted": interrupted(),
                "none": None, "wide": ["€"]}[kind]

    @operation(effect="write")
    def parts(self, kind: str) -> Any:
        if kind == "class":
            return dataclasses.make_dataclass("Outcome", ["failed"])(["x"])
        return {"named": NamedTuple("Result", [("done", int), ("failed", list)])(1, ["x"]), "count": {"failed": 3},
                "set": {"failed": {"x"}}, "none": {"failed": 0}, "empty": {"failed": []},
                "text": {"failed": "no"}}[kind]

    @operation(effect="read")
    def states(self) -> Any:
        return {"running": ["a"], "failed": ["b"]}

    def save(self, path: Path) -> None:
        path.write_text("x")
"""


def test_what_came_before_a_failure_is_printed(odd):
    cloud = odd(HEAD + RESULTS)
    result = cloud("some")
    assert (result.code, result.lines) == (5, ["a", "b"])
    assert cloud("some", "--json").json == ["a", "b"]


@pytest.mark.parametrize("kind", ["first", "nan", "interrupted", "none"])
def test_json_is_one_document_whatever_comes(odd, kind):
    result = odd(HEAD + RESULTS)("odd", "--kind", kind, "--json")
    expected = {"first": [], "nan": {"a": ["nan", "-inf"]}, "interrupted": ["a"], "none": None}
    assert result.json == expected[kind]


def test_what_an_output_cannot_show_is_no_failure(odd, monkeypatch):
    odd(HEAD + RESULTS)
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    command = [sys.executable, "-m", "codomyrmex.cloud.cli", "call", "acme.odd", "odd", "--kind", "wide"]
    text = subprocess.run(command, capture_output=True, check=True).stdout
    assert text == b"\\u20ac\n"
    data = subprocess.run([*command, "--json"], capture_output=True, check=True).stdout
    assert json.loads(data) == ["€"]


def test_data_of_any_kind_is_written_as_it_is(odd):
    cloud = odd(HEAD + RESULTS)
    assert {cloud("data", "--kind", kind).out for kind in ("array", "view", "parts", "file")} == {b"\x89PNG\r\n"}
    assert cloud("data", "--kind", "text").text == "ä\n"


def test_failures_of_a_part_are_found_in_any_form(odd):
    cloud = odd(HEAD + RESULTS)
    expected = {"class": 1, "named": 1, "count": 1, "set": 1, "none": 0, "empty": 0, "text": 0}
    assert {kind: cloud("parts", "--kind", kind).code for kind in expected} == expected
    assert cloud("states").code == 0


def test_standard_input_is_no_path_where_a_method_may_write(odd):
    assert odd(HEAD + RESULTS)("save", "--path", "-", stdin=b"x").code == 2


# Files


@pytest.mark.parametrize(
    ("annotation", "content", "expected"),
    [
        ("Sequence[str]", "a\u2028b\r\nc\x0cd\n", "['a\\u2028b', 'c\\x0cd']"),
        ("Sequence[str]", '["a",\n "b",\n]', "is no JSON"),
        ("Sequence[str]", '{"a":1}\n', "['{\"a\":1}']"),
        ("Sequence[str]", "\ufeffa\n", "['a']"),
        ("Sequence[Mapping[str, str]]", '{"a": "x\u2028y"}\n', "[{'a': 'x\\u2028y'}]"),
        ("Mapping[str, int]", '\ufeff{"a": 1}', "{'a': 1}"),
        ("Sequence[bytes]", "a\nb", "[b'a\\nb']"),
        ("str | list[dict[str, Any]]", "SELECT *\nFROM x\n", "'SELECT *\\nFROM x\\n'"),
        ("str | list[int]", "", "''"),
        ("str | list[int]", '["a"]', "item 1"),
        ("str | BinaryIO", "x", "'x'"),
        ("str | list[int]", "1\n2\n", "[1, 2]"),
        ("str | list[Path]", "a\nb\n", "[PosixPath("),
        ("str | list[bytes]", "a\nb\n", "[b'a\\nb\\n']"),
        ("str", "\ufeffa", "'\\ufeffa'"),
        ("tuple[int, str]", "1\nx\n", "(1, 'x')"),
        ("list[BinaryIO]", "x", "BufferedReader"),
        ("io.BytesIO", "x", "BufferedReader"),
        ("TextIO", "x", "TextIOWrapper"),
    ],
)
def test_a_file_is_read_for_a_type(method, tmp_path, annotation, content, expected):
    (tmp_path / "file").write_bytes(content.encode())
    shown = method(f"def m(self, value: {annotation}): return show(value)", "--value", f"@{tmp_path / 'file'}")
    assert expected in (shown if isinstance(shown, str) else shown[0])


def test_json_that_is_nested_too_deeply_is_an_error(method):
    deep = "[" * 100_000
    assert "nested too deeply" in method("def m(self, value): return show(value)", "--value", "-", stdin=deep.encode())


# Help


def test_docstrings_of_several_forms_are_help(odd):
    documented = '''
    def m(self, a: int, b: int = 1, *, c: str = "s", **more: int):
        """Do it. Then rest.

        Args:
            a (int): the first,
                which counts.
            b(int): the second.
            **more: whatever.

        Raises:
            Timeout: late.
            CloudError: else.

        :param c:
            the third.
        """
'''
    text = odd(f"{HEAD}{CLIENT}{documented}")("m", "--help").text
    words = " ".join(text.split())
    for expected in (
        "the first, which counts. [required]",
        "the second. [default: 1]",
        "the third. [default: 's']",
        "whatever.",
    ):
        assert expected in words
    assert "  Raises:\n      Timeout: late.\n      CloudError: else.\n" in text
    assert "Args:" not in text


def test_a_dataclass_shows_no_defaults_as_its_docstring(odd):
    source = f"""{HEAD}
@dataclasses.dataclass
class Client(CloudClient):
    region: str = "north"
    api_token: str = "s3cr3t"

    def m(self, n: int): "Do it. Then rest."; return show(self.region)
"""
    cloud = odd(
        source.replace(
            "class Client(CloudClient):\n", 'class Client(CloudClient):\n    provider: ClassVar[str] = "acme"\n'
        )
    )
    text = cloud("--help").text
    assert "s3cr3t" not in text
    assert "The base of every client" not in text
    assert "\n  m  Do it.\n" in text
    assert json.loads(cloud("--region", "south", "m", "--n", "1").text) == ["'south'"]


def test_the_shell_completes_choices_and_files(root, install_plugin, tmp_path, monkeypatch):
    kinds = "kind: Literal['red', 'blue'], RainColour: Literal['red', 'blue'], kinds: list[Literal['x']]"
    method = f"def m(self, {kinds}, path: Path, text: str): ..."
    source = f"{HEAD}{CLIENT}\n    def __init__(self, baseUrl: str = ''): ...\n    {method}\n"
    install_plugin("acme-odd", source, {"providers": {"acme.odd": "acme_odd:Client"}})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "setup.sh").touch()
    (tmp_path / "[1].sh").touch()
    assert complete("call", "acme.odd", "m", "--kind", "b") == ["blue"]
    assert complete("call", "acme.odd", "m", "--kinds", "") == ["x"]
    assert complete("call", "acme.odd", "m", "--text", "@se") == ["@setup.sh"]
    assert complete("call", "acme.odd", "m", "--text", "@[") == ["@[1].sh"]
    assert complete("call", "acme.odd", "m", "--text", "x") == []
    assert complete("call", "acme.odd", "m", "--path", "s") == ["s"]
    assert complete("call", "acme.odd", "m", "--ki") == ["--kind", "--kinds"]
    assert complete("call", "acme.odd", "m", "--Ra") == ["--RainColour"]
    assert complete("call", "acme.odd", "m", "--RainColour", "b") == ["blue"]
    assert complete("call", "acme.odd", "m", "--text", "x", "--rain") == ["--rain-colour"]
    assert complete("call", "acme.odd", "--baseUrl", "x", "m", "--Ra") == ["--RainColour"]
    assert complete("call", "acme.odd", "--bas") == ["--base-url"]
    assert complete("call", "acme.odd", "--baseU") == ["--baseUrl"]
    assert complete("call", "acme.odd", "--baseUrl", "m") == []


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the 'type' statement is of Python 3.12")
@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        ("Opt[list[int]]", "5", "[5]"),
        ("Opt[list[int]]", "null", "None"),
        ("Json", '[["a"]]', "[['a']]"),
        ("Json", "a", "'a'"),
        ("Tree", "[[1], 2]", "[[1], 2]"),
    ],
)
def test_type_statements_keep_their_parameters(method, annotation, value, expected):
    before = "\ntype Opt[T] = T | None\ntype Json = str | list[Json]\ntype Tree = list[Tree] | int\n"
    definition = f"def m(self, value: {annotation}): return show(value)"
    assert method(definition, "--value", value, before=before) == [expected]
    if annotation == "Tree":
        assert "is not a whole number" in method(definition, "--value", '[["x"]]', before=before)
        assert "nested too deeply" in method(definition, "--value", "[" * 900 + "]" * 900, before=before)
