"""What a method returned, on standard output; and whether all that was asked for was done."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Any

from codomyrmex.cloud.cli.output import printable, settings, show, stream
from codomyrmex.cloud.cli.streams import standard_output
from codomyrmex.cloud.common.operations import Spec
from codomyrmex.cloud.errors import CloudError

_CHUNK = 1024 * 1024


def print_result(result: Any) -> None:
    """Print data and texts of several lines as they are, all else as a table or JSON.

    What comes one by one and fails midway is printed as far as it came.
    """
    if result is None:
        if settings().json:
            show(None)
    elif hasattr(result, "read"):
        with result:
            _write(_chunks(result))
    elif isinstance(result, bytes | bytearray | memoryview):
        _write([result])
    elif isinstance(result, Mapping):  # what an API tells of a resource, as a new key pair's key
        show(result, whole_texts=True)
    elif isinstance(result, str) and "\n" in result and not settings().json:
        _print_text(result)
    elif isinstance(result, Iterator):
        _print_items(result)
    else:
        show(result)


def _write(chunks: Iterable[Any]) -> None:
    output = standard_output()
    for chunk in chunks:
        output.write(chunk.encode() if isinstance(chunk, str) else chunk)


def _chunks(file: Any) -> Iterator[Any]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _print_text(text: str) -> None:
    """A text of several lines, such as a zone file: into files and pipes as it is."""
    if sys.stdout.isatty():
        text = "\n".join(map(printable, text.split("\n")))
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")  # click would take escapes away


def _print_items(items: Iterator[Any]) -> None:
    try:
        first = list(islice(items, 1))
    except BaseException:
        show([])
        raise
    items = chain(first, items)
    if first and isinstance(first[0], bytes | bytearray | memoryview):
        _write(items)
    elif settings().json:
        stream(items, str)
    else:
        items_so_far: list[Any] = []
        try:
            items_so_far.extend(items)
        finally:
            show(items_so_far)


def check_all_done(result: Any, spec: Spec | None) -> None:
    """Raise CloudError for a result that tells of failures: those of `operation(batched=...)`, or under ``failed``.

    Args:
        result: What an operation returned.
        spec: What is known of the operation.
    """
    if spec is not None and spec.effect in ("read", "list"):
        return
    if spec and spec.batched:
        failures = result
    else:
        failures = result.get("failed") if isinstance(result, Mapping) else getattr(result, "failed", None)
    if isinstance(failures, Mapping) and failures:
        item, reason = next(iter(failures.items()))
        raise CloudError(f"{len(failures):,} failed, such as {item!r}: {reason}")
    if isinstance(failures, Collection) and not isinstance(failures, str | bytes) and failures:
        raise CloudError(f"{len(failures):,} failed, such as {next(iter(failures))}")
    if isinstance(failures, int) and failures:
        raise CloudError(f"{failures:,} failed")
