"""What the servers share: programs in processes of their own, which never outlive who started them."""

from __future__ import annotations

import atexit
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import ClassVar, Self

from codomyrmex.cloud.testing.backends import _supervise
from codomyrmex.cloud.testing.backends._venv import Venv

_ATTEMPTS = 5
_STOP_SECONDS = 10
_LOG_TAIL_BYTES = 64 * 1024
_PORT_TAKEN = re.compile("address already in use|could not bind|failed to listen", re.IGNORECASE)


class ServerError(RuntimeError):
    """A server did not start, or ended; the message holds the end of its logs."""


class BackendMissing(ServerError):  # noqa: N818  # what it says
    """What a server needs is not installed; the message says how to install it."""


@dataclass(frozen=True)
class Program:
    """A process of a server."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    """Beside what this process has."""


class Server(ABC):
    """A server on free ports of 127.0.0.1, from ``start()`` to ``stop()`` or as a context manager.

    After it was stopped it may be started anew, and is empty then. Its processes end with this one, even
    where this one is killed.
    """

    name: ClassVar[str]
    """As in ``install <name>``."""
    requirements: ClassVar[tuple[str, ...]] = ()
    """What pip installs into the virtual environment of this server."""
    node_packages: ClassVar[tuple[str, ...]] = ()
    """What npm installs there, with a Node.js that pip brings."""
    ports: ClassVar[int] = 1
    """How many it listens on."""
    start_seconds: ClassVar[float] = 60
    """Until it must answer."""
    keeps_folder: ClassVar[bool] = False
    """Whether ``folder`` outlives it."""

    folder: str
    """With its data and its logs."""

    def __init__(self) -> None:
        self.folder = ""
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._pid = 0

    @classmethod
    def missing(cls) -> str | None:
        """What it lacks to run on this machine, with the line that installs it; None: nothing."""
        if sys.platform == "win32":
            return f"{cls.name} needs Linux or macOS"
        if not cls.venv().is_whole():
            return f"{cls.name} is not installed; run: python -m codomyrmex.cloud.testing.backends install {cls.name}"
        return None

    @classmethod
    def install(cls) -> None:
        """Install what pip and npm bring; quick where that is done. RuntimeError with their output where they fail."""
        cls.venv().install()

    @classmethod
    def venv(cls) -> Venv:
        """The virtual environment of this server."""
        return Venv(cls.name, cls.requirements, cls.node_packages)

    def start(self) -> Self:
        """Start, and return when it answers. ServerError with its logs if it does not."""
        if self._supervisor:
            raise ServerError(f"{self.name} runs already")
        if reason := self.missing():
            raise BackendMissing(reason)
        for attempt in range(_ATTEMPTS):
            try:
                self._start()
                break
            except ServerError as error:
                # another process may take a port before the server does
                if attempt == _ATTEMPTS - 1 or not _PORT_TAKEN.search(str(error)):
                    raise
        return self

    def stop(self) -> None:
        """End its processes, and remove its data. Harmless when it does not run."""
        if not self._supervisor or self._pid != os.getpid():  # a fork's copy is not its owner
            return
        atexit.unregister(self.stop)
        supervisor, self._supervisor = self._supervisor, None
        supervisor.terminate()
        try:
            supervisor.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(supervisor.pid, signal.SIGKILL)
            supervisor.wait()
        self._remove_folder()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether it was started, and neither stopped nor ended by itself."""
        return self._supervisor is not None and self._supervisor.poll() is None

    def environment(self) -> dict[str, str]:
        """The environment variables that lead a client to it."""
        return {}

    def log_sizes(self) -> dict[str, int]:
        """How long its logs are now, in bytes: what ``log()`` takes to show what came later."""
        return {path: os.path.getsize(path) for path in self._log_paths()}

    def log(self, lines: int = 40, since: Mapping[str, int] | None = None) -> str:
        """The last lines of each of its logs, of what came after ``since``; empty where there is nothing."""
        parts = []
        for path in self._log_paths():
            with open(path, "rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max((since or {}).get(path, 0), size - _LOG_TAIL_BYTES))
                tail = file.read().decode(errors="replace").splitlines()[-lines:]
            if tail:
                name = os.path.splitext(os.path.basename(path))[0]
                parts.append("\n".join([f"--- {self.name}: {name}", *tail]))
        return "\n".join(parts)

    @abstractmethod
    def _programs(self, ports: list[int]) -> list[Program]:
        """What to run, after its files were written to ``self.folder``."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it serves by now: it, and not what else may listen there. An OSError counts as no."""

    def _started(self) -> None:  # noqa: B027  # most servers have nothing to add
        """What is to be done once it answers."""

    def _make_folder(self) -> str:
        return tempfile.mkdtemp(prefix=f"cloud-{self.name}-")

    def _remove_folder(self) -> None:
        if not self.keeps_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        self.folder = self._make_folder()
        try:
            self._run(self._programs(free_ports(self.ports)))
            self._await_answer()
            self._started()
        except BaseException:
            self.stop()
            self._remove_folder()
            raise

    def _run(self, programs: list[Program]) -> None:
        spec = os.path.join(self.folder, "spec.json")
        listed = [
            {
                "name": program.name,
                "command": program.command,
                "environment": {**os.environ, **program.environment},
                "log": self._log_path(program.name),
            }
            for program in programs
        ]
        descriptor = os.open(spec, os.O_CREAT | os.O_WRONLY, 0o600)  # the environment may hold secrets
        with open(descriptor, "w", encoding="utf-8") as file:
            about = {"parent": os.getpid(), "folder": self.folder, "keeps_folder": self.keeps_folder}
            json.dump({**about, "programs": listed}, file)
        self._pid = os.getpid()
        atexit.register(self.stop)
        with open(self._log_path("supervisor"), "wb") as log:
            self._supervisor = subprocess.Popen(  # noqa: S603  # our own file
                [sys.executable, "-I", "-S", _supervise.__file__, spec],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _await_answer(self) -> None:
        deadline = time.monotonic() + self.start_seconds
        while not self._try_answer():
            if not self.is_running:
                raise ServerError(f"{self.name} did not start\n{self.log()}")
            if time.monotonic() > deadline:
                raise ServerError(f"{self.name} did not answer within {self.start_seconds:g} s\n{self.log()}")
            time.sleep(0.02)

    def _try_answer(self) -> bool:
        try:
            return self._answers()
        except OSError:
            return False

    def _log_path(self, name: str) -> str:
        return os.path.join(self.folder, f"{name}.log")

    def _log_paths(self) -> list[str]:
        return sorted(glob.glob(self._log_path("*")))


def free_ports(count: int) -> list[int]:
    """So many different ports of 127.0.0.1 that nobody listens on at this moment."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]
