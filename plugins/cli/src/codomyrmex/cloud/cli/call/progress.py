"""How far a method is, told on standard error while it runs; and what may go on, where it is interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from codomyrmex.cloud.cli.call.annotations import kind_of
from codomyrmex.cloud.cli.call.hints import EMPTY
from codomyrmex.cloud.cli.call.kinds import Callback
from codomyrmex.cloud.cli.call.signatures import Parameter
from codomyrmex.cloud.cli.output import note
from codomyrmex.cloud.common.operations import Spec


@contextmanager
def listeners(parameters: Iterable[Parameter], description: str) -> Iterator[dict[str, Callable[..., None]]]:
    """What a method's parameters take that it calls to tell how far it is, by name, until the end of the block.

    ``Callable[[int], None]`` gets numbers of bytes, for a bar; any other that returns None or object, what people read.
    """
    with ExitStack() as stack:
        callables: dict[str, Callable[..., None]] = {}
        for parameter in parameters:
            kinds = [kind for kind in kind_of(parameter.annotation).members if isinstance(kind, Callback)]
            if not kinds or not kinds[0].only_listens or parameter.default not in (None, EMPTY):
                continue
            if kinds[0].takes == [int]:
                from codomyrmex.cloud.cli.progress import transfer_bar

                bar = stack.enter_context(transfer_bar())
                bar.begin(description, None)
                callables[parameter.name] = bar.advance
            else:
                callables[parameter.name] = _Lines()
        yield callables


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
    """Let an interrupt say that what was asked for may be done, unless it says already what goes on."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        is_harmless = spec is not None and spec.effect in ("read", "list")
        if not is_harmless and not getattr(interrupt, "__notes__", None):
            interrupt.add_note(f"{method} may have been done, or go on")
        raise
