"""The commands: a group for each installed provider, and in it one for each operation of its client."""

from __future__ import annotations

import difflib
import inspect
from collections import OrderedDict
from typing import Any

import click
from codomyrmex.cloud.cli.app import command, common_options
from codomyrmex.cloud.cli.call import docstrings
from codomyrmex.cloud.cli.call.options import given_arguments, options_of
from codomyrmex.cloud.cli.call.progress import callbacks, interruptible
from codomyrmex.cloud.cli.call.results import check_all_done, print_result
from codomyrmex.cloud.cli.call.signatures import class_made_by, constructor_signature, method_signature
from codomyrmex.cloud.common import CloudClient
from codomyrmex.cloud.common.operations import spec_of
from codomyrmex.cloud.registry import get_client, load_provider, providers

_VALUES = (
    "@FILE stands for what a file holds, and - for what standard input does. Several items: repeat the option, or JSON."
)


class Services(click.Group):
    """``cloud call``: one group for each installed provider."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, by metadata alone."""
        return sorted({f"{info.provider}.{info.service}" for info in providers()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The group of one provider, which is imported for it."""
        if ctx.resilient_parsing and cmd_name not in self.list_commands(ctx):
            return None
        if "." not in cmd_name:
            services = [name for name in self.list_commands(ctx) if name.startswith(f"{cmd_name}.")]
            ctx.fail(f"{cmd_name!r} is no service such as {' or '.join(services) or 'local.storage'}")
        return Methods(cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The names alone: a description would import the provider."""
        with formatter.section("Services"):
            formatter.write_dl([(name, "") for name in self.list_commands(ctx)])


class Methods(click.Group):
    """``cloud call aws.storage``: one command for each operation of the client."""

    def __init__(self, name: str) -> None:
        self.provider, _, self.service = name.partition(".")
        make = load_provider(self.provider, self.service)
        self.client_class = class_made_by(make)
        options = options_of(constructor_signature(make), self.client_class, of_constructor=True)

        def keep(**values: Any) -> None:
            click.get_current_context().meta[__name__] = given_arguments(options, values)

        params = [*options, *common_options()]
        super().__init__(name, params=params, help=docstrings.prose(self.client_class), callback=keep)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name, with hyphens for underscores too."""
        name = args[0].replace("-", "_")
        if not _is_called(self.client_class, name) and not ctx.resilient_parsing and args[0][0] != "-":
            ctx.fail(f"{self.name} has no method {args[0]!r}{_near(name, self.list_commands(ctx))}")
        return super().resolve_command(ctx, [name, *args[1:]])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The operations, and other methods that the client's author wrote."""
        return [name for name in dir(self.client_class) if _is_called(self.client_class, name)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command that calls one method."""
        if not _is_called(self.client_class, cmd_name):
            return None
        method = getattr(self.client_class, cmd_name)
        signature, spec = method_signature(self.client_class, cmd_name), spec_of(method)
        options = options_of(signature, method, is_target=spec is not None and spec.effect == "read")

        @click.pass_context
        def run(ctx: click.Context, /, **values: Any) -> None:
            arguments = given_arguments(options, values)
            with get_client(self.provider, self.service, **ctx.meta[__name__]) as client:
                with callbacks(signature, cmd_name) as listeners, interruptible(cmd_name, spec):
                    result = _call(getattr(client, cmd_name), signature, listeners | arguments)
                print_result(result)
                check_all_done(result, spec)

        return command(cmd_name, help=docstrings.prose(method), params=options, epilog=_VALUES if options else None)(
            run
        )


@command(cls=Services)
def call() -> None:
    """Call any method of any installed client: cloud call local.storage list_buckets"""


def _near(name: str, names: list[str]) -> str:
    """Which name was meant, for an error."""
    near = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _is_called(client_class: type, name: str) -> bool:
    """Whether a name is that of an operation, or of another method that is none of those that all clients have."""
    member = inspect.getattr_static(client_class, name, None)
    if name.startswith("_") or not inspect.isroutine(member) or isinstance(member, classmethod | staticmethod):
        return False
    owner = next(base for base in reversed(client_class.__mro__) if name in vars(base))
    return spec_of(member) is not None or not owner.__module__.startswith(CloudClient.__module__.rpartition(".")[0])


def _call(method: Any, signature: inspect.Signature, arguments: dict[str, Any]) -> Any:
    """Call a method with arguments by name, in whatever way its parameters take them."""
    declared = {name: p for name, p in signature.parameters.items() if p.kind is not p.VAR_KEYWORD}
    named = {name: value for name, value in arguments.items() if name in declared}
    others = {name: value for name, value in arguments.items() if name not in declared}
    rest = {name: others for name in signature.parameters if name not in declared}
    bound = inspect.BoundArguments(signature, OrderedDict(named | rest))
    if any(p.kind is p.VAR_POSITIONAL and p.name in named for p in declared.values()):
        for name, p in declared.items():  # what stands before them is given by position too
            if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is not p.empty:
                bound.arguments.setdefault(name, p.default)
    return method(*bound.args, **bound.kwargs)
