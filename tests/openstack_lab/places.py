"""Where everything of one lab is: its folder, its ports, its password."""

import json
import os
import random
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass

REGION = "dc3-a"
EMPTY_REGION = "dc4-a"
"""A region of the catalogue with identity, and no other endpoint."""

PORTS = (
    "keeper",
    "keystone",
    "placement",
    "glance",
    "neutron",
    "nova",
    "cinder",
    "swift",
    "swift-cache",
    "swift-account",
    "swift-container",
    "swift-object",
    "designate",
    "designate-mdns",
    "heat",
    "octavia",
)
_FIRST_PORT, _LAST_PORT = 20_000, 32_000
"""Below those that Linux gives to outgoing connections, which would take the port of a service that is stopped."""


@dataclass(frozen=True)
class Places:
    """What ``lab.json`` in the lab's folder holds."""

    folder: str
    ports: dict[str, int]
    password: str
    """Of all users that the lab makes for itself."""
    region: str = REGION

    def url(self, name):
        return f"http://127.0.0.1:{self.ports[name]}"

    @property
    def auth_url(self):
        return f"{self.url('keystone')}/v3"

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def save(self):
        descriptor = os.open(self.path("lab.json"), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file)

    @classmethod
    def load(cls, folder):
        with open(os.path.join(folder, "lab.json"), encoding="utf-8") as file:
            return cls(**json.load(file))


def new_places(folder, password, listen):
    """Places on ports that are free. The first is taken by ``listen(port)``, for as long as the lab lives.

    That keeps all of them from other labs: each has a block of ports of its own.
    """
    blocks = list(range(_FIRST_PORT, _LAST_PORT, len(PORTS)))
    random.shuffle(blocks)
    for block in blocks:
        ports = dict(zip(PORTS, range(block, block + len(PORTS)), strict=True))
        if all(map(_is_free, ports.values())):
            with suppress(OSError):  # another lab was quicker
                listen(ports["keeper"])
                return Places(folder, ports, password)
    raise RuntimeError("no free ports for a lab")


def _is_free(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) != 0
