"""Moto's server: AWS as moto plays it; wide, not strict.

For what is AWS's own: IAM's refusals, STS, regions. It accepts wrong checksums, and presigned URLs
that were changed or have expired: what a store must refuse is tested with `Swift`.
"""

from __future__ import annotations

import http.client

from codomyrmex.cloud.testing.backends._aws import AwsServer
from codomyrmex.cloud.testing.backends._server import Program, ServerError


class Moto(AwsServer):
    """S3, IAM, STS and more behind one endpoint. Any keys will do, until `enforce_iam`."""

    name = "moto"
    # not moto[server], which brings what all of its services need: four times as much
    requirements = ("moto[iam,s3,sts]>=5", "flask", "flask-cors")

    access_key = "test"
    secret_key = "test"  # noqa: S105  # no secret

    def reset(self) -> None:
        """Be as at the start: no buckets, users, roles; nothing is checked."""
        self._post("/moto-api/reset")
        self._post("/moto-api/reset-auth", "inf")

    def enforce_iam(self) -> None:
        """From now on check signatures and policies, so that only users and roles made before may do anything.

        https://docs.getmoto.org/en/latest/docs/iam.html
        """
        self._post("/moto-api/reset-auth", "0")  # how many more requests are not checked

    def _programs(self, ports: list[int]) -> list[Program]:
        (self._port,) = ports
        self.endpoint_url = f"http://127.0.0.1:{self._port}"
        return [Program("moto", [self.venv().python, "-I", "-m", "moto.server", "-p", str(self._port)])]

    def _answers(self) -> bool:
        # it says so once it has the port: another's server may answer there
        return f"Running on {self.endpoint_url}" in self.log() and self._request("GET", "/moto-api/data.json") == 200

    def _post(self, path: str, body: str = "") -> None:
        status = self._request("POST", path, body)
        if status != 200:
            raise ServerError(f"moto answered {status} to POST {path}\n{self.log()}")

    def _request(self, method: str, path: str, body: str = "") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request(method, path, body)
            return connection.getresponse().status
        finally:
            connection.close()
