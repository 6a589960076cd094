"""Moto: AWS's services as moto plays them; wide, not strict.

For what is AWS's own: IAM's refusals, STS, regions. It accepts wrong checksums, and presigned URLs
that were changed or have expired: what a store must refuse is tested with `Swift`.
"""

from __future__ import annotations

import http.client
import json

from codomyrmex.cloud.testing.backends._server import Program, Server


class Moto(Server):
    """moto's server, which plays all services of AWS behind one endpoint."""

    name = "moto"
    requirements = ("moto[iam,s3,server,sts]>=5",)

    region = "us-east-1"
    access_key = "test"
    """Any other pair of keys does as well, until `enforce_iam`."""
    secret_key = "test"  # noqa: S105  # no secret
    port: int
    endpoint_url: str

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": self.region,
        }

    def reset(self) -> None:
        """Forget everything: buckets, users, roles. IAM is enforced as before."""
        self._post("/moto-api/reset")

    def enforce_iam(self, after: int = 0) -> None:
        """Check signatures and policies, once so many more requests were answered without.

        The requests without are those that create the users; ``float("inf")`` (see `ignore_iam`) ends it.
        https://docs.getmoto.org/en/latest/docs/iam.html
        """
        self._post("/moto-api/reset-auth", str(after))

    def ignore_iam(self) -> None:
        """Check nothing, as at the start."""
        self._post("/moto-api/reset-auth", "inf")

    def _programs(self, ports: list[int]) -> list[Program]:
        (self.port,) = ports
        self.endpoint_url = f"http://127.0.0.1:{self.port}"
        # it answers "no" to a request that a policy refuses only if it does not look the user up at AWS
        command = [self.venv().python, "-I", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        return [Program("moto", command, {"MOTO_PORT": str(self.port)})]

    def _answers(self) -> bool:
        # said once it has the port, so that who answers is not another
        return f"Running on {self.endpoint_url}" in self.log() and self._request("GET", "/moto-api/data.json") == 200

    def _post(self, path: str, body: str = "") -> None:
        status = self._request("POST", path, body)
        if status != 200:
            raise RuntimeError(f"moto answered {status} to POST {path}")

    def _request(self, method: str, path: str, body: str = "") -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body)
            return connection.getresponse().status
        finally:
            connection.close()
