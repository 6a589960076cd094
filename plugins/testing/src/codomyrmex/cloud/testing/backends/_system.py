"""What servers need of the system, where pip and npm do not bring it."""

from __future__ import annotations

import os
import shutil
import subprocess

from codomyrmex.cloud.testing.backends._venv import backends_folder, lock

_SYSTEM_PATH = "/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin"  # a user's PATH may lack some


class SystemProgram:
    """A program from a package of Debian's."""

    def __init__(self, name: str, package: str) -> None:
        self.name = name
        self._apt_line = f"apt-get install -y --no-install-recommends {package}"

    def path(self) -> str | None:
        """Where it is; None: nowhere."""
        return shutil.which(self.name) or shutil.which(self.name, path=_SYSTEM_PATH)

    def missing(self, server: str) -> str | None:
        """That this server needs it, with the line that installs it; None where it is there."""
        return None if self.path() else f"{server} needs {self.name}; run as root: {self._apt_line}"

    def install(self, server: str) -> None:
        """Install it for this server by apt-get, where this is root. RuntimeError where that fails.

        Several processes may ask at once; apt-get would refuse all but the first.
        """
        with lock(os.path.join(backends_folder(), "apt-get.lock")):
            self._install(server)

    def _install(self, server: str) -> None:
        reason = self.missing(server)
        if not reason:
            return
        if os.getuid() or not shutil.which("apt-get"):
            raise RuntimeError(reason)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for line in ("apt-get update", self._apt_line):
            command = [*line.split(), "-qq"]
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
            if done.returncode:
                raise RuntimeError(f"{line} failed:\n{done.stdout}{done.stderr}".rstrip())
