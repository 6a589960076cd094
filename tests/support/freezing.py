"""What PyInstaller needs of this machine: ``python tests/support/freezing.py`` installs it by apt-get, as root.

Where that fails it says so; the tests of frozen programs are then skipped, and fail with CLOUD_REQUIRE_BACKENDS=1.
"""

import os
import sys
import sysconfig

from codomyrmex.cloud.testing.backends._system import SystemProgram


class PythonLibrary(SystemProgram):
    """The shared library of the running Python, which is a package of its own where Python is Debian's."""

    def __init__(self):
        super().__init__(sysconfig.get_config_var("INSTSONAME"), f"libpython3.{sys.version_info.minor}")

    def path(self):
        folders = sysconfig.get_config_var("LIBDIR"), os.path.join(sys.base_prefix, "lib")
        return next((os.path.join(f, self.name) for f in folders if os.path.exists(os.path.join(f, self.name))), None)

    def missing(self, server):
        if sysconfig.get_config_var("Py_ENABLE_SHARED"):
            return super().missing(server)
        return f"{server} needs a Python that was built with --enable-shared, and {sys.executable} was not"


_NEEDS = SystemProgram("objdump", "binutils"), PythonLibrary()


def missing():
    """What PyInstaller lacks on this machine, with what installs it; None: nothing."""
    return "; ".join(filter(None, (need.missing("PyInstaller") for need in _NEEDS))) or None


def install():
    """Install it by apt-get. RuntimeError where that fails."""
    for need in _NEEDS:
        need.install("PyInstaller")


if __name__ == "__main__":
    try:
        install()
    except RuntimeError as error:
        print(error, file=sys.stderr)
