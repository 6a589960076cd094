"""Keep programs running until one of them ends, or they are no longer wanted: ``_supervise.py SPEC``.

A process of its own between a `Server` and its programs, because only another process outlives one
that is killed with -9. SPEC is a JSON file: ``parent``, the process that wants the programs (no
longer its child: it is gone), ``folder``, which goes with it unless ``keeps_folder``, and ``programs``,
a list of ``name``, ``command``, ``environment`` and ``log``.

Each program leads a process group, which ends with it. Needs the standard library alone, so that it
starts in milliseconds.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

_POLL_SECONDS = 0.05
_GRACE_SECONDS = 5

_wanted = True


def main(path: str) -> None:
    signal.signal(signal.SIGTERM, _stop)
    with open(path, encoding="utf-8") as file:
        spec = json.load(file)
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for program in spec["programs"]:
            running[program["name"]] = _start(program, spec["folder"])
        while _wanted and os.getppid() == spec["parent"] and not _ended(running):
            time.sleep(_POLL_SECONDS)
    except OSError as error:  # a program that is not there
        print(error, flush=True)
    finally:
        _end(running.values())
        if os.getppid() != spec["parent"] and not spec["keeps_folder"]:
            shutil.rmtree(spec["folder"], ignore_errors=True)


def _stop(signum: int, frame: Any) -> None:
    # not by an exception: it could come between the start of a program and the note that it runs
    global _wanted
    _wanted = False


def _start(program: dict[str, Any], folder: str) -> subprocess.Popen[bytes]:
    with open(program["log"], "ab") as log:
        return subprocess.Popen(  # noqa: S603  # what the server's class says
            program["command"],
            cwd=folder,
            env=program["environment"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _ended(running: dict[str, subprocess.Popen[bytes]]) -> bool:
    for name, process in running.items():
        if process.poll() is not None:
            print(f"{name} ended with exit status {process.returncode}", flush=True)
            return True
    return False


def _end(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + _GRACE_SECONDS
    for process in processes:
        _signal(process, signal.SIGTERM)
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0, deadline - time.monotonic()))
        _signal(process, signal.SIGKILL)  # with it, all that it left running
        process.wait()


def _signal(process: subprocess.Popen[bytes], signum: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signum)


if __name__ == "__main__":
    main(sys.argv[1])
