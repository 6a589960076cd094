"""The ``cloud`` group: commands found by entry point, errors in one line, exit codes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import click
from click.shell_completion import get_completion_class
from codomyrmex.cloud import __version__
from codomyrmex.cloud.cli.listing import ListingGroup, entries_by_command, line_by_command
from codomyrmex.cloud.cli.output import Settings, printable
from codomyrmex.cloud.cli.streams import prepare_streams
from codomyrmex.cloud.errors import (
    AuthenticationError,
    BucketNotFound,
    CloudError,
    NotFound,
    PermissionDenied,
    ProviderLoadError,
    ProviderNotFoundError,
    RateLimited,
    ServiceUnavailable,
    Timeout,
)
from codomyrmex.cloud.plugin import COMMANDS, EntryPoint, installed_plugins, left_out, load

EXIT_CODES = """\b
Exit codes:
  0  done
  1  failed
  2  the command line or its values make no sense
  3  not found
  4  not allowed, or not authenticated
  5  not reached or busy; the same command may succeed later
  130  interrupted"""


class _ReaderLeft(Exception):  # noqa: N818 - it is no error
    """Nobody reads the output any more, as in `cloud ls | head`: no error, though click would exit with 1."""


class PluginGroup(ListingGroup):
    """A group whose commands are entry points, imported when they are used."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderLeft from error

    def lines(self) -> dict[str, str]:
        """What each command does, by metadata alone."""
        return line_by_command()

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name; of one that a setting leaves out, an error says which."""
        left = [e for e in installed_plugins() if e.group == COMMANDS and e.name == args[0] and left_out(e)]
        if left and not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            distribution, setting = left[0].distribution, left_out(left[0])
            ctx.fail(f"Command {args[0]!r} of {distribution} is left out by {setting}")
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported; one that cannot be says so when it is run."""
        entries = entries_by_command().get(cmd_name)
        if entries is None:
            return None
        try:
            if len(entries) > 1:
                raise ProviderLoadError(f"command {cmd_name!r} is offered by {' and by '.join(map(str, entries))}")
            return load_command(entries[0])
        except ProviderLoadError as error:
            return _broken(cmd_name, error)


def load_command(entry: EntryPoint) -> click.Command:
    """The command that an entry point names. ProviderLoadError where it cannot be imported, or is none."""
    loaded = load(entry)
    if not isinstance(loaded, click.Command):
        raise ProviderLoadError(f"{entry} is no click command")
    return loaded


def _broken(name: str, error: ProviderLoadError) -> click.Command:
    """In the place of a command that cannot be imported: the others work, and it says why it does not."""

    def fail(**_: Any) -> NoReturn:
        raise error

    arguments = click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)
    ignore = {"ignore_unknown_options": True}
    return click.Command(name, callback=fail, params=[arguments], context_settings=ignore)


def _set(attribute: str) -> Callable[[click.Context, click.Parameter, bool], None]:
    def callback(ctx: click.Context, _: click.Parameter, value: bool) -> None:
        if value:
            setattr(ctx.ensure_object(Settings), attribute, True)

    return callback


def common_options() -> list[click.Parameter]:
    """The options that every command has."""
    texts = {"json": "Print JSON.", "debug": "Show the traceback of an error."}
    return [
        click.Option([f"--{name}"], is_flag=True, expose_value=False, is_eager=True, callback=_set(name), help=text)
        for name, text in texts.items()
    ]


def command(name: str | None = None, **attributes: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """`click.command` with the options that every command has: ``--json`` and ``--debug``."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        make: Any = click.command(name, **attributes)
        made: click.Command = make(function)
        made.params += common_options()
        return made

    return decorate


@click.group(
    cls=PluginGroup,
    params=common_options(),
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="cloud")
def cloud() -> None:
    """Storage, compute, documents and infrastructure of every installed provider."""


@command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    For bash: cloud completion bash > ~/.local/share/bash-completion/completions/cloud
    """
    made = get_completion_class(shell)
    assert made is not None
    if shell == "bash":  # which would split a URL at its colon
        click.echo("COMP_WORDBREAKS=${COMP_WORDBREAKS//:}")
    click.echo(made(cloud, {}, "cloud", "_CLOUD_COMPLETE").source())


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run ``cloud`` and exit with its code (see `EXIT_CODES`)."""
    words = sys.argv[1:] if arguments is None else arguments
    asked = Settings(json="--json" in words, debug="--debug" in words)  # also where an error comes before them
    prepare_streams()
    try:
        code = cloud.main(words, prog_name="cloud", standalone_mode=False, obj=Settings())
        sys.stdout.flush()
    except click.ClickException as error:
        _fail(
            error,
            asked,
            error.exit_code,
            error.show if isinstance(error, click.exceptions.NoArgsIsHelpError) else None,
        )
    except (click.Abort, KeyboardInterrupt) as error:
        interrupt = error.__cause__ if isinstance(error.__cause__, KeyboardInterrupt) else error  # click's, or Python's
        _fail(interrupt, asked, 130)
    except (BrokenPipeError, _ReaderLeft):
        _drop_output()
        sys.exit(0)
    except CloudError as error:
        _fail(error, asked, exit_code(error))
    except OSError as error:
        try:
            sys.stdout.flush()
        except OSError:  # it is the output that cannot be written
            _drop_output()
        _fail(error, asked, 1)
    except (TypeError, ValueError) as error:
        _fail(error, asked, 2)
    except Exception as error:
        error.add_note("This is a bug; --debug shows where.")
        _fail(error, asked, 1)
    sys.exit(code if isinstance(code, int) else 0)  # what a command gave to ctx.exit()


def _drop_output() -> None:
    """Let what is left to flush go nowhere, so that the interpreter does not fail on it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def exit_code(error: CloudError) -> int:
    """The exit code for ``error``, as `EXIT_CODES` says."""
    if isinstance(error, NotFound | ProviderNotFoundError | FileNotFoundError):
        return 3
    if isinstance(error, AuthenticationError | PermissionDenied):
        return 4
    return 5 if error.retryable and isinstance(error, ServiceUnavailable | Timeout | RateLimited) else 1


def _fail(error: BaseException, chosen: Settings, code: int, tell: Callable[[], None] | None = None) -> NoReturn:
    if chosen.debug:
        import traceback

        traceback.print_exception(error)
    elif chosen.json:
        attributes = ("resource", "code", "request_id", "retryable", "retry_after", "maybe_executed")
        report = {"type": type(error).__name__, "message": _message(error)}
        report |= {k: getattr(error, k) for k in attributes if getattr(error, k, None) is not None}
        click.echo(json.dumps({"error": report, "exit_code": code}), err=True)
    elif tell:
        tell()
    else:
        click.echo(f"cloud: {_message(error)}", err=True)
    sys.exit(code)


def _message(error: BaseException) -> str:
    """The error in one line, with what to do about it."""
    if isinstance(error, click.ClickException):
        text = error.format_message()
        if isinstance(error, click.UsageError) and error.ctx:
            text = f"{text.rstrip('.')}; see '{error.ctx.command_path} --help'"
        return printable(" ".join(text.split()))
    notes = getattr(error, "__notes__", ())
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return printable("; ".join(("interrupted", *notes)))
    text = str(error) or type(error).__name__
    resource = getattr(error, "resource", None)
    if resource and resource not in text and resource.rstrip("/").rpartition("/")[2] not in text:
        text = f"{resource}: {text}"
    if notes:
        text = ". ".join((f"{type(error).__name__}: {text}", *notes))
    if isinstance(error, AuthenticationError):
        text += "; 'cloud doctor' tells which credentials are used"
    elif isinstance(error, BucketNotFound) and resource:
        text += f"; 'cloud mb {'/'.join(resource.split('/')[:3])}' makes it"
    return printable(" ".join(text.split()))
