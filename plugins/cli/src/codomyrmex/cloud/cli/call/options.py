"""The options of a command: one for each parameter that a text can stand for, and ``--set`` for all else."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import click
from click.shell_completion import CompletionItem
from codomyrmex.cloud.cli.call.annotations import kind_of
from codomyrmex.cloud.cli.call.hints import EMPTY
from codomyrmex.cloud.cli.call.kinds import Anything, Callback, Choice, Null, Path, Stream
from codomyrmex.cloud.cli.call.references import ArgumentError, referred
from codomyrmex.cloud.cli.call.secrets import SOURCES, is_secret, secret
from codomyrmex.cloud.cli.call.signatures import VAR_KEYWORD, VAR_POSITIONAL, Parameter
from codomyrmex.cloud.cli.call.structures import Collection, Fields, Positions

NOT_GIVEN: Any = object()
"""The value of an option that was not typed."""
_TAKEN = {"--help", "--json", "--debug", "--set"}
_LONGEST_SHOWN = 40
"""Columns of a metavar or a default."""


_ABBREVIATION = re.compile(r"[A-Z]{2,}(?:s(?![a-z])|v(?=\d))")
"""IDs, IPv4: one word, though small letters follow capitals."""


def as_typed(name: str) -> str:
    """The name of an option, as shells have them: ``storage-class`` for ``storage_class`` and ``StorageClass``."""
    name = _ABBREVIATION.sub(lambda found: found[0].capitalize(), name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_", "-", name).lower()


class Argument:
    """What a parameter takes, and how that is typed.

    Args:
        parameter: Which.
        may_write: The method may write to the paths that it takes, so that none of them is standard input.
    """

    def __init__(self, parameter: Parameter, *, may_write: bool = False) -> None:
        self.parameter = parameter
        self.name = parameter.name
        self.kind = kind_of(parameter.annotation)
        self.kinds = [member for member in self.kind.members if not isinstance(member, Null)]
        self.is_flag = self.kinds == [kind_of(bool)]
        is_file = all(isinstance(kind, Path | Stream) for kind in self.kinds)
        self.is_secret = is_secret(self.name) and not (self.is_flag or is_file)
        self.is_required = parameter.default is EMPTY and parameter.kind not in (VAR_POSITIONAL, VAR_KEYWORD)
        self._may_write = may_write
        takes_none = any(isinstance(member, Null) for member in self.kind.members)
        self._takes_null = takes_none and parameter.default is not None  # else leaving it out is None

    def value_of(self, typed: Sequence[str]) -> Any:
        """The value of what was typed, each time that it was. ArgumentError where that is none."""
        if self.is_secret:
            provider = getattr(click.get_current_context().command, "provider", "")
            return secret(typed, self.name.replace("_", "-"), self.kind, provider)
        if list(typed) == ["null"] and self._takes_null:
            return None
        try:
            return self.kind.from_typed([referred(text, may_write=self._may_write) for text in typed])
        except RecursionError:
            raise ArgumentError("is nested too deeply") from None

    @property
    def is_object(self) -> bool:
        """Whether it takes only objects of a class that JSON cannot make."""
        return bool(self.kinds) and all(isinstance(kind, Anything) and kind.is_object for kind in self.kinds)

    def is_for_programs(self, *, of_constructor: bool) -> bool:
        """Whether only a program has what it takes, such as an SDK's client, or gives it at all."""
        if all(isinstance(kind, Callback) for kind in self.kinds):
            return True
        if self.is_object and self.parameter.default is not EMPTY and not of_constructor:
            return True
        if self.name.startswith("_") and self.parameter.default is not EMPTY:
            return True
        if not of_constructor or self.is_secret or self.parameter.annotation is EMPTY:
            return False
        has_default = self.parameter.default is not EMPTY and self.parameter.default is not None
        return all(isinstance(kind, Anything) and (kind.is_object or not has_default) for kind in self.kinds)

    def metavar(self) -> str:
        """What stands for the value in a help text."""
        if self.is_secret:
            return "SOURCE"
        words = "|".join(dict.fromkeys(self.kind.words)) or "JSON"
        return words if len(words) <= _LONGEST_SHOWN else "VALUE"

    def remarks(self) -> Iterator[str]:
        """What its help says beside the docstring."""
        if self.is_secret:
            yield f"[{'; '.join([SOURCES, *(kind.expected for kind in self.kinds if isinstance(kind, Fields))])}]"
        elif lengths := [kind.length for kind in self.kinds if isinstance(kind, Positions)]:
            yield f"[to be given {lengths[0]} times]"
        elif any(isinstance(kind, Collection | Fields) for kind in self.kinds):
            yield "[may be repeated]"
        if self.metavar() == "VALUE":
            yield f"[{' or '.join(dict.fromkeys(self.kind.words))}]"
        default = self.parameter.default.value if isinstance(self.parameter.default, Enum) else self.parameter.default
        is_shown = isinstance(default, bool | int | float | str) or (isinstance(default, tuple) and default != ())
        if (
            is_shown
            and not self.is_secret
            and not re.search("://.*@", text := repr(default))
            and len(text) <= _LONGEST_SHOWN
        ):
            yield f"[default: {text}]"


class ParameterOption(click.Option):
    """The option of one argument, whose value is `NOT_GIVEN` unless it was typed.

    Args:
        argument: Which.
        number: Of the option, by which click knows it: two names may be one for click.
        text: What the docstring says of it.
        of_constructor: Whether it is required is seen once the method is known, whose help needs none of it.
    """

    def __init__(self, argument: Argument, number: int, text: str, *, of_constructor: bool = False) -> None:
        self.argument = argument
        name = as_typed(argument.name.strip("_"))
        opposite = name.removeprefix("no-") if name.startswith("no-") else f"no-{name}"
        attributes: dict[str, Any] = {"default": None}
        if not argument.is_flag:
            attributes = {"type": _Typed(argument), "multiple": True, "metavar": argument.metavar()}
            if kind_of(bool) in argument.kinds and not argument.is_secret:  # --wait, and --wait 30
                attributes |= {"is_flag": False, "flag_value": "true"}
        required = ["[required]"] if of_constructor and argument.is_required else []
        super().__init__(
            [f"--{name}/--{opposite}" if argument.is_flag else f"--{name}", f"argument_{number}"],
            required=argument.is_required and not of_constructor,
            help=" ".join(filter(None, (text, *argument.remarks(), *required))),
            callback=self._value,
            **attributes,
        )

    def _value(self, ctx: click.Context, _: click.Parameter, typed: Any) -> Any:
        if typed is None or typed == ():
            if self.required and not ctx.resilient_parsing:  # click takes a flag that is not given for False
                raise click.MissingParameter(ctx=ctx, param=self)
            return NOT_GIVEN
        if isinstance(typed, bool) or ctx.resilient_parsing:
            return typed
        try:
            return self.argument.value_of(typed)
        except ArgumentError as error:
            raise click.BadParameter(str(error), ctx, self) from None


class _Typed(click.ParamType):
    """Text as it is typed: what an option was given each time is read at once."""

    name = "text"

    def __init__(self, argument: Argument) -> None:
        self._argument = argument

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The choices; files where one may be named, and behind an @."""
        kinds = [part for kind in self._argument.kinds
                 for part in (kind.item.members if isinstance(kind, Collection) else [kind])]  # fmt: skip
        choices = [choice for kind in kinds if isinstance(kind, Choice) for choice in kind.choices]
        if choices:
            return [CompletionItem(choice) for choice in choices if choice.startswith(incomplete)]
        if incomplete.startswith("@"):
            return [CompletionItem(f"@{path}") for path in sorted(glob.glob(f"{glob.escape(incomplete[1:])}*"))]
        is_file = any(isinstance(kind, Path | Stream) for kind in kinds)
        return [CompletionItem(incomplete, type="file")] if is_file else []


class OtherArguments(click.Option):
    """``--set NAME=VALUE``, for arguments without an option: of ``**kwargs``, or of a name that an option has already.

    Its value is a dict of them.

    Args:
        arguments: All of the method.
        without_option: Those among them.
        texts: What the docstring says of each.
    """

    def __init__(
        self, arguments: Iterable[Argument], without_option: Sequence[Argument], texts: Mapping[str, str]
    ) -> None:
        self._arguments = {each.name: each for each in arguments if each.parameter.kind is not VAR_KEYWORD}
        self._others = [each for each in arguments if each.parameter.kind is VAR_KEYWORD]
        self.names = names = [each.name for each in without_option if each not in self._others]
        others = [texts.get(each.name) or "what else it takes" for each in self._others if not each.parameter.is_typed]
        text = f"{'; '.join([*names, *others])} [may be repeated; or JSON]"
        super().__init__(
            ["--set"],
            multiple=True,
            metavar="NAME=VALUE",
            help=text,
            callback=self._values,
            hidden=not (names or others),  # few methods take more than the keys of their TypedDict
        )

    def _values(self, ctx: click.Context, _: click.Parameter, typed: Sequence[str]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        try:
            for text in typed:
                more = self._read(text)
                if twice := values.keys() & more.keys():
                    raise ArgumentError(f"{', '.join(sorted(twice))} is given twice")
                values |= more
        except ArgumentError as error:
            raise click.BadParameter(str(error), ctx, self) from None
        return values

    def _read(self, text: str) -> dict[str, Any]:
        name, separator, value = text.partition("=")
        if separator and name and not text.lstrip().startswith(("{", "@")):
            argument = self._argument(name)
            try:
                return {name: argument.value_of([value])}
            except ArgumentError as error:
                raise ArgumentError(f"{name}: {error}") from None
        values = kind_of(dict[str, Any]).from_typed([referred(text)])
        if typed := [name for name in values if self._argument(name).is_secret]:
            raise ArgumentError(f"{', '.join(typed)}: a secret is given by itself, as NAME=SOURCE: {SOURCES}")
        return {name: self._argument(name).kind.from_json(value) for name, value in values.items()}

    def _argument(self, name: str) -> Argument:
        if name in self._arguments:
            argument = self._arguments[name]
            if argument.parameter.kind is VAR_POSITIONAL:
                raise ArgumentError(f"{name} is given by --{name}")
            if argument.is_object:
                raise ArgumentError(f"{name} takes what only a program has")
            return argument
        meant = [each for each in self._arguments if as_typed(each) == as_typed(name)]
        if not self._others or (meant and self._others[0].parameter.is_typed):
            raise ArgumentError(f"there is no {name!r}, but {', '.join(meant or self._arguments)}")
        return Argument(self._others[0].parameter._replace(name=name))


def options_of(
    parameters: Iterable[Parameter], texts: Mapping[str, str], *, of_constructor: bool = False, may_write: bool = False
) -> list[click.Parameter]:
    """The options for the parameters of a method or constructor.

    Args:
        parameters: Without ``self``.
        texts: What the docstring says of each.
        of_constructor: What takes only objects of a program, such as an SDK's client, has no option.
        may_write: The method may write to the paths that it takes.
    """
    arguments = [Argument(parameter, may_write=may_write) for parameter in parameters]
    left_out = {"strict"} if of_constructor else set()  # every failure is one here
    taken = set(_TAKEN)
    options: list[click.Parameter] = []
    without_option: list[Argument] = []
    for argument in arguments:
        if argument.parameter.kind is VAR_KEYWORD or not re.fullmatch(r"_*[^\W_][^\s=/]*", argument.name):
            without_option.append(argument)
        elif not argument.is_for_programs(of_constructor=of_constructor) and argument.name not in left_out:
            text = texts.get(argument.name) or argument.parameter.text
            option = ParameterOption(argument, len(options), text, of_constructor=of_constructor)
            if taken.isdisjoint(names := {*option.opts, *option.secondary_opts}):
                options.append(option)
                taken |= names
            else:
                without_option.append(argument)
    return [*options, OtherArguments(arguments, without_option, texts)] if without_option else options


def given_arguments(params: Iterable[click.Parameter], values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that were typed, by the names of their parameters.

    Args:
        params: The options of a command.
        values: What click made of them.

    Raises:
        click.UsageError: One is given by its option and by ``--set``.
    """
    arguments: dict[str, Any] = {}
    for param in params:
        value = values.get(param.name or "", NOT_GIVEN)
        if isinstance(param, ParameterOption) and value is not NOT_GIVEN:
            arguments[param.argument.name] = value
        elif isinstance(param, OtherArguments) and value is not NOT_GIVEN:
            if twice := arguments.keys() & value.keys():
                raise click.UsageError(f"{', '.join(sorted(twice))} is given by --set, and by an option")
            arguments |= value
    return arguments


def missing_option(params: Iterable[click.Parameter], arguments: Mapping[str, Any]) -> str | None:
    """The first option that is required and was not typed, of those whose absence click does not see."""
    for param in params:
        if isinstance(param, ParameterOption) and param.argument.is_required and param.argument.name not in arguments:
            return param.opts[0]
    return None
