"""What the benchmarks share: a table on the terminal, and the same numbers as JSON."""

import argparse
import json
import platform
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from typing import Any, NamedTuple


class Line(NamedTuple):
    """One number, and what it should stay below."""

    what: str
    value: float
    unit: str
    target: float | None = None
    detail: str = ""

    def __str__(self) -> str:
        target = "" if self.target is None else f"< {self.target:g}" + ("" if self.value < self.target else "  MISSED")
        return f"{self.what:56} {self.value:9.2f} {self.unit:3} {target:14} {self.detail}".rstrip()


def alternate(calls: list[Callable[[], object]], rounds: int) -> list[float]:
    """The median seconds of each, called in turn: what disturbs the machine disturbs all alike."""
    seconds: list[list[float]] = [[] for _ in calls]
    for turn in range(rounds + 1):
        for call, taken in zip(calls, seconds, strict=True):
            started = perf_counter()
            call()
            if turn:  # the first one warms caches
                taken.append(perf_counter() - started)
    return [median(taken) for taken in seconds]


def cpu_times(calls: list[Callable[[], object]], rounds: int, at_a_time: int = 10) -> list[float]:
    """The median CPU seconds of a call of each, some at a time in turn, behind one that finds cold caches."""
    seconds: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, taken in zip(calls, seconds, strict=True):
            call()
            started = thread_time()
            for _ in range(at_a_time):
                call()
            taken.append((thread_time() - started) / at_a_time)
    return [median(taken) for taken in seconds]


def options(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, help="how often each is measured")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    return parser


def report(title: str, lines: list[Line], json_file: Path | None) -> None:
    print(f"{title} ({machine()})", *lines, "", sep="\n")
    save(title, [line._asdict() for line in lines], json_file)


def machine() -> str:
    return f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}"


def save(title: str, results: list[dict[str, Any]], json_file: Path | None) -> None:
    if json_file:
        results_of = {"title": title, "machine": machine(), "results": results}
        json_file.write_text(json.dumps(results_of, indent=2) + "\n")


def table(columns: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; its first column is text, all others are numbers."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    aligned = [
        [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        for row in (columns, rule, *rows)
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in aligned)
