"""The options of a command: one for each parameter that a text can stand for, and ``--set`` for all else."""

from __future__ import annotations

import glob
import inspect
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

import click
from click.shell_completion import CompletionItem
from codomyrmex.cloud.cli.call import docstrings
from codomyrmex.cloud.cli.call.signatures import EMPTY
from codomyrmex.cloud.cli.call.sources import SECRET_SOURCES, argument, secret
from codomyrmex.cloud.cli.call.types import (
    NONE,
    choices_of,
    expected_of,
    is_callback,
    is_collection,
    is_mapping,
    is_object,
    is_path,
    is_record,
    is_stream,
    length_of,
    members_of,
    metavar_of,
    parts_of,
)
from codomyrmex.cloud.cli.call.values import ArgumentError, from_json

_TAKEN = {"--help", "--json", "--debug", "--set"}
_SECRET = re.compile(
    r"(^|_)(secret|secret_(access_)?key|password|passphrase|credentials?|connection_string|(api|access|account|private)_key"
    r"|(?<!page_)(?<!next_)(?<!sync_)(?<!continuation_)token)$"
)
_LONGEST_SHOWN = 40
"""Columns of a metavar or a default."""


class ParameterOption(click.Option):
    """The option of one parameter. Its value is a tuple of the argument, or an empty one where none was given."""

    def __init__(self, parameter: inspect.Parameter, text: str, *, is_target: bool = False) -> None:
        self.parameter = parameter
        self.is_secret = is_secret(parameter.name)
        self.is_target = is_target
        self._is_none_typed = NONE in members_of(parameter.annotation) and parameter.default is not None
        name = parameter.name.strip("_").replace("_", "-")
        opposite = name.removeprefix("no-") if name.startswith("no-") else f"no-{name}"
        members = [member for member in members_of(parameter.annotation) if member is not NONE]
        attributes: dict[str, Any] = {"default": None}
        if members != [bool]:
            metavar = "SOURCE" if self.is_secret else metavar_of(parameter.annotation)
            metavar = metavar if len(metavar) <= _LONGEST_SHOWN else "CHOICE"
            attributes = {"type": _Typed(parameter.annotation), "multiple": True, "metavar": metavar}
            if bool in members and not self.is_secret:  # --wait, and --wait 30
                attributes |= {"is_flag": False, "flag_value": "true"}
        super().__init__(
            [f"--{name}/--{opposite}" if members == [bool] else f"--{name}", re.sub(r"\W", "_", parameter.name)],
            required=parameter.default is EMPTY and parameter.kind is not parameter.VAR_POSITIONAL,
            help=" ".join(filter(None, (text, *self._remarks(members, attributes.get("metavar"))))),
            callback=self._argument,
            **attributes,
        )

    def _remarks(self, members: list[Any], metavar: str | None) -> Iterable[str]:
        if self.is_secret:
            records = [expected_of([member]) for member in members if is_record(member)]
            yield f"[{'; '.join([SECRET_SOURCES, *records])}]"
        elif length := next(filter(None, map(length_of, members)), 0):
            yield f"[to be given {length} times]"
        elif any(is_collection(member) or is_mapping(member) for member in members):
            yield "[may be repeated]"
        if metavar == "CHOICE":
            yield f"[one of {metavar_of(self.parameter.annotation).replace('|', ', ')}]"
        default = self.parameter.default
        default = default.value if isinstance(default, Enum) else default
        is_plain = isinstance(default, bool | int | float | str) or (isinstance(default, tuple) and default)
        if is_plain and not self.is_secret and len(repr(default)) <= _LONGEST_SHOWN:
            yield f"[default: {default!r}]"

    def _argument(self, ctx: click.Context, _: click.Parameter, typed: Any) -> tuple[Any, ...]:
        if typed is None or typed == ():
            if self.required and not ctx.resilient_parsing:  # click takes a flag that is not given for False
                raise click.MissingParameter(ctx=ctx, param=self)
            return ()
        if isinstance(typed, bool):
            return (typed,)
        if typed == ("null",) and self._is_none_typed:
            return (None,)
        try:
            if self.is_secret:
                provider = getattr(ctx.command, "provider", "")
                return (secret(typed, self.opts[0].strip("-"), self.parameter.annotation, provider),)
            return (argument(typed, self.parameter.annotation, is_target=self.is_target),)
        except ArgumentError as problem:
            raise click.BadParameter(str(problem), ctx, self) from None


class _Typed(click.ParamType):
    """Text as it is typed; the whole of what was typed for a parameter is read at once."""

    name = "text"

    def __init__(self, kind: Any) -> None:
        self._parts = parts_of(kind)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The choices; files where one may be named."""
        choices = [choice for part in self._parts for choice in choices_of(part)]
        if choices:
            return [CompletionItem(choice) for choice in choices if choice.startswith(incomplete)]
        if incomplete.startswith("@"):
            return [CompletionItem(f"@{path}") for path in glob.glob(f"{glob.escape(incomplete[1:])}*")]
        is_file = any(is_path(part) or is_stream(part) for part in self._parts)
        return [CompletionItem(incomplete, type="file")] if is_file else []


def is_secret(name: str) -> bool:
    """Whether a parameter's name says that it is a secret. A ``page_token`` is none, nor an object's ``key``."""
    return bool(_SECRET.search(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()))


def options_of(
    signature: inspect.Signature, documented: Any, *, of_constructor: bool = False, is_target: bool = False
) -> list[click.Parameter]:
    """The options for the parameters of a method or constructor.

    Args:
        signature: Its parameters, without ``self``.
        documented: What has the docstring that tells of them.
        of_constructor: What takes only objects of a program, such as an SDK's client, has no option.
        is_target: Paths among them are written to.
    """
    texts = docstrings.parameters(documented)
    taken = set(_TAKEN)
    options: list[click.Parameter] = []
    others: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            others.append(parameter)
        elif not _is_for_programs(parameter, of_constructor):
            option = ParameterOption(parameter, texts.get(parameter.name, ""), is_target=is_target)
            names = {*option.opts, *option.secondary_opts}
            if names & taken:
                others.append(parameter)
            else:
                options.append(option)
                taken |= names
    return [*options, OtherArguments(others, texts)] if others else options


def _is_for_programs(parameter: inspect.Parameter, of_constructor: bool) -> bool:
    """Whether only a program has what a parameter takes, or gives it."""
    members = [member for member in members_of(parameter.annotation) if member is not NONE]
    if all(map(is_callback, members)) or (parameter.name.startswith("_") and parameter.default is not EMPTY):
        return True
    if of_constructor and parameter.name == "strict":  # every failure is one here
        return True
    if not of_constructor or parameter.annotation is EMPTY or is_secret(parameter.name):
        return False
    return all(member is Any or is_object(member) for member in members)


class OtherArguments(click.Option):
    """``--set NAME=VALUE``, for arguments without an option: of ``**kwargs``, or of a name that an option has already.

    Its value is a dict of them.
    """

    def __init__(self, parameters: Sequence[inspect.Parameter], texts: Mapping[str, str]) -> None:
        self._types = {p.name: p.annotation for p in parameters if p.kind is not p.VAR_KEYWORD}
        self._other_types = [p.annotation for p in parameters if p.kind is p.VAR_KEYWORD]
        others = [texts.get(p.name) or "what else it takes" for p in parameters if p.kind is p.VAR_KEYWORD]
        text = f"{'; '.join([*self._types, *others])} [may be repeated; or JSON]"
        super().__init__(["--set"], multiple=True, metavar="NAME=VALUE", help=text, callback=self._arguments)

    def _arguments(self, ctx: click.Context, _: click.Parameter, typed: Sequence[str]) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        try:
            for text in typed:
                more = self._read(text)
                if twice := arguments.keys() & more.keys():
                    raise ArgumentError(f"{', '.join(sorted(twice))} is given twice")
                arguments |= more
        except ArgumentError as problem:
            raise click.BadParameter(str(problem), ctx, self) from None
        return arguments

    def _read(self, text: str) -> dict[str, Any]:
        name, separator, value = text.partition("=")
        if separator and name.isidentifier():
            return {name: argument([value], self._type_of(name))}
        arguments = argument([text], dict[str, Any])
        return {name: from_json(value, self._type_of(name)) for name, value in arguments.items()}

    def _type_of(self, name: str) -> Any:
        if name not in self._types and not self._other_types:
            raise ArgumentError(f"there is no {name!r}, but {', '.join(self._types)}")
        return self._types.get(name, *self._other_types)


def given_arguments(params: Iterable[click.Parameter], values: dict[str, Any]) -> dict[str, Any]:
    """The arguments that were given, by the names of their parameters.

    Args:
        params: The options of a command.
        values: What click made of them.

    Raises:
        click.UsageError: One is given by its option and by ``--set``.
    """
    arguments: dict[str, Any] = {}
    for param in params:
        value = values.get(param.name or "")
        if isinstance(param, OtherArguments) and value:
            if twice := arguments.keys() & value.keys():
                raise click.UsageError(f"{', '.join(sorted(twice))} is given by --set, and by an option")
            arguments |= value
        elif isinstance(param, ParameterOption) and value:
            (arguments[param.parameter.name],) = value
    return arguments
