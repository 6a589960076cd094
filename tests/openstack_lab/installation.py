"""The environment of the lab: all of OpenStack in one, made once, in the cache folder of the other back ends.

``requirements.lock`` names every version, so that a lab is the same everywhere. To bump it, change the versions in
``requirements.in`` and run ::

    uv pip compile --upgrade --python-version 3.11 --no-header --no-annotate requirements.in -o requirements.lock

then the tests of the lab and of all that uses it. What breaks then is most likely a patch in ``inside/``.
"""

import os
import sys

from codomyrmex.cloud.testing.backends._system import SystemProgram
from codomyrmex.cloud.testing.backends._venv import Venv
from codomyrmex.cloud.testing.backends.swift import MEMCACHED, lacks_attributes

HERE = os.path.dirname(os.path.abspath(__file__))
NAME = "the OpenStack lab"
_QEMU_IMG = SystemProgram("qemu-img", "qemu-utils")
"""With which cinder makes images of volumes, and volumes of images."""


def venv():
    with open(os.path.join(HERE, "requirements.lock"), encoding="utf-8") as file:
        return Venv("openstack", tuple(line.strip() for line in file))


def missing():
    """What a lab lacks to run on this machine, with what installs it; None: nothing."""
    if sys.platform != "linux":
        return f"{NAME} needs Linux"
    installed = None if venv().is_whole() else f"{NAME} is not installed; run: tox run -e lab -- install"
    reasons = [installed, _QEMU_IMG.missing(NAME), MEMCACHED.missing(NAME), lacks_attributes()]
    return "; ".join(filter(None, reasons)) or None


def install():
    """What pip brings, and by apt-get what it does not, where this is root. RuntimeError where that fails."""
    for program in (_QEMU_IMG, MEMCACHED):
        program.install(NAME)
    venv().install()
