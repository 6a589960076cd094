"""What the checks of ``cloud doctor`` give."""

from __future__ import annotations

from typing import NamedTuple

from codomyrmex.cloud.plugin import COMMANDS, EXPORTS, HOOKS, PROVIDERS, SCHEMES, EntryPoint, load_error

GROUPS = (PROVIDERS, SCHEMES, EXPORTS, HOOKS, COMMANDS)


class Finding(NamedTuple):
    """Something wrong, and what to do."""

    problem: str
    """In one word; docs/cli.md lists them."""
    what: str
    advice: str


def about(problem: str, entry: EntryPoint, advice: str) -> Finding:
    """A finding about one entry point."""
    return Finding(problem, f"{entry.group}: {entry}", advice)


def broken(entry: EntryPoint, reason: str) -> Finding:
    """A plugin that is of no use."""
    return about("broken", entry, str(load_error(entry, reason)))
