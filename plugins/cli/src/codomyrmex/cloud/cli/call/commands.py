"""The commands: a group for each installed provider, and in it one for each operation of its client."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem
from codomyrmex.cloud.cli.app import command, common_options
from codomyrmex.cloud.cli.call import docstrings
from codomyrmex.cloud.cli.call.hints import EMPTY
from codomyrmex.cloud.cli.call.options import (
    OtherArguments,
    ParameterOption,
    as_typed,
    given_arguments,
    missing_option,
    options_of,
)
from codomyrmex.cloud.cli.call.progress import interruptible, listeners
from codomyrmex.cloud.cli.call.results import check_all_done, print_result
from codomyrmex.cloud.cli.call.signatures import (
    POSITIONAL_ONLY,
    VAR_POSITIONAL,
    Parameter,
    class_made_by,
    constructor_parameters,
    is_method,
    method_parameters,
)
from codomyrmex.cloud.cli.listing import ListingGroup
from codomyrmex.cloud.common.operations import spec_of
from codomyrmex.cloud.registry import get_client, load_provider, providers

_VALUES = (
    "@FILE stands for what a file holds, and - for what standard input does. Several items: repeat the option, or JSON."
)


class SpelledCommand(click.Command):
    """A command whose options are typed and completed as shells have them, or as the parameters are spelled."""

    _typed: Sequence[str] = ()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse them, and keep them as they were typed for completion."""
        self._typed = tuple(args)
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a value behind the parameter's own spelling, and that spelling itself, too."""
        options = [param for param in self.get_params(ctx) if isinstance(param, ParameterOption)]
        own = {f"--{option.argument.name}": option for option in options}
        behind = own.get(self._typed[-1]) if self._typed else None
        if behind and not behind.argument.is_flag and not incomplete.startswith("-"):
            return behind.shell_complete(ctx, incomplete)
        spelled = [CompletionItem(name) for name in own if incomplete.startswith("--") and name.startswith(incomplete)]
        return super().shell_complete(ctx, incomplete) or spelled


class MethodCommand(SpelledCommand):
    """A command whose help has the options of a TypedDict apart, below what its docstring says."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse them. An error where an argument is typed by its name, and the option is of another."""
        options = {name for param in self.get_params(ctx) for name in (*param.opts, *param.secondary_opts)}
        names = [name for param in self.params if isinstance(param, OtherArguments) for name in param.names]
        for name in names if not ctx.resilient_parsing else ():
            if f"--{name}" not in options and any(typed.partition("=")[0] == f"--{name}" for typed in args):
                ctx.fail(f"--{as_typed(name)} is of another argument: give --set {name}=VALUE")
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, those of the method itself first."""
        groups: dict[str, list[tuple[str, str]]] = {"": []}
        for param in self.get_params(ctx):
            if record := param.get_help_record(ctx):
                group = param.argument.parameter.group if isinstance(param, ParameterOption) else ""
                groups.setdefault(group, []).append(record)
        for text, records in groups.items():
            with formatter.section("More options" if text else "Options"):
                if text:
                    formatter.write_text(text)
                    formatter.write_paragraph()
                formatter.write_dl(records)


class Services(ListingGroup):
    """``cloud call``: one group for each installed provider."""

    section = "Services"

    def lines(self) -> dict[str, str]:
        """Their names, by metadata alone; a description would import the provider."""
        return dict.fromkeys(sorted({f"{info.provider}.{info.service}" for info in providers()}), "")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The group of one provider, which is imported for it."""
        names = self.lines()
        if ctx.resilient_parsing and cmd_name not in names:
            return None
        if "." not in cmd_name:
            services = [name for name in names if name.startswith(f"{cmd_name}.")]
            ctx.fail(f"{cmd_name!r} is no service such as {' or '.join(services) or 'local.storage'}")
        return Methods(cmd_name)


class Methods(SpelledCommand, ListingGroup):
    """``cloud call aws.storage``: one command for each operation of the client."""

    def __init__(self, name: str) -> None:
        self.provider, _, self.service = name.partition(".")
        make = load_provider(self.provider, self.service)
        self.client_class = class_made_by(make, name)
        texts = docstrings.parameters(docstrings.of_class(self.client_class))
        self._options = options_of(constructor_parameters(make), texts, of_constructor=True)
        super().__init__(
            name,
            params=[*self._options, *common_options()],
            help=docstrings.prose(docstrings.of_class(self.client_class)),
            callback=self._keep,
            context_settings={"token_normalize_func": as_typed},  # --StorageClass is --storage-class
        )

    def _keep(self, **values: Any) -> None:
        click.get_current_context().meta[__name__] = given_arguments(self._options, values)

    def lines(self) -> dict[str, str]:
        """The operations, and other methods that the client's author wrote."""
        names = [name for name in dir(self.client_class) if is_method(self.client_class, name)]
        return {name: docstrings.first_sentence(docstrings.of_method(self.client_class, name)) for name in names}

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name, with hyphens for underscores too."""
        name = args[0].replace("-", "_")
        if not is_method(self.client_class, name) and not ctx.resilient_parsing and not args[0].startswith("-"):
            near = difflib.get_close_matches(name, self.lines(), n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            ctx.fail(f"{self.name} has no method {args[0]!r}{meant}")
        return super().resolve_command(ctx, [name, *args[1:]])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command that calls one method."""
        if not is_method(self.client_class, cmd_name):
            return None
        spec = spec_of(inspect.getattr_static(self.client_class, cmd_name))
        parameters = method_parameters(self.client_class, cmd_name)
        documentation = docstrings.of_method(self.client_class, cmd_name)
        may_write = spec is None or spec.effect != "write"
        options = options_of(parameters, docstrings.parameters(documentation), may_write=may_write)

        @click.pass_context
        def run(ctx: click.Context, /, **values: Any) -> None:
            made_with = ctx.meta[__name__]
            if missing := missing_option(self._options, made_with):
                ctx.fail(f"Missing option {missing!r}, which stands before {cmd_name}")
            arguments = given_arguments(options, values)
            with get_client(self.provider, self.service, **made_with) as client, interruptible(cmd_name, spec):
                with listeners(parameters, cmd_name) as callables:
                    result = _call(getattr(client, cmd_name), parameters, {**callables, **arguments})
                print_result(result)
                check_all_done(result, spec)

        epilog = _VALUES if options else None
        return command(
            cmd_name, cls=MethodCommand, help=docstrings.prose(documentation), params=options, epilog=epilog
        )(run)


@command(cls=Services)
def call() -> None:
    """Call any method of any installed client: cloud call local.storage list_buckets"""


def _call(method: Any, parameters: Iterable[Parameter], arguments: Mapping[str, Any]) -> Any:
    """Call a method with arguments by name, in whatever way its parameters take them."""
    parameters = list(parameters)
    by_name = dict(arguments)
    rest = next((p for p in parameters if p.kind is VAR_POSITIONAL and p.name in by_name), None)
    last = rest or next((p for p in reversed(parameters) if p.kind is POSITIONAL_ONLY and p.name in by_name), None)
    if last is None:
        return method(**by_name)
    before = [p for p in parameters[: parameters.index(last)] if p.name in by_name or p.default is not EMPTY]
    by_position = [by_name.pop(parameter.name, parameter.default) for parameter in before]
    value = by_name.pop(last.name)
    return method(*by_position, *(value if last is rest else [value]), **by_name)
