"""Which commands there are, with a line about each: none is made, or imported, to be listed."""

from __future__ import annotations

from contextlib import suppress

import click
from click.shell_completion import CompletionItem
from codomyrmex.cloud.cli.output import printable
from codomyrmex.cloud.plugin import COMMANDS, EntryPoint, entry_points

OWN_DISTRIBUTION = "codomyrmex-cloud-cli"
OWN_LINES = {
    "call": "Call any method of any installed client",
    "cat": "Write an object's data to standard output",
    "check": "Compare a source with a target, byte by byte",
    "completion": "Print the completion script of a shell",
    "cp": "Copy files and objects",
    "demo": "Store, share and fetch files, as an example",
    "doctor": "Find what is wrong with the installation",
    "ls": "List buckets, or the objects under a prefix",
    "mb": "Make a bucket",
    "plan": "Tell what a sync would do",
    "presign": "Make a URL to fetch, or to upload, an object",
    "providers": "List the installed providers",
    "rb": "Remove a bucket",
    "rm": "Remove objects",
    "serve": "Answer signed URLs over a storage",
    "stat": "Tell what is known of an object",
    "sync": "Make a target what its source is",
}
"""What the commands of `OWN_DISTRIBUTION` do, in 44 characters, which fit 80 columns beside a name of 30."""


class ListingGroup(click.Group):
    """A group that knows a line about each command: click's own makes every one, to ask it."""

    section = "Commands"
    """Above the commands in a help text."""

    def lines(self) -> dict[str, str]:
        """What each command does, in one line, by its name; in the order of the names."""
        raise NotImplementedError

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names."""
        return list(self.lines())

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the names with a line on each."""
        if lines := self.lines():
            with formatter.section(self.section):
                formatter.write_dl(list(lines.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names that begin so, with their lines; and the options."""
        lines = self.lines().items()
        commands = [CompletionItem(name, help=line) for name, line in lines if name.startswith(incomplete)]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]


def entries_by_command() -> dict[str, list[EntryPoint]]:
    """The entry points that offer each command, by its name, in the order of the names."""
    entries: dict[str, list[EntryPoint]] = {}
    for entry in sorted(entry_points(COMMANDS), key=lambda entry: entry.name):
        if entry.name != "doctor" or entry.distribution == OWN_DISTRIBUTION:  # it tells of doubles, and is none itself
            entries.setdefault(entry.name, []).append(entry)
    return entries


def line_by_command() -> dict[str, str]:
    """What each command does, in one line: of `OWN_LINES`, or the Summary of another distribution's metadata.

    Returns:
        The lines by the command's name, in the order of the names; "" for that of a distribution without a Summary.
    """
    return {name: _line(entries) for name, entries in entries_by_command().items()}


def _line(entries: list[EntryPoint]) -> str:
    if len(entries) > 1:
        return "offered more than once; see cloud doctor"
    [entry] = entries
    own = OWN_LINES.get(entry.name) if entry.distribution == OWN_DISTRIBUTION else None
    return own or _summary(entry)


def _summary(entry: EntryPoint) -> str:
    summary = ""
    if entry.metadata and entry.metadata.dist:
        with suppress(Exception):  # whatever importlib.metadata raises for a file that pip removes just now
            summary = entry.metadata.dist.metadata.get_all("Summary", [""])[0]
    return "" if summary == "UNKNOWN" else printable(" ".join(summary.split()))  # setuptools wrote UNKNOWN for none
