"""Every storage as an fsspec file system, of protocol ``cloud+<provider>`` or ``cloud+<URL scheme>``.

fsspec knows the protocols that a distribution's entry points name, in its group ``fsspec.specs``.
Importing this package makes it know those of all other installed providers too.
"""

from __future__ import annotations

from codomyrmex.cloud.fsspec._filesystem import CloudFileSystem
from codomyrmex.cloud.fsspec.protocols import filesystem_class, register_protocols

__all__ = ["CloudFileSystem", "filesystem_class", "register_protocols"]

register_protocols()
