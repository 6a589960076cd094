"""Files of this machine, written whole or not at all."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

CHUNK = 1024 * 1024
"""Bytes read at a time: the memory a streamed transfer takes."""

Progress = Callable[[int], None]
"""Called with the number of bytes moved since the last call."""


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file that becomes ``path`` at the end of the block, or leaves it as it was.

    Written beside the target, synced and renamed, so a crash leaves the old file or the new one,
    whole. A link is followed, the target's mode kept; a device or pipe is written as it is.
    """
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        with open(path, "wb") as file:
            yield file
        return
    folder, name = os.path.split(target := os.path.realpath(path))
    if not os.path.isdir(folder):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), folder)
    partial = os.path.join(folder, f".{name[:40]}.{os.urandom(8).hex()}.part")
    try:
        with open(partial, "xb") as file:
            if mode is not None:  # before there is data in it that the target's mode would hide
                os.chmod(partial, stat.S_IMODE(mode))
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(partial)
        raise
    sync_folder(folder)


def sync_folder(folder: str) -> None:
    """Make renames in ``folder`` last through a power cut, where the system can (POSIX)."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
