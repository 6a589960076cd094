"""What a method returned, on standard output; and whether all that was asked for was done."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from codomyrmex.cloud.cli.output import printable, settings, show, stream
from codomyrmex.cloud.cli.streams import standard_output
from codomyrmex.cloud.common.operations import Spec
from codomyrmex.cloud.errors import CloudError


def print_result(result: Any) -> None:
    """Print bytes, what an open file holds and texts of several lines as they are; all else as a table or JSON."""
    if result is None:
        return
    if isinstance(result, bytes):
        standard_output().write(result)
    elif hasattr(result, "read"):
        with result:
            shutil.copyfileobj(result, standard_output(), 1024 * 1024)
    elif isinstance(result, Mapping):  # what an API tells of a resource, as a new key pair's key
        show(result, whole_texts=True)
    elif isinstance(result, str) and "\n" in result and not settings().json:
        _print_text(result)
    elif isinstance(result, Iterator) and settings().json:
        stream(result, str)
    else:
        show(list(result) if isinstance(result, Iterator) else result)


def _print_text(text: str) -> None:
    """A text of several lines, such as a zone file: into files and pipes as it is."""
    if sys.stdout.isatty():
        text = "\n".join(map(printable, text.split("\n")))
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")  # click would take escapes away


def check_all_done(result: Any, spec: Spec | None) -> None:
    """Raise CloudError for a result that tells of failures: those of `operation(batched=...)`, or under ``failed``.

    Args:
        result: What an operation returned.
        spec: What is known of the operation.
    """
    if not isinstance(result, Mapping):
        return
    failures = result if spec and spec.batched else result.get("failed")
    if not isinstance(failures, Mapping | list | tuple) or not failures:
        return
    first = next(iter(failures))
    reason = f"{first!r}: {failures[first]}" if isinstance(failures, Mapping) else str(first)
    raise CloudError(f"{len(failures)} failed, such as {reason}")
