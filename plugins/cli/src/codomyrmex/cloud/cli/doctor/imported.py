"""Import the plugins of each distribution in a process of its own, which one may crash, end or keep for ever."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event
from typing import Any, NamedTuple

import click
from codomyrmex.cloud.cli.doctor.examination import IMPORTS, Examination, examine
from codomyrmex.cloud.cli.doctor.findings import Finding, broken
from codomyrmex.cloud.plugin import EntryPoint

_POLL_SECONDS = 0.05
_START_SECONDS = 30
_START = """
import json, os, sys
with open(os.path.join(sys.argv[1], "request.json"), encoding="utf-8") as file:
    sys.path[:] = json.load(file)["path"]
from codomyrmex.cloud.cli.doctor.examination import run
run(sys.argv[1])
"""


class _Report(NamedTuple):
    """What a process told before it ended."""

    examinations: list[Examination]
    step: str
    """What it was doing at its end."""
    end: str
    """How it ended."""
    timed_out: bool


def examine_all(entries: list[EntryPoint], seconds: int) -> list[Examination]:
    """Examine entry points, those of each distribution in a process of their own, as many at a time as there are cores.

    A frozen program has no interpreter to start, and examines them in its own process.
    """
    if getattr(sys, "frozen", False) or not sys.executable:
        return [examine(entry, lambda step: None) for entry in entries]
    groups: dict[str, list[EntryPoint]] = {}
    for entry in entries:
        groups.setdefault(entry.distribution, []).append(entry)
    examinations: dict[EntryPoint, Examination] = {}
    interrupted = Event()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for examined in pool.map(lambda group: _examine(group, seconds, interrupted), groups.values()):
                examinations.update(examined)
        except BaseException:
            interrupted.set()
            pool.shutdown(cancel_futures=True)
            raise
    return [examinations[entry] for entry in entries]


def _examine(entries: list[EntryPoint], seconds: int, interrupted: Event) -> dict[EntryPoint, Examination]:
    """Examine these in one process; where one ends it, or takes longer, go on in another without it."""
    examinations: dict[EntryPoint, Examination] = {}
    while (waiting := [entry for entry in entries if entry not in examinations]) and not interrupted.is_set():
        report = _examine_in_process(waiting, seconds, interrupted)
        examinations.update(zip(waiting, report.examinations, strict=False))
        if rest := waiting[len(report.examinations) :]:
            reason = f"{report.end} while it is {report.step}"
            alone = not report.examinations or report.timed_out
            if not alone and _examine_in_process(rest[:1], seconds, interrupted).examinations:
                reason += " after others, though not alone"
            imports = report.step == IMPORTS
            source = "cannot be loaded" if imports else f"cannot be told: {report.end}"
            for entry in rest if imports else rest[:1]:
                if _module(entry) == _module(rest[0]):
                    examinations[entry] = Examination([broken(entry, reason)], source)
    return examinations


def _module(entry: EntryPoint) -> str:
    return entry.value.partition(":")[0]


def _examine_in_process(entries: list[EntryPoint], seconds: int, interrupted: Event) -> _Report:
    """Examine these one after the other, up to the first that ends the process or takes longer than ``seconds``."""
    with tempfile.TemporaryDirectory(prefix="cloud-doctor-", ignore_cleanup_errors=True) as folder:
        names = [(entry.group, entry.name, entry.distribution) for entry in entries]
        with open(os.path.join(folder, "request.json"), "w", encoding="utf-8") as file:
            json.dump({"parent": os.getpid(), "path": list(map(str, sys.path)), "entries": names}, file)
        silence = subprocess.DEVNULL
        process = subprocess.Popen(  # noqa: S603 - this interpreter
            [sys.executable, "-I" if sys.flags.isolated else "-P", "-c", _START, folder],
            stdin=silence,
            stdout=silence,
            stderr=silence,
            start_new_session=True,  # so that what it starts can be ended with it
        )
        report = os.path.join(folder, "report.jsonl")
        try:
            timed_out = _wait(process, report, seconds, interrupted)
        finally:
            _end(process)
        lines = _read_lines(report)
    if not lines and not (entries and _examine_in_process([], seconds, interrupted)):  # even where none is imported
        raise click.ClickException(f"{sys.executable} imports no plugins: it {_end_text(process.returncode)}")
    examinations = [
        Examination([Finding(*finding) for finding in findings], credentials, hooks)
        for findings, credentials, hooks in (line["examination"] for line in lines if "examination" in line)
    ]
    end = f"takes longer than {seconds} s" if timed_out else _end_text(process.returncode)
    step = lines[-1].get("step", IMPORTS) if lines else IMPORTS  # a plugin may have deleted the report
    return _Report(examinations, step, end, timed_out)


def _wait(process: subprocess.Popen[bytes], report: str, seconds: int, interrupted: Event) -> bool:
    """Wait for the end of a process. Returns early, with True, when its report has not grown for ``seconds``.

    Until there is a report it may take `_START_SECONDS`, for the interpreter. Returns at once when ``interrupted``.
    """
    size, last_growth, limit = 0, time.monotonic(), max(seconds, _START_SECONDS)
    while process.poll() is None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_SECONDS)
        previous, size = size, os.path.getsize(report) if os.path.exists(report) else 0
        if size > previous:
            last_growth, limit = time.monotonic(), seconds
        elif time.monotonic() - last_growth > limit or interrupted.is_set():
            return process.poll() is None
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it started, if they run still."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _end_text(status: int) -> str:
    if status >= 0:
        return f"ends the process, with status {status},"
    with suppress(ValueError):
        return f"ends the process, by {signal.Signals(-status).name},"
    return f"ends the process, by signal {-status},"


def _read_lines(report: str) -> list[dict[str, Any]]:
    """The lines of a report; the last may have been cut off."""
    with suppress(FileNotFoundError), open(report, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.endswith("\n")]
    return []
