"""The real OpenStack Swift with its S3 API, as OpenStack clouds run it; strict.

One node with one disk, in a folder: proxy, account, container and object server, and the updater, which
brings late entries into listings. Users are those of Swift's tempauth.
"""

from __future__ import annotations

import http.client
import os
import pwd
import secrets
import socket
import subprocess
import sys
import tempfile

from codomyrmex.cloud.testing.backends import _swift_conf
from codomyrmex.cloud.testing.backends._aws import AwsServer, Keys
from codomyrmex.cloud.testing.backends._server import Program, ServerError
from codomyrmex.cloud.testing.backends._system import SystemProgram

MEMCACHED = SystemProgram("memcached", "memcached")


class Swift(AwsServer):
    """OpenStack Swift: S3 at ``endpoint_url``, and Swift's own API there too, at ``/auth/v1.0`` and ``/v1``.

    An object may be read and listed as soon as its PUT is answered. Creating one with ``If-None-Match`` is not
    atomic: several of racing writers may win.
    """

    name = "swift"
    requirements = ("swift>=2.38",)
    ports = 5

    access_key = "test:tester"
    """Of a user who may do everything."""
    reader: Keys
    """Of one who may read everything, and is denied all else."""
    stranger: Keys
    """Of one who is denied everything."""

    @classmethod
    def missing(cls) -> str | None:
        """What it lacks, all of it; None: nothing."""
        if sys.platform != "linux":
            return "swift needs Linux"
        return "; ".join(filter(None, [super().missing(), MEMCACHED.missing("swift"), lacks_attributes()])) or None

    @classmethod
    def install(cls) -> None:
        """What pip brings, and memcached by apt-get where this is root. RuntimeError where that fails."""
        super().install()
        MEMCACHED.install("swift")

    def _programs(self, ports: list[int]) -> list[Program]:
        self._ports = _swift_conf.Ports(*ports)
        self.endpoint_url = f"http://127.0.0.1:{self._ports.proxy}"
        user = pwd.getpwuid(os.getuid()).pw_name
        self._configure(user)
        cache = [MEMCACHED.path() or MEMCACHED.name, "-l", "127.0.0.1", "-p", str(self._ports.cache), "-u", user]
        updater = ["-c", _swift_conf.RUN_UPDATER, self.folder, os.path.join(self.folder, "object-server.conf"), "-v"]
        return [
            Program("memcached", cache),
            *(self._server(f"{kind}-server") for kind in ("account", "container", "object", "proxy")),
            Program("object-updater", [self.venv().python, "-I", *updater]),
        ]

    def _configure(self, user: str) -> None:
        _swift_conf.write(self.folder, self._ports, user=user, auth=self._auth())
        self._make_rings()

    def _auth(self) -> dict[str, _swift_conf.Settings]:
        self.secret_key, reader, stranger = (secrets.token_hex(20) for _ in range(3))
        self.reader, self.stranger = Keys("test:reader", reader), Keys("test:stranger", stranger)
        users: _swift_conf.Settings = {
            "user_test_tester": f"{self.secret_key} .admin",
            "user_test_reader": f"{reader} .reseller_reader",
            "user_test_stranger": stranger,
        }
        return {"s3api": _swift_conf.s3api(self.region), "tempauth": users}

    def _server(self, name: str) -> Program:
        script = os.path.join(self.venv().path, "bin", f"swift-{name}")
        return Program(name, [self.venv().python, "-I", script, os.path.join(self.folder, f"{name}.conf"), "-v"])

    def _make_rings(self) -> None:
        ports = (self._ports.account, self._ports.container, self._ports.object)
        command = [self.venv().python, "-I", "-c", _swift_conf.MAKE_RINGS, *map(str, ports)]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise ServerError(f"swift's rings were not made\n{done.stderr}")

    def _answers(self) -> bool:
        for port in self._ports:  # all, before the proxy is asked for what it needs them for
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        connection = http.client.HTTPConnection("127.0.0.1", self._ports.proxy, timeout=30)
        try:
            # who knows the key is no stranger that took the port
            headers = {"X-Auth-User": self.access_key, "X-Auth-Key": self.secret_key}
            connection.request("GET", "/auth/v1.0", headers=headers)
            return connection.getresponse().status == 200
        finally:
            connection.close()


def lacks_attributes() -> str | None:
    """That this machine's temporary files cannot be Swift's, and what to do; None where they can."""
    with tempfile.TemporaryFile() as file:
        try:
            os.setxattr(file.fileno(), "user.swift", b"")
        except OSError:
            return f"swift needs a file system with extended attributes; set TMPDIR, {tempfile.gettempdir()} is on none"
    return None
