"""How far a method is, told on standard error while it runs; and what it began, where it is interrupted."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from codomyrmex.cloud.cli.call.types import NONE, is_callback, members_of
from codomyrmex.cloud.cli.output import note
from codomyrmex.cloud.cli.progress import transfer_bar
from codomyrmex.cloud.common.operations import Spec

_IGNORED = (None, NONE, object, Any)
"""What a callback returns that only listens."""


@contextmanager
def callbacks(signature: inspect.Signature, description: str) -> Iterator[dict[str, Callable[..., None]]]:
    """What a method's parameters take that it calls to tell how far it is, by name, until the end of the block.

    ``Callable[[int], None]`` gets numbers of bytes, for a bar; any other that returns nothing tells what people read.
    """
    with ExitStack() as stack:
        listeners: dict[str, Callable[..., None]] = {}
        for parameter in signature.parameters.values():
            for kind in filter(is_callback, members_of(parameter.annotation)):
                takes, returns = typing.get_args(kind) or (..., None)
                if takes == [int] and returns in _IGNORED:
                    bar = stack.enter_context(transfer_bar())
                    bar.begin(description, None)
                    listeners[parameter.name] = bar.advance
                elif returns in _IGNORED:
                    listeners[parameter.name] = _Lines()
        yield listeners


class _Lines:
    """Prints what it is called with, a line for each time that it is other than before."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, *told: Any, **named: Any) -> None:
        line = " ".join(map(_words, [*told, *named.values()])).strip()
        if line != self._last:
            note(line)
            self._last = line


def _words(value: Any) -> str:
    values = value.values() if isinstance(value, Mapping) else [value]
    return " ".join(str(each) for each in values if each is not None)


@contextmanager
def interruptible(method: str, spec: Spec | None) -> Iterator[None]:
    """Let an interrupt say that what was asked for may be done, unless it says already what was begun."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        is_harmless = spec is not None and spec.effect in ("read", "list")
        if not is_harmless and not getattr(interrupt, "__notes__", None):
            interrupt.add_note(f"{method} may have been done, or go on")
        raise
