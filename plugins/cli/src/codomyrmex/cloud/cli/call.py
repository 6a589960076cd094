"""``cloud call``: every method of every installed client as a command, made from its signature."""

from __future__ import annotations

import collections.abc
import inspect
import json
import os
import re
import shutil
import sys
import types
import typing
from datetime import datetime
from enum import Enum
from typing import Any

import click
from codomyrmex.cloud.cli.app import command
from codomyrmex.cloud.cli.output import show
from codomyrmex.cloud.registry import get_client, load_provider, providers

_NOT_CALLED = {"close", "credential_source", "resource_name", "split_url", "translate_error", "url"}
_PARAMETER = re.compile(r"^:param (\w+): (.*(?:\n .*)*)\n?", re.MULTILINE)
_SECRET = ("secret", "token", "password", "credential", "key")


class Services(click.Group):
    """``cloud call``: one group for each installed provider."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, by metadata alone."""
        return sorted({f"{info.provider}.{info.service}" for info in providers()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The group of one provider, which is imported for it."""
        if ctx.resilient_parsing and cmd_name not in self.list_commands(ctx):
            return None
        return Methods(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The names alone: a description would import the provider."""
        with formatter.section("Services"):
            formatter.write_dl([(name, "") for name in self.list_commands(ctx)])


class Methods(click.Group):
    """``cloud call aws.storage``: one command for each public method of the client."""

    def __init__(self, name: str) -> None:
        self.provider, _, self.service = name.partition(".")
        self.client_class = load_provider(self.provider, self.service)
        options = _options(self.client_class, constructor=True)
        super().__init__(name, params=options, help=_help(self.client_class), callback=self._keep)

    @staticmethod
    @click.pass_context
    def _keep(ctx: click.Context, /, **options: Any) -> None:
        ctx.meta[__name__] = {k: v for k, v in options.items() if v is not None}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The public methods."""
        members = inspect.getmembers(self.client_class, inspect.isroutine)
        return [name for name, _ in members if not name.startswith(("_", "from_")) and name not in _NOT_CALLED]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command that calls one method."""
        if cmd_name not in self.list_commands(ctx):
            return None
        method = getattr(self.client_class, cmd_name)
        options = _options(method)

        @click.pass_context
        def run(ctx: click.Context, /, **arguments: Any) -> None:
            given = {k: v for k, v in arguments.items() if v is not None}
            given |= given.pop("set", None) or {}
            with get_client(self.provider, self.service, **ctx.meta.get(__name__, {})) as client:
                _print(getattr(client, cmd_name)(**given))

        return command(cmd_name, help=_help(method), params=options)(run)


@command(cls=Services)
def call() -> None:
    """Call any method of any installed client: cloud call local.storage list_buckets"""


def _parameters(function: Any) -> list[inspect.Parameter]:
    """What it takes, ``self`` left out, with annotations resolved where they can be."""
    target = function.__init__ if inspect.isclass(function) else function
    try:
        hints = typing.get_type_hints(inspect.unwrap(target))
    except (NameError, TypeError):
        hints = {}
    parameters = list(inspect.signature(target).parameters.values())
    if inspect.isclass(function) or not inspect.ismethod(function):
        parameters = [p for p in parameters if p.name != "self"]
    resolved = [p.replace(annotation=hints.get(p.name, p.annotation)) for p in parameters]
    return [keyword for parameter in resolved for keyword in _keywords(parameter)]


def _keywords(parameter: inspect.Parameter) -> list[inspect.Parameter]:
    """``**options: Unpack[SomeTypedDict]`` as the parameters it stands for; any other as it is."""
    if typing.get_origin(parameter.annotation) is not typing.Unpack:
        return [parameter]
    (known,) = typing.get_args(parameter.annotation)
    hints = typing.get_type_hints(known)
    return [
        parameter.replace(
            name=name,
            kind=parameter.KEYWORD_ONLY,
            default=parameter.empty if name in known.__required_keys__ else None,
            annotation=hint,
        )
        for name, hint in hints.items()
    ]


def _help(documented: Any) -> str:
    """The prose of a docstring."""
    return _PARAMETER.sub("", inspect.getdoc(documented) or "").replace("``", "")


def _parameter_help(documented: Any) -> dict[str, str]:
    """What a docstring says of each parameter (``:param name: text``)."""
    found = _PARAMETER.findall(inspect.getdoc(documented) or "")
    return {name: " ".join(text.replace("``", "").split()) for name, text in found}


def _options(function: Any, *, constructor: bool = False) -> list[click.Parameter]:
    """An option for each parameter that a command line can give; a constructor's secrets and objects are left out."""
    texts = _parameter_help(function)
    parameters = [p for p in _parameters(function) if not (constructor and _is_left_out(p))]
    return [made for p in parameters if (made := _option(p, texts.get(p.name, "")))]


def _is_left_out(parameter: inspect.Parameter) -> bool:
    takes_objects = parameter.kind is parameter.VAR_KEYWORD or parameter.annotation is Any
    return takes_objects or any(word in parameter.name for word in _SECRET)


def _option(parameter: inspect.Parameter, text: str) -> click.Option | None:
    """The option for one parameter; None for one that a command line cannot give."""
    if parameter.kind is parameter.VAR_POSITIONAL:
        return None
    if parameter.kind is parameter.VAR_KEYWORD:
        return click.Option(["--set"], type=Pairs(), help="More arguments, as a JSON object.")
    kind = _without_none(parameter.annotation)
    if typing.get_origin(kind) is collections.abc.Callable:
        return None
    required = parameter.default is parameter.empty
    name = f"--{parameter.name.replace('_', '-')}"
    declarations = [name, parameter.name]
    if not required and parameter.default is not None:
        text = f"{text} [default: {parameter.default!r}]".strip()
    if kind is bool:
        return click.Option([f"{name}/--no-{name[2:]}", parameter.name], default=None, required=required, help=text)
    item = next(iter(typing.get_args(kind)), str)
    if typing.get_origin(kind) in (list, tuple, collections.abc.Iterable) and item in (str, int):
        return click.Option(
            declarations, type=item, multiple=True, required=required, callback=_none_if_empty, help=text
        )
    return click.Option(declarations, type=_type(kind), required=required, help=text)


def _none_if_empty(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:
    return list(value) or None


def _without_none(annotation: Any) -> Any:
    """``X`` of ``X | None``; of a wider union the first, which is what a person types."""
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return next((a for a in typing.get_args(annotation) if a is not type(None)), str)
    return annotation


def _type(kind: Any) -> click.ParamType | type:
    simple: dict[Any, Any] = {
        int: int,
        float: float,
        str: str,
        bytes: Data(),
        datetime: Time(),
        typing.BinaryIO: click.File("rb"),
    }
    if kind in simple:
        found: click.ParamType | type = simple[kind]
        return found
    if typing.get_origin(kind) is typing.Literal:
        return click.Choice(list(typing.get_args(kind)))
    if inspect.isclass(kind) and issubclass(kind, Enum):
        return click.Choice([member.value for member in kind])
    if kind is inspect.Parameter.empty or (inspect.isclass(kind) and issubclass(kind, os.PathLike)):
        return str
    return Json()


class Json(click.ParamType):
    """Any value, written in JSON; what is no JSON is taken as text."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value."""
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            if value.lstrip()[:1] in ("{", "["):
                self.fail(f"{value!r} is no JSON", param, ctx)
            return value


class Pairs(Json):
    """A JSON object."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The dict."""
        made = super().convert(value, param, ctx)
        if not isinstance(made, dict):
            self.fail(f"{value!r} is no JSON object", param, ctx)
        return made


class Data(click.ParamType):
    """Bytes: the text itself, ``@FILE`` for a file's, ``-`` for standard input's."""

    name = "text|@file|-"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        """The bytes."""
        if isinstance(value, bytes):
            return value
        if value == "-":
            return sys.stdin.buffer.read()
        if value.startswith("@"):
            with click.File("rb").convert(value[1:], param, ctx) as file:
                data: bytes = file.read()
                return data
        return os.fsencode(value)


class Time(click.ParamType):
    """A time in ISO 8601."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The time."""
        try:
            return value if isinstance(value, datetime) else datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time; write 2026-12-24T18:00:00+01:00", param, ctx)


def _print(result: Any) -> None:
    if result is None:
        return
    if isinstance(result, bytes):
        sys.stdout.buffer.write(result)
    elif hasattr(result, "read"):
        with result:
            shutil.copyfileobj(result, sys.stdout.buffer, 1024 * 1024)
    elif isinstance(result, collections.abc.Mapping):  # what an API tells of a resource, as a new key pair's key
        show(result, whole_texts=True)
    else:
        show(list(result) if isinstance(result, collections.abc.Iterator) else result)
